from __future__ import annotations

import numpy as np
import pytest

from ingest.embedding.batching import in_order, plan_batches


def test_texts_of_about_one_length_are_read_together_longest_first() -> None:
    assert plan_batches([3, 9, 4, 9, 3], max_texts=2, max_tokens=100) == [[1, 3], [2, 0], [4]]


def test_a_batch_holds_no_more_tokens_than_it_may_when_it_is_filled_up() -> None:
    lengths = [50, 10, 40, 10, 10, 10, 10]
    batches = plan_batches(lengths, max_texts=64, max_tokens=40)
    assert batches == [[0], [2], [1, 3, 4, 5], [6]]
    assert all(len(one) == 1 or len(one) * max(lengths[place] for place in one) <= 40 for one in batches)


def test_a_text_that_is_longer_than_a_batch_is_read_alone() -> None:
    assert plan_batches([500, 500], max_texts=64, max_tokens=40) == [[0], [1]]


def test_a_batch_is_not_filled_up_by_more_than_it_may() -> None:
    lengths = [40, 15, 38, 28, 40, 15]
    assert plan_batches(lengths, 64, 1000, max_filled=20) == [[0, 4, 2, 3], [1, 5]]
    assert plan_batches(lengths, 64, 1000, max_filled=13) == [[0, 4, 2], [3, 1], [5]]
    assert plan_batches(lengths, 64, 1000, max_filled=0) == [[0, 4], [2], [3], [1, 5]]


@pytest.mark.parametrize("lengths", [[], [0], [0, 0, 5], list(range(100)), [7] * 33])
def test_every_text_is_in_one_batch(lengths: list[int]) -> None:
    batches = plan_batches(lengths, max_texts=8, max_tokens=60)
    assert sorted(place for one in batches for place in one) == list(range(len(lengths)))
    assert all(0 < len(one) <= 8 for one in batches)


def test_vectors_come_back_in_the_texts_order() -> None:
    lengths = [1, 5, 3, 4]
    batches = plan_batches(lengths, max_texts=2, max_tokens=100)
    found = in_order(batches, lambda plan: (np.array([[lengths[p], p] for p in one], np.float32) for one in plan), 2)
    assert found.dtype == np.float32
    assert found.tolist() == [[1, 0], [5, 1], [3, 2], [4, 3]]
    assert in_order([], lambda _: [], 7).shape == (0, 7)
