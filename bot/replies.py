"""What is said when no passage is: refusals, questions back, small talk. Cites nothing and states no fact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.draft import escape, joined, short_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.retrieve import Word
    from bot.understand import Request
    from ingest.library import Library
    from ingest.pack import Pack

__all__ = ["ask_for_facts", "ask_which_option", "ask_which_sense", "refusal", "small_talk"]

SUGGESTIONS = 2
MISSING_SHOWN = 3


def refusal(request: Request, pack: Pack, library: Library, missing: Sequence[Word]) -> str:
    """Says that the documents do not hold the answer, what they lack, and what can be asked instead."""
    searched = [library.documents[id_].source for id_ in request.sources] or [
        d.source for d in library.documents.values()
    ]
    names = joined([escape(short_name(source)) for source in searched])
    if request.sources and request.options:
        about = joined([pack.option(option).name for option in request.options])
        opening = f"I found nothing in {names} that answers this about {escape(about)}."
    elif len(searched) <= 4:
        opening = f"The documents I have ({names}) do not answer that."
    else:
        opening = f"None of the {len(searched)} documents I have answers that."
    # A name that is not there explains the refusal; an everyday word that is not there would only puzzle.
    lacking = [f"“{escape(word.text)}”" for word in missing if not word.everyday][:MISSING_SHOWN]
    if lacking:
        opening += f" They never mention {joined(lacking, 'or')}."
    suggestions = _bullets(_suggestions(request, pack))
    return f"{opening}\n\nI can tell you about {escape(pack.subject)}. You could ask:\n\n{suggestions}"


def ask_which_option(request: Request, pack: Pack) -> str:
    """Asks which option is meant."""
    lines = [f"{escape(d.noun)}: {joined([escape(o.name) for o in d.options], 'or')}" for d in pack.decisions]
    return "Which one do you mean?\n\n" + _bullets(lines)


def ask_which_sense(request: Request, pack: Pack) -> str:
    """Asks which meaning of a word is meant."""
    if request.term is None:
        return ask_which_option(request, pack)
    labels = [escape(sense.label) for sense in request.term.senses]
    word = escape(request.term.words[0].capitalize())
    return f"“{word}” means different things in the sources. Which do you mean?\n\n{_bullets(labels)}"


def ask_for_facts(pack: Pack) -> str:
    """Asks what a recommendation would rest on."""
    questions = _bullets([escape(question) for question in pack.clarify]) if pack.clarify else ""
    return f"That depends on your organisation, so please tell me a little about it first:\n\n{questions}".rstrip()


def small_talk(pack: Pack) -> str:
    """Greets and says what can be asked."""
    examples = _bullets([escape(example.question) for example in pack.examples[:3]])
    return (
        f"Hello! Ask me {escape(pack.subject)}; every answer cites the passage it rests on. For instance:\n\n{examples}"
    )


def _suggestions(request: Request, pack: Pack) -> list[str]:
    if request.options:
        name = escape(pack.option(request.options[0]).name)
        return [f"What are the pros and cons of {name}?", f"When does {name} make sense?"]
    return [escape(example.question) for example in pack.examples[:SUGGESTIONS]]


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
