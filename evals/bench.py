"""`groundrule bench`: measures parts of the product on sets of test data."""

from __future__ import annotations

import click

from evals.bench_answerability import answerability
from evals.bench_generator import generator
from evals.bench_retrieval import retrieval
from evals.bench_verify import fit_verify, verify

__all__ = ["bench"]


@click.group()
def bench() -> None:
    """Measure a part of the product on a set of test data."""


bench.add_command(answerability)
bench.add_command(retrieval)
bench.add_command(generator)
bench.add_command(verify)
bench.add_command(fit_verify)
