from __future__ import annotations

from typing import TYPE_CHECKING

from evals.benches.ingesting import summarise
from evals.benches.made_up import HashEncoder, prose_of, write_documents
from ingest.config import BUNDLED_CORPUS

if TYPE_CHECKING:
    from pathlib import Path


def test_ours_is_compared_within_each_round() -> None:
    def run(seconds: float) -> dict[str, float]:
        return {"passages": 100, "seconds": seconds, "peak_rss_mib": 10 * seconds, "whole": 40.0, "again": 1.0}

    rounds = [
        {"ours": run(2.0), "bare": run(1.0), "default": run(8.0)},
        {"ours": run(4.0), "bare": run(3.0), "default": run(8.0)},
        {"ours": run(5.0), "bare": run(5.0), "default": run(10.0)},
    ]
    assert summarise(rounds) == {
        "passages": 100,
        "arms": {
            "ours": {"passages_per_second": 25.0, "peak_rss_mib": 50},
            "bare": {"passages_per_second": 33.3, "peak_rss_mib": 50},
            "default": {"passages_per_second": 12.5, "peak_rss_mib": 100},
        },
        "ours_to_bare": 0.75,
        "ours_to_default": 2.0,
        "whole_per_second": 2.5,
        "unchanged_share": 0.025,
    }


def test_documents_of_real_prose_are_as_many_as_asked_for_and_no_two_passages_alike(tmp_path: Path) -> None:
    prose = prose_of(BUNDLED_CORPUS / "sources")
    assert len(prose) > 100
    write_documents(prose, tmp_path / "one", 7, 100)
    write_documents(prose, tmp_path / "other", 7, 100)
    texts = [path.read_text() for path in sorted((tmp_path / "one").iterdir())]
    assert texts == [path.read_text() for path in sorted((tmp_path / "other").iterdir())]
    bullets = [line for text in texts for line in text.splitlines() if line.startswith("- ")]
    assert len(texts) == 7
    assert len(bullets) == len(set(bullets)) == 100


def test_the_made_up_encoder_tells_texts_apart() -> None:
    vectors = HashEncoder(dimension=8).encode(["one", "other", "one"])
    assert vectors.shape == (3, 8)
    assert (vectors[0] == vectors[2]).all()
    assert (vectors[0] != vectors[1]).all()
