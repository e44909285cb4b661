"""What a server's start mostly consists of: the process that servers are forked from imports it. It begins no thread."""

import chromadb  # noqa: F401
import gradio  # noqa: F401
import sentence_transformers  # noqa: F401
from tqdm import tqdm  # type: ignore[import-untyped]

import bot.surfaces.commands.serve
import bot.surfaces.page.layout  # noqa: F401

# Each fork would leave one behind.
tqdm.get_lock()
