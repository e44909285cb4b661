from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.embedding.sentence import DEFAULT_MODEL, SentenceEncoder, check_weights, encoder_name
from ingest.errors import EncoderError


def test_the_default_model_is_the_published_one() -> None:
    encoder = SentenceEncoder()
    vectors = encoder.encode(["a federated operating model", "decentralised teams share one platform", "rain in Leeds"])
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2
    assert encoder.max_tokens == 256
    assert encoder.count_tokens("hello world") == 4
    assert encoder.encode([]).shape == (0, 384)


def test_weights_of_another_digest_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"not the model")
    with pytest.raises(EncoderError, match="it is not the published model"):
        check_weights(path, "0" * 64)


def test_weights_that_are_not_there_are_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="cannot be read"):
        check_weights(tmp_path / "nothing", "0" * 64)


def test_a_model_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="cannot be loaded.*GROUNDRULE_EMBEDDING_MODEL"):
        SentenceEncoder(str(tmp_path / "nothing")).encode(["x"])


def test_another_model_has_another_name() -> None:
    assert encoder_name("some/model") == "some/model"
    assert encoder_name(DEFAULT_MODEL) != DEFAULT_MODEL
