"""What most of a command's time goes into: the process that commands are forked from imports it. It begins no thread."""

import gc

import chromadb  # noqa: F401
import gradio  # noqa: F401
from tqdm import tqdm  # type: ignore[import-untyped]

import bot.surfaces.cli
import bot.surfaces.commands.serve
import bot.surfaces.page.layout  # noqa: F401
import ingest.building.here
import ingest.embedding.choice
import ingest.pipeline  # noqa: F401
from ingest.embedding.openvino_backend import load_openvino

# The library alone: a compiled model has threads, which a fork would lose.
load_openvino()
# Each fork would leave one behind.
tqdm.get_lock()
gc.freeze()
