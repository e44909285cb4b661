"""A corpus pack: the folder that holds a subject's knowledge (`options.yaml`, `sources/*.md`).

Owns the format of `options.yaml`. The code knows no option by name; everything it knows comes through here.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from ingest.code import digest_of
from ingest.errors import PackError
from ingest.pack_shapes import Shape, Slug, Text
from ingest.patterns import PatternError, compile_pattern, expanded, parts_of
from ingest.yaml_file import load_model, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OPTIONS_FILE", "SOURCES_FOLDER", "Decision", "Example", "Option", "Pack", "Sense", "Term", "load_pack"]

OPTIONS_FILE = "options.yaml"
# The modules that turn documents into passages: after an upgrade that changes one, an index is built anew.
_READING = (
    "blocks.py",
    "lexicon.py",
    "naming.py",
    "relations.py",
    "stance.py",
    "structure.py",
    "cleaning/*.py",
    "reading/*.py",
)
SOURCES_FOLDER = "sources"


class Option(Shape):
    """One choice of a decision.

    Attributes:
        id: Fixed identifier.
        name: What people read.
        aliases: Names that mean this option in any text. Spelling variants need not be listed: both sides are folded.
        source_aliases: Names that mean this option only in the source with that id.
        described: Word patterns (see `ingest.patterns`) by which people describe it without naming it. Parts joined
            by " & " must all be found in one sentence, in any order. They are read in questions, never in documents.
    """

    id: Slug
    name: Text
    aliases: tuple[Text, ...] = ()
    source_aliases: dict[Slug, tuple[Text, ...]] = Field(default_factory=dict)
    described: tuple[Text, ...] = ()


class Decision(Shape):
    """A question with a closed list of answers.

    Attributes:
        id: Fixed identifier.
        name: What people read.
        noun: What one option is called ("operating model").
        options: The choices, in reading order.
        aliases: Names of the decision as a whole ("team structures"), not of one option.
        asked: Words of a question that show it is about this decision without naming it ("organise", "one team").
    """

    id: Slug
    name: Text
    noun: Text
    options: tuple[Option, ...] = Field(min_length=2)
    aliases: tuple[Text, ...] = ()
    asked: tuple[Text, ...] = ()


class Sense(Shape):
    """One meaning of a word that has several.

    Attributes:
        label: The meaning in a few words, as offered to a user who must choose.
        source: Id of the source that uses the word so.
        option: The option that is meant; None when the sense is described in the source but is no option.
        note: Why the word leads to that option, where the option's own name differs.
    """

    label: Text
    source: Slug
    option: Slug | None = None
    note: Text | None = None


class Term(Shape):
    """A word with more than one meaning in the sources.

    Attributes:
        words: Surface forms.
        senses: Its meanings.
        bare: What to do when nothing says which is meant: "ask", or the id of the option usually meant.
    """

    words: tuple[Text, ...] = Field(min_length=1)
    senses: tuple[Sense, ...] = Field(min_length=2)
    bare: Literal["ask"] | Slug = "ask"


class Example(Shape):
    """A question that shows a new user what can be asked."""

    question: Text
    kind: Text


class Pack(Shape):
    """The subject: what can be chosen and by which words people speak of it.

    Attributes:
        name: Identifier of the pack.
        title: What people read above the chat.
        subject: What the documents are about, as a noun phrase.
        decisions: What can be decided.
        lists: Words that stand for one another in `described`, by the name under which patterns use them: `<unit>`.
        terms: Words with several meanings.
        synonyms: Groups of words that mean the same here; a question may use any of them.
        abbreviations: Short forms and what they stand for; those in capitals are known only in capitals.
        clarify: What to ask of a user who wants a recommendation but has said nothing to base it on.
        examples: Questions to start with.
    """

    name: Slug
    title: Text
    subject: Text
    decisions: tuple[Decision, ...] = Field(min_length=1)
    lists: dict[Slug, Annotated[tuple[Text, ...], Field(min_length=1)]] = Field(default_factory=dict)
    terms: tuple[Term, ...] = ()
    synonyms: tuple[tuple[Text, ...], ...] = ()
    abbreviations: dict[Text, Text] = Field(default_factory=dict)
    clarify: tuple[Text, ...] = ()
    examples: tuple[Example, ...] = ()
    folder: Path = Field(default=Path(), exclude=True)

    @model_validator(mode="after")
    def _ids_are_unique_and_known(self) -> Pack:
        ids = [option.id for option in self.options]
        for repeated in {id_ for id_ in ids if ids.count(id_) > 1}:
            raise ValueError(f"option id {repeated!r} is used twice; every option needs its own")
        for term in self.terms:
            wanted = [sense.option for sense in term.senses if sense.option] + (
                [] if term.bare == "ask" else [term.bare]
            )
            for option in wanted:
                if option not in ids:
                    raise ValueError(f"term {term.words[0]!r} names option {option!r}, which no decision has")
        for described in self.options:
            try:
                self.descriptions(described)
            except PatternError as error:
                raise ValueError(f"option {described.id!r}, described: {error}") from error
        return self

    def descriptions(self, option: Option) -> list[tuple[str, ...]]:
        """The patterns that describe an option, each as its parts with every `<name>` spelt out.

        Raises:
            PatternError: One of them cannot be matched against anything.
        """
        found = [parts_of(expanded(text, self.lists)) for text in option.described]
        for part in (part for parts in found for part in parts):
            compile_pattern(part)
        return found

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """The options of all decisions, in reading order."""
        return tuple(option for decision in self.decisions for option in decision.options)

    def option(self, id_: str) -> Option:
        """The option with that id."""
        return next(option for option in self.options if option.id == id_)

    def decision_of(self, id_: str) -> Decision:
        """The decision that the option with that id belongs to."""
        return next(d for d in self.decisions if any(option.id == id_ for option in d.options))

    def fitted(self, works: Mapping[str, str | None]) -> Pack:
        """The pack with what it says of its own documents said of originals of the same works, too.

        Args:
            works: Every document that is at hand by id, with the id of the pack's document on the same work, if any.
        """
        originals = {id_: work for id_, work in works.items() if work is not None}
        if not originals:
            return self
        fields = self.model_dump()
        for option in (option for decision in fields["decisions"] for option in decision["options"]):
            names = option["source_aliases"]
            option["source_aliases"] = {
                **names,
                **{id_: names[work] for id_, work in originals.items() if work in names},
            }
        # What a word means in a source is looked up in one document: the pack's own, while it is there.
        stands_in = {work: id_ for id_, work in reversed(originals.items()) if work not in works}
        for sense in (sense for term in fields["terms"] for sense in term["senses"]):
            sense["source"] = stands_in.get(sense["source"], sense["source"])
        return Pack(**fields, folder=self.folder)

    @cached_property
    def sources(self) -> Path:
        """The folder of the pack's own documents."""
        return self.folder / SOURCES_FOLDER

    @cached_property
    def sha256(self) -> str:
        """Digest over everything that shapes an index besides added documents: the pack, and how it is read."""
        code = [path for name in _READING for path in sorted(Path(__file__).parent.glob(name))]
        return digest_of([*code, self.folder / OPTIONS_FILE, *sorted(self.sources.glob("*.md"))])


def load_pack(folder: Path) -> Pack:
    """Reads and checks a pack.

    Raises:
        PackError: `options.yaml` is missing, is not YAML or breaks a rule; or there are no sources.
    """
    path = folder / OPTIONS_FILE
    missing = f"{folder} is not a corpus pack: it has no {OPTIONS_FILE}. `groundrule init DIR` writes a valid starter."
    pack = load_model(path, read_text(path, missing), Pack, folder=folder)
    if not any(pack.sources.glob("*.md")):
        raise PackError(
            f"{folder} has no documents: {SOURCES_FOLDER}/*.md is empty. Write one, with the sentences that the "
            "rubric rests on; `groundrule ingest PATH` adds documents of other formats to it."
        )
    return pack
