"""The gate catches what it is there for: deliberate defects, each as a developer or an author of a pack might make it.

Each is applied by itself, some of our cases are asked again, and the gate has to fail, and the report has to name the
cases that broke. Without a defect the same cases pass.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bot.assistant import Assistant
from bot.composing.draft import Draft
from bot.deciding.rubric import Scorecard
from bot.llm.phrasing import Spoken
from bot.sessions.session import Turn
from bot.verifying.citations import cite_all
from bot.wiring import make_verifier, ready_library
from evals.cases import Case
from evals.evaluation import Evaluation, evaluate
from evals.gate import GATES, Outcome, load_gates, pass_gates
from evals.report.page import Extras, _plots, page
from evals.results import Change, changes
from evals.sets import load_set
from ingest.config import BUNDLED_CORPUS, Settings
from ingest.embedding.choice import make_encoder
from ingest.gather import gather
from ingest.pack import load_pack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bot.types import Citation
    from ingest.types import Document, Encoder, Passage

EVERY = 7


class Remembering:
    """The real encoder, which embeds no text twice: the defects leave most texts as they are."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, NDArray[np.float32]] = {}
        self.name = encoder.name
        self.max_tokens = encoder.max_tokens
        self.dimension = encoder.dimension
        self.backend = encoder.backend

    def count_tokens(self, text: str) -> int:
        return self._encoder.count_tokens(text)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._known[text] for text in texts])


@dataclass
class Bench:
    """Asks the same cases of an assistant over a given pack."""

    encoder: Remembering
    folder: Path
    indexed: Path

    def run(self, corpus: Path = BUNDLED_CORPUS) -> Evaluation:
        home = self.folder / f"home-{corpus.parent.name}"
        if not home.exists():
            # What an edited pack leaves as it is need not be embedded anew.
            shutil.copytree(self.indexed, home)
        settings = Settings(home=home, corpus=corpus)
        library = ready_library(settings, self.encoder)
        pack = load_pack(corpus)
        try:
            assistant = Assistant(library, pack, self.encoder)
            verifier = make_verifier(settings, pack.synonyms)
            return evaluate(
                self.cases(), assistant, verifier, {}, out=None, workers=1, told=lambda _stage, _done, _total: None
            )
        finally:
            library.close()

    def cases(self) -> list[Case]:
        pack = load_pack(BUNDLED_CORPUS)
        sources = [file.stem for file in (BUNDLED_CORPUS / "sources").glob("*.md")]
        every = load_set((), (), pack, sources, pytest.fail)
        # Paraphrases would triple the time, and what breaks them breaks their originals.
        return [case.model_copy(update={"paraphrases": ()}) for case in every[::EVERY]]

    def edited(self, name: str, edit: Callable[[Path], None]) -> Path:
        """A copy of the pack with a defect."""
        corpus = self.folder / name / "corpus"
        shutil.copytree(BUNDLED_CORPUS, corpus)
        edit(corpus)
        return corpus


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, real_home: Path) -> Bench:
    return Bench(Remembering(make_encoder(Settings(home=real_home))), tmp_path_factory.mktemp("faults"), real_home)


@pytest.fixture(scope="module")
def sound(bench: Bench) -> Evaluation:
    return bench.run()


@pytest.fixture(scope="module")
def drawn(sound: Evaluation) -> dict[str, str]:
    """The plots of the sound evaluation: to draw them again for each defect would take as long as to ask the cases."""
    return _plots(sound, Extras())


def judged(evaluation: Evaluation, sound: Evaluation) -> tuple[list[Outcome], Change]:
    """What the gate says of an evaluation, against the sound one; thresholds that so few cases cannot hold for
    want of numbers are left out."""
    change = changes(sound.result, evaluation.result, "sound")
    gates = [
        one.gate
        for one in pass_gates(load_gates(GATES), sound.result, changes(sound.result, sound.result, ""))
        if one.passed
    ]
    return pass_gates(gates, evaluation.result, change), change


def test_without_a_defect_the_gate_holds(sound: Evaluation) -> None:
    outcomes, change = judged(sound, sound)
    # Nearly all thresholds hold on so few cases, too.
    assert len(outcomes) >= len(load_gates(GATES)) - 2
    assert {"broken_cases", "failures", "citations_exact", "citation_recall"} <= {one.gate.metric for one in outcomes}
    assert all(one.passed for one in outcomes)
    assert change.broken == ()
    assert change.compared == len(sound.marked) > 50


# Defects of a pack.


def swap_stances(corpus: Path) -> None:
    """Pros become cons and cons pros, in one source."""
    file = corpus / "sources" / "ordax-2024.md"
    text = re.sub(r"(?m)^(#+ )(Pros|Cons)\b", lambda m: m[1] + {"Pros": "Cons", "Cons": "Pros"}[m[2]], file.read_text())
    assert text != file.read_text()
    file.write_text(text)


def swap_an_alias(corpus: Path) -> None:
    """Two options take each other's names for themselves."""
    file = corpus / "options.yaml"
    text = file.read_text()
    one, other = "name: Factory", "name: Federated\n"
    assert one in text
    assert other in text
    file.write_text(text.replace(one, "name: #\n").replace(other, one + "\n").replace("name: #\n", other))


def change_a_weight(corpus: Path) -> None:
    """The two heaviest criteria of a decision and the lightest trade their weights; the sum stays 1."""
    file = corpus / "rubric.yaml"
    text = file.read_text()
    assert text.count("weight: 0.16") == text.count("weight: 0.03") == 1
    text = text.replace("weight: 0.16", "weight: ?").replace("weight: 0.03", "weight: 0.16")
    file.write_text(text.replace("weight: ?", "weight: 0.03"))


# Defects of the code.


def drop_a_source(patch: pytest.MonkeyPatch) -> None:
    """One source never gets into the index."""
    from ingest import pipeline

    def lossy(*args: Any, **kwargs: Any) -> Any:
        gathered = gather(*args, **kwargs)
        return replace(gathered, stored=[one for one in gathered.stored if one.document.id != "nguyen-2023"])

    patch.setattr(pipeline, "gather", lossy)


def cite_the_next_passage(patch: pytest.MonkeyPatch) -> None:
    """Every marker refers to the passage after the one it means."""
    from bot import answering

    patch.setattr(answering, "cite_all", lambda passages, docs: cite_all([*passages[1:], *passages[:1]], docs))


def quote_one_character_late(patch: pytest.MonkeyPatch) -> None:
    """Offsets are one character off, and nobody checks."""
    from bot import answering

    def late(passages: Sequence[Passage], documents: dict[str, Document]) -> tuple[Citation, ...]:
        cited = cite_all(passages, documents)
        return tuple(one.model_copy(update={"start": one.start + 1, "end": one.end + 1}) for one in cited)

    patch.setattr(answering, "cite_all", late)


def answer_everything(patch: pytest.MonkeyPatch) -> None:
    """The refusal threshold is lowered."""
    from bot.finding import lookup

    patch.setattr(lookup, "ANSWER_FROM", 0.05)


def refuse_too_much(patch: pytest.MonkeyPatch) -> None:
    """The refusal threshold is raised."""
    from bot.finding import lookup

    patch.setattr(lookup, "ANSWER_FROM", 0.95)


def let_an_unsupported_sentence_through(patch: pytest.MonkeyPatch) -> None:
    """A sentence that no passage holds is added to every cited answer, with a number."""
    from bot import answering

    def unchecked(spoken: Spoken, _verifier: object) -> Spoken:
        if not spoken.passages:
            return spoken
        return replace(spoken, text=f"{spoken.text}\n\nAt least 40 engineers are needed for it by law. [1]")

    patch.setattr(answering, "checked", unchecked)


def leave_citations_out(patch: pytest.MonkeyPatch) -> None:
    """Claims lose their numbers."""
    patch.setattr(Draft, "marker", lambda self, passage: (self.passages.append(passage), "")[1])


def rank_upside_down(patch: pytest.MonkeyPatch) -> None:
    """A sign is lost in the rubric's arithmetic."""
    scores = Scorecard._scores
    patch.setattr(Scorecard, "_scores", lambda self, at: 100 - scores(self, at))


def forget_the_conversation(patch: pytest.MonkeyPatch) -> None:
    """Follow-ups are read without what was said before."""
    from bot.sessions.memory import MemoryConversations

    read = MemoryConversations.read
    patch.setattr(MemoryConversations, "read", lambda *place: replace(read(*place), turn=Turn()))


def ask_the_least_telling_question(patch: pytest.MonkeyPatch) -> None:
    """Questions back are asked in the wrong order."""
    questions = Scorecard._questions
    patch.setattr(Scorecard, "_questions", lambda self, *args: questions(self, *args)[::-1])


PACK = [swap_stances, swap_an_alias, change_a_weight]
CODE = [
    drop_a_source,
    cite_the_next_passage,
    quote_one_character_late,
    answer_everything,
    refuse_too_much,
    let_an_unsupported_sentence_through,
    leave_citations_out,
    rank_upside_down,
    forget_the_conversation,
    ask_the_least_telling_question,
]


@pytest.mark.parametrize("defect", [*PACK, *CODE], ids=lambda defect: defect.__name__)
def test_a_defect_fails_the_gate_and_the_report_names_what_broke(
    defect: Callable[[Any], None],
    bench: Bench,
    sound: Evaluation,
    drawn: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if defect in PACK:
        faulty = bench.run(bench.edited(defect.__name__, defect))
    else:
        defect(monkeypatch)
        # A defect in what is indexed needs an index of its own.
        faulty = bench.run(
            bench.edited(defect.__name__, lambda _corpus: None) if defect is drop_a_source else BUNDLED_CORPUS
        )
    outcomes, change = judged(faulty, sound)
    failed = [one for one in outcomes if not one.passed]
    assert failed
    monkeypatch.setattr("evals.report.page._plots", lambda *_: drawn)
    html = page(faulty, Extras(change=change, outcomes=outcomes))
    assert all(one.gate.metric in html for one in failed)
    named = change.broken or tuple(one.case.id for one in faulty.marked if one.unsupported or one.asked.failure)
    assert named or "citations_exact" in {one.gate.metric for one in failed}
    assert all(id_ in html for id_ in named[:5])
