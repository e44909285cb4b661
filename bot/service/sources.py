"""The documents of a library as whoever runs it sees them: where each came from, and how one that was added goes again.

A document that was removed stays out although its file stays where it is, until that or its folder is named to
`groundrule ingest` again. Uploaded ones go with their file (`bot.service.uploads`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from bot.service.near import no_document
from ingest.errors import MissingError, UsageError
from ingest.index.records import OTHER_HOME

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.service.uploads import Uploads
    from ingest.config import Settings
    from ingest.gather import Progress
    from ingest.index.library import Library
    from ingest.index.records import Stored
    from ingest.types import Document, Encoder, Passage

__all__ = ["Held", "Origin", "Removed", "find_held", "held_documents", "passages_of", "remove_documents"]

Origin = Literal["pack", "added", "uploaded", "another machine"]
"""Where a document came from; what was added on another machine is read again there alone."""


@dataclass(frozen=True, slots=True)
class Held:
    """A document of the library.

    Attributes:
        document: The document.
        origin: Where it came from.
        root: The file, folder or address that it was added from; None for the pack's own.
        also_at: Where copies of it lie.
        passages: How many claims it holds.
    """

    document: Document
    origin: Origin
    root: str | None
    also_at: tuple[str, ...]
    passages: int

    def as_json(self) -> dict[str, Any]:
        """For programs; null is what is not known."""
        source = self.document.source
        return {
            "id": self.document.id,
            "title": source.title,
            "author": source.author,
            "author_role": source.author_role,
            "publisher": source.publisher,
            "published": source.published,
            "url": source.url,
            "licence": source.licence,
            "kind": source.kind,
            "text": source.text,
            "origin": self.origin,
            "added_from": self.root,
            "path": source.path,
            "also_at": list(self.also_at),
            "sha256": self.document.sha256,
            "characters": len(self.document.text),
            "passages": self.passages,
        }


def held_documents(library: Library, is_upload: Callable[[str | None], bool]) -> list[Held]:
    """The documents of a library, in its order.

    Args:
        library: The library.
        is_upload: Whether a document that was added from a place was uploaded.
    """
    return [
        Held(
            one.document,
            _origin(one.root, is_upload),
            one.root,
            tuple(one.document.source.also_at),
            library.counts[one.document.id],
        )
        for one in library.stored
        if one.document.id in library.documents
    ]


def find_held(held: Sequence[Held], id_: str) -> Held:
    """The document of an id.

    Raises:
        MissingError: There is none.
    """
    found = next((one for one in held if one.document.id == id_), None)
    if found is None:
        raise MissingError(no_document(id_, [one.document.id for one in held]))
    return found


def passages_of(library: Library, id_: str) -> list[Passage]:
    """The claims of a document, in its order."""
    return list(library.of_document(id_))


def _origin(root: str | None, is_upload: Callable[[str | None], bool]) -> Origin:
    if root is None:
        return "pack"
    if is_upload(root):
        return "uploaded"
    home, other, _ = root.partition(OTHER_HOME)
    # An address may have such a mark too, and a path.
    return "another machine" if other and "/" not in home else "added"


@dataclass(frozen=True, slots=True)
class Removed:
    """What a removal did.

    Attributes:
        held: The documents that went.
        forgotten: Places that are not looked into any more, because nothing that was added from there is left.
        documents: Documents in the library now.
        passages: Passages in it.
    """

    held: tuple[Held, ...]
    forgotten: tuple[str, ...]
    documents: int
    passages: int


def remove_documents(
    settings: Settings,
    encoder: Encoder,
    library: Library,
    ids: Sequence[str],
    uploads: Uploads,
    progress: Progress | None = None,
) -> Removed:
    """Publishes an index without some documents that were added; looks at all of them before anything is touched.

    Args:
        settings: Where the index is.
        encoder: The model that its vectors are of.
        library: The library as it is now.
        ids: Which documents.
        uploads: Removes those that were uploaded, with their file.
        progress: Told how far the index is.

    Raises:
        MissingError: One is not in the library.
        UsageError: One belongs to the pack, or none would be left.
    """
    held = held_documents(library, uploads.holds)
    going = [find_held(held, id_) for id_ in dict.fromkeys(ids)]
    for one in going:
        if one.root is None:
            raise UsageError(
                f"document {one.document.id!r:.80} belongs to the pack {str(settings.corpus)!r} and is not removed "
                "from the index alone. Remove its file from the pack's `sources`, or index your own documents without "
                "the pack's: `groundrule ingest --only PATH`."
            )
    if len(going) == len(held):
        raise UsageError(
            "no document would be left in the library. Put others in their place: `groundrule ingest --only PATH`."
        )
    from ingest.pipeline import build_index

    added = [one for one in going if one.origin != "uploaded"]
    report = None
    if added:
        without = [place for one in added for place in _places(library.stored, one)]
        report = build_index(settings, encoder, without=without, join=True, read_again=False, progress=progress)
    for one in going:
        if one.origin == "uploaded":
            report = uploads.remove(one.document.id, progress)
    assert report is not None  # noqa: S101 - there is one document at least
    gone = {one.document.id for one in going}
    left = {one.root for one in held if one.document.id not in gone}
    forgotten = dict.fromkeys(one.root for one in added if one.root and one.root not in left)
    return Removed(tuple(going), tuple(forgotten), report.documents, report.passages)


def _places(stored: Sequence[Stored], held: Held) -> list[tuple[str | None, str | None]]:
    """Where a document was read from, and the copies that are merged into it: each place, and the path there."""
    id_ = held.document.id
    own = (one for one in stored if id_ in (one.document.id, one.copy_of))
    return [(one.root, one.document.source.path) for one in own]
