"""Parts of the page that are HTML of our own: their buttons and lists trigger events of Gradio's."""

from __future__ import annotations

from typing import Any

import gradio as gr

__all__ = ["EACH", "QUICK", "own_part", "told"]

QUICK: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
"""How events are run that only read."""
EACH: dict[str, Any] = {**QUICK, "trigger_mode": "multiple"}
"""The same where each click counts, also one that comes while another is worked on."""


def own_part(id_: str, value: str, *events: str) -> Any:
    """A part of the page.

    Args:
        id_: Its id in the page, by which scripts and styles know it.
        value: What it shows at first; trusted HTML, from a template of ours.
        events: What its elements may trigger: an element names one in `data-event`, and tells its other data with it.
    """
    return gr.HTML(
        value,
        elem_id=id_,
        apply_default_css=False,
        js_on_load=f"groundrule.attach(element, trigger, watch, {id_!r}, {list(events)!r})",
    )


def told(event: gr.EventData, name: str) -> str:
    """What an event's element says of itself; it comes from a browser and may be anything."""
    value = getattr(event, name, "")
    return value if isinstance(value, str) else ""
