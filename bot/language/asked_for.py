"""What a question asks for in so many words: "which encryption standard ...", "what is the notice period for ...".

Whatever else a question speaks of may be well known to the documents: when they never speak of the thing that is asked
for, they do not hold the answer. Only the words that name the thing are read here; what kind of thing it is (a number,
a date) is `bot.finding.answer_type`'s.
"""

from __future__ import annotations

import re

from ingest.lexicon import QUESTION_WORDS, STOPWORDS, fold, stem, tokens

__all__ = ["asked_for", "asked_nouns", "things"]

_AUXILIARY = (
    r"is|are|was|were|do|does|did|should|would|can|could|will|shall|must|may|might|has|have|had|exactly|precisely|"
    # Verbs that are hardly ever nouns.
    r"suits?|fits?|works best|helps?|belongs?|makes?|needs?|uses|comes?|goes?|gets?|applies|apply|shows?|tells?|suffers?|"
    r"describes?|mentions?|recommends?|advises?|suggests?|lets?|keeps?|gives?|takes?|brings?|becomes?"
)
# Not "each of which ...": that asks nothing.
_RELATIVE = r"(?<!each of )(?<!all of )(?<!some of )(?<!most of )(?<!one of )(?<!both of )"
# What may stand between the question word and the thing: "which of the three", "what sort of".
_LEAD = (
    r"(?:(?:kinds?|types?|sorts?|forms?) of |of (?:the |his |her |their |its |your |our |these |those |[a-z]+'s )?"
    r"|(?:own|exact|specific|precise|particular|main|concrete|other|further|certain) )*"
)
_WORD = rf"(?!(?:{'|'.join(map(re.escape, sorted(STOPWORDS)))})(?![\w'-]))[a-z0-9][\w&/'-]*"
# "Which feature store should ...": a verb of few forms, or the end, shows where the name of the thing ends.
_ENDED = re.compile(
    rf"{_RELATIVE}\b(?:which|what|how many|how much)\s+{_LEAD}((?:{_WORD} ){{0,2}}{_WORD})"
    rf"(?=\s*[?.,;:!]|\s*$|\s+(?:of|and|or|{_AUXILIARY})\b)"
)
# "Which role ties ...": what follows the first word may be a verb; after "what" that word may be one itself.
_OPEN = re.compile(rf"{_RELATIVE}\b(?:which|how many|how much)\s+{_LEAD}({_WORD})(?![\w&/'-])")
# "What is the notice period for ...", "a list of ...", "define ...".
_NAMED = re.compile(
    r"\b(?:(?:what|which) (?:is|are|was|were|would be)|what's|what're|define|definition of|list of|number of|name|"
    r"give (?:me|us)|tell (?:me|us)|i need|i'd like|we need|show (?:me|us))"
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
    rf" (?:about|on|of|regarding) (?:a |an |the |his |her |their |its |our )?((?:{_WORD} ){{0,2}}{_WORD})(?=\s*[?.,;:!]|\s*$)"
)
# Nouns for what any text tells without naming it: a passage need not say "reason" to give one (the "shell nouns" of
# Schmid, "English Abstract Nouns as Conceptual Shells", 2000), and words that go with any noun.
_OF_ANY_TEXT = frozenset(
    map(
        stem,
        """reason reasons ground grounds reasoning argument arguments cause causes result results outcome outcomes effect
        effects consequence consequences impact condition conditions situation situations circumstance circumstances
        occasion phase phases stage stages moment moments time times place places part parts side sides area areas field
        fields respect respects discipline disciplines background backgrounds quality qualities trait traits feature
        features property properties shape form forms size sizes range ranges bucket buckets category categories class
        classes group groups bracket brackets outfit outfits setting settings environment choice choices option options
        alternative alternatives difference differences distinction similarity similarities catch limit limits rule rules
        factor factors aspect aspects element elements item items step steps measure measures move moves role roles job
        jobs position positions duty duties task tasks skill skills tool tools signal sign signs hint hints view opinion
        stance take message lesson lessons upshot gist conclusion purpose aim goal point level extent degree amount year
        years month date day days week weeks minutes hours money percentage percent share sum figure figures person
        people somebody guy man woman individual individuals company companies firm firms organisation organisations
        business businesses corporation institution institutions brand brands author writer word words term name names
        title heading sentence text article source actual basic single total overall general key central important major
        minor typical usual common possible right whole entire four five six seven eight nine ten twelve dozen half
        core event events remedy remedies cure cures fix fixes solution solutions system systems technology technologies
        technique techniques method methods procedure procedures problem problems issue issues matter matters trouble
        troubles worry worries headache headaches pitfall pitfalls trap traps drawback drawbacks benefit benefits payoff
        merit merits hazard hazards barrier barriers nuisance weak burden burdens baggage complaint complaints
        consideration considerations criterion criteria yardstick prerequisite prerequisites requirement requirements
        precondition precaution precautions necessity expectation expectations assumption principle principles
        component components ingredient ingredients block blocks constituent constituents member members mix makeup
        practice practices process processes activity activities chore chores function functions responsibility
        responsibilities profession professions occupation occupations specialist specialists expert experts employer
        title expertise knowledge competence competences competency qualification qualifications talent talents
        attribute attributes characteristic characteristics calibre nature status state role circumstance scenario
        scenarios case piece pieces part portion fraction amount quantity value values metric figure sector sectors
        industry kit gear equipment package packages product products platform platforms software stack application
        applications use uses usage idea ideas plan plans strategy strategies suggestion suggestions proposal tip tips
        guidance guideline guidelines explanation explanations description fact facts evidence proof claim claims
        statement assertion thesis finding findings insight insights observation implication implications promise hope
        fear risk risks chance chances opportunity opportunities change changes difference development trend exception
        exceptions condition decision decisions question questions answer answers mistake mistakes error errors success
        failure failures achievement contribution effort efforts influence relation relationship connection combination
        structure structures approach approaches setup arrangement format order sequence date period duration origin
        source place location region subject topic topics detail details concern concerns danger dangers threat threats obstacle obstacles
        hurdle hurdles strength strengths weakness weaknesses response reaction instrument instruments""".split(),
    )
)


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


def _whole_phrases(folded: str) -> list[list[str]]:
    """The names of what is asked for of which it is clear where they end, in words."""
    named = [match[1] for pattern in (_ENDED, _NAMED, _SUBJECT, _SPOKEN_OF) for match in pattern.finditer(folded)]
    return [words for text in named if (words := tokens(text))]


def _phrases(folded: str) -> list[list[str]]:
    """The names of what is asked for, in words; of some only the first word."""
    whole = _whole_phrases(folded)
    first = (match[1] for match in _OPEN.finditer(folded))
    return whole + [tokens(word) for word in first if not any(word in phrase for phrase in whole)]


def _naming(phrase: list[str]) -> list[str]:
    """The words of a phrase that name the thing: "the advised remedy" is a remedy, whoever advises it."""
    return [w for at, w in enumerate(phrase, start=1) if not w.endswith("ly" if at == len(phrase) else ("ed", "ly"))]
