"""Who may call what: one table of paths, each with the scope it needs and the limits it is under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["CHANGING", "RULES", "UNKNOWN", "Body", "Lane", "Need", "Rule", "rule_for"]

Need = Literal["public", "read", "write", "admin", "nobody"]
"""A scope, or no key at all, or not even a key: such a path is not there."""
Lane = Literal["open", "work", "files", "slack", "standing"]
"""Requests of one lane wait for no other's: a busy chat refuses neither a health check nor an event of Slack."""
Body = Literal["usual", "form", "document"]

READING = frozenset({"GET", "HEAD", "OPTIONS"})
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Rule:
    """What is asked of requests to a path.

    Attributes:
        path: The path; with `*` at its end, all that begin so.
        needs: The scope.
        methods: For these methods; none named means all.
        lane: With which requests it is counted, and how many of them there may be at a time.
        counted: Whether it counts for the requests a minute.
        body: How large its body may be.
    """

    path: str
    needs: Need
    methods: frozenset[str] = frozenset()
    lane: Lane = "work"
    counted: bool = True
    body: Body = "usual"


_POST, _DELETE = frozenset({"POST"}), frozenset({"DELETE"})

RULES: tuple[Rule, ...] = (
    Rule("/healthz", "public", READING, lane="open", counted=False),
    Rule("/readyz", "public", READING, lane="open", counted=False),
    Rule("/login", "public", body="form"),
    Rule("/logout", "public", body="form"),
    # It verifies Slack's signature over each request; what Slack is refused it sends a few times more and then loses.
    Rule("/slack/events", "public", _POST, lane="slack", counted=False),
    Rule("/metrics", "admin", READING, lane="open"),
    Rule("/api/ask", "read", _POST),
    Rule("/api/recommend", "read", _POST),
    Rule("/api/search", "read", _POST),
    Rule("/api/compare", "read", _POST),
    Rule("/api/records", "read", _POST),
    Rule("/api/feedback", "write", _POST),
    Rule("/api/conversations/*", "write", _DELETE),
    # Many documents take their time to be read.
    Rule("/api/documents*", "admin", _POST, lane="standing", body="document"),
    Rule("/api/documents*", "admin", _DELETE, lane="standing"),
    Rule("/api/*", "read", READING),
    # What changes something and stands in no line above.
    Rule("/api/*", "admin"),
    Rule("/v1/*", "read"),
    # A client may keep a stream open for what the server has to say.
    Rule("/mcp", "read", frozenset({"GET"}), lane="standing"),
    Rule("/mcp", "read"),
    Rule("/mcp/*", "read"),
    # The page. Of the many routes that its library has, those that a page with a chat needs.
    Rule("/", "read", READING),
    Rule("/config", "read", READING),
    Rule("/assets/*", "read", READING, lane="files", counted=False),
    Rule("/static/*", "read", READING, lane="files", counted=False),
    Rule("/svelte/*", "read", READING, lane="files", counted=False),
    Rule("/theme.css", "read", READING, lane="files", counted=False),
    Rule("/gradio_api/theme.css", "read", READING, lane="files", counted=False),
    Rule("/favicon.ico", "read", READING, lane="files", counted=False),
    Rule("/manifest.json", "read", READING, lane="files", counted=False),
    Rule("/pwa_icon*", "read", READING, lane="files", counted=False),
    Rule("/robots.txt", "public", READING, lane="files", counted=False),
    Rule("/gradio_api/queue/join", "read", _POST),
    Rule("/gradio_api/queue/data", "read", READING),
    # It stays open for as long as somebody looks at the page, and the page's memory goes when it ends.
    Rule("/gradio_api/heartbeat/*", "read", READING, lane="standing", counted=False),
    Rule("/gradio_api/startup-events", "read", READING),
    Rule("/gradio_api/info*", "read", READING),
    Rule("/gradio_api/app_id*", "read", READING),
    Rule("/gradio_api/cancel", "read", _POST),
    Rule("/gradio_api/reset*", "read", _POST),
    # Files that the page itself offers; the library serves none beside its own.
    Rule("/gradio_api/file=*", "read", READING),
    Rule("/gradio_api/*", "nobody"),
    Rule("/monitoring*", "nobody"),
)
"""Of those that fit, one whose path is whole holds, else the first."""
UNKNOWN = Rule("*", "read")

_EXACT: dict[str, list[Rule]] = {}
for _rule in RULES:
    if not _rule.path.endswith("*"):
        _EXACT.setdefault(_rule.path, []).append(_rule)
_PREFIXES = tuple((rule.path[:-1], rule) for rule in RULES if rule.path.endswith("*"))


def rule_for(method: str, path: str) -> Rule:
    """What is asked of such a request.

    Args:
        method: HTTP method.
        path: Path without query.
    """
    for rule in _EXACT.get(path, ()):
        if not rule.methods or method in rule.methods:
            return rule
    for prefix, rule in _PREFIXES:
        if path.startswith(prefix) and (not rule.methods or method in rule.methods):
            return rule
    return UNKNOWN
