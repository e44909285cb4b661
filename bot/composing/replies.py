"""What is said when no passage is: refusals, questions back, small talk. Cites nothing and states no fact."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from bot.composing.draft import MAX_NAMED, escape, joined, names_of, short_names
from ingest.lexicon import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.language.vocabulary import Word
    from bot.messages.request import Request
    from ingest.index.library import Library
    from ingest.pack import Decision, Option, Pack
    from ingest.types import Source

__all__ = ["ask_for_facts", "ask_which_option", "ask_which_sense", "introduction", "offered", "refusal", "small_talk"]

SUGGESTIONS = 2
EXAMPLES_SHOWN = 3
SOURCES_SHOWN = 12
_GOODBYE = re.compile(r"\b(?:bye|goodbye|see you|farewell)\b")
_THANKED = re.compile(
    r"\b(?:thanks?|thx|cheers|great|nice|perfect|awesome|excellent|well done|cool|good)\b"
    r"(?! (?:morning|afternoon|evening|day))"
)
MISSING_SHOWN = 3


def refusal(request: Request, pack: Pack, library: Library, missing: Sequence[Word]) -> str:
    """Says that the documents do not hold the answer, what they lack, and what can be asked instead."""
    searched = [library.documents[id_].source for id_ in request.sources] or [
        d.source for d in library.documents.values()
    ]
    names = _named(searched)
    about = names_of(request.options, pack)
    speaking = {passage.document_id for option in request.options for passage in library.of_option(option)}
    elsewhere = [library.documents[id_].source for id_ in library.documents if id_ in speaking]
    if request.options and speaking.isdisjoint(request.sources or library.documents):
        opening = f"{names} {'does' if len(searched) == 1 else 'do'} not speak of {about}."
        if elsewhere:
            opening += f" {_named(elsewhere)} {'does' if len(elsewhere) == 1 else 'do'}."
    elif request.intent == "pros_cons" and request.options and not _has_claims(request, library):
        stance = joined(["pros" if wanted == "pro" else "cons" for wanted in request.wanted], "or")
        opening = f"No {stance} of {about} are listed in {names}."
    elif len(searched) <= 4:
        opening = f"The documents I have ({names}) do not answer that."
    else:
        opening = f"None of the {len(searched)} documents I have answers that."
    # A name that is not there explains the refusal; an everyday word that is not there would only puzzle.
    lacking = [f"“{escape(_as_written(w, request.message))}”" for w in missing if not w.everyday][:MISSING_SHOWN]
    if lacking:
        opening += f" They never mention {joined(lacking, 'or')}."
    suggestions = _bullets(_suggestions(request, pack))
    return f"{opening}\n\nI can tell you about {escape(pack.subject)}. You could ask:\n\n{suggestions}"


def _has_claims(request: Request, library: Library) -> bool:
    """Whether the documents asked hold any claim that a question for pros or cons wants, whatever else it asks for."""
    return any(
        passage.stance in request.wanted
        for option in request.options
        for passage in library.of_option(option)
        if not request.sources or passage.document_id in request.sources
    )


def ask_which_option(request: Request, pack: Pack) -> str:
    """Asks which option is meant."""
    return "Which one do you mean?\n\n" + _bullets([_choices(decision) for decision in pack.decisions])


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


def small_talk(message: str, pack: Pack) -> str:
    """A short human reply to a greeting, thanks or a goodbye."""
    folded = fold(message)
    if _GOODBYE.search(folded):
        return "Goodbye, and good luck."
    if _THANKED.search(folded):
        return f"You are welcome. Ask on whenever you like: I answer questions on {escape(pack.title)}."
    examples = _examples(pack)
    return (
        f"Hello! Ask me {escape(pack.subject)}; every answer cites the passage it rests on. For instance:\n\n{examples}"
    )


def introduction(pack: Pack, library: Library) -> str:
    """Says what the bot is, what it answers from and what can be asked."""
    titles = [escape(_described(one.source)) for one in islice(library.documents.values(), SOURCES_SHOWN)]
    more = len(library.documents) - SOURCES_SHOWN
    shown = _bullets([*titles, *([f"and {more} more"] if more > 0 else [])])
    about = f"I am Groundrule, a program that answers questions on {escape(pack.title)} from documents alone."
    return f"{about} Each claim is cited. These are my documents:\n\n{shown}\n\nYou could ask:\n\n{_examples(pack)}"


def offered(reply: str, pack: Pack) -> tuple[str, ...]:
    """What a reply of this module offers to say next, in plain words: questions, meanings or options to choose from.

    Args:
        reply: Its Markdown.
        pack: What it was written from.
    """
    shown = {line.removeprefix("- ") for line in reply.splitlines() if line.startswith("- ")}
    questions = [example.question for example in pack.examples]
    questions += [question for option in pack.options for question in _about(option)]
    meanings = [sense.label for term in pack.terms for sense in term.senses]
    chosen = [option.name for decision in pack.decisions if _choices(decision) in shown for option in decision.options]
    return tuple(dict.fromkeys([*(one for one in (*questions, *meanings) if escape(one) in shown), *chosen]))


def _choices(decision: Decision) -> str:
    return f"{escape(decision.noun)}: {joined([escape(option.name) for option in decision.options], 'or')}"


def _examples(pack: Pack) -> str:
    return _bullets([escape(example.question) for example in pack.examples[:EXAMPLES_SHOWN]])


def _named(sources: Sequence[Source]) -> str:
    """Sources as people call them; beyond a handful they are counted."""
    told = sources if len(sources) <= MAX_NAMED else sources[: MAX_NAMED - 1]
    more = [f"{len(sources) - len(told)} other documents"] if len(sources) > len(told) else []
    return joined([*map(escape, short_names(told)), *more])


def _described(source: Source) -> str:
    origin = ", ".join(part for part in (source.author, source.publisher, source.published) if part)
    whose = "our notes on " if source.text == "notes" else ""
    return f"{whose}{source.title}" + (f" ({origin})" if origin else "")


def _as_written(word: Word, message: str) -> str:
    """The word as the user wrote it, without a possessive ending."""
    found = re.search(rf"\b{re.escape(word.text.removesuffix(chr(39) + 's'))}\b", message, re.IGNORECASE)
    return found[0] if found else word.text


def _suggestions(request: Request, pack: Pack) -> list[str]:
    if request.options:
        return [escape(question) for question in _about(pack.option(request.options[0]))]
    return [escape(example.question) for example in pack.examples[:SUGGESTIONS]]


def _about(option: Option) -> tuple[str, ...]:
    return f"What are the pros and cons of {option.name}?", f"When does {option.name} make sense?"


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
