from __future__ import annotations

import json
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ingest.config import Settings
from ingest.embedding.checking import MIN_COSINE, check_texts
from ingest.embedding.choice import ModelEncoder, make_encoder
from ingest.embedding.loads import LOADS
from ingest.embedding.model_files import DEFAULT_MODEL, encoder_name
from ingest.embedding.openvino_backend import Converted, load_openvino
from ingest.errors import EncoderError
from ingest.types import Encoder
from tests.commands import begin_code
from tests.embedding_models import HIDDEN, MAX_TOKENS, make_embedding_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

TEXTS = check_texts(MAX_TOKENS)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_embedding_model(folder / "mean")
    make_embedding_model(folder / "cls", "cls")
    make_embedding_model(folder / "dense", dense=True)
    return folder


@pytest.fixture(scope="module")
def kept(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that holds the model with mean pooling."""
    cache = tmp_path_factory.mktemp("kept")
    assert encoder_of(models / "mean", cache).backend == "openvino"
    return cache


@pytest.fixture(scope="module")
def reference(models: Path) -> NDArray[np.float32]:
    """The vectors that the model with mean pooling gives."""
    return encoder_of(models / "mean", None, backend="plain").encode(TEXTS)


@pytest.fixture
def converted_before(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever converts the model with mean pooling is given what was converted first: to convert takes longest of all."""
    (entry,) = entries(kept)
    model = load_openvino().Core().read_model(entry / "model.xml")
    monkeypatch.setattr("ingest.embedding.openvino_backend.convert", lambda *_: model)


@pytest.fixture
def cache(kept: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return shutil.copytree(kept, tmp_path / "cache")


def encoder_of(folder: Path, cache: Path | None, **options: object) -> ModelEncoder:
    return ModelEncoder(str(folder), 8, cache=cache, gpu=lambda: None, **options)  # type: ignore[arg-type]


def entries(cache: Path) -> list[Path]:
    return sorted(path for path in (cache / "embedding").iterdir() if path.is_dir())


def record(cache: Path) -> dict[str, object]:
    (entry,) = entries(cache)
    found: dict[str, object] = json.loads((entry / "record.json").read_text())
    return found


APART = """
    import json, os, sys
    from pathlib import Path
    from ingest.embedding.choice import ModelEncoder

    os.dup2(os.open(sys.argv[3], os.O_WRONLY | os.O_CREAT), 2)
    e = ModelEncoder(sys.argv[1], 8, cache=Path(sys.argv[2]), gpu=lambda: None)
    v = e.encode(["who keeps the ferry?"])
    heavy = {"torch", "transformers", "sentence_transformers", "openvino_telemetry"}
    loaded = sorted(name for name in heavy if sys.modules.get(name))
    print(json.dumps({"backend": e.backend, "loaded": loaded, "vector": v[0].tolist()}))
"""


def apart(folder: Path, cache: Path, place: Path, processes: int = 1) -> list[dict[str, Any]]:
    """What processes of their own find: the backend, the modules loaded, a vector, and what their users were told."""
    files = [(place / f"found-{number}", place / f"told-{number}") for number in range(processes)]
    running = [begin_code(APART, str(folder), str(cache), str(told), stdout=str(found)) for found, told in files]
    for process in running:
        process.join(600)
    assert [process.exitcode for process in running] == [0] * processes, [told.read_text() for _, told in files]
    return [{**json.loads(found.read_text().splitlines()[-1]), "told": told.read_text()} for found, told in files]


@pytest.fixture(scope="module")
def two(models: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """A cache that was empty, and what two processes found that were begun over it at once."""
    place = tmp_path_factory.mktemp("two")
    return place / "cache", apart(models / "cls", place / "cache", place, 2)


def test_it_is_an_encoder(models: Path, cache: Path) -> None:
    encoder: Encoder = encoder_of(models / "mean", cache)
    assert encoder.name == encoder_name(str(models / "mean"))
    assert (encoder.dimension, encoder.max_tokens, encoder.backend) == (HIDDEN, MAX_TOKENS, "openvino")
    assert encoder.count_tokens("who keeps the ferry?") == 7
    assert encoder.encode([]).shape == (0, HIDDEN)


def test_the_default_model_is_the_published_one_and_the_same_on_both_paths() -> None:
    settings = Settings(home=Path("unused"))
    fast, plain = make_encoder(settings), make_encoder(settings.model_copy(update={"embedding_backend": "plain"}))
    texts = [
        "a federated operating model",
        "decentralised teams share one platform",
        "rain in Leeds",
        *check_texts(256),
    ]
    vectors = fast.encode(texts)
    # Behind the name stands the precision, where the processor has a faster one.
    assert (fast.backend.partition("-")[0], plain.backend) == ("openvino", "plain")
    assert vectors.shape == (len(texts), 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2
    assert (vectors * plain.encode(texts)).sum(axis=1).min() >= MIN_COSINE
    for encoder in (fast, plain):
        assert encoder.name == f"{DEFAULT_MODEL}@53aa51172d14"
        assert (encoder.max_tokens, encoder.dimension) == (256, 384)
        assert encoder.count_tokens("hello world") == 4
    assert fast.count_tokens_many(texts) == plain.count_tokens_many(texts)
    assert max(fast.count_tokens_many(texts)) > 256


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_a_converted_model_gives_the_reference_s_vectors(models: Path, tmp_path: Path, pooling: str) -> None:
    fast = encoder_of(models / pooling, tmp_path)
    plain = encoder_of(models / pooling, tmp_path, backend="plain")
    expected, found = plain.encode(TEXTS), fast.encode(TEXTS)
    assert (fast.backend, plain.backend) == ("openvino", "plain")
    assert (expected * found).sum(axis=1).min() > 0.99999
    assert fast.count_tokens_many(TEXTS) == plain.count_tokens_many(TEXTS) == [plain.count_tokens(t) for t in TEXTS]
    assert fast.name == plain.name
    said = record(tmp_path)
    assert said["use"] is True
    assert said["reason"] == ""
    assert float(str(said["min_cosine"])) > 0.99999
    # The two ways to pool are two models.
    assert abs(found @ encoder_of(models / "mean", tmp_path, backend="plain").encode(["bread"]).T).max() < 0.99999


def test_a_text_s_vector_is_the_same_in_any_company(models: Path, cache: Path) -> None:
    encoder = encoder_of(models / "mean", cache)
    together = encoder.encode(TEXTS)
    assert np.array_equal(together, encoder.encode(TEXTS))
    assert np.stack([encoder.encode([text])[0] for text in TEXTS]) == pytest.approx(together, abs=2e-6)
    assert encoder.encode(TEXTS[::-1])[::-1] == pytest.approx(together, abs=2e-6)
    more = [f"{text} {n}" for n in range(7) for text in TEXTS]
    assert encoder.encode(more) == pytest.approx(np.stack([encoder.encode([text])[0] for text in more]), abs=2e-6)


def test_texts_that_are_the_same_to_the_model_are_computed_once(
    models: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = encoder_of(models / "mean", kept)
    one, other = "who pays?", "who is asked?"
    expected = encoder.encode([one, other])
    computed = []
    together = Converted._together

    def noted(self: Converted, requests: Any, ids: Any) -> Any:
        computed.append(len(ids))
        return together(self, requests, ids)

    monkeypatch.setattr(Converted, "_together", noted)
    found = encoder.encode([one, other, "Who  Pays?", one, "WHO IS ASKED?"])
    assert sum(computed) == 2
    assert found == pytest.approx(expected[[0, 1, 0, 0, 1]], abs=2e-6)


def test_many_threads_may_encode_at_once_while_the_interpreter_goes_on(models: Path, cache: Path) -> None:
    encoder = encoder_of(models / "mean", cache)
    expected = encoder_of(models / "mean", cache).encode(TEXTS)
    with ThreadPoolExecutor(8) as pool:  # the first of them loads it, once
        alone = list(pool.map(lambda at: encoder.encode([TEXTS[at % len(TEXTS)]])[0], range(200)))
        many = list(pool.map(lambda _: encoder.encode(TEXTS), range(16)))
    assert np.stack(alone) == pytest.approx(np.stack([expected[at % len(TEXTS)] for at in range(200)]), abs=2e-6)
    assert all(found == pytest.approx(expected, abs=2e-6) for found in many)


def test_each_model_that_is_loaded_is_counted(models: Path, cache: Path) -> None:
    before = LOADS.count()
    encoder = encoder_of(models / "mean", cache)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda text: encoder.encode([text]), TEXTS))
    encoder.encode(TEXTS)
    assert LOADS.count() - before == 1
    encoder_of(models / "mean", cache, backend="plain").encode(TEXTS[:1])
    assert LOADS.count() - before == 2


def test_the_next_process_loads_neither_torch_nor_what_is_built_on_it(
    models: Path, cache: Path, tmp_path: Path
) -> None:
    (found,) = apart(models / "mean", cache, tmp_path)
    assert (found["backend"], found["loaded"]) == ("openvino", [])
    assert found["vector"] == pytest.approx(
        encoder_of(models / "mean", cache).encode(["who keeps the ferry?"])[0], abs=1e-6
    )


def ahead(encoder: ModelEncoder) -> bool:
    """Whether the model is there once what was begun has come to its end."""
    encoder.load_ahead()
    for thread in threading.enumerate():
        if thread.name == "encoder":
            thread.join(120)
    return encoder._chosen is not None


def test_what_was_converted_is_loaded_while_other_things_are_done(models: Path, cache: Path, tmp_path: Path) -> None:
    encoder = encoder_of(models / "mean", cache)
    assert ahead(encoder)
    assert encoder.backend == "openvino"
    assert np.array_equal(encoder.encode(TEXTS), encoder_of(models / "mean", cache).encode(TEXTS))
    # Nothing that takes long or can fail is begun for it.
    assert not ahead(encoder_of(models / "mean", tmp_path / "empty"))
    assert not ahead(encoder_of(models / "mean", None))
    assert not ahead(encoder_of(models / "mean", cache, backend="plain"))
    assert not ahead(ModelEncoder(str(models / "mean"), 8, cache=cache, gpu=lambda: ("cuda", "a GPU")))
    assert not ahead(encoder_of(tmp_path / "nowhere", cache))
    shutil.rmtree(entries(cache)[0])
    assert not ahead(encoder_of(models / "mean", cache))


def test_the_library_that_converts_sends_nothing_and_tells_users_nothing(
    two: tuple[Path, list[dict[str, Any]]],
) -> None:
    (found,) = (one for one in two[1] if one["loaded"])
    assert found["backend"] == "openvino"
    assert found["loaded"] == ["sentence_transformers", "torch", "transformers"]
    assert found["told"] == ""


def test_two_processes_at_once_make_one_entry(two: tuple[Path, list[dict[str, Any]]]) -> None:
    cache, found = two
    assert [one["backend"] for one in found] == ["openvino", "openvino"]
    assert found[0]["vector"] == pytest.approx(found[1]["vector"], abs=1e-6)
    assert sum(one["loaded"] == [] for one in found) == 1  # the second waited for the first
    assert len(entries(cache)) == 1


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("model.bin", "shorter"),
        ("model.bin", "other"),
        ("model.xml", "gone"),
        ("tokenizer.json", "other"),
        ("record.json", "shorter"),
        ("record.json", "empty"),
    ],
)
@pytest.mark.usefixtures("converted_before")
def test_a_damaged_entry_is_made_anew(
    models: Path, cache: Path, reference: NDArray[np.float32], name: str, how: str
) -> None:
    (entry,) = entries(cache)
    path = entry / name
    content = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        middle = len(content) // 2
        other = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes({"shorter": content[:middle], "other": other, "empty": b""}[how])
    encoder = encoder_of(models / "mean", cache)
    assert (encoder.encode(TEXTS) * reference).sum(axis=1).min() > 0.99999
    assert encoder.backend == "openvino"
    mended = entry.stat().st_ino
    assert encoder_of(models / "mean", cache).backend == "openvino"
    assert entry.stat().st_ino == mended  # it is whole again, so it is not made a third time


def test_changed_weights_are_another_entry(models: Path, cache: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(models / "mean", tmp_path / "mean")
    assert encoder_of(folder, cache).backend == "openvino"
    assert len(entries(cache)) == 1  # the same files in another place
    shutil.copy(make_embedding_model(tmp_path / "other", seed=5) / "model.safetensors", folder)
    before, after = encoder_of(models / "mean", cache), encoder_of(folder, cache)
    assert before.name != after.name
    assert (before.encode(TEXTS) * after.encode(TEXTS)).sum(axis=1).min() < 0.99
    assert len(entries(cache)) == 2


@pytest.mark.usefixtures("converted_before")
def test_a_cache_that_cannot_be_written_costs_no_more_than_time(models: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    encoder = encoder_of(models / "mean", tmp_path / "file")
    assert (encoder.backend, encoder.encode(TEXTS).shape) == ("openvino", (len(TEXTS), HIDDEN))
    assert encoder_of(models / "mean", None).backend == "openvino"
    assert (tmp_path / "file").read_bytes() == b""


def test_a_model_that_cannot_be_converted_goes_the_plain_path_and_that_is_remembered(
    models: Path, tmp_path: Path
) -> None:
    encoder = encoder_of(models / "dense", tmp_path)
    assert (encoder.backend, encoder.dimension) == ("plain", 8)
    assert "Transformer, Pooling, Dense" in str(record(tmp_path)["reason"])
    written = entries(tmp_path)[0].stat().st_mtime_ns
    again = encoder_of(models / "dense", tmp_path)
    assert again.encode(["bread"]) == pytest.approx(encoder.encode(["bread"]), abs=1e-6)
    assert again.backend == "plain"
    assert entries(tmp_path)[0].stat().st_mtime_ns == written


def test_a_backend_that_gives_other_vectors_is_not_used(models: Path, cache: Path, tmp_path: Path) -> None:
    """The verdict is read, not only written: one against the converted model leads to the plain path."""
    (entry,) = entries(cache)
    said = json.loads((entry / "record.json").read_text())
    (entry / "record.json").write_text(json.dumps({**said, "use": False, "reason": "its vectors differ"}))
    assert encoder_of(models / "mean", cache).backend == "plain"


def test_the_plain_path_keeps_nothing(models: Path, tmp_path: Path) -> None:
    assert encoder_of(models / "mean", tmp_path / "cache", backend="plain").backend == "plain"
    assert not (tmp_path / "cache").exists()


@pytest.mark.usefixtures("converted_before")
def test_a_gpu_is_held_against_the_processor_once_and_then_used(models: Path, tmp_path: Path) -> None:
    """torch's own processor stands in for the GPU."""
    encoder = ModelEncoder(str(models / "mean"), 8, cache=tmp_path, gpu=lambda: ("cpu", "a card"))
    assert encoder.backend == "plain"
    said = record(tmp_path)
    assert said["use"] is True
    assert said["identity"]["device"] == "a card"  # type: ignore[index]
    # What was found out against a card leads to the converted model.
    entry = entries(tmp_path)[0] / "record.json"
    entry.write_text(json.dumps({**said, "use": False}))
    refused = ModelEncoder(str(models / "mean"), 8, cache=tmp_path, gpu=lambda: ("cpu", "a card"))
    assert refused.backend == "openvino"


def test_a_gpu_that_fails_is_done_without(models: Path, cache: Path) -> None:
    encoder = ModelEncoder(str(models / "mean"), 8, cache=cache, gpu=lambda: ("cuda", "a broken card"))
    assert encoder.backend == "openvino"


def test_a_model_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    for backend in ("auto", "plain"):
        encoder = encoder_of(tmp_path / "nothing", tmp_path, backend=backend)
        assert encoder.name == str(tmp_path / "nothing")
        with pytest.raises(EncoderError, match="cannot be loaded.*GROUNDRULE_EMBEDDING_MODEL"):
            encoder.encode(["x"])


def test_the_interpreter_is_free_while_vectors_are_computed() -> None:
    encoder = make_encoder(Settings(home=Path("unused")))
    encoder.encode(["warm"])
    ended, turns = threading.Event(), 0

    def work() -> None:
        encoder.encode(["bread and flour " * 100] * 24)
        ended.set()

    worker = threading.Thread(target=work)
    worker.start()
    longest, before = 0.0, time.perf_counter()
    while not ended.is_set():
        now = time.perf_counter()
        longest, before, turns = max(longest, now - before), now, turns + 1
    worker.join()
    # Were it held through even one batch, this thread would have had a handful of turns.
    assert turns > 1000
