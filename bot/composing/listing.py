"""Lists of claims as people read them: what begins alike is said once, what two sources say stands in one bullet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.composing.draft import escape
from bot.language.shortening import capital, named, shared_openings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.composing.draft import Draft
    from ingest.types import Passage

__all__ = ["bulleted"]


@dataclass(frozen=True, slots=True)
class _Item:
    """One bullet: claims that say the same, with the advice against them."""

    claims: tuple[Passage, ...]
    advice: tuple[Passage, ...]


def bulleted(
    draft: Draft, groups: Sequence[Sequence[Passage]], advice: Mapping[str, Sequence[Passage]] | None = None
) -> str:
    """Bullets, one for each group of claims.

    Args:
        draft: Numbers the citations.
        groups: The claims, those together that say the same.
        advice: What is advised against a problem, by the problem's id.
    """
    items = [_Item(tuple(g), tuple(a for p in g for a in (advice or {}).get(p.id, ()))) for g in groups]
    bodies = [named(item.claims[0])[1] if len(item.claims) == 1 else "" for item in items]
    first: dict[int, tuple[str, tuple[int, ...]]] = {}
    inner: set[int] = set()
    for opening in shared_openings(bodies):
        alike = tuple(k for k in opening.members if _beside(items[opening.members[0]], items[k]))
        if len(alike) > 1:
            first[alike[0]] = (opening.words, alike)
            inner.update(alike)
    lines = []
    for k, item in enumerate(items):
        if k in first:
            words, alike = first[k]
            lines.append(f"- {escape(capital(words)).rstrip(',')}:")
            lines += [f"  - {_line(draft, items[i], skip=len(words))}" for i in alike]
        elif k not in inner:
            lines.append(f"- {_line(draft, item)}")
    return "\n".join(lines)


def _line(draft: Draft, item: _Item, skip: int = 0) -> str:
    """The claims of one item, the first by its name, and the advice."""
    label, body = named(item.claims[0])
    body = body[skip:].lstrip()
    # After an opening the sentence goes on; after a name in bold, it need not begin anew.
    told = f"**{escape(label)}**: {escape(body)}" if label else escape(body if skip else capital(body))
    parts = [f"{told} {draft.marker(item.claims[0])}"]
    parts += [f"{escape(capital(named(other)[1]))} {draft.marker(other)}" for other in item.claims[1:]]
    if item.advice:
        parts.append("*What helps:* " + " ".join(f"{escape(a.text)} {draft.marker(a)}" for a in item.advice))
    return " ".join(parts)


def _beside(one: _Item, other: _Item) -> bool:
    """Whether two items are of one source and one section, so that the same words mean the same."""
    return (one.claims[0].document_id, one.claims[0].heading_path) == (
        other.claims[0].document_id,
        other.claims[0].heading_path,
    )
