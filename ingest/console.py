"""What all commands share: the options that choose settings, progress bars, and how text goes out."""

from __future__ import annotations

import functools
import json
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


__all__ = ["counted", "notice", "print_json", "print_result", "progress_bars", "settings_options"]

F = TypeVar("F", bound="Callable[..., Any]")
Result = TypeVar("Result")


def counted(count: int, thing: str) -> str:
    """A number of things in words: `1 file`, `1,200 files`."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def settings_options(**flags: str) -> Callable[[F], F]:
    """Adds --home and --corpus to a command and passes the settings they lead to as `settings`.

    Args:
        flags: The command's own flags that are settings too: parameter name to field name.
    """

    def decorate(command: F) -> F:
        @click.option("--home", type=click.Path(path_type=Path), help="Data folder (GROUNDRULE_HOME).")
        @click.option("--corpus", type=click.Path(path_type=Path), help="Pack to use (GROUNDRULE_CORPUS).")
        @functools.wraps(command)
        def wrapped(*args: Any, home: Path | None, corpus: Path | None, **kwargs: Any) -> Any:
            from ingest.config import load_settings

            given = {field: kwargs.pop(name) for name, field in flags.items()}
            return command(*args, settings=load_settings(home=home, corpus=corpus, **given), **kwargs)

        return wrapped  # type: ignore[return-value]

    return decorate


def notice(text: str) -> None:
    """Tells the user something that is no result: on standard error.

    Where that is a file on a disk that is full, nobody can be told, and whoever tells goes on all the same.
    """
    with suppress(OSError):
        click.echo(text, err=True)


def print_json(value: Any) -> None:
    """Prints a value for programs: UTF-8, one document."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()


def print_result(result: Result, show: Callable[[Result], object], *, as_json: bool) -> None:
    """Prints a result for programs, or shows it to people as `show` does."""
    if as_json:
        print_json(result)
    else:
        show(result)


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """A callback (stage, done, total) that draws one bar a stage on standard error, if that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    bars = Progress(
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    tasks: dict[str, Any] = {}

    def told(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=total)
        bars.update(tasks[stage], completed=done, total=total)

    with bars:
        yield told
