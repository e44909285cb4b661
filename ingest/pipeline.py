"""Documents to a published index, in one step that readers see whole or not at all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ingest.building.former import Taken, Vectors, indexed_now, set_aside, unfinished
from ingest.errors import DamagedIndexError, DocumentError, GroundruleError, PathError, StoreError
from ingest.gather import FileReport, gather
from ingest.index.generations import index_slot
from ingest.pack import load_pack
from ingest.reading.places import find_files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from ingest.building.batches import Batch, Tally
    from ingest.building.former import Former
    from ingest.building.writing import Batches, Written
    from ingest.config import Settings
    from ingest.gather import Gathered, Progress
    from ingest.index.generations import Generation, Slot
    from ingest.pack import Pack
    from ingest.types import Document, Encoder

__all__ = ["Report", "build_index"]


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingest did.

    Attributes:
        files: One entry a document.
        documents: Documents in the published index.
        passages: Passages in it.
        embedded: Passages embedded now; the others' vectors were taken over.
        set_aside: Where a damaged index lies now, or None.
        skipped: Files of other kinds in the folders that were read.
        published: Whether there is a new index; else everything is as it was.
    """

    files: tuple[FileReport, ...]
    documents: int
    passages: int
    embedded: int
    set_aside: str | None = None
    skipped: int = 0
    published: bool = True

    @property
    def failed(self) -> tuple[FileReport, ...]:
        """The documents that could not be read."""
        return tuple(file for file in self.files if file.status == "failed")

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "files": [file.as_json() for file in self.files],
            "summary": dict(sorted(Counter(file.status for file in self.files).items())),
            "documents": self.documents,
            "passages": self.passages,
            "embedded": self.embedded,
            "set_aside": self.set_aside,
            "skipped": self.skipped,
            "published": self.published,
        }


def build_index(
    settings: Settings,
    encoder: Encoder,
    paths: Sequence[Path | str] = (),
    *,
    only: bool = False,
    join: bool = False,
    root: str | None = None,
    without: Collection[tuple[str | None, str | None]] = (),
    read_again: bool = True,
    progress: Progress | None = None,
) -> Report:
    """Builds and publishes a new generation of the index, unless it would be as the one there is.

    Without paths, the pack's documents and all that were added before are read again. Documents that are unchanged are
    taken over as they are; of others, vectors whose text and model are unchanged, an interrupted run's included. A
    damaged index is set aside first.

    Args:
        settings: Where the pack and the index are.
        encoder: Embeds what is new.
        paths: Files, folders, patterns and addresses to add.
        only: Index `paths` alone, without the pack's documents and what was added before.
        join: `paths` join what there is, be the pack's documents in it or not; without it, they join the pack's.
        root: What is recorded as the place that `paths` come from, in their stead; what was added under it before
            stays.
        without: Documents to leave out, by the place they were added from and their path there; they stay out of
            later indexes too, until `paths` name them.
        read_again: Whether what was added before is read again, or taken as it is stored.
        progress: Told how far the work is.

    Raises:
        PathError: A path that is not there, or `only` without paths.
        PackError: The pack breaks a rule.
        EncoderError: The model cannot be loaded or fails.
        StoreError: The data folder cannot be written.
    """
    if only and not paths:
        raise PathError("there is nothing to index: --only needs at least one file or folder.")
    told = progress or (lambda *_: None)
    pack = load_pack(settings.corpus)
    find_files(paths)  # a missing path is refused before anything is touched
    slot = index_slot(settings)
    with slot.writing():
        former = indexed_now(slot)
        alone = only or (former.only and (join or not paths))
        gathered = gather(
            settings,
            pack,
            former.stored,
            paths,
            only=alone,
            progress=told,
            join=join,
            root=root,
            without=without,
            excluded=former.excluded,
            read_again=read_again,
            settled=former.manifest is not None and former.manifest.pack_sha256 == pack.sha256,
        )
        if not gathered.stored:
            raise DocumentError(
                "no document could be read, so the index is left as it was. " + gathered.files[0].detail
            )
        left = unfinished(slot, former.generation)
        if former.manifest and former.is_what(gathered, pack.sha256, encoder.name, only=alone):
            for generation in left:
                generation.discard()
            counts = {item.document.id: item.passages or 0 for item in former.stored}
            files = tuple(_counted(gathered, counts))
            manifest = former.manifest
            return Report(files, manifest.documents, manifest.passages, 0, None, gathered.skipped, published=False)
        written, moved = _publish(settings, slot, former, left, gathered, pack, encoder, told, only=alone)
    files = tuple(_counted(gathered, {item.document.id: item.passages or 0 for item in written.stored}))
    manifest = written.manifest
    aside = str(moved) if moved else None
    return Report(files, manifest.documents, manifest.passages, written.embedded, aside, gathered.skipped)


def _publish(
    settings: Settings,
    slot: Slot,
    former: Former,
    left: Sequence[Generation],
    gathered: Gathered,
    pack: Pack,
    encoder: Encoder,
    progress: Progress,
    *,
    only: bool,
) -> tuple[Written, Generation | None]:
    """What was published, and a damaged index that was moved aside."""
    # Parsing and embedding are llama-index's, which only they have to load.
    from ingest.building.writing import write_generation

    moved = former.moved
    stored, known = gathered.stored, former.manifest
    taken = former.taken(stored, pack.sha256, encoder.name)
    while True:
        others = [one for one in slot.generations() if one not in left]
        with Vectors([*left, *others], encoder.name) as vectors:
            generation = slot.new_generation()
            try:
                batches = _batches(settings, pack, encoder, vectors)
                written = write_generation(
                    generation,
                    stored,
                    taken,
                    pack,
                    encoder,
                    batches,
                    progress,
                    only=only,
                    excluded=gathered.excluded,
                    known=known,
                )
                generation.publish(written.stored, written.manifest)
            except DamagedIndexError as error:
                generation.discard()
                if taken.is_whole():
                    # Chroma tells a disk that is full, among others, as damage to what it was about to write.
                    raise StoreError(
                        f"the next index in {slot} could not be written, and the one there is stays: "
                        f"{error.__cause__ or error}. Check the space that is free, and run the command again."
                    ) from error
                # What looked whole is not: everything is parsed anew.
                moved = set_aside(slot).moved
                taken = Taken()
                continue
            except GroundruleError:
                generation.discard()
                raise
            # On Ctrl-C the unfinished generation stays: the next run takes its vectors over, then removes it.
        return written, moved


def _batches(settings: Settings, pack: Pack, encoder: Encoder, vectors: Vectors) -> Batches:
    if settings.ray:
        from ingest.building.cluster import batches_on_cluster

        def there(documents: Sequence[Document], tally: Tally) -> Iterator[Batch]:
            return batches_on_cluster(str(settings.ray), documents, pack, encoder, vectors, tally)

        return there
    from ingest.building.here import batches_here

    def here(documents: Sequence[Document], tally: Tally) -> Iterator[Batch]:
        return batches_here(documents, pack, encoder, vectors, settings.embedding_batch, tally)

    return here


def _counted(gathered: Gathered, counts: Mapping[str, int]) -> Iterator[FileReport]:
    """The reports of documents with the number of their passages."""
    ids = {(item.root, item.document.source.path): item.document.id for item in gathered.stored}
    for file in gathered.files:
        yield replace(file, passages=counts.get(ids.get(file.place, ""), 0))
