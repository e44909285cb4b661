"""What llama-index's engines and evaluators take: our language model and our encoder, in its interfaces.

Nothing here changes llama-index's global settings; its tokenisers are loaded as it would load them itself.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CompletionResponse, LLMMetadata, MessageRole
from llama_index.core.constants import DEFAULT_CONTEXT_WINDOW
from llama_index.core.llms import CustomLLM
from llama_index.core.utils import get_tokenizer, globals_helper
from pydantic import PrivateAttr

from bot.llm.generate import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llama_index.core.base.llms.types import CompletionResponseGen

    from bot.llm.writer import TextModel
    from ingest.types import Encoder

__all__ = ["LlamaEncoder", "LlamaModel", "load_tokenisers"]

REPLY_TOKENS = 1024
"""Most tokens of one reply, as in the product."""
# Where llama-index would look for its tokenisers' files, and fetch those that are not there.
_ELSEWHERE = ("TIKTOKEN_CACHE_DIR", "NLTK_DATA")


def load_tokenisers() -> None:
    """Has llama-index load its tokenisers from the files in its own package, so that it never fetches any."""
    hidden = {name: os.environ.pop(name) for name in _ELSEWHERE if name in os.environ}
    try:
        get_tokenizer()
        _ = globals_helper.punkt_tokenizer
    finally:
        os.environ.update(hidden)


class LlamaEncoder(BaseEmbedding):
    """Our encoder as an embedding model of llama-index; a question is embedded as a text is."""

    _encoder: Encoder = PrivateAttr()

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(model_name=encoder.name)
        self._encoder = encoder

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [vector.tolist() for vector in self._encoder.encode(texts)]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


class LlamaModel(CustomLLM):
    """Our language model as llama-index's, so that timeouts, refusals and errors are handled in one place.

    Args:
        model: The model.
        window: Tokens that it is taken to read at a time; by default as many as llama-index takes any model to.
    """

    _model: TextModel = PrivateAttr()
    _window: int = PrivateAttr()

    def __init__(self, model: TextModel, window: int = DEFAULT_CONTEXT_WINDOW) -> None:
        super().__init__()
        self._model = model
        self._window = window

    @property
    def metadata(self) -> LLMMetadata:
        """What llama-index shapes its prompts by."""
        return LLMMetadata(context_window=self._window, model_name=self._model.name, is_chat_model=True)

    def chat(self, messages: Sequence[ChatMessage], **_: Any) -> ChatResponse:
        """The reply to a conversation; raises `ModelError`."""
        reply = self._ask([(str(message.role.value), message.content or "") for message in messages])
        return ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=reply))

    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        """The reply to a message; raises `ModelError`."""
        del formatted
        return CompletionResponse(text=self._ask([("user", prompt)]))

    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponseGen:
        """The reply to a message, in one piece; raises `ModelError`."""
        yield self.complete(prompt, formatted)

    def _ask(self, messages: Sequence[tuple[str, str]]) -> str:
        asked = [Message("system" if role == "system" else "user", text) for role, text in messages]
        return "".join(self._model.stream(asked, REPLY_TOKENS)).strip()
