"""The `groundrule` command: one group whose subcommands are loaded when they are called.

Subcommands are entry points of the group `groundrule.commands`. A command's module imports click alone at its top, so
that `groundrule --help` loads no model, no index and no web framework.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.metadata import EntryPoint, entry_points, version
from typing import Any

import click

from ingest.errors import GroundruleError

__all__ = ["main"]


class _LazyGroup(click.Group):
    """A group that finds its commands among the installed entry points."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the installed commands."""
        return sorted(_entry_points())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, loaded now."""
        found = _entry_points().get(cmd_name)
        command = found.load() if found else None
        return command if isinstance(command, click.Command) else None


# To look through everything that is installed takes longer than all else that the help needs.
@cache
def _entry_points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group="groundrule.commands")}


def _print_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"groundrule {version('groundrule')}")
        ctx.exit()


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Show the version."
)
def _groundrule() -> None:
    """Which MLOps operating model fits, and why: answers cited to the character.

    Start with `groundrule serve` for the chat page, or `groundrule ask "What are the pros of the factory model?"`.
    """


def main(arguments: list[str] | None = None) -> Any:
    """Runs the command; every error that a user can meet becomes one line and an exit status."""
    _groundrule.name = "groundrule"
    try:
        status = _groundrule.main(arguments, prog_name="groundrule", standalone_mode=False)
    except GroundruleError as error:
        _fail(str(error), error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _fail("stopped.", 130)
    except BrokenPipeError:
        # Whoever read our output has gone; what is left of it goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("GROUNDRULE_DEBUG"):
            raise
        _fail(
            f"internal fault: {type(error).__name__}: {error}. Set GROUNDRULE_DEBUG=1 to see where, and report it.", 1
        )
    sys.exit(status if isinstance(status, int) else 0)


def _fail(message: str, status: int) -> None:
    click.echo(f"groundrule: {' '.join(message.split())}", err=True)
    sys.exit(status)
