"""`groundrule keys`: makes, lists and removes the API keys of `serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ingest.console import notice, print_json, settings_options

if TYPE_CHECKING:
    from bot.surfaces.guard.keys import Scope
    from ingest.config import Settings

__all__ = ["keys"]


@click.group()
def keys() -> None:
    """Keys without which `groundrule serve` lets nobody in.

    With no key, whoever reaches the server may do everything; it then listens on this machine alone.
    """


@keys.command()
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice(["read", "write", "admin"]),
    required=True,
    help="read: ask and look up. write: also give feedback and delete conversations. "
    "admin: also change documents and see figures.",
)
@settings_options()
def add(name: str, scope: Scope, settings: Settings) -> None:
    """Make a key called NAME and print it. It is shown once and kept nowhere."""
    from bot.surfaces.guard.keys import add_key

    key, shown = add_key(settings.home, name, scope)
    notice(f"Key {key.name!r} ({key.scope}), shown this once. Send it as `Authorization: Bearer KEY`:")
    click.echo(shown)


@keys.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print them for programs.")
@settings_options()
def list_(as_json: bool, settings: Settings) -> None:
    """Show the names and scopes of the keys, never a key."""
    from bot.surfaces.guard.keys import read_keys

    kept = read_keys(settings.home) or ()
    if as_json:
        print_json([key.model_dump(exclude={"sha256"}) for key in kept])
        return
    if not kept:
        notice("There is no key. `groundrule keys add NAME --scope read` makes one.")
    width = max((len(key.name) for key in kept), default=0)
    for key in kept:
        click.echo(f"{key.name:<{width}}  {key.scope:<5}  {key.created}  gr_{key.id}_…")


@keys.command()
@click.argument("name")
@settings_options()
def remove(name: str, settings: Settings) -> None:
    """Remove the key called NAME; a running server refuses it at once."""
    from bot.surfaces.guard.keys import remove_key

    left = remove_key(settings.home, name)
    click.echo(f"Removed: {name}")
    if not left:
        notice(
            "No key is left. A running server lets nobody in; one that is started now listens on this machine alone."
        )
