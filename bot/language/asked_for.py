"""What a question asks for in so many words: "which encryption standard ...", "what is the notice period for ...".

Whatever else a question speaks of may be well known to the documents: when they never speak of the thing that is asked
for, they do not hold the answer. Only the words that name the thing are read here; what kind of thing it is (a number,
a date) is `bot.finding.answer_type`'s.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.lexicon import QUESTION_WORDS, STOPWORDS, fold, stem, tokens

__all__ = ["asked_for", "asked_nouns", "things"]

_AUXILIARY = (
    r"is|are|was|were|do|does|did|should|would|can|could|will|shall|must|may|might|has|have|had|exactly|precisely|"
    # Verbs that are hardly ever nouns.
    r"suits?|fits?|works best|helps?|belongs?|makes?|needs?|uses|comes?|goes?|gets?|applies|apply|shows?|tells?|"
    r"suffers?|describes?|mentions?|recommends?|advises?|suggests?|lets?|keeps?|gives?|takes?|brings?|becomes?"
)
# Not "each of which ...": that asks nothing.
_RELATIVE = r"(?<!each of )(?<!all of )(?<!some of )(?<!most of )(?<!one of )(?<!both of )"
# What may stand between the question word and the thing: "which of the three", "what sort of".
_LEAD = (
    r"(?:(?:kinds?|types?|sorts?|forms?) of |of (?:the |his |her |their |its |your |our |these |those |[a-z]+'s )?"
    r"|(?:own|exact|specific|precise|particular|main|concrete|other|further|certain) )*"
)
_WORD = rf"(?!(?:{'|'.join(map(re.escape, sorted(STOPWORDS)))})(?![\w'-]))[a-z0-9][\w&/'-]*"
# After one of these comes a verb: "what often affects ...".
_HOW_OFTEN = "often|usually|sometimes|typically|normally|mostly|generally|always|never|really|actually"
# "Which feature store should ...": a verb of few forms, or the end, shows where the name of the thing ends.
_ENDED = re.compile(
    rf"{_RELATIVE}\b(?:which|what|how many|how much)\s+(?!(?:{_HOW_OFTEN})\b){_LEAD}((?:{_WORD} ){{0,2}}{_WORD})"
    rf"(?=\s*[?.,;:!]|\s*$|\s+(?:of|and|or|{_AUXILIARY})\b)"
)
# "Which role ties ...": what follows the first word may be a verb; after "what" that word may be one itself.
_OPEN = re.compile(rf"{_RELATIVE}\b(?:which|how many|how much)\s+{_LEAD}({_WORD})(?![\w&/'-])")
# "What is the notice period for ...", "a list of ...", "define ...".
_NAMED = re.compile(
    r"\b(?:(?:what|which) (?:is|are|was|were|would be)|what's|what're|define|definition of|list of|number of|name|"
    r"give (?:me|us)|tell (?:me|us)|i need|i'd like|we need|show (?:me|us))(?: (?:a |the )?list of)?"
    rf" (?:a |an |the |his |her |their |its |your |our |some |any |[a-z]+'s )?{_LEAD}"
    rf"((?:{_WORD} ){{0,2}}{_WORD})(?=\s*[?.,;:!]|\s*$|\s+(?:of|and|or|for|in|behind|between|at|on|{_AUXILIARY})\b)"
)
# "What should the onboarding plan of ... look like", "what does she say about notice periods".
_SUBJECT = re.compile(
    r"\b(?:what|how) (?:should|would|does|do|did|will|can|could) (?:a |an |the |our |my |their )"
    rf"((?:{_WORD} ){{0,2}}{_WORD})(?= (?:of|for|look|contain|include|cover|consist)\b)"
)
_SPOKEN_OF = re.compile(
    r"\b(?:say|says|said|write|writes|wrote|think|thinks|tell us|tells us|have to say|mention|mentions|claim|claims)"
    r" (?:about|on|of|regarding) (?:a |an |the |his |her |their |its |our )?"
    rf"((?:{_WORD} ){{0,2}}{_WORD})(?=\s*[?.,;:!]|\s*$)"
)
# Nouns for what any text tells without naming it: a passage need not say "reason" to give one (the "shell nouns" of
# Schmid, "English Abstract Nouns as Conceptual Shells", 2000), and words that go with any noun.
_SHELL_NOUNS = """
    achievement activity actual aim alternative amount answer application approach area argument arrangement
    article aspect assertion assumption attribute author background baggage barrier basic basis benefit block
    bracket brand bucket burden business calibre case catch category cause central chance change characteristic
    choice chore circumstance claim class combination common company competence complaint component concept
    concern conclusion condition connection consequence consideration constituent contribution core corporation
    criteria criterion cure danger date day decision degree description detail development difference discipline
    distinction dozen drawback duration duty effect effort eight element employer entire environment equipment
    error event evidence exception expectation expert expertise explanation extent fact factor failure fear
    feature field figure finding firm five fix form format foundation four fraction function gear general gist
    goal ground group guidance guideline guy half hazard headache heading hint hope hours hurdle idea impact
    implication important individual industry influence ingredient insight institution instrument issue item job
    key kit knowledge lesson level limit location major makeup man matter measure mechanism member merit message
    method metric minor minutes mistake mix moment money month motivation motive move name nature necessity nine
    notion nuisance observation obstacle occasion occupation opinion opportunity option order organisation
    origin outcome outfit overall package part payoff people percent percentage period person phase piece
    pitfall place plan platform point policy portion position possible practice precaution precondition
    prerequisite principle problem procedure process product profession promise proof property proposal purpose
    qualification quality quantity question range reaction reason region relation relationship remedy
    requirement respect response result right risk role rule scenario sector sentence sequence setting setup
    seven shape share side sign signal similarity single situation six size skill software solution somebody
    source specialist stack stage stance state statement status step strategy strength structure subject success
    suggestion sum system tactic take talent task technique technology ten tendency term text theme theory
    thesis threat time tip title tool topic total trait trap trend trouble twelve typical upshot usage use usual
    value view weak week whole woman word worry writer yardstick year
"""
_OF_ANY_TEXT = frozenset(map(stem, _SHELL_NOUNS.split()))


def asked_for(question: str) -> frozenset[str]:
    """Stems of the words by which a question names what it asks for; empty when it does not name it.

    Args:
        question: The user's words.
    """
    words = (word.removesuffix("'s") for phrase in _phrases(fold(question)) for word in _naming(phrase))
    return frozenset(stem(w) for w in words if w not in QUESTION_WORDS and not w.isdigit()) - _OF_ANY_TEXT


def asked_nouns(question: str) -> frozenset[str]:
    """Stems of the nouns of those names: "store" of "which feature store"; nouns of any text ("reason") as well.

    Args:
        question: The user's words.
    """
    return frozenset(stem(phrase[-1].removesuffix("'s")) for phrase in _whole_phrases(fold(question)))


def things(question: str) -> frozenset[str]:
    """Stems of those nouns but for nouns of any text: what a passage must speak of to answer.

    Args:
        question: The user's words.
    """
    return asked_nouns(question) & asked_for(question)


# A message is asked several times what it asks for.
@lru_cache(maxsize=32)
def _whole_phrases(folded: str) -> tuple[list[str], ...]:
    """The names of what is asked for of which it is clear where they end, in words."""
    named = [match[1] for pattern in (_ENDED, _NAMED, _SUBJECT, _SPOKEN_OF) for match in pattern.finditer(folded)]
    return tuple(words for text in named if (words := tokens(text)))


def _phrases(folded: str) -> list[list[str]]:
    """The names of what is asked for, in words; of some only the first word."""
    whole = _whole_phrases(folded)
    first = (match[1] for match in _OPEN.finditer(folded))
    return [*whole, *(tokens(word) for word in first if not any(word in phrase for phrase in whole))]


def _naming(phrase: list[str]) -> list[str]:
    """The words of a phrase that name the thing: "the advised remedy" is a remedy, whoever advises it."""
    return [w for at, w in enumerate(phrase, start=1) if not w.endswith("ly" if at == len(phrase) else ("ed", "ly"))]
