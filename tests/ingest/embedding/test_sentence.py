from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.embedding.sentence import CannotConvertError, Plain
from ingest.errors import EncoderError
from tests.embedding_models import HIDDEN, MAX_TOKENS, make_embedding_model

TEXTS = ["who keeps the ferry?", "", "bread " * 60, "four models grow old"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_embedding_model(tmp_path_factory.mktemp("models") / "owl")


def test_vectors_are_the_library_s_own_in_the_texts_order(folder: Path) -> None:
    from sentence_transformers import SentenceTransformer

    plain = Plain(str(folder), batch_size=2, device="cpu")
    expected = SentenceTransformer(str(folder), device="cpu").encode(TEXTS, normalize_embeddings=True)
    found = plain.encode(TEXTS)
    assert found.shape == (4, HIDDEN)
    assert found.dtype == np.float32
    assert found == pytest.approx(expected, abs=1e-6)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert abs(found[0] @ found[3]) < 0.999
    assert plain.encode([]).shape == (0, HIDDEN)
    assert (plain.kind, plain.dimension, plain.max_tokens) == ("plain", HIDDEN, MAX_TOKENS)


def test_tokens_are_counted_past_what_the_model_reads(folder: Path) -> None:
    assert Plain(str(folder), 2, "cpu").count(TEXTS) == [7, 2, 62, 6]


def test_a_model_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="'an owl' cannot be loaded.*GROUNDRULE_EMBEDDING_MODEL"):
        Plain(str(tmp_path / "nothing"), 2, "cpu", shown="an owl")


@pytest.mark.parametrize(
    ("pooling", "dense", "reason"),
    [("max", False, "its pooling is 'max'"), ("mean", True, "Transformer, Pooling, Dense")],
)
def test_a_model_of_more_than_a_transformer_and_its_pooling_says_so(
    tmp_path: Path, pooling: str, dense: bool, reason: str
) -> None:
    model = Plain(str(make_embedding_model(tmp_path / "owl", pooling, dense)), 2, "cpu")
    assert model.encode(["bread"]).shape == (1, 8 if dense else HIDDEN)
    with pytest.raises(CannotConvertError, match=reason):
        model.pipeline()
