"""Whether what an answer states stands in what it cites.

Gao, Yen, Yu and Chen, "Enabling Large Language Models to Generate Text with Citations" (ALCE), EMNLP 2023, with our
verifier in the place of the entailment model. As the product drops what its verifier does not pass, high figures are to
be expected of it: they guard against regressions, and compare systems. How far the verifier itself agrees with people
is measured apart (`evals.benches.agreement`).

A number that refers to nothing supports nothing and is not needed. (ALCE's script drops the statement and leaves its
citations out of the precision.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evals.metrics.statements import Statement
    from evals.reply import Cited

    Supports = Callable[[str, Sequence[str]], bool]

__all__ = [
    "citation_precision",
    "citation_recall",
    "exact_share",
    "source_precision",
    "source_recall",
    "unsupported",
]


def unsupported(stated: Sequence[Statement], texts: Mapping[int, str], supports: Supports) -> list[Statement]:
    """The statements that nothing cited supports: they cite nothing, or what they cite does not say so.

    Args:
        stated: The statements.
        texts: What each number refers to.
        supports: Whether passages, taken together, support a sentence.
    """
    found = []
    for one in stated:
        cited = [texts[number] for number in one.numbers if number in texts]
        if not cited or not supports(one.text, cited):
            found.append(one)
    return found


def citation_recall(stated: Sequence[Statement], texts: Mapping[int, str], supports: Supports) -> float | None:
    """Share of the statements that what they cite supports (ALCE); None when nothing is stated."""
    if not stated:
        return None
    return 1 - len(unsupported(stated, texts, supports)) / len(stated)


def citation_precision(stated: Sequence[Statement], texts: Mapping[int, str], supports: Supports) -> float | None:
    """Share of the citations that are needed (ALCE).

    A citation counts when its statement is supported and the citation supports it by itself, or the others do not
    without it.

    Returns:
        0 to 1, 0 when nothing is cited; None when nothing is stated.
    """
    if not stated:
        return None
    counted, total = 0, 0
    for one in stated:
        total += len(set(one.numbers))
        cited = {number: texts[number] for number in one.numbers if number in texts}
        if not cited or not supports(one.text, list(cited.values())):
            continue
        for number, text in cited.items():
            others = [other for n, other in cited.items() if n != number]
            counted += supports(one.text, [text]) or not supports(one.text, others)
    return counted / total if total else 0.0


def exact_share(citations: Sequence[Cited]) -> float | None:
    """Share of the citations whose quote stands in its document where they say; None when there are none."""
    return sum(one.exact for one in citations) / len(citations) if citations else None


def source_precision(citations: Sequence[Cited], gold: Sequence[str]) -> float | None:
    """Share of the citations that are of a document that holds the answer; 0 without any, None when none is named."""
    if not gold:
        return None
    return sum(one.source_id in gold for one in citations) / len(citations) if citations else 0.0


def source_recall(citations: Sequence[Cited], gold: Sequence[str]) -> float | None:
    """Share of the documents that hold the answer which are cited; None when none is named."""
    if not gold:
        return None
    cited = {one.source_id for one in citations}
    return sum(source in cited for source in gold) / len(gold)
