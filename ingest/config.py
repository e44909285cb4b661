"""Settings: the one place where the environment and the settings file are read.

Precedence, highest first: command-line flag, environment variable `GROUNDRULE_<NAME>`, `config.toml` in the home
folder, default. The home folder itself comes from `--home`, then `GROUNDRULE_HOME`, then the platform's user data
folder.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from ingest.errors import PathError, SettingError

__all__ = ["BUNDLED_CORPUS", "DEFAULT_CACHE", "SETTINGS_FILE", "ChannelRule", "Settings", "load_settings"]

# `corpus/` stands beside the packages in a checkout and in an installed wheel alike.
BUNDLED_CORPUS = Path(__file__).resolve().parent.parent / "corpus"
SETTINGS_FILE = "config.toml"
DEFAULT_CACHE = platformdirs.user_cache_path("groundrule")
# Never shown, not even when they are wrong.
_SECRET = frozenset(
    {"llm_key", "judge_key", "database_url", "chroma_url", "slack_bot_token", "slack_signing_secret", "slack_app_token"}
)


class ChannelRule(BaseModel):
    """What the Slack bot does in a channel.

    Attributes:
        allowed: Whether it answers there at all.
        listen: To messages that mention it ("mention"), or to every message ("all").
        reply: In the message's thread ("thread"), or to its author in private ("private").
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    allowed: bool = True
    listen: Literal["mention", "all"] = "mention"
    reply: Literal["thread", "private"] = "thread"


class Settings(BaseSettings):
    """Everything that can be set. Each field is also `GROUNDRULE_<FIELD>` and a key of `config.toml`."""

    model_config = SettingsConfigDict(env_prefix="GROUNDRULE_", extra="forbid", frozen=True, validate_default=False)

    home: Path = Field(description="Folder of everything Groundrule stores.")
    corpus: Path = Field(BUNDLED_CORPUS, description="The pack: a folder with `options.yaml` and `sources/*.md`.")
    embedding_model: str = Field(
        "sentence-transformers/all-MiniLM-L6-v2",
        min_length=1,
        description="Embedding model: the default comes with the install; else a hub name or a folder.",
    )
    embedding_batch: int = Field(64, ge=1, le=4096, description="Passages embedded at a time.")
    embedding_backend: Literal["auto", "plain"] = Field(
        "auto",
        description="What computes vectors: `auto` for the fastest that gives the same ones, "
        "`plain` for sentence-transformers.",
    )
    cache: Path = Field(
        DEFAULT_CACHE, description="Folder of what can be made again: embedding models converted for this machine."
    )
    reranker: str | None = Field(
        None,
        min_length=1,
        description="Cross-encoder that orders the best passages anew: a hub name or a folder; without one, none does.",
    )
    nli_model: str | None = Field(
        None,
        min_length=1,
        description="Cross-encoder for natural language inference that sentences are also checked by: "
        "a hub name or a folder.",
    )
    llm_url: str | None = Field(
        None,
        pattern="^https?://",
        description="Base address of a language model that speaks OpenAI's protocol; without one, none is used.",
    )
    llm_model: str | None = Field(None, min_length=1, description="Name of the model at that address.")
    llm_key: SecretStr | None = Field(None, description="Key for that address, where it takes one.")
    llm_timeout: float = Field(30.0, gt=0, le=600, description="Seconds after which the language model is given up.")
    llm_first_token: float = Field(
        20.0,
        gt=0,
        le=600,
        description="Seconds after which a reply of the language model that has not begun is given up.",
    )
    judge_url: str | None = Field(
        None,
        pattern="^https?://",
        description="Base address of the language model that judges answers when they are measured; "
        "without one, the address above.",
    )
    judge_model: str | None = Field(
        None, min_length=1, description="Name of the model that judges; without one, the model above."
    )
    judge_key: SecretStr | None = Field(
        None, description="Key for the judge's address; without one, the key above, where the address is the same."
    )
    host: str = Field("127.0.0.1", min_length=1, description="Address `serve` listens on.")
    port: int = Field(7860, ge=1, le=65535, description="Port `serve` listens on.")
    max_question_chars: int = Field(4000, ge=100, le=100_000, description="Longest question accepted, in characters.")
    max_document_mb: int = Field(64, ge=1, le=4096, description="Largest file `ingest` reads, in MiB.")
    max_document_seconds: float = Field(
        180.0, gt=0, le=86_400, description="Seconds after which reading one document, or fetching it, is given up."
    )
    allow_private_urls: bool = Field(
        False, description="Whether `ingest` fetches addresses that are not public: of this machine and its network."
    )
    max_sessions: int = Field(1000, ge=1, description="Conversations kept; the one longest unused is forgotten first.")
    retention_days: int = Field(
        30, ge=0, le=36_500, description="Days a conversation is kept after its last question; 0 sets no end."
    )
    database_url: SecretStr | None = Field(
        None,
        description="Where conversations are kept, as SQLAlchemy writes it; without one, a file in the home folder.",
    )
    chroma_url: str | None = Field(
        None,
        pattern="^https?://",
        description="Address of a Chroma server that holds the index, for several servers to share; without one, "
        "files in the home folder.",
    )
    ray: str | None = Field(
        None,
        min_length=1,
        description="Address of a Ray cluster on which documents are parsed and embedded: `ray://host:10001`, "
        "`auto` for the one of this machine, `local` for a new one; without one, this process does it.",
    )

    allowed_hosts: tuple[str, ...] = Field(
        (),
        description="Names by which browsers and programs may reach `serve`, beside its own address; "
        "`*` allows any. As a JSON list.",
    )
    cors_origins: tuple[str, ...] = Field(
        (), description="Origins of other web pages that may call the API from a browser. As a JSON list."
    )
    rate_per_minute: int = Field(
        240, ge=0, description="Requests a minute from one key, or one address where there are no keys; 0 sets no end."
    )
    max_body_kb: int = Field(
        512, ge=16, le=65_536, description="Largest request, in KiB; uploads may have the size of a file."
    )
    max_concurrent: int = Field(64, ge=1, le=4096, description="Requests worked on at the same time; more are refused.")
    request_timeout: float = Field(60.0, gt=0, le=3600, description="Seconds after which a request is given up.")
    log_format: Literal["text", "json"] = Field("text", description="How `serve` logs: for people, or for programs.")
    slack_bot_token: SecretStr | None = Field(None, description="The Slack app's bot token, `xoxb-…`.")
    slack_signing_secret: SecretStr | None = Field(
        None, description="The Slack app's signing secret, by which its HTTP requests are verified."
    )
    slack_app_token: SecretStr | None = Field(
        None, description="The Slack app's app-level token, `xapp-…`, for Socket Mode."
    )
    slack_api_url: str = Field(
        "https://slack.com/api/", pattern="^https?://", description="Base address of Slack's Web API."
    )
    slack_channels: dict[str, ChannelRule] = Field(
        {},
        description="Rules by channel id, `default` for all others: `allowed`, `listen` (`mention` or `all`), "
        "`reply` (`thread` or `private`).",
    )
    slack_workers: int = Field(2, ge=1, le=32, description="Slack messages answered at the same time.")

    @field_validator("home", "corpus", "cache")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags arrive as constructor arguments, so they come first."""
        home = Path(init_settings()["home"])
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, home / SETTINGS_FILE))


def load_settings(**flags: Any) -> Settings:
    """Settings from the given flags, the environment, the settings file and the defaults.

    Args:
        flags: Values given on the command line by field name; None means "not given".

    Raises:
        SettingError: A value that its setting cannot have, or a settings file that is not valid TOML.
        PathError: The corpus folder does not exist.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    home = given.pop("home", None) or os.environ.get("GROUNDRULE_HOME") or platformdirs.user_data_path("groundrule")
    settings_file = Path(home).expanduser() / SETTINGS_FILE
    try:
        settings = Settings(home=Path(home).expanduser(), **given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "settings"
        shown = "what it is" if name in _SECRET else repr(first.get("input"))
        raise SettingError(
            f"setting {name!r} cannot be {shown}: {first['msg']}. "
            f"Correct the flag, GROUNDRULE_{name.split('.')[0].upper()} or {settings_file}."
        ) from error
    except SettingsError as error:
        # Lists and tables come as JSON where they come from the environment; the message names the field alone.
        raise SettingError(f'{str(error).splitlines()[0]}: not valid JSON. Give a list as ["a", "b"].') from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"{settings_file} is not valid TOML: {error}. Correct or remove it.") from error
    except OSError as error:
        raise SettingError(f"{settings_file} cannot be read: {error.strerror}. Check its permissions.") from error
    if not settings.corpus.is_dir():
        raise PathError(
            f"corpus folder {settings.corpus} does not exist. Give another with --corpus or GROUNDRULE_CORPUS, "
            "or make one with `groundrule init DIR`."
        )
    return settings
