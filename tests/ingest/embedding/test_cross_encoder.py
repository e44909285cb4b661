from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ingest.embedding.cross_encoder import EntailmentScorer, PairScorer
from ingest.errors import EncoderError
from tests.cross_encoders import make_cross_encoder, packaged_model

QUERY = "Who feeds the lighthouse cat?"
TEXTS = ["The keeper feeds the cat at noon.", "Rain fell on the pier.", "The cat eats herring. " * 400, "No."]
PAIRS = [("The keeper sleeps.", "The keeper is awake."), ("Rain fell.", "It rained on the pier.")]


@pytest.fixture(scope="module")
def reranker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cross_encoder(tmp_path_factory.mktemp("models") / "reranker", ("LABEL_0",))


@pytest.fixture(scope="module")
def nli(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cross_encoder(tmp_path_factory.mktemp("models") / "nli", ("CONTRADICTION", "neutral", "Entailment"))


def test_each_text_gets_a_relevance_between_0_and_1(reranker: Path) -> None:
    scorer = PairScorer(str(reranker))
    found = scorer.scores(QUERY, TEXTS)
    assert found.shape == (4,)
    assert found.dtype == np.float32
    assert ((found > 0) & (found < 1)).all()
    assert len(set(found.round(3).tolist())) == 4
    assert scorer.scores(QUERY, []).shape == (0,)


def test_relevance_is_the_same_again_and_in_any_order(reranker: Path) -> None:
    scorer = PairScorer(str(reranker))
    found = scorer.scores(QUERY, TEXTS)
    assert np.array_equal(found, scorer.scores(QUERY, TEXTS))
    assert PairScorer(str(reranker)).scores(QUERY, TEXTS[::-1])[::-1] == pytest.approx(found, abs=1e-5)


def test_it_is_the_library_s_own_sigmoid_also_where_a_model_asks_for_none(reranker: Path, tmp_path: Path) -> None:
    from sentence_transformers import CrossEncoder

    own = CrossEncoder(str(reranker)).predict([(QUERY, text) for text in TEXTS])
    plain = shutil.copytree(reranker, tmp_path / "plain")
    config = json.loads((plain / "config.json").read_text())
    config["sentence_transformers"] = {"activation_fn": "torch.nn.modules.linear.Identity"}
    (plain / "config.json").write_text(json.dumps(config))
    logits = CrossEncoder(str(plain)).predict([(QUERY, text) for text in TEXTS])
    assert logits.min() < 0
    assert PairScorer(str(reranker)).scores(QUERY, TEXTS) == pytest.approx(own, abs=1e-5)
    assert PairScorer(str(plain)).scores(QUERY, TEXTS) == pytest.approx(own, abs=1e-5)


def test_several_threads_may_ask_at_once(reranker: Path) -> None:
    scorer = PairScorer(str(reranker))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: scorer.scores(QUERY, TEXTS[: 1 + n % 4]), range(16)))
    for n, scores in enumerate(found):
        assert scores == pytest.approx(found[3][: 1 + n % 4], abs=1e-5)


def test_the_labels_say_what_an_nli_model_s_outputs_mean(nli: Path, tmp_path: Path) -> None:
    from sentence_transformers import CrossEncoder

    first, _, last = CrossEncoder(str(nli)).predict(PAIRS, apply_softmax=True).T
    assert abs(first - last).min() > 0.01
    found = EntailmentScorer(str(nli)).entailment(PAIRS)
    assert [one.contradiction for one in found] == pytest.approx(first, abs=1e-5)
    assert [one.entailment for one in found] == pytest.approx(last, abs=1e-5)
    # The same weights under other names: what was a contradiction is now an entailment.
    turned = make_cross_encoder(tmp_path / "turned", ("entailment", "NEUTRAL", "contradiction"))
    other = EntailmentScorer(str(turned)).entailment(PAIRS)
    assert [one.entailment for one in other] == pytest.approx(first, abs=1e-5)
    assert [one.contradiction for one in other] == pytest.approx(last, abs=1e-5)
    assert EntailmentScorer(str(nli)).entailment([]) == []


def test_nothing_is_loaded_before_it_is_needed(tmp_path: Path) -> None:
    scorer = PairScorer(str(tmp_path / "later"))
    make_cross_encoder(tmp_path / "later", ("LABEL_0",))
    assert scorer.scores(QUERY, TEXTS).shape == (4,)


def test_a_model_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    missing = str(tmp_path / "nothing")
    with pytest.raises(EncoderError, match=r"'.*nothing' cannot be loaded: .*Set GROUNDRULE_RERANKER"):
        PairScorer(missing).scores(QUERY, TEXTS)
    with pytest.raises(EncoderError, match=r"'.*nothing' cannot be loaded: .*Set GROUNDRULE_NLI_MODEL"):
        EntailmentScorer(missing).entailment(PAIRS)


def test_a_model_of_another_kind_is_a_clear_error(reranker: Path, nli: Path, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="has 3 labels where a reranker has one"):
        PairScorer(str(nli)).scores(QUERY, [])
    with pytest.raises(EncoderError, match="has the labels 'LABEL_0'; an NLI model has"):
        EntailmentScorer(str(reranker)).entailment(PAIRS)
    two = make_cross_encoder(tmp_path / "two", ("entailment", "not_entailment"))
    with pytest.raises(EncoderError, match="has the labels 'entailment', 'not_entailment'"):
        EntailmentScorer(str(two)).entailment(PAIRS)
    # The library would put an untrained head on it, and order by chance.
    with pytest.raises(EncoderError, match="is not a cross-encoder but BertModel"):
        PairScorer(str(packaged_model())).scores(QUERY, TEXTS)
