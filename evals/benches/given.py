"""What the options of several benches have in common."""

from __future__ import annotations

from ingest.errors import UsageError

__all__ = ["whole_numbers"]


def whole_numbers(option: str, text: str, example: str) -> list[int]:
    """The numbers of a list with commas between them.

    Args:
        option: The option's name, for the message.
        text: What was given.
        example: A list as it should be.

    Raises:
        UsageError: It is no such list.
    """
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise UsageError(f"{option} {text!r} is no list of numbers. Give it as in {option} {example}.") from error
