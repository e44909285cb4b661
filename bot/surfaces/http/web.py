"""The web server: the API with the chat page at its root, on a socket. Owns uvicorn."""

from __future__ import annotations

import errno
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING

import gradio as gr
import uvicorn

from bot.service.reports import Reports, reports_folder
from bot.surfaces.guard.guard import guarded, server_arguments
from bot.surfaces.guard.keys import KeyRing
from bot.surfaces.guard.logs import log_to
from bot.surfaces.http.api import make_api
from bot.surfaces.page.layout import ASSETS, HEAD, make_page
from bot.surfaces.page.theme import THEME
from ingest.errors import StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI
    from starlette.types import ASGIApp

    from bot.service.service import Service
    from bot.surfaces.http.metrics import Metrics
    from bot.surfaces.slack.app import SlackApp
    from ingest.config import Settings

__all__ = ["bind", "make_app", "run"]

COMPUTING_THREADS = 8
"""Requests worked on at the same time where no language model is waited for: to answer is all computing then, and more
would answer no faster. What is short, such as Slack's requests with their three seconds, would wait for its turn."""
QUEUE_SECONDS = 0.01
"""Between two looks of the page's queue: nobody notices so short a wait."""
# How many further ports are tried when one is taken.
PORT_TRIES = 10


def make_app(service: Service, metrics: Metrics, settings: Settings, slack: SlackApp | None = None) -> FastAPI:
    """The application with every route of the server and the chat page, without what guards it; see `make_api`."""
    threads = settings.max_concurrent if settings.llm_url else min(COMPUTING_THREADS, settings.max_concurrent)
    reports = Reports(reports_folder(settings))
    max_body = settings.max_body_kb * 1024
    app = make_api(service, metrics, slack, reports=reports, threads=threads, max_body=max_body)
    page = make_page(service, reports, answers=threads)
    # It looks a thousand times a second whether anybody has asked, which takes a twentieth of a processor.
    page._queue.sleep_when_free = QUEUE_SECONDS  # noqa: SLF001 - Gradio has no setting for it
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        theme=THEME,
        head=HEAD,
        css_paths=ASSETS / "page.css",
        footer_links=[],
        show_error=False,
        ssr_mode=False,
    )
    return app


def bind(host: str, port: int, say: Callable[[str], None]) -> socket.socket:
    """A listening socket on `port` or, when that is taken, on the next free one.

    Args:
        host: Address to listen on.
        port: Port wanted.
        say: Told of each port that was taken.

    Raises:
        UsageError: The address is not one of this machine's, or the port may not be opened.
        StoreError: No port in reach is free.
    """
    last = min(port + PORT_TRIES, 65535)
    for candidate in range(port, last + 1):
        try:
            family, _, _, _, address = socket.getaddrinfo(
                host, candidate, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
        except (socket.gaierror, UnicodeError) as error:
            raise UsageError(f"host {host!r} is no address of this machine. Use --host 127.0.0.1.") from error
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(128)
        except OSError as error:
            listener.close()
            if error.errno == errno.EADDRINUSE:
                if candidate < last:
                    say(f"Port {candidate} is taken; trying {candidate + 1}.")
                continue
            raise UsageError(
                f"cannot listen on {host}:{candidate}: {error.strerror}. Choose another --host or --port."
            ) from error
        return listener
    raise StoreError(f"ports {port} to {last} on {host} are all taken. Choose another with --port.")


def run(app: ASGIApp, listener: socket.socket, settings: Settings, metrics: Metrics) -> None:
    """Serves an application behind its guard until interrupted, or until a service manager ends it (`SystemExit`).

    Args:
        app: Everything that is served.
        listener: Where.
        settings: Limits, names and origins; and where the keys are.
        metrics: Told of each request.
    """
    log_to(sys.stderr, settings)
    if threading.current_thread() is threading.main_thread():
        # Once all requests are answered the server raises the signal anew: then whoever called this ends in order.
        signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit())
    host = str(listener.getsockname()[0])
    whole = guarded(app, settings, KeyRing(settings.home), host=host, observe=metrics.requested)
    uvicorn.Server(uvicorn.Config(whole, log_level="warning", **server_arguments(settings))).run(sockets=[listener])
