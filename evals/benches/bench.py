"""`groundrule bench`: measures parts of the product on sets of test data."""

from __future__ import annotations

import click

from evals.benches.answer import answer
from evals.benches.answerability import answerability
from evals.benches.claims import claims
from evals.benches.generator import generator
from evals.benches.ingest import ingest
from evals.benches.kill import kill
from evals.benches.load import load
from evals.benches.retrieval import retrieval
from evals.benches.scale import scale
from evals.benches.soak import soak
from evals.benches.start import start
from evals.benches.verify import fit_verify, verify

__all__ = ["bench"]


@click.group()
def bench() -> None:
    """Measure a part of the product on a set of test data."""


bench.add_command(answerability)
bench.add_command(retrieval)
bench.add_command(claims)
bench.add_command(generator)
bench.add_command(start)
bench.add_command(answer)
bench.add_command(scale)
bench.add_command(load)
bench.add_command(kill)
bench.add_command(soak)
bench.add_command(ingest)
bench.add_command(verify)
bench.add_command(fit_verify)
