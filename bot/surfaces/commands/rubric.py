"""`groundrule rubric`: reads the rubric out, so that anyone can challenge it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ingest.console import print_json, settings_options

if TYPE_CHECKING:
    from rich.console import Console

    from bot.advising.evidence import RubricBook
    from ingest.config import Settings
    from ingest.pack import Decision, Pack

__all__ = ["rubric"]


@click.group()
def rubric() -> None:
    """Show what the decision rubric says, and why."""


@rubric.command()
@click.option("--decision", metavar="ID", help="One decision; all when not given.")
@click.option("--evidence", is_flag=True, help="Add the quotes that each score rests on.")
@click.option("--json", "as_json", is_flag=True, help="Print the rubric for programs.")
@settings_options()
def show(decision: str | None, evidence: bool, as_json: bool, settings: Settings) -> None:
    """Print the rubric: criteria and levels by options, with weights."""
    from rich.console import Console

    pack, book = _opened(settings)
    decisions = _chosen(decision, pack, book)
    if as_json:
        print_json(book.rubric.as_json())
        return
    console = Console(width=None if Console().is_terminal else 160)
    console.print(f"Rubric {book.rubric.version}, sha256 {book.rubric.sha256}", markup=False, highlight=False)
    for one in decisions:
        _table(console, one, book)
        if evidence:
            _evidence(console, one, book)
    console.print(
        "+2 and +1 speak for an option, -1 and -2 against it. The weights are ours, and so is every cut-off marked *: "
        "no source states it.",
        markup=False,
    )


@rubric.command()
@click.argument("option")
@click.option("--json", "as_json", is_flag=True, help="Print the explanation for programs.")
@settings_options()
def explain(option: str, as_json: bool, settings: Settings) -> None:
    """Print what speaks for and against OPTION, each with its quote, and an organisation it fits best."""
    from bot.deciding.rubric import Scorecard
    from bot.deciding.rubric_proofs import way_to_win
    from ingest.errors import UsageError

    pack, book = _opened(settings)
    known = {o.id: d for d in pack.decisions if d.id in book.rubric.decisions for o in d.options}
    if option not in known:
        raise UsageError(f"option {option!r}: the rubric ranks no such option. Known: {', '.join(known)}")
    decision = known[option]
    card = Scorecard(book.rubric, decision.id, [o.id for o in decision.options])
    cells = _cells(book, decision, option)
    won = way_to_win(card, option) or {}
    if as_json:
        print_json({"option": option, "decision": decision.id, "scores": cells, "fits_best": won})
        return
    click.echo(f"{pack.option(option).name} ({decision.name.lower()}), rubric {book.rubric.version}\n")
    for title, sign in (("Speaks for it", 1), ("Speaks against it", -1)):
        click.echo(title)
        for cell in sorted((c for c in cells if c["score"] * sign > 0), key=lambda c: -abs(c["points"])):
            click.echo(f"  {cell['points']:+5.1f}  {cell['question_name']}: {cell['label']}")
            for quote in cell["evidence"]:
                click.echo(f"         {quote['quote']} ({quote['attribution']})")
        click.echo("")
    labels = [
        f"{book.rubric.criteria[c].name}: {book.rubric.criteria[c].levels[level].label}" for c, level in won.items()
    ]
    click.echo(
        "An organisation it fits best:\n  " + "\n  ".join(labels)
        if labels
        else "No organisation was found that it fits best."
    )


@rubric.command()
def schema() -> None:
    """Print the JSON Schema of rubric.yaml, with which editors complete and check it."""
    from bot.deciding.rubric_file import json_schema

    print_json(json_schema())


def _opened(settings: Settings) -> tuple[Pack, RubricBook]:
    from bot.advising.evidence import require_rubric_book
    from ingest.pack import load_pack

    pack = load_pack(settings.corpus)
    return pack, require_rubric_book(pack)


def _chosen(decision: str | None, pack: Pack, book: RubricBook) -> list[Decision]:
    from ingest.errors import UsageError

    known = {d.id: d for d in pack.decisions if d.id in book.rubric.decisions}
    if decision is not None and decision not in known:
        raise UsageError(f"decision {decision!r}: no such decision. Known: {', '.join(known)}")
    return [known[decision]] if decision else list(known.values())


def _table(console: Console, decision: Decision, book: RubricBook) -> None:
    from rich.table import Table
    from rich.text import Text

    from bot.deciding.rubric_model import JUDGEMENT

    table = Table(title=decision.name, title_justify="left", show_lines=False)
    table.add_column("criterion and level", overflow="fold")
    table.add_column("weight", justify="right")
    for option in decision.options:
        table.add_column(option.name, justify="right")
    for id_, weighing in book.rubric.decisions[decision.id].criteria.items():
        criterion = book.rubric.criteria[id_]
        ours = any(numbers.basis == JUDGEMENT for numbers in criterion.numbers)
        table.add_section()
        # As `Text`, for a pack's words are no markup.
        table.add_row(Text(f"{criterion.name} ({id_})", style="bold"), f"{weighing.weight:.2f}")
        for level_id, level in criterion.levels.items():
            scores = [weighing.score(option.id, level_id) for option in decision.options]
            mark = " *" if ours else ""
            row = [f"{s:+d}" if s else "·" for s in scores]
            table.add_row(Text(f"  {level_id}: {level.label}{mark}"), "", *row)
    console.print(table)


def _evidence(console: Console, decision: Decision, book: RubricBook) -> None:
    for id_, weighing in book.rubric.decisions[decision.id].criteria.items():
        console.print(f"\n{book.rubric.criteria[id_].name}, weight {weighing.weight:.2f}: {weighing.why}", markup=False)
        for option in decision.options:
            for cell in _cells(book, decision, option.id):
                if cell["criterion"] == id_:
                    console.print(f"  {cell['score']:+d} {option.name}, {cell['label']}", markup=False)
                    for quote in cell["evidence"]:
                        console.print(f"     {quote['quote']} ({quote['attribution']})", markup=False)


def _cells(book: RubricBook, decision: Decision, option: str) -> list[dict[str, Any]]:
    """Every score of an option that is not 0, with its quotes."""
    from bot.verifying.citations import cite

    found = []
    for id_, weighing in book.rubric.decisions[decision.id].criteria.items():
        for level_id, level in book.rubric.criteria[id_].levels.items():
            cell = weighing.scores.get(option, {}).get(level_id)
            if cell is None or not cell.score:
                continue
            quotes = []
            for name in cell.evidence:
                passage = book.evidence.passage(name)
                citation = cite(passage, book.evidence.documents[passage.document_id], 1)
                quotes.append(
                    {
                        "quote": book.evidence.words(name),
                        "attribution": citation.attribution,
                        "source": passage.document_id,
                    }
                )
            found.append(
                {
                    "criterion": id_,
                    "question_name": book.rubric.criteria[id_].name,
                    "level": level_id,
                    "label": level.label,
                    "score": cell.score,
                    "points": round(cell.score * weighing.weight * 25, 1),
                    "evidence": quotes,
                }
            )
    return found
