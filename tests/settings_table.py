"""The README's table of settings, made from the settings themselves: `python -m tests.settings_table` writes it."""

from __future__ import annotations

import re
from pathlib import Path

from ingest.config import BUNDLED_CORPUS, DEFAULT_CACHE, Settings

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- settings: made by tests/settings_table.py -->\n", "<!-- end of settings -->"
_SHOWN = {
    "home": "the platform's user data folder",
    "corpus": "the bundled pack",
    "cache": "the platform's user cache folder",
}


def settings_table() -> str:
    """A row a setting, in the order in which they are declared."""
    rows = []
    for name, field in Settings.model_fields.items():
        assert name not in ("corpus", "cache") or field.default in (BUNDLED_CORPUS, DEFAULT_CACHE)
        default = _SHOWN.get(name) or ("none" if field.default in (None, (), {}) else f"`{field.default}`")
        rows.append(f"| `GROUNDRULE_{name.upper()}` | {default} | {field.description} |\n")
    return "| variable | default | meaning |\n| --- | --- | --- |\n" + "".join(rows)


def with_table(text: str) -> str:
    """The README's text with the table in its place."""
    return re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: BEGIN + settings_table() + END, text, flags=re.S)


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
