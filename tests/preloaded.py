"""What most of a command's time goes into, done once in the process that commands are forked from. It begins no thread.

Beside the libraries that is the bundled pack's patterns, which a process compiles once.
"""

import gc
import signal
from importlib import import_module

from tqdm import tqdm  # type: ignore[import-untyped]

from bot.service.recommending import open_advisor
from bot.surfaces.page.gradio_import import import_gradio
from ingest.config import BUNDLED_CORPUS
from ingest.embedding.openvino_backend import load_openvino
from ingest.pack import load_pack

# First, and as a server does it: much else imports it otherwise.
import_gradio()
for _name in (
    "anyio._backends._asyncio",
    "chromadb.api.rust",
    "chromadb.telemetry.product.posthog",
    "rich.markdown",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.h11_impl",
    "bot.service.following",
    "bot.service.kept",
    "bot.service.renewal",
    "bot.service.settling",
    "bot.sessions.conversations",
    "bot.sessions.feedback_store",
    "bot.storage.migrate",
    "bot.surfaces.cli",
    "bot.surfaces.commands.ask",
    "bot.surfaces.commands.serve",
    "bot.surfaces.http.api",
    "bot.surfaces.http.metrics",
    "bot.surfaces.http.web",
    "bot.surfaces.page.layout",
    "bot.wiring",
    "ingest.building.here",
    "ingest.building.writing",
    "ingest.embedding.choice",
    "ingest.pipeline",
):
    import_module(_name)
# The library alone: a compiled model has threads, which a fork would lose.
load_openvino()
# Each fork would leave one behind.
tqdm.get_lock()
open_advisor(load_pack(BUNDLED_CORPUS))
# A shell has what it runs in the background ignore Ctrl-C; tests would have to wait for what they interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
gc.freeze()
