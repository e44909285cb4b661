"""Further words for what a rubric asks: the shape of `phrases.yaml`, and the rubric with them in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from ingest.pack_shapes import Shape, Slug, Text
from ingest.patterns import expanded

if TYPE_CHECKING:
    from bot.deciding.rubric_model import Level, Rubric

__all__ = ["LevelWords", "Words", "with_words"]

ListWord = Annotated[str, StringConstraints(pattern=r"^[a-z0-9&.'+]+$")]


class LevelWords(Shape):
    """Further words for a level, beside those in the rubric itself; the fields are those of `Level`."""

    phrases: tuple[Text, ...] = ()
    hints: tuple[Text, ...] = ()
    replies: tuple[Text, ...] = ()


class Words(Shape):
    """How people say what the rubric asks: `phrases.yaml`. It changes how facts are read, never how they count.

    Attributes:
        lists: Words that stand for one another, by the name under which patterns use them: `<unit>`.
        criteria: Criterion to level to its words.
        present: Decision to option to word patterns by which people describe that they have it today.
    """

    lists: dict[Slug, Annotated[tuple[ListWord, ...], Field(min_length=1)]] = Field(default_factory=dict)
    criteria: dict[Slug, dict[Slug, LevelWords]] = Field(default_factory=dict)
    present: dict[Slug, dict[Slug, tuple[Text, ...]]] = Field(default_factory=dict)

    def spelt_out(self) -> Words:
        """The words with every `<name>` in a pattern replaced by its list.

        Raises:
            PatternError: A pattern names a list that there is not.
        """

        def spelt(patterns: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(expanded(pattern, self.lists) for pattern in patterns)

        criteria = {
            id_: {
                name: level.model_copy(update={"phrases": spelt(level.phrases), "hints": spelt(level.hints)})
                for name, level in levels.items()
            }
            for id_, levels in self.criteria.items()
        }
        present = {id_: {o: spelt(patterns) for o, patterns in of.items()} for id_, of in self.present.items()}
        return self.model_copy(update={"criteria": criteria, "present": present})


def with_words(rubric: Rubric, words: Words) -> Rubric:
    """The rubric with further words for its levels; what it does not know is passed over.

    Raises:
        PatternError: As in `Words.spelt_out`.
    """
    words = words.spelt_out()
    criteria = dict(rubric.criteria)
    for id_, levels in words.criteria.items():
        if id_ in criteria:
            more = {name: _joined(level, levels.get(name)) for name, level in criteria[id_].levels.items()}
            criteria[id_] = criteria[id_].model_copy(update={"levels": more})
    decisions = {
        id_: decision.model_copy(update={"present": _merged(decision.present, words.present.get(id_, {}))})
        for id_, decision in rubric.decisions.items()
    }
    return rubric.model_copy(update={"criteria": criteria, "decisions": decisions})


def _joined(level: Level, words: LevelWords | None) -> Level:
    if words is None:
        return level
    fields = ("phrases", "hints", "replies")
    return level.model_copy(update={f: (*getattr(level, f), *getattr(words, f)) for f in fields})


def _merged(one: dict[str, tuple[str, ...]], other: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {key: (*one.get(key, ()), *other.get(key, ())) for key in dict.fromkeys((*one, *other))}
