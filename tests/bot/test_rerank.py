"""A cross-encoder orders the best hits anew, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.finding.rerank import RERANKED, reranked
from bot.finding.retrieve import Retriever
from bot.wiring import build_assistant, make_lookup
from ingest.config import Settings
from ingest.errors import EncoderError
from ingest.index.generations import index_slot
from ingest.index.library import Library, open_library
from ingest.pack import load_pack
from ingest.pipeline import build_index
from tests.cross_encoders import make_cross_encoder
from tests.fakes import WordEncoder

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUERY = "kettles mended on Mondays"


class Prefers:
    """Finds texts with a word relevant, and no others."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.asked: list[tuple[str, int]] = []

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.append((query, len(texts)))
        return np.array([float(self.word in text) for text in texts], dtype=np.float32)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("rerank") / "home")


@pytest.fixture(scope="module")
def library(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    file = tmp_path_factory.mktemp("shop") / "shop.md"
    weekdays = ("Mondays", "Tuesdays", "Fridays")
    bullets = "".join(f"- Kettle number{n} is mended on {weekdays[n % 3]}.\n" for n in range(40))
    file.write_text(f"# The repair shop\n\n{bullets}")
    build_index(settings, WordEncoder(), [file], only=True)
    opened = open_library(index_slot(settings))
    assert opened is not None
    yield opened
    opened.close()


def searching(library: Library, settings: Settings, scorer: Prefers | None = None) -> Retriever:
    return Retriever(library, WordEncoder(), load_pack(settings.corpus), relevance=scorer)


def test_the_mix_is_half_of_each_within_the_range_of_the_scores() -> None:
    order = reranked("q", ["a", "b", "c x"], [0.9, 0.5, 0.4], Prefers("x"))
    assert [place for place, _ in order] == [0, 2, 1]
    # (0.9 + 0.4) / 2, (0.4 + 0.9) / 2, (0.5 + 0.4) / 2: equals stay in their order.
    assert [score for _, score in order] == pytest.approx([0.65, 0.65, 0.45])
    assert reranked("q", [], [], Prefers("x")) == []


def test_a_relevant_hit_overtakes_better_ones() -> None:
    order = reranked("q", ["a", "b x", "c"], [0.9, 0.8, 0.4], Prefers("x"))
    assert [place for place, _ in order] == [1, 0, 2]
    assert [score for _, score in order] == pytest.approx([0.85, 0.65, 0.4])


def test_a_cross_encoder_that_tells_nothing_apart_changes_no_order() -> None:
    order = reranked("q", ["a x", "b x", "c x"], [0.9, 0.5, 0.4], Prefers("x"))
    assert [place for place, _ in order] == [0, 1, 2]


def test_the_best_hits_are_ordered_anew_and_the_rest_stay_behind(library: Library, settings: Settings) -> None:
    plain = searching(library, settings).search(QUERY, 40)
    last = plain[RERANKED - 1].passage
    scorer = Prefers(last.text)
    hits = searching(library, settings, scorer).search(QUERY, 40)
    assert scorer.asked == [(QUERY, RERANKED)]
    assert {h.passage.id for h in hits[:RERANKED]} == {h.passage.id for h in plain[:RERANKED]}
    assert hits[RERANKED:] == plain[RERANKED:]
    before = [h.passage.id for h in plain].index(last.id)
    assert [h.passage.id for h in hits].index(last.id) < before
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)


def test_it_reads_past_what_is_asked_for(library: Library, settings: Settings) -> None:
    plain = searching(library, settings).search(QUERY, RERANKED)
    wanted = next(h.passage for h in plain[1:] if h.score == pytest.approx(plain[0].score))
    assert searching(library, settings, Prefers(wanted.text)).search(QUERY, 1)[0].passage == wanted


def test_a_question_that_refers_back_is_read_with_what_it_refers_to(library: Library, settings: Settings) -> None:
    scorer = Prefers("kettle")
    searching(library, settings, scorer).search("and on Fridays?", 3, context=("Which are mended?", "Hello."))
    assert scorer.asked == [("Which are mended? and on Fridays?", RERANKED)]


def test_the_setting_is_obeyed_where_retrieval_is_put_together(
    library: Library, settings: Settings, tmp_path: Path
) -> None:
    folder = make_cross_encoder(tmp_path / "model", ("LABEL_0",))
    plain, with_model, broken = (
        make_lookup(library, WordEncoder(), settings.model_copy(update={"reranker": name}))[1].retriever
        for name in (None, str(folder), str(tmp_path / "nothing"))
    )
    before, after = plain.search(QUERY, 40), with_model.search(QUERY, 40)
    assert before == searching(library, settings).search(QUERY, 40)
    assert after[RERANKED:] == before[RERANKED:]
    assert [h.passage.id for h in after] != [h.passage.id for h in before]
    assert {h.passage.id for h in after} == {h.passage.id for h in before}
    with pytest.raises(EncoderError, match="GROUNDRULE_RERANKER"):
        broken.search(QUERY)


def test_the_assistant_obeys_both_settings_and_loads_them_to_warm_up(real_home: Path, tmp_path: Path) -> None:
    missing = str(tmp_path / "nothing")
    for name, variable in (("reranker", "GROUNDRULE_RERANKER"), ("nli_model", "GROUNDRULE_NLI_MODEL")):
        built = build_assistant(Settings.model_validate({"home": real_home, name: missing}))
        with pytest.raises(EncoderError, match=variable):
            built.warm_up()
        built.library.close()
