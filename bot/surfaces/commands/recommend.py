"""`groundrule recommend`: which option fits, from facts given outright or asked for one by one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ingest.console import print_json, settings_options

if TYPE_CHECKING:
    from bot.advising.advisor import Advisor
    from bot.deciding.facts import Profile
    from ingest.config import Settings

__all__ = ["recommend"]


@click.command()
@click.option(
    "--facts",
    multiple=True,
    metavar="FILE|KEY=LEVEL",
    help="A fact, or a YAML or JSON file of facts; may be repeated. `present=OPTION` says what you have today.",
)
@click.option("--decision", metavar="ID", help="Which decision; the one that the facts bear on when not given.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer for programs.")
@settings_options()
def recommend(facts: tuple[str, ...], decision: str | None, as_json: bool, settings: Settings) -> None:
    """Recommend an option by the rubric.

    Without --facts it asks, the most telling question first, and stops when no answer could change the result. Enter
    skips a question, `q` ends the questions.
    """
    from bot.deciding.facts import Profile
    from bot.service.recommending import advise_on, answer_of
    from bot.surfaces.commands.output import print_answer

    advisor, chosen, profile = advise_on(facts, decision, settings)
    skipped: tuple[str, ...] = ()
    if not facts:
        profile, skipped = _interview(advisor, chosen, Profile())
    advice = advisor.decide(profile, chosen, skipped)
    if as_json:
        print_json(answer_of(advisor, advice).as_json())
    else:
        print_answer(answer_of(advisor, advice))


def _interview(advisor: Advisor, decision: str, profile: Profile) -> tuple[Profile, tuple[str, ...]]:
    """Asks until no answer could change who comes first; what is known then, and what the user did not know."""
    from dataclasses import replace

    card = advisor.cards[decision]
    criteria = advisor.book.rubric.criteria
    skipped: list[str] = []
    _tell("Enter: do not know.  q: enough.  A number, a word or a figure of yours: the answer.\n")
    while question := card.decide(profile.levels, skipped).next_question:
        criterion = criteria[question.criterion]
        _tell(f"{len(profile.facts) + len(skipped) + 1}. {criterion.question}")
        for number, level in enumerate(criterion.levels.values(), start=1):
            _tell(f"   {number}) {level.label}: {level.meaning}")
        while True:
            reply = _line()
            if reply is None or reply.lower() in ("q", "quit"):
                return profile, (*skipped, *(c for c in card.criteria if c not in profile.facts))
            if not reply:
                skipped.append(question.criterion)
                break
            fact = advisor.read_answer(question.criterion, reply)
            if fact:
                profile = replace(profile, facts={**profile.facts, fact.criterion: fact})
                made = card.decide(profile.levels)
                names = " and ".join(advisor.name(option) for option in made.tied)
                _tell(f"   So far: {names}, {made.first.score:.0f} of 100.\n")
                break
            _tell(
                f"   I cannot read {reply!r} as an answer. Give a number from 1 to {len(criterion.levels)}, or Enter."
            )
    if card.decide(profile.levels).settled:
        _tell("No open answer can change the result any more.\n")
    return profile, tuple(skipped)


def _tell(text: str) -> None:
    """Says something of the interview: on standard error, so that the result alone is on standard output."""
    click.echo(text, err=True)


def _line() -> str | None:
    click.echo("> ", nl=False, err=True)
    line = sys.stdin.readline(10_000)
    return line.strip() if line else None
