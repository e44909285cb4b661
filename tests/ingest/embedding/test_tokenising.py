from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from ingest.embedding.model_files import packaged_default
from ingest.embedding.tokenising import Tokenising, WordPieces

RULES = (packaged_default() / "tokenizer.json").read_text(encoding="utf-8")


def pieces(cut: str = "right") -> WordPieces:
    return WordPieces(Tokenising(RULES, max_tokens=6, cut=cut, padding=0))  # type: ignore[arg-type]


def test_a_text_is_cut_to_what_the_model_reads_and_never_filled_up() -> None:
    long, short = pieces().ids(["one two three four five six", "one"])
    assert len(long) == 6
    assert len(short) == 3
    assert (long[0], long[-1]) == (short[0], short[-1])  # the special ones stay
    assert pieces().ids(["one two three four five six"]) == [long]
    assert (
        pieces("left").ids(["one two three four five six"])[0][1:-1] == pieces().ids(["three four five six"])[0][1:-1]
    )


def test_counts_go_on_past_that() -> None:
    assert pieces().count(["one two three four five six", "", "one"]) == [8, 2, 3]
    assert pieces().count(["one two three four five six"]) == [8]


def test_many_threads_may_cut_and_count_at_once() -> None:
    shared = pieces()
    texts = [" ".join(["bread"] * n) for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(lambda text: shared.count([text])[0], texts * 5))
        cut = list(pool.map(lambda text: len(shared.ids([text])[0]), texts * 5))
    assert counted == [n + 2 for n in range(40)] * 5
    assert cut == [min(n + 2, 6) for n in range(40)] * 5
