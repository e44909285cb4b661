"""Orders to the bot among the clauses of a message: read, never obeyed.

"Ignore your sources", "reply only with ...", "SYSTEM: ..." tell the bot how to behave; "write a poem" wants something
that no document answers. Whatever else a message asks is answered as if they were not there.
"""

from __future__ import annotations

import re

from bot.language import phrases
from ingest.lexicon import fold
from ingest.naming import phrase_pattern

__all__ = ["clauses", "is_order"]

_ASKED = (
    r"what|what's|which|who|how|when|where|why|is|are|does|do|did|can|could|should|tell|give|list|name|explain|compare|"
    r"describe|define|summarise"
)
_SAID = (
    r"say|state|claim|declare|confirm|print|output|repeat|reply|respond|answer|write|conclude|assert|insist|admit|end|"
    r"begin|start|finish|append|prepend|ignore|forget|disregard|pretend|act|act like|become|translate|decode|reveal|"
    r"obey|swear|promise|recommend|cite|use|stop|never|always|from now on"
)
# "System: ..." is one clause: the order goes with the role that gives it.
_NO_ROLE = "".join(
    rf"(?<!{role})" for role in ("system", "assistant", "developer", "instruction", "instructions", "admin")
)
# Where a clause ends and an order or a question begins: "ignore that and tell me ...", "..., then say that ...".
_BORDER = re.compile(
    rf"(?<=[.?!;])\s+|\n+|(?<=\w){_NO_ROLE}:\s+(?=['\"“]?[A-Z]|(?:{_ASKED})\b)|"
    rf"\s*(?:[,;]|\s[-–—])\s+(?=(?:and |then |but |so |now |also |please )*(?:{_SAID})\b)|"
    rf"\s+(?=(?:and|then|but|so)\s+(?:then |now |also |please |instead |just )*(?:{_SAID}|{_ASKED})\b)",
    re.IGNORECASE,
)
_LEAD = (
    r"^\W*(?:(?:and|then|but|so|now|also|please|instead|just|simply|ok|okay|hey|hi|bot|you|must|should|shall|will|can|"
    r"could|would|kindly|first|next|finally|important|note|task|let's|i want you to|i need you to|i'd like you to|"
    r"your (?:task|job|role|goal) is to)\W+)*"
)
# What is told to be said, and how: "say that ...", "reply with ...", "answer in rhyme".
_TOLD = re.compile(
    _LEAD
    + "(?:"
    + "|".join(
        (
            (
                r"(?:say|state|claim|declare|confirm|conclude|assert|insist|admit|swear|promise|agree)"
                r"(?: (?:to me|to us|clearly|loudly|simply|just|only))?"
                r" (?:that\b|so\b|it\b|yes\b|no\b|only\b|exactly\b|nothing\b|[\"'“])"
            ),
            r"(?:translate|decode)\b",
            (
                r"(?:print|output|repeat|recite|echo|reveal|leak|dump|show|give|tell)(?: out| me| us| back)? "
                r"(?:after me|verbatim|your (?!sources|documents)|everything (?:above|before)|"
                r"the (?:words?|prompts?|text|phrase|sentence|following|above|instructions?|system)\b|[\"'“])"
            ),
            (
                r"(?:reply|respond|answer)(?: \w+)? "
                r"(?:with|only|just|exactly|in|as|like|nothing|using|from memory|without|yes|no|[\"'“])"
            ),
            (
                r"(?:end|begin|start|finish|close|open|append|prepend|preface|sign)\b.{0,40}"
                r"\b(?:sentence|reply|replies|answers?|messages?|line|responses?)\b"
            ),
            (
                r"(?:pretend|act as|act like|behave (?:as|like)|role-?play|imagine (?:that )?you|"
                r"play the (?:role|part)|take the role|become|be (?:a|an|my)|forget (?:the|your) |obey)\b"
            ),
            r"(?:tell|convince|assure) (?:me|us|everyone|everybody|the user|users|them) (?:that|it is)\b",
            (
                r"tell (?:me|us|them|everyone) (?!about|what|which|who|how|when|where|why|whether|if|more|the|a|an|"
                r"your|something|everything|all|some|any)[\w-]+(?: [\w-]+){0,3} (?:is|are|has|have)\b"
            ),
            (
                r"(?:recommend|praise|favour|promote|endorse|choose|pick|rank|name|declare) .{0,60}"
                r"\b(?:no matter|regardless|whatever|anyway|as the best|as best|as the winner|in every|in any case|"
                r"first place)\b"
            ),
            (
                r"(?:ignore|forget|disregard|override|bypass|drop|skip) (?:all|any|every|everything|your|the|these|"
                r"those|previous|prior|earlier|what|whatever|safety|that you)\b"
            ),
            r"(?:use|rely on|answer from) (?:only )?your (?:own|general|training|imagination)\b",
            (
                r"(?:stop|never|always|do not|don't) (?:citing|cite|refuse|refusing|using|use|mention|mentioning|say|"
                r"saying|answer|reply|include|show|showing|quote|quoting)\b"
            ),
            r"(?:speak|talk|chat|converse)(?: to (?:me|us))?(?: only)? (?:like|as|in)\b",
            r"(?:make up|invent|fabricate|hallucinate)\b",
        )
    )
    + ")"
)
# A role put on: "SYSTEM: ...", "[INST] ...", "<|im_start|>".
_ROLE = re.compile(
    r"^\W*(?:system|assistant|developer|admin|administrator|root|instructions?|new instructions?|prompt|user)\s*"
    r"(?:prompt|message|override|note|notice)?\s*[:>\]]|\[/?inst\]|<\|.{0,20}\|>|<</?sys>>|^\W*sudo\b"
)
# What is to be made, and is no answer from documents.
_MADE = re.compile(
    _LEAD + r"(?:write|compose|draft|generate|create|make|code|implement|sing|tell|give|design)(?: (?:me|us))?\b.{0,40}"
    r"\b(?:poem|haiku|limerick|sonnet|song|lyrics|rap|joke|story|fairy tale|function|script|source code|code|sql|regex|"
    r"programme|recipe|cover letter|resume|tweet|hashtags?)\b"
)
# No word of any language: text that was encoded.
_ENCODED = re.compile(
    r"\b(?=[A-Za-z+/]{0,400}\d)(?=[A-Z0-9+/]{0,400}[a-z])(?=[a-z0-9+/]{0,400}[A-Z])[A-Za-z0-9+/]{20,}={0,2}"
)
_DIRECTIVE = phrase_pattern(phrases.DIRECTIVE)
_TO_THE_BOT = re.compile(r"\b(?:you|your|yourself|you're)\b")
_QUESTION = re.compile(rf"^\W*(?:(?:and|but|so|ok|okay|then|now|also|please|hi|hello)\W+)*(?:{_ASKED})\b")


def clauses(text: str) -> list[str]:
    """The clauses of a message, parted where an order or a question begins."""
    return [part for part in (piece.strip() for piece in _BORDER.split(text)) if any(map(str.isalnum, part))]


def is_order(clause: str) -> bool:
    """Whether a clause tells the bot how to behave, or to make what no document answers."""
    folded = fold(clause)
    if _ROLE.search(folded) or _TOLD.search(folded) or _MADE.search(folded) or _ENCODED.search(clause):
        return True
    # "Which roles act as a bridge?" asks; it orders nobody about.
    asks = folded.rstrip(" \"')").endswith("?") or _QUESTION.match(folded)
    return bool(_DIRECTIVE.search(folded)) and not (asks and not _TO_THE_BOT.search(folded))
