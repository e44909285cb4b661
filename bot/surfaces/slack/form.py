"""The form of a recommendation: a modal made from the rubric, and the facts in what comes back from it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bot.deciding.facts_given import PRESENT
from bot.surfaces.slack.blocks import button
from bot.surfaces.slack.mrkdwn import plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.advising.advisor import Advisor

__all__ = ["FORM_VIEW", "OPEN_FORM", "choice_blocks", "facts_of", "form_view", "named_decision"]

FORM_VIEW, OPEN_FORM = "groundrule_form", "groundrule_open_form"
UNKNOWN = "-"
"""The value of "I do not know"; no id of a level or an option looks so."""
# Of a modal's 100 blocks one is the introduction and one what the organisation has today.
MAX_CRITERIA = 98
_MAX_LABEL, _MAX_OPTION, _MAX_HINT, _MAX_OPTIONS = 2000, 75, 2000, 100
_DO_NOT_KNOW = "I do not know"


def named_decision(words: str, advisor: Advisor) -> str | None:
    """The decision that words name by its id, name or noun; None when they name none."""
    wanted = " ".join(words.lower().split())
    for decision in advisor.pack.decisions:
        if decision.id in advisor.cards and wanted in (decision.id, decision.name.lower(), decision.noun.lower()):
            return decision.id
    return None


def choice_blocks(advisor: Advisor) -> list[dict[str, Any]]:
    """One button for each decision that there is a form for."""
    ranked = [decision for decision in advisor.pack.decisions if decision.id in advisor.cards]
    return [
        {"type": "section", "text": {"type": "plain_text", "text": "What do you want to decide?"}},
        {
            "type": "actions",
            # Ids of actions must differ within a block.
            "elements": [button(f"{OPEN_FORM}_{n}", d.name, d.id) for n, d in enumerate(ranked[:25])],
        },
    ]


def form_view(decision: str, advisor: Advisor, context: Mapping[str, str]) -> dict[str, Any]:
    """The modal that asks for everything a decision rests on.

    Args:
        decision: Id of the decision.
        advisor: Over the pack's rubric.
        context: What the form's answer must know of where it was asked for; comes back with it.
    """
    rubric = advisor.book.rubric
    asked = next(one for one in advisor.pack.decisions if one.id == decision)
    weights = rubric.decisions[decision].criteria
    heaviest = sorted(weights, key=lambda criterion: -weights[criterion].weight)[:MAX_CRITERIA]
    intro = "Answer what you know: one answer is enough, and each further one makes the recommendation surer."
    blocks: list[dict[str, Any]] = [{"type": "section", "text": _words(f"{asked.name}. {intro}", 3000)}]
    for criterion in heaviest:
        known = rubric.criteria[criterion]
        levels = {level: (one.label, one.meaning) for level, one in known.levels.items()}
        blocks.append(_select(criterion, known.question, levels, hint=True))
    options = {option.id: (option.name, "") for option in asked.options}
    blocks.append(_select(PRESENT, f"Which {asked.noun} do you have today?", options, hint=False))
    return {
        "type": "modal",
        "callback_id": FORM_VIEW,
        "private_metadata": json.dumps({**context, "decision": decision}),
        "title": _words("Which one fits us?", 24),
        "submit": _words("Recommend", 24),
        "close": _words("Cancel", 24),
        "blocks": blocks,
    }


def facts_of(view: Mapping[str, Any]) -> dict[str, str]:
    """The facts in a form that came back: criterion to level, and `present`; empty when nothing was answered."""
    found = {}
    for criterion, elements in view.get("state", {}).get("values", {}).items():
        for element in elements.values():
            chosen = (element.get("selected_option") or {}).get("value")
            if chosen and chosen != UNKNOWN:
                found[str(criterion)] = str(chosen)
    return found


def _select(id_: str, label: str, values: Mapping[str, tuple[str, str]], *, hint: bool) -> dict[str, Any]:
    options = [{"text": _words(shown, _MAX_OPTION), "value": value} for value, (shown, _) in values.items()]
    unknown = {"text": _words(_DO_NOT_KNOW, _MAX_OPTION), "value": UNKNOWN}
    block: dict[str, Any] = {
        "type": "input",
        "block_id": id_,
        "optional": True,
        "label": _words(label, _MAX_LABEL),
        "element": {
            "type": "static_select",
            "action_id": id_,
            "placeholder": _words(_DO_NOT_KNOW, 150),
            "options": [*options[: _MAX_OPTIONS - 1], unknown],
        },
    }
    meanings = [f"{shown}: {meaning}" for shown, meaning in values.values() if meaning]
    if hint and meanings:
        block["hint"] = _words(" · ".join(meanings), _MAX_HINT)
    return block


def _words(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": plain_text(text, limit), "emoji": False}
