"""An index and the model that its questions are embedded by."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.wiring import make_lookup
from ingest.config import Settings
from ingest.embedding.choice import make_encoder
from ingest.errors import EncoderError
from ingest.index.folders import FolderGeneration
from ingest.index.generations import index_slot
from ingest.index.library import Library, open_library
from ingest.pipeline import build_index
from tests.embedding_models import make_embedding_model
from tests.fakes import DIMENSION, WordEncoder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Shortened(WordEncoder):
    """An encoder of the same name whose vectors are shorter."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return super().encode(texts)[:, :32]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "note.md").write_text(
        "# The ferry note\n\n- A ferry leaves at nine.\n- The harbour master may keep it.\n"
    )
    return tmp_path / "note.md"


@pytest.fixture
def library(settings: Settings, encoder: WordEncoder, folder: Path) -> Iterator[Library]:
    build_index(settings, encoder, [folder], only=True)
    found = open_library(index_slot(settings))
    assert found is not None
    yield found
    found.close()


def test_an_index_says_what_its_vectors_are(library: Library) -> None:
    manifest = library.manifest
    assert (manifest.encoder, manifest.dimension, manifest.backend) == ("words", DIMENSION, "words")


def test_questions_by_another_model_are_refused_with_the_remedy(library: Library, settings: Settings) -> None:
    other = WordEncoder("other words")
    for use in (library.check_encoder, lambda encoder: make_lookup(library, encoder, settings)):
        with pytest.raises(
            EncoderError,
            match="built with 'words', but the embedding model is set to 'other words'. Run `groundrule ingest`.*GROUNDRULE_EMBEDDING_MODEL",
        ):
            use(other)
    assert other.encoded == []  # no model is loaded to find that out


def test_questions_of_another_dimension_are_refused_with_the_remedy(library: Library) -> None:
    library.check_encoder(Shortened())
    with pytest.raises(
        EncoderError, match="holds vectors of 256 numbers, but 'words' gives 32.*Run `groundrule ingest`"
    ):
        library.near(Shortened().encode(["a ferry"])[0])


def test_an_index_from_before_the_dimension_was_recorded_is_read(
    library: Library, settings: Settings, encoder: WordEncoder
) -> None:
    generation = index_slot(settings).current()
    assert isinstance(generation, FolderGeneration)
    path = generation.folder / "manifest.json"
    fields = json.loads(path.read_text())
    del fields["dimension"], fields["backend"]
    path.write_text(json.dumps(fields))
    older = Library(generation)
    assert (older.manifest.dimension, older.manifest.backend) == (0, "")
    older.check_encoder(encoder)
    assert older.near(encoder.encode(["ferry"])[0]).cosines.shape == (2,)
    older.close()


def test_after_the_model_is_changed_an_ingest_embeds_anew(settings: Settings, folder: Path, tmp_path: Path) -> None:
    """With real models of two dimensions, one of which is changed in its folder."""
    model = make_embedding_model(tmp_path / "owl", hidden=32)

    def ingested() -> tuple[int, tuple[str, int, str]]:
        chosen = settings.model_copy(update={"embedding_model": str(model)})
        report = build_index(chosen, make_encoder(chosen), [folder], only=True)
        library = open_library(index_slot(chosen))
        assert library is not None
        library.close()
        return report.embedded, (library.manifest.encoder, library.manifest.dimension, library.manifest.backend)

    first = ingested()
    assert first == (
        2,
        (make_encoder(settings.model_copy(update={"embedding_model": str(model)})).name, 32, "openvino"),
    )
    assert ingested() == (0, first[1])
    model = make_embedding_model(tmp_path / "new" / "owl", hidden=64)
    embedded, (name, dimension, _) = ingested()
    assert (embedded, dimension) == (2, 64)
    assert name != first[1][0]


def test_what_two_documents_say_word_for_word_is_told_once(
    settings: Settings, encoder: WordEncoder, tmp_path: Path
) -> None:
    said = "one group looks after the tools of all the other groups"
    texts = {
        "first.md": f"# First\n\nSome words.\n\n- {said.capitalize()}.\n- Short words.\n",
        "second.md": f"# Second\n\n## Factory\n\n### Pros\n\n- {said.capitalize()}!\n- Short words.\n",
        "third.md": f"# Third\n\n## Federated\n\n### Cons\n\n- {said.capitalize()}.\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    build_index(settings, encoder, [tmp_path / name for name in texts], only=True)
    opened = open_library(index_slot(settings))
    assert opened is not None
    echoes = [opened.by_id[id_] for id_ in opened.echoes]
    # The second says whose pro it is, so the first says nothing more; the third says it of another option.
    assert [(one.document_id, one.text) for one in echoes] == [("first", f"{said.capitalize()}.")]
    opened.close()
