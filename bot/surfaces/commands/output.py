"""How answers, and words that others wrote, are printed for people at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.types import Answer

__all__ = ["one_line", "print_answer"]


def one_line(text: str, most: int) -> str:
    """Words of others in one line of at most so many characters, without what a terminal obeys or nobody sees."""
    flat = "".join(character for character in " ".join(text.split()) if character.isprintable())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def print_answer(answer: Answer, *, quotes: bool = False) -> None:
    """Prints an answer and its sources for people."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        click.echo(answer.answer)
    else:
        console.print(Markdown(answer.answer))
    if answer.citations:
        click.echo("\nSources")
    for citation in answer.citations:
        line = f"[{citation.number}] {citation.attribution}, {citation.section}"
        if quotes:
            line += f"\n    {citation.quote}\n    ({citation.title}, characters {citation.start}-{citation.end})"
        console.print(Text(line), soft_wrap=not console.is_terminal)
