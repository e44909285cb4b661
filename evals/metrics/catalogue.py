"""What is measured: each figure's name, what it means and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["METRICS", "Metric"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure: the mean of a mark over the cases that it applies to.

    Attributes:
        name: Its key.
        title: What people read.
        meaning: What it says, in a sentence.
        better: Which way is better; None where neither is.
        share: Whether it is a share, 0 to 1.
    """

    name: str
    title: str
    meaning: str
    better: Literal["higher", "lower"] | None = "higher"
    share: bool = True


METRICS: tuple[Metric, ...] = (
    Metric("right", "Right", "Answers that are what the case expects: at least half of its vital facts, the right refusal, an acceptable option first, a question back."),
    Metric("crag", "CRAG score", "1 for a right answer, 0 for none, -1 for a wrong one (CRAG 2024).", share=False),
    Metric("vital_nuggets", "Vital facts", "Share of the vital facts that the answer holds (TREC RAG 2024)."),
    Metric("all_nuggets", "All facts", "Share of all listed facts that the answer holds."),
    Metric("top_one", "Acceptable option first", "Recommendations whose first option a careful reader of the sources accepts."),
    Metric("unacceptable_first", "Unacceptable option first", "Recommendations whose first option is plainly wrong.", "lower"),
    Metric("question_useful", "Question back can change the outcome", "Recommendations that ask on, of whose question at least one answer by itself changes who comes first."),
    Metric("question_changes", "Answers to it that change the outcome", "Share of the answers to the question asked that change who comes first."),
    Metric("other_questions_change", "The same of the questions not asked", "Mean over the other open questions, for comparison.", None),
    Metric("refusal_recall", "Refused when it should", "Questions that the documents do not answer, and that are refused."),
    Metric("false_refusal", "Refused when it should not", "Questions that the documents answer, and that are refused.", "lower"),
    Metric("citation_recall", "Supported statements", "Share of an answer's statements that what they cite supports, by our verifier (ALCE 2023); the rest is unsupported."),
    Metric("citation_precision", "Needed citations", "Share of an answer's citations that support their statement (ALCE 2023)."),
    Metric("citations_exact", "Quotes to the character", "Citations whose quote stands in its document where they say."),
    Metric("source_precision", "Citations of the right document", "Share of the citations that are of a document which holds the answer."),
    Metric("source_recall", "Right documents cited", "Share of the documents which hold the answer that are cited."),
    Metric("paraphrase_verdict", "As right in other words", "Paraphrases whose answer is as right, or as wrong, as the original's."),
    Metric("paraphrase_citations", "Same citations in other words", "Overlap (Jaccard) of what the answers to paraphrases cite with what the original's cites."),
    Metric("order_verdict", "As right in the other order", "Questions that set two options side by side: as right with the two swapped."),
    Metric("order_citations", "Same citations in the other order", "Overlap of the citations with the two options swapped."),
)  # fmt: skip
