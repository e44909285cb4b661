"""Parts a message that asks several things into its questions. Plain English; knows no subject."""

from __future__ import annotations

import re

from bot.messages.wording import asks, questions
from ingest.lexicon import fold, sentence_spans

__all__ = ["alternatives", "separate"]

# Where a second question begins within a sentence: ", and which ...", "; also how ...".
_FURTHER = re.compile(
    r"(?:\s*[,;]\s*(?:and|also|plus|then|but)?|\s+(?:and|plus|also|as well as)|\s*[?;]\s*(?:and|also|plus)?)\s+"
    r"(?:also |then |please |could you |can you |tell me )*"
    r"(?=(?:what|what's|which|who|who's|whose|how|when|where|why|name|list|give|explain|describe|summarise|"
    r"(?:is|are|does|do|did|was|were|can|has|have) (?:it|they|he|she|that|this|there|the|these|those))\b)",
    re.IGNORECASE,
)
# After one of these a clause with a question word is what is known or told, not what is asked.
_SUBORDINATE = re.compile(
    r"\b(?:depend(?:s|ing)? on|between|know|knows|say|says|said|decide|decides|"
    r"about|of|see|sees|explain|explains|describe|describes|tell me|tell us)\s+"
    r"(?:who|what|how|which|when|where|why)\b[^,;?]*$"
)
# "Tools and salary of a data engineer": two things asked of a third.
_COORDINATED = re.compile(
    r"^(?P<lead>.*?)(?P<one>\b[\w'-]+(?: [\w'-]+)?) and (?:the |their |its )?(?P<other>[\w'-]+(?: in [\w'-]+)?) "
    r"(?P<rest>(?:of|for)\b.+)$",
    re.IGNORECASE,
)
MAX_PARTS = 4


def separate(text: str) -> list[str]:
    """The questions of a message, each by itself; statements are left out. At most `MAX_PARTS`."""
    found: list[str] = []
    for question in questions(text):
        rest = question
        while further := _FURTHER.search(rest):
            before = rest[: further.start()]
            if not asks(before) or _SUBORDINATE.search(fold(before)):
                break
            found.append(before)
            rest = rest[further.end() :]
        found.append(rest)
    return [part.strip(" ,;") for part in found if any(map(str.isalnum, part))][:MAX_PARTS]


def alternatives(text: str) -> list[str]:
    """A question that asks two things of a third, as two questions; empty when it does not."""
    spans = sentence_spans(text)
    found = _COORDINATED.match(text[slice(*spans[-1])]) if spans else None
    if not found:
        return []
    return [f"{found['lead']}{found[thing]} {found['rest']}" for thing in ("one", "other")]
