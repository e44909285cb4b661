"""`groundrule search`: the ranked passages behind a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ingest.console import notice, print_json, progress_bars, settings_options

if TYPE_CHECKING:
    from ingest.config import Settings

__all__ = ["search"]


@click.command()
@click.argument("query")
@click.option("-k", "count", type=click.IntRange(1, 1000), default=10, show_default=True, help="Passages to show.")
@click.option("--source", "sources", multiple=True, help="Only this document's passages (an id; may be repeated).")
@click.option(
    "--option", "options", multiple=True, help="None that speaks of other options only (an id; may be repeated)."
)
@click.option("--json", "as_json", is_flag=True, help="Print the passages for programs.")
@settings_options()
def search(
    query: str, count: int, sources: tuple[str, ...], options: tuple[str, ...], as_json: bool, settings: Settings
) -> None:
    """Show the passages that rank highest for QUERY."""
    from bot.messages.incoming import check_question
    from ingest.embedding.choice import make_encoder

    check_question(query, settings.max_question_chars)
    # Begun before what follows is imported: that takes as long as to load the model.
    encoder = make_encoder(settings)
    encoder.load_ahead()
    from bot.service.near import check_known
    from bot.service.views import found_views
    from bot.wiring import build_assistant

    with progress_bars() as told:
        assistant = build_assistant(settings, notice, told, None, encoder)
    check_known("--source", sources, list(assistant.library.documents))
    check_known("--option", options, [option.id for option in assistant.pack.options])
    hits = assistant.retriever.search(query, count, sources=sources, options=options)
    if as_json:
        found = found_views(list(hits), assistant.library.documents)
        print_json([view.model_dump(mode="json") for view in found])
        return
    for rank, hit in enumerate(hits, start=1):
        tags = ", ".join([*hit.passage.options, *([hit.passage.stance] if hit.passage.stance != "neutral" else [])])
        click.echo(
            f"{rank:>3}. {hit.score:.3f}  {hit.passage.document_id} › {hit.passage.section}"
            + (f"  [{tags}]" if tags else "")
        )
        click.echo(f"     {hit.passage.text}")
