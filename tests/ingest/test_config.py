from __future__ import annotations

from pathlib import Path

import pytest

from ingest.config import BUNDLED_CORPUS, Settings, load_settings
from ingest.errors import PathError, SettingError


def test_defaults_are_loopback_and_the_bundled_pack(home: Path) -> None:
    settings = load_settings()
    assert (settings.home, settings.corpus, settings.host) == (home, BUNDLED_CORPUS, "127.0.0.1")


def test_precedence_is_flag_environment_file_default(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    assert load_settings().port == 7860
    (home / "config.toml").write_text("port = 1111\nembedding_batch = 3\n")
    assert load_settings().port == 1111
    monkeypatch.setenv("GROUNDRULE_PORT", "2222")
    assert load_settings().port == 2222
    assert load_settings(port=3333).port == 3333
    assert load_settings(port=3333).embedding_batch == 3


def test_home_comes_from_the_flag_before_the_environment(tmp_path: Path) -> None:
    assert load_settings(home=tmp_path / "other").home == tmp_path / "other"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("port = 'abc'", "setting 'port' cannot be 'abc'"),
        ("port = 70000", "setting 'port' cannot be 70000"),
        ("prot = 1", "setting 'prot' cannot be 1"),
        ("port = ", "is not valid TOML"),
    ],
)
def test_a_wrong_settings_file_is_a_clear_error(home: Path, text: str, message: str) -> None:
    home.mkdir()
    (home / "config.toml").write_text(text)
    with pytest.raises(SettingError, match=message):
        load_settings()


def test_a_wrong_variable_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDRULE_EMBEDDING_BATCH", "0")
    with pytest.raises(SettingError, match="'embedding_batch' cannot be '0'.*GROUNDRULE_EMBEDDING_BATCH"):
        load_settings()


def test_a_corpus_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(PathError, match="nowhere does not exist"):
        load_settings(corpus=tmp_path / "nowhere")


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())
