"""From measured rounds to the figures that are published, and the way to look them up again.

The dictionary made here is what claim.json holds; tables, verdicts, picture and README read it
through Claim. This file must not measure, nor format anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from .cases import ACTIVATIONS, BYTES_PER_ELEMENT, DIRECTIONS, EXPONENTIALS, SEED, SIZES
from .harness import COPY, SAMPLE_NS, Estimate, Pool
from .peers import IMPLEMENTATIONS, OURS
from .session import Group

PROTOCOL = {
    "round": "every candidate of a group once, in an order shuffled anew",
    "sample": f"as many calls as last at least {SAMPLE_NS} ns; garbage collector off; buffers touched before",
    "ratio": "median over the rounds of all processes of the ratio of two times of one round",
    "interval": "95 % bootstrap; processes are drawn first, then rounds within each",
    "copies": "the time over that of np.copyto(out, x) in the same round",
    "data": "standard normal float32; one thread",
}


def summarise(processes: Sequence[Sequence[Group]]) -> list[dict]:
    """Return one dictionary for each group from the groups of all processes."""
    generator = np.random.default_rng(SEED)
    return [_group(same, generator) for same in zip(*processes, strict=True)]


def _group(groups: Sequence[Group], generator: np.random.Generator) -> dict:
    first = groups[0]
    pool = Pool([group.samples for group in groups], generator)
    keys = [key for key in first.spellings if all(key in group.spellings for group in groups)]
    nanoseconds = {key: pool.time(key) for key in (COPY, *keys)}

    def cell(key):
        implementation, activation = (COPY, None) if key == COPY else key
        return {
            "implementation": implementation,
            "activation": activation,
            "spellings": sorted({group.spellings.get(key, COPY) for group in groups}),
            "ns": asdict(nanoseconds[key]),
            "copies": asdict(pool.ratio(key)),
        }

    ratios = [
        {
            "implementation": implementation,
            "activation": activation,
            **asdict(pool.ratio((implementation, activation), (implementation, "relu"))),
        }
        for implementation, activation in keys
        if activation in EXPONENTIALS and (implementation, "relu") in keys
    ]
    comparisons = []
    for ours in (key for key in keys if key[0] in OURS):
        peers = [key for key in keys if key[0] not in OURS and key[1] == ours[1]]
        if peers:
            best = min(peers, key=lambda key: nanoseconds[key].median)
            estimate = pool.ratio(best, ours)
            comparisons.append(
                {
                    "implementation": ours[0],
                    "activation": ours[1],
                    "peer": best[0],
                    **asdict(estimate),
                    "outcome": _outcome(estimate),
                }
            )
    return {
        "size": first.size,
        "direction": first.direction,
        "bytes_per_element": BYTES_PER_ELEMENT[first.direction],
        "rounds": [len(group.samples[COPY]) for group in groups],
        "faults": [fault for group in groups for fault in group.faults],
        "ratios_to_relu": ratios,
        "fastest_peer_over_fastact": comparisons,
        "cells": [cell(key) for key in (COPY, *keys)],
    }


def _outcome(estimate: Estimate) -> str:
    if estimate.low is None:
        return "unknown"
    if estimate.low > 1:
        return "faster"
    return "slower" if estimate.high < 1 else "level"


def implementations(versions: dict[str, str | None]) -> list[dict]:
    """Return the table of implementations with the versions found."""
    rows = []
    for implementation in IMPLEMENTATIONS:
        found = {package: versions.get(package) for package in implementation.packages}
        rows.append(
            {
                "name": implementation.name,
                "versions": found,
                "present": None not in found.values(),
                "backward_reads": implementation.backward_reads,
            }
        )
    return rows


class Claim:
    """The published dictionary with look-ups; what was not measured is None."""

    sizes = SIZES
    directions = DIRECTIONS
    activations = ACTIVATIONS
    exponentials = EXPONENTIALS

    def __init__(self, data: dict):
        self.data = data
        self.machine = data["machine"]
        self._groups = {(group["size"], group["direction"]): group for group in data["groups"]}

    def group(self, size: int, direction: str) -> dict:
        return self._groups[size, direction]

    def names(self, direction: str) -> list[str]:
        """Return the implementations that have a cell in this direction, in the table's order."""
        measured = {cell["implementation"] for size in self.sizes for cell in self.group(size, direction)["cells"]}
        return [row["name"] for row in self.data["implementations"] if row["name"] in measured]

    def absent(self) -> list[str]:
        return [row["name"] for row in self.data["implementations"] if not row["present"]]

    def faults(self) -> list[str]:
        """Return each fault once: every process meets the same ones."""
        found = (
            f"{fault['implementation']}, {fault['activation']} {group['direction']}: {fault['fault']}"
            for group in self.data["groups"]
            for fault in group["faults"]
        )
        return list(dict.fromkeys(found))

    def backward_from_x(self) -> list[str]:
        """Return the present implementations whose backward reads x, not the saved output."""
        rows = self.data["implementations"]
        return [row["name"] for row in rows if row["present"] and row["backward_reads"] == "x"]

    def cell(self, size, direction, implementation, activation=None) -> dict | None:
        return self._find("cells", size, direction, implementation, activation)

    def ratio(self, size, direction, implementation, activation) -> dict | None:
        return self._find("ratios_to_relu", size, direction, implementation, activation)

    def comparison(self, size, direction, implementation, activation) -> dict | None:
        return self._find("fastest_peer_over_fastact", size, direction, implementation, activation)

    def _find(self, kind, size, direction, implementation, activation):
        wanted = (implementation, activation)
        for row in self.group(size, direction)[kind]:
            if (row["implementation"], row["activation"]) == wanted:
                return row
        return None
