"""Embedding models made on the spot: the real libraries read them, though their weights are drawn at random."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SEED = 11
HIDDEN = 32
MAX_TOKENS = 24
_WORDS = [
    "the",
    "a",
    "of",
    "and",
    "to",
    "is",
    "in",
    "it",
    "no",
    "ok",
    "who",
    "what",
    "where",
    "when",
    "how",
    "ferry",
    "harbour",
    "master",
    "team",
    "four",
    "model",
    "models",
    "grow",
    "old",
    "silence",
    "world",
    "moves",
    "bread",
    "sunday",
    "price",
    "told",
    "region",
    "kitchen",
    "flour",
    "contract",
    "temperature",
    "greenhouse",
    "vents",
    "open",
    "close",
    "every",
    "invoice",
    "desk",
    "customer",
    "calls",
    "once",
    "keep",
    "keeps",
    "time",
    "write",
    "read",
    "down",
    "nine",
    "fog",
    "thick",
    "unless",
    "leaves",
    "same",
    "change",
    "may",
    "has",
    "but",
]
_PIECES = [
    *"abcdefghijklmnopqrstuvwxyz0123456789.,;:?!°%-",
    *(f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz0123456789"),
]


def make_embedding_model(
    folder: Path, pooling: str = "mean", dense: bool = False, seed: int = SEED, hidden: int = HIDDEN
) -> Path:
    """A folder with a BERT of two small layers, its pooling, and a layer behind it where asked for.

    Args:
        folder: Where it is written.
        pooling: "mean", "cls" or another that the library knows.
        dense: Whether a layer that no transformer has follows.
        seed: Of its weights.
        hidden: Numbers of a vector.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Dense, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import BertConfig, BertModel, BertTokenizer

    inner = folder.with_name(folder.name + "-inner")
    inner.mkdir(parents=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_PIECES, *dict.fromkeys(_WORDS)]
    (inner / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=hidden,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        # Large enough for different texts to get clearly different vectors.
        initializer_range=0.5,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        BertModel(config).save_pretrained(inner)
        BertTokenizer(str(inner / "vocab.txt")).save_pretrained(inner)
        transformer = Transformer(str(inner), max_seq_length=MAX_TOKENS)
        modules: list[torch.nn.Module] = [transformer, Pooling(hidden, pooling_mode=pooling)]
        if dense:
            modules.append(Dense(in_features=hidden, out_features=8))
        SentenceTransformer(modules=modules, device="cpu").save(str(folder))
    assert json.loads((folder / "modules.json").read_text())
    return folder
