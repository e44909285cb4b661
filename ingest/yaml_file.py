"""Reads YAML for people who make mistakes in it: an error names the file, the line, the path, the value and the rule.

Owns PyYAML. What the fields mean is the business of the model that is passed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from ingest.errors import PackError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["YamlError", "dump_yaml", "line_of", "load_model", "parse_yaml", "read_text"]

Model = TypeVar("Model", bound=BaseModel)


class YamlError(ValueError):
    """Text that is not YAML; `line` counts from 1, or is None."""

    def __init__(self, problem: str, line: int | None) -> None:
        super().__init__(problem)
        self.line = line


# The C parser reads a rubric in a tenth of the time; not every build of PyYAML has it.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc]
    """The safe loader, but a key given twice is an error and not a silent loss of the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} is given twice", key.start_mark
                )
            seen.add(key.value)
        return dict(super().construct_mapping(node, deep))


def parse_yaml(text: str, *, once: bool = False) -> Any:
    """The plain values that YAML text holds.

    Args:
        text: The text.
        once: Whether a key that is given twice is an error; other people's front matter may have one.

    Raises:
        YamlError: It is not valid YAML.
    """
    try:
        return yaml.load(text, _Loader if once else _SafeLoader)  # noqa: S506 - both are safe
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise YamlError(getattr(error, "problem", None) or "syntax", mark.line + 1 if mark else None) from error


def dump_yaml(value: Any) -> str:
    """Plain values as YAML text, keys in their order."""
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120))


def line_of(text: str, path: Sequence[int | str]) -> int | None:
    """The line, from 1, of the deepest part of a path (keys and positions) that is in YAML text; None when none is."""
    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError:
        return None
    line = None
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def read_text(path: Path, missing: str) -> str:
    """The text of a pack's file.

    Args:
        path: The file.
        missing: The whole message for when it is not there.

    Raises:
        PackError: It is not there or cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise PackError(missing) from error
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"{path} cannot be read: {error}. Check its permissions and that it is UTF-8.") from error


def load_model(path: Path, text: str, model: type[Model], **more: Any) -> Model:
    """Checks YAML text against a model.

    Args:
        path: Where the text comes from, for messages.
        text: The text.
        model: What it must look like.
        more: Fields that the file does not give.

    Raises:
        PackError: The text is not YAML or breaks a rule of the model.
    """
    try:
        raw = parse_yaml(text, once=True)
    except YamlError as error:
        line = f", line {error.line}" if error.line else ""
        raise PackError(f"{path}{line}: not valid YAML ({error}). Correct it.") from error
    if not isinstance(raw, dict):
        keys = ", ".join(name for name, field in model.model_fields.items() if field.is_required())
        raise PackError(f"{path}: must be a mapping with the keys {keys}.")
    try:
        return model.model_validate({**raw, **more})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = [part for part in first["loc"] if part != "[key]"]
        line_number = line_of(text, where)
        line = f", line {line_number}" if line_number else ""
        dotted = ".".join(str(part) for part in where) or "top level"
        rule = first["msg"].removeprefix("Value error, ")
        raise PackError(f"{path}{line}: {dotted}: {rule} (found {first.get('input')!r:.80}).") from error
