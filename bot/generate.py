"""The language model: optional, behind any endpoint that speaks OpenAI's protocol, and never the one who decides.

What it writes is a proposal, which its caller checks before anybody sees it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ingest.errors import ModelError, SettingError

if TYPE_CHECKING:
    from ingest.config import Settings

__all__ = ["LanguageModel", "language_model"]

MAX_TOKENS = 1024
SEED = 1


class LanguageModel:
    """A model that fills in a JSON Schema.

    Args:
        url: Base address of the endpoint, such as `http://127.0.0.1:8080/v1`.
        model: Name of the model there.
        key: Key of the endpoint; None where it takes none. Never written anywhere.
        timeout: Seconds after which a call is given up.

    Raises:
        SettingError: The library that speaks the protocol is not installed.
    """

    def __init__(self, url: str, model: str, key: str | None = None, timeout: float = 30.0) -> None:
        try:
            import openai
        except ImportError as error:
            raise SettingError(
                "a language model is set, but its client is not installed. Run `pip install 'groundrule[llm]'` or "
                "unset GROUNDRULE_LLM_URL."
            ) from error
        self.name = model
        self._failures = openai.OpenAIError
        # Some servers take no key, but the client insists on one.
        self._client = openai.OpenAI(base_url=url, api_key=key or "none", timeout=timeout, max_retries=1)

    def structured(self, instructions: str, text: str, schema: dict[str, Any]) -> Any:
        """What the model fills into a schema.

        Args:
            instructions: What to do.
            text: What to do it with: data, whatever it says.
            schema: JSON Schema of the result.

        Raises:
            ModelError: The endpoint does not answer, refuses, or does not return JSON.
        """
        try:
            done = self._client.chat.completions.create(
                model=self.name,
                messages=[{"role": "system", "content": instructions}, {"role": "user", "content": text}],
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "result", "strict": True, "schema": schema},
                },
                temperature=0,
                seed=SEED,
                max_tokens=MAX_TOKENS,
            )
            return json.loads(done.choices[0].message.content or "")
        except self._failures as error:
            raise ModelError(f"the language model {self.name!r} failed: {type(error).__name__}.") from error
        except (ValueError, IndexError) as error:
            raise ModelError(f"the language model {self.name!r} returned no JSON.") from error


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
    return LanguageModel(settings.llm_url, settings.llm_model, key, settings.llm_timeout)
