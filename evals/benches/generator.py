"""`groundrule bench generator`: what of a language model's sentences is shown, and what is dropped and why.

The product's own code asks, writes and verifies; here its work is noted. Whether the verifier was right is for a reader
of the file to judge.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.console import notice, print_json, settings_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.assistant import Assistant
    from bot.llm.phrasing import SentenceWriter
    from bot.llm.written import Brief, Written
    from evals.cases import Case
    from ingest.config import Settings
    from ingest.types import Passage

__all__ = ["Recorder", "generator", "measure", "summary"]


@dataclass(frozen=True, slots=True)
class Recorder:
    """A writer whose work is noted.

    Attributes:
        writer: Does the work.
        noted: What came of each brief, in order.
    """

    writer: SentenceWriter
    noted: list[Written]

    @property
    def model(self) -> str:
        """Name of the language model."""
        return self.writer.model

    def write(
        self, brief: Brief, marker: Callable[[Passage], str], on_sentence: Callable[[str], None] | None = None
    ) -> Written:
        """What came of a brief."""
        written = self.writer.write(brief, marker, on_sentence)
        self.noted.append(written)
        return written


@click.command()
@click.option(
    "--set", "cases", type=click.Path(path_type=Path), multiple=True, required=True, help="Case files or folders."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File for the sentences, one JSON a line.")
@click.option("--limit", type=click.IntRange(min=1), help="How many answers the model is asked for at most.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures for programs.")
@settings_options()
def generator(cases: tuple[Path, ...], out: Path, limit: int | None, as_json: bool, settings: Settings) -> None:
    """Measure the configured language model (GROUNDRULE_LLM_URL, GROUNDRULE_LLM_MODEL).

    Asks the questions of a set and notes every sentence that the model writes: shown, withdrawn with the whole answer
    because too little of it held, or dropped, with the reason.
    """
    from bot.llm.phrasing import Phrasing
    from bot.wiring import build_assistant
    from evals.cases import load_cases
    from ingest.errors import SettingError

    asked = load_cases(cases)
    assistant = build_assistant(settings, notice)
    if assistant.phrasing is None:
        raise SettingError("no language model is set. Set GROUNDRULE_LLM_URL and GROUNDRULE_LLM_MODEL.")
    recorder = Recorder(assistant.phrasing.writer, [])
    assistant.phrasing = Phrasing(recorder)
    with out.open("w", encoding="utf-8") as file:
        for row in measure(assistant, recorder, asked, limit):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            file.flush()
    figures = summary(recorder.noted)
    if as_json:
        print_json(figures)
        return
    for name, value in figures.items():
        click.echo(f"{name}: {value}")


def measure(
    assistant: Assistant, recorder: Recorder, cases: Sequence[Case], limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """The model's sentences on the cases' conversations, until `limit` answers were asked for."""
    for case in cases:
        session = None
        for turn, question in enumerate(case.turns):
            if limit is not None and len(recorder.noted) >= limit:
                return
            before = len(recorder.noted)
            session = assistant.ask(question, session).session
            for written in recorder.noted[before:]:
                about = {"id": case.id, "turn": turn, "question": question, "failure": written.failure}
                for one in written.shown:
                    passages = [{"section": p.section, "text": p.text} for p in one.passages]
                    state = "withdrawn" if written.failure else "shown"
                    yield {**about, "state": state, "sentence": one.text, "passages": passages, "score": one.score}
                for reason, text in written.dropped:
                    yield {**about, "state": "dropped", "sentence": text, "reason": reason}


def summary(noted: Sequence[Written]) -> dict[str, Any]:
    """Figures over what came of all briefs: answers by outcome, sentences by fate."""
    used = [written for written in noted if not written.failure]
    shown = [sentence for written in used for sentence in written.shown]
    claims = sum(written.claims for written in noted)
    held = sum(len(written.shown) for written in noted)
    return {
        "answers asked for": len(noted),
        "answers phrased by the model": len(used),
        "answers fallen back": dict(Counter(written.failure for written in noted if written.failure)),
        "sentences that claim something": claims,
        "of them verified": held,
        "share verified": round(held / claims, 3) if claims else None,
        "sentences shown": len(shown),
        "of them cited": sum(bool(sentence.passages) for sentence in shown),
        "sentences dropped": dict(Counter(reason for written in noted for reason, _ in written.dropped)),
    }
