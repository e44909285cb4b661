"""Who calls, as the guard found: handed to the application with each request, so that a page refuses what the API does.

A leaf but for the table of scopes: any door may import it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from bot.surfaces.guard.access import rule_for
from bot.surfaces.guard.keys import SCOPES, Scope

__all__ = ["ACTIONS", "ANYBODY", "NOBODY", "STATE", "Action", "Caller", "caller_of"]

STATE = "caller"
"""Under which a request's `scope["state"]` has its caller (in Starlette `request.state.caller`)."""
Action = Literal["ask", "vote", "delete", "upload"]
ACTIONS: tuple[Action, ...] = get_args(Action)
# What the API asks for each is what a page has to ask too.
_CALLS: dict[Action, tuple[str, str]] = {
    "ask": ("POST", "/api/ask"),
    "vote": ("POST", "/api/feedback"),
    "delete": ("DELETE", "/api/conversations/x"),
    "upload": ("POST", "/api/documents"),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who made a request.

    Attributes:
        keys: Whether the server asks for keys.
        scope: The scope of the key that was shown; None where one is asked for and none was needed or shown.
    """

    keys: bool
    scope: Scope | None

    def may(self, action: Action) -> bool:
        """Whether the API would let the caller do it: vote and delete need write, upload (and remove) admin."""
        needs = rule_for(*_CALLS[action]).needs
        return needs == "public" or (
            needs in SCOPES and self.scope is not None and SCOPES.index(self.scope) >= SCOPES.index(needs)
        )


ANYBODY = Caller(keys=False, scope="admin")
"""Who calls a server without keys, or an application without a guard: everything is allowed."""
NOBODY = Caller(keys=True, scope=None)
"""Who has shown no key where keys are asked for."""


def caller_of(request: Any) -> Caller:
    """Who made a request.

    Args:
        request: Gradio's request, Starlette's, an ASGI scope, or None where there is none (a handler called directly).
    """
    # Gradio's wraps Starlette's, which is a mapping too: its scope.
    scope = getattr(request, "request", None) or request
    if scope is None:
        return ANYBODY
    if not isinstance(scope, Mapping):
        # It may have come by the guard, but does not say so any more.
        return NOBODY
    found = (scope.get("state") or {}).get(STATE, ANYBODY)
    return found if isinstance(found, Caller) else NOBODY
