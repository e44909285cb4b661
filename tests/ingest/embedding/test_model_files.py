from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ingest.embedding.model_files import (
    DEFAULT_MODEL,
    DEFAULT_WEIGHTS_SHA256,
    check_weights,
    encoder_name,
    find_folder,
    fingerprint,
    packaged_default,
)
from ingest.errors import EncoderError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "owl"
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "checkpoint-9").mkdir()
    (folder / "modules.json").write_text(json.dumps([{"path": ""}, {"path": "1_Pooling"}, {"path": "2_Normalize"}]))
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "1_Pooling" / "config.json").write_text("{}")
    (folder / "README.md").write_text("an owl")
    (folder / "checkpoint-9" / "model.safetensors").write_bytes(b"older weights")
    return folder


def test_weights_of_another_digest_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"not the model")
    with pytest.raises(EncoderError, match="it is not the published model"):
        check_weights(path, "0" * 64)


def test_weights_that_are_not_there_are_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="cannot be read"):
        check_weights(tmp_path / "nothing", "0" * 64)


def test_the_packaged_weights_are_the_published_ones() -> None:
    assert find_folder(DEFAULT_MODEL) == packaged_default()
    check_weights(packaged_default() / "model.safetensors", DEFAULT_WEIGHTS_SHA256)


def test_a_hub_s_model_goes_by_its_name_and_is_nowhere_before_it_is_fetched() -> None:
    assert encoder_name("some/model") == "some/model"
    assert encoder_name(DEFAULT_MODEL) == f"{DEFAULT_MODEL}@53aa51172d14"
    assert find_folder("nobody-here/has-such-a-model") is None
    assert find_folder("no such: model") is None


def test_a_folder_goes_by_its_last_part_and_what_lies_in_it(folder: Path, tmp_path: Path) -> None:
    name = encoder_name(str(folder))
    assert name == f"owl@{fingerprint(folder)[:12]}"
    assert find_folder(str(folder)) == folder
    moved = folder.rename(tmp_path / "elsewhere")
    (moved.parent / "deep").mkdir()
    assert encoder_name(str(moved.rename(tmp_path / "deep" / "owl"))) == name


def test_a_folder_named_from_where_one_stands_has_the_same_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = encoder_name(str(folder))
    monkeypatch.chdir(folder)
    assert encoder_name(".") == name


@pytest.mark.parametrize("changed", ["model.safetensors", "1_Pooling/config.json", "modules.json", "tokenizer.json"])
def test_other_weights_or_settings_are_another_model(folder: Path, changed: str) -> None:
    before = encoder_name(str(folder))
    path = folder / changed
    path.write_bytes(path.read_bytes().swapcase() + b" " if path.exists() else b"{}")
    assert encoder_name(str(folder)) != before


@pytest.mark.parametrize("changed", ["README.md", "checkpoint-9/model.safetensors", "picture.png"])
def test_what_does_not_decide_its_vectors_leaves_a_model_what_it_is(folder: Path, changed: str) -> None:
    before = encoder_name(str(folder))
    (folder / changed).write_bytes(b"other")
    assert encoder_name(str(folder)) == before


def test_a_file_is_read_again_when_its_time_is_another_and_at_once_when_it_is_new(folder: Path) -> None:
    weights = folder / "model.safetensors"
    os.utime(weights, (1_000_000, 1_000_000))
    before = fingerprint(folder)
    weights.write_bytes(b"WEIGHTS")  # as many bytes, just written
    second = fingerprint(folder)
    weights.write_bytes(b"WeIgHtS")
    assert len({before, second, fingerprint(folder)}) == 3
    weights.write_bytes(b"weights")
    os.utime(weights, (2_000_000, 2_000_000))
    assert fingerprint(folder) == before


def test_a_file_that_cannot_be_read_is_a_clear_error(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to(folder / "model.safetensors")
    (folder / "vocab.txt").mkdir()
    assert fingerprint(folder)  # neither is a file
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    (folder / "config.json").write_text("{}")
    (folder / "config.json").chmod(0)
    with pytest.raises(EncoderError, match="cannot be read"):
        fingerprint(folder)
