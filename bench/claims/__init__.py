"""Every claim that `make report` measures: a file each, named here in the order of the report.

A file of a claim has a `CLAIM`, whose `measure(effort, report)` returns a Result. The others beside them are what
claims share: result.py, drawing.py, data.py, network.py, zeros.py, timing.py. No file here may hold a result.
"""

from __future__ import annotations

import importlib

from .result import Claim

NAMES = (
    "six_times",
    "share_of_network",
    "derivatives",
    "vanishing",
    "exploding",
    "sparsity",
    "sparse_product",
    "noisy_input",
    "dead_units",
    "idempotence",
    "zero_centred",
    "softplus_limit",
    "convergence",
    "retrieval",
)


def load(name: str) -> Claim:
    """Import one claim; one that cannot be imported does not keep the others from it."""
    return importlib.import_module(f".{name}", __name__).CLAIM
