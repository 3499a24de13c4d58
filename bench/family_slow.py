"""Inputs that hardware may find slow: subnormal operands and results, saturated and huge ones.

Where a function gives subnormal results is searched in its own output, so that no list of such places
is kept. This file must not time anything.
"""

from __future__ import annotations

from functools import cache

import numpy as np

import fastact

from .cases import SEED
from .family_cases import OPERANDS, Case
from .plan import L1

USUAL = "usual"
# Each column of the table and the kinds of inputs that it tells of; the worst of them is shown.
COLUMNS = {
    "subnormal x": ("subnormal x", "subnormal x here and there"),
    "subnormal result": ("subnormal result, small x", "subnormal result, large x", "subnormal result here and there"),
    "subnormal grad": ("subnormal grad",),
    "subnormal product": ("subnormal grad * derivative",),
    "saturated": ("|x| = 50", "|x| = 10000"),
    "huge": ("huge x",),
}
KINDS = tuple(kind for kinds in COLUMNS.values() for kind in kinds)

# One element in so many: half of the vectors of 8 or 16 lanes hold one, which is worst to predict.
SCATTER = 16
HUGE = {np.dtype(np.float32): 1e30, np.dtype(np.float64): 1e300}
# Beyond these every exponential has under- or overflowed.
REACH = {np.dtype(np.float32): 128, np.dtype(np.float64): 1024}
FINE = 2**19

Inputs = dict[str, tuple[np.ndarray, ...]]


@cache
def _grid(dtype: np.dtype) -> np.ndarray:
    """Return normal numbers: evenly spaced ones, and 32 in each binade."""
    limits = np.finfo(dtype)
    binades = np.arange(limits.minexp, limits.maxexp)
    spread = np.ldexp(1 + np.arange(32, dtype=dtype) / 32, binades[:, np.newaxis]).ravel().astype(dtype)
    even = np.linspace(-REACH[dtype], REACH[dtype], FINE, dtype=dtype)
    return np.concatenate((-spread, even[np.abs(even) >= limits.smallest_normal], spread))


def _subnormal(values: np.ndarray) -> np.ndarray:
    return (values != 0) & (np.abs(values) < np.finfo(values.dtype).smallest_normal)


def _first(results) -> np.ndarray:
    return results[0] if isinstance(results, tuple) else results


def slow_inputs(case: Case, direction: str, dtype: type, size: int = L1) -> Inputs:
    """Return the operands of each kind that exists: (x,), (grad, x) or (grad, y); 'usual' is the first."""
    dtype = np.dtype(dtype)
    generator = np.random.default_rng(SEED)
    limits = np.finfo(dtype)
    tiny = limits.smallest_normal

    def normal(scale=1):
        return (scale * generator.standard_normal(size)).astype(dtype)

    def signs(value):
        return (value * generator.choice((-1.0, 1.0), size)).astype(dtype)

    def drawn(values):
        return generator.choice(values, size)

    def scattered(values):
        return np.where(generator.random(size) < 1 / SCATTER, values, usual)

    usual = normal(3)
    grad = normal()
    kinds = {
        USUAL: usual,
        "subnormal x": signs(tiny * generator.uniform(limits.eps, 1, size)),
        "|x| = 50": signs(50),
        "|x| = 10000": signs(10_000),
        "huge x": signs(HUGE[dtype]),
    }
    # What counts for a gradient from the output is the y of such an x, and any subnormal y is one.
    grid = _grid(dtype)
    ones = np.ones_like(grid)
    with np.errstate(all="ignore"):
        y = _first(case.compute("forward", grid))
        if direction == "backward_from_output":
            if not np.any(_subnormal(_first(case.compute("forward", kinds["subnormal x"])))):
                found = grid[_subnormal(y)]
                kinds["subnormal x"] = drawn(found) if found.size else None
            result = _first(case.compute(direction, ones, y))
        else:
            result = y if direction == "forward" else _first(case.compute(direction, ones, grid))
        where = _subnormal(result)
        for kind, side in (("small", np.abs(grid) < 1), ("large", np.abs(grid) >= 1)):
            found = grid[where & side]
            kinds[f"subnormal result, {kind} x"] = drawn(found) if found.size else None
        found = grid[where]
        kinds["subnormal result here and there"] = scattered(drawn(found)) if found.size else None
        if kinds["subnormal x"] is not None:
            kinds["subnormal x here and there"] = scattered(kinds["subnormal x"])
        kinds = {kind: x for kind, x in kinds.items() if x is not None}
        if direction == "forward":
            return {kind: (x,) for kind, x in kinds.items()}
        if direction == "backward_from_output":
            kinds = {kind: _first(case.compute("forward", x)) for kind, x in kinds.items()}
        operands = {kind: (grad, x) for kind, x in kinds.items()}
        operands["subnormal grad"] = signs(tiny * generator.uniform(limits.eps, 1, size)), kinds[USUAL]
        small = signs(tiny * generator.uniform(1, 4, size)), kinds[USUAL]
        if np.any(_subnormal(_first(case.compute(direction, *small)))):
            operands["subnormal grad * derivative"] = small
    return operands


def statement(case: Case, direction: str, operands: tuple[np.ndarray, ...]) -> tuple[str, dict[str, object]]:
    """Return the call and the names that it reads, for a harness.Candidate."""
    names = dict(zip(OPERANDS[direction].split(", "), operands, strict=True))
    out = np.full_like(operands[0], np.nan)
    total = np.full((), np.nan, dtype=out.dtype)
    return case.spelling(direction), {"fa": fastact, **names, "out": out, "total": total}
