"""The language model: optional, behind any endpoint that speaks OpenAI's protocol, and never the one who decides.

What it writes is a proposal, which its caller checks before anybody sees it. Both ways of asking go through
llama-index's OpenAI-like client, so that address, key and each model family's peculiarities are handled in one place.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ingest.errors import ModelError, ModelTimeoutError, SettingError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from ingest.config import Settings

__all__ = ["LanguageModel", "Message", "language_model"]

MAX_TOKENS = 1024
"""Most tokens of one reply."""
SEED = 1


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation with a model.

    Attributes:
        role: Who speaks.
        text: What is said.
    """

    role: Literal["system", "user", "assistant"]
    text: str


class LanguageModel:
    """A model that fills in a JSON Schema, or writes.

    Args:
        url: Base address of the endpoint, such as `http://127.0.0.1:8080/v1`.
        model: Name of the model there.
        key: Key of the endpoint; None where it takes none. Never written anywhere.
        timeout: Seconds after which a call is given up.
        first_token: Seconds after which a reply that has not begun is given up.
        setting: How the names of the settings that it comes from begin; for messages.

    Raises:
        SettingError: The library that speaks the protocol is not installed, or does not take that model.
    """

    def __init__(
        self,
        url: str,
        model: str,
        key: str | None = None,
        timeout: float = 30.0,
        first_token: float = 20.0,
        setting: str = "GROUNDRULE_LLM",
    ) -> None:
        try:
            import openai
            from llama_index.core.llms import ChatMessage
            from llama_index.llms.openai_like import OpenAILike
        except ImportError as error:
            raise SettingError(
                "a language model is set, but its client is not installed. Run `pip install 'groundrule[llm]'` or "
                f"unset {setting}_URL."
            ) from error
        self.name = model
        self.timeout = timeout
        self.first_token = first_token
        self._failures = (openai.OpenAIError,)
        self._timeouts = (openai.APITimeoutError,)
        self._refusals = (openai.BadRequestError, openai.UnprocessableEntityError)
        self._message = ChatMessage
        self._seeded = True
        self._reading = threading.local()
        # Neither the client nor llama-index hangs up when a reply is left unread; with the response at hand, we do.
        http = openai.DefaultHttpxClient(
            timeout=timeout,
            # A reply takes far longer than a connection, so none is kept open between replies.
            headers={"Connection": "close"},
            event_hooks={"response": [self._opened]},
        )
        try:
            # Some servers take no key, but the client insists on one.
            self._client = OpenAILike(
                model=model,
                api_base=url,
                api_key=key or "none",
                is_chat_model=True,
                temperature=0.0,
                timeout=timeout,
                max_retries=1,
                http_client=http,
            )
        except ValueError as error:
            raise SettingError(f"{setting}_MODEL {model!r} cannot be used: {error}. Name another model.") from error

    def structured(self, instructions: str, text: str, schema: dict[str, Any]) -> Any:
        """What the model fills into a schema.

        Args:
            instructions: What to do.
            text: What to do it with: data, whatever it says.
            schema: JSON Schema of the result.

        Raises:
            ModelError: The endpoint does not answer, refuses, or does not return JSON.
        """
        asked = self._messages((Message("system", instructions), Message("user", text)))
        form = {"type": "json_schema", "json_schema": {"name": "result", "strict": True, "schema": schema}}
        try:
            try:
                done = self._client.chat(asked, response_format=form, **self._options(MAX_TOKENS))
            except self._refusals as error:
                self._without_seed(error)
                done = self._client.chat(asked, response_format=form, **self._options(MAX_TOKENS))
            return json.loads(done.message.content or "")
        except self._failures as error:
            raise self._failed(error) from error
        except (ValueError, IndexError, AttributeError, TypeError) as error:
            # The client hands on whatever was sent: a page of a proxy comes as text where an object is expected.
            raise ModelError(f"the language model {self.name!r} returned no JSON.") from error

    def stream(self, messages: Sequence[Message], max_tokens: int = MAX_TOKENS) -> Generator[str, None, None]:
        """The model's reply in pieces, as they come. Closing the iterator ends the reply at the endpoint.

        Args:
            messages: The conversation, the last message to be replied to.
            max_tokens: Most tokens of the reply.

        Raises:
            ModelTimeoutError: The reply does not begin, or does not end, in time.
            ModelError: The endpoint does not answer, refuses, or breaks off.
        """
        # A thread reads, for a silent endpoint that keeps the connection alive would hold its reader for ever.
        pieces: queue.SimpleQueue[str | Exception | None] = queue.SimpleQueue()
        left = threading.Event()
        began = time.monotonic()
        reader = threading.Thread(
            target=self._read, args=(self._messages(messages), max_tokens, pieces, left), daemon=True
        )
        reader.start()
        try:
            deadline = began + min(self.first_token, self.timeout)
            while True:
                try:
                    piece = pieces.get(timeout=max(deadline - time.monotonic(), 0.0))
                except queue.Empty:
                    raise self._late() from None
                if piece is None:
                    return
                if isinstance(piece, Exception):
                    raise self._failed(piece) from piece
                deadline = began + self.timeout
                if time.monotonic() > deadline:
                    raise self._late()
                yield piece
        finally:
            left.set()

    def _read(
        self,
        messages: Sequence[Any],
        max_tokens: int,
        pieces: queue.SimpleQueue[str | Exception | None],
        left: threading.Event,
    ) -> None:
        """Puts the reply's pieces, then None or what went wrong; stops, and hangs up, once nobody listens."""
        try:
            try:
                self._copy(messages, max_tokens, pieces, left)
            except self._refusals as error:
                # A refusal comes before the first piece.
                self._without_seed(error)
                self._copy(messages, max_tokens, pieces, left)
            pieces.put(None)
        except Exception as error:  # noqa: BLE001 - handed to whoever listens, who raises it
            pieces.put(error)

    def _copy(
        self,
        messages: Sequence[Any],
        max_tokens: int,
        pieces: queue.SimpleQueue[str | Exception | None],
        left: threading.Event,
    ) -> None:
        self._reading.response = None
        reply = self._client.stream_chat(messages, **self._options(max_tokens))
        try:
            for piece in reply:
                if left.is_set():
                    return
                if piece.delta:
                    pieces.put(piece.delta)
        finally:
            reply.close()
            if self._reading.response is not None:
                self._reading.response.close()

    def _opened(self, response: Any) -> None:
        """Keeps the response that the present thread reads."""
        self._reading.response = response

    def _messages(self, messages: Sequence[Message]) -> list[Any]:
        return [self._message(role=message.role, content=message.text) for message in messages]

    def _options(self, max_tokens: int) -> dict[str, Any]:
        return {"max_tokens": max_tokens, **({"seed": SEED} if self._seeded else {})}

    def _without_seed(self, refused: Exception) -> None:
        """Leaves the seed out from now on where it is what the endpoint refuses; raises `refused` where it is not."""
        if not self._seeded or "seed" not in str(refused):
            raise refused
        self._seeded = False

    def _late(self) -> ModelTimeoutError:
        return ModelTimeoutError(
            f"the language model {self.name!r} took too long. Raise GROUNDRULE_LLM_TIMEOUT or "
            "GROUNDRULE_LLM_FIRST_TOKEN, or use a smaller model."
        )

    def _failed(self, error: Exception) -> ModelError:
        # Only the error's kind is told: its text may repeat what was sent.
        if isinstance(error, self._timeouts):
            return self._late()
        return ModelError(f"the language model {self.name!r} failed: {type(error).__name__}.")


def language_model(settings: Settings) -> LanguageModel | None:
    """The language model that the settings name; None when they name none.

    Raises:
        SettingError: Its client is not installed, or a setting is missing.
    """
    if settings.llm_url is None:
        return None
    if settings.llm_model is None:
        raise SettingError("GROUNDRULE_LLM_URL is set but GROUNDRULE_LLM_MODEL is not. Name the model to use there.")
    key = settings.llm_key.get_secret_value() if settings.llm_key else None
    return LanguageModel(settings.llm_url, settings.llm_model, key, settings.llm_timeout, settings.llm_first_token)
