"""What most of a command's time goes into, done once in the process that commands are forked from. It begins no thread.

Beside the libraries that is the bundled pack's patterns, which a process compiles once.
"""

import gc

import chromadb  # noqa: F401
import gradio  # noqa: F401
from tqdm import tqdm  # type: ignore[import-untyped]

import bot.surfaces.cli
import bot.surfaces.commands.serve
import bot.surfaces.http.api
import bot.surfaces.page.layout
import bot.wiring  # noqa: F401
import ingest.building.here
import ingest.building.writing
import ingest.embedding.choice
import ingest.pipeline  # noqa: F401
from bot.service.recommending import open_advisor
from ingest.config import BUNDLED_CORPUS
from ingest.embedding.openvino_backend import load_openvino
from ingest.pack import load_pack

# The library alone: a compiled model has threads, which a fork would lose.
load_openvino()
# Each fork would leave one behind.
tqdm.get_lock()
open_advisor(load_pack(BUNDLED_CORPUS))
gc.freeze()
