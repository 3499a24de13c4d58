"""ReLU applied again and again is ReLU, bit for bit; sigmoid so applied collapses, and its derivative with it."""

from __future__ import annotations

import numpy as np

import fastact as fa

from .drawing import lines, series
from .result import Claim, Effort, Finding, Report, Result, Table, below, estimate, judged

TIMES = 30
DTYPES = ("float16", "float32", "float64")
INTEGERS = ("int8", "int32", "uint8")
NAMES = ("relu", "tanh", "sigmoid")
COLLAPSED = 1e-3
AFTER = 10


def measure(effort: Effort, report: Report) -> Result:
    """Apply each function many times to numbers of every kind."""
    generator = effort.generator()
    count = effort.of(1_000, 100_000, 2_000_000)
    same = {}
    for dtype in (*DTYPES, *INTEGERS):
        report(dtype, 0.3)
        same[dtype] = _idempotent(_anything(dtype, count, generator))
    x = generator.normal(0, 3, (effort.of(5, 20, 50), 1000))
    spread, slope = {}, {}
    for name in NAMES:
        report(name, 0.7)
        record, y, product = fa.activations[name], x, np.ones_like(x)
        for times in range(TIMES + 1):
            spread[name, times] = (y.max(axis=1) - y.min(axis=1)) / (x.max(axis=1) - x.min(axis=1))
            slope[name, times] = product.max(axis=1)
            product = record.backward(product, y)
            y = record.forward(y)
    spreads, slopes = ({key: estimate(found, generator) for key, found in of.items()} for of in (spread, slope))
    return Result(
        findings=(
            Finding(f"ReLU applied {TIMES} times is ReLU, bit for bit", judged(same)),
            Finding(
                f"Sigmoid collapses: after {AFTER} times the range of its outputs is below {COLLAPSED:g} of the "
                "input's",
                judged({f"{AFTER} times": below(spreads["sigmoid", AFTER], COLLAPSED)}),
            ),
            Finding(
                f"and the largest derivative below {COLLAPSED:g}",
                judged({f"{AFTER} times": below(slopes["sigmoid", AFTER], COLLAPSED)}),
            ),
        ),
        setting=f"Bit for bit: all float16 and {count:,} bit patterns of the other floats, NaN and infinities among "
        "them, and "
        f"integers. Ranges and derivatives: {len(x)} times 1000 normal inputs of deviation 3, float64.",
        tables=(
            Table(
                "After so many times: range over the input's, and largest derivative",
                (
                    "function",
                    *(f"range, {times}" for times in (1, AFTER, TIMES)),
                    *(f"slope, {times}" for times in (1, AFTER, TIMES)),
                ),
                [
                    (name, *(of[name, times] for of in (spreads, slopes) for times in (1, AFTER, TIMES)))
                    for name in NAMES
                ],
            ),
        ),
        pictures=tuple(
            lines(
                title,
                [series(name, {times: of[name, times] for times in range(TIMES + 1)}) for name in NAMES],
                x="times applied",
                y=label,
                log_y=True,
                limits=(1e-12, 3),
            )
            for title, of, label in (
                ("Range of the outputs", spreads, "of the input's range"),
                ("Derivative of the composition", slopes, "largest derivative"),
            )
        ),
    )


def _anything(dtype: str, count: int, generator) -> np.ndarray:
    """Return numbers of every bit pattern, or of patterns drawn uniformly."""
    kind = np.dtype(dtype)
    unsigned = f"u{kind.itemsize}"
    if kind.itemsize <= 2:
        return np.arange(2 ** (8 * kind.itemsize), dtype=unsigned).view(kind)
    return generator.integers(0, 2 ** (8 * kind.itemsize), count, dtype=unsigned).view(kind)


def _idempotent(x: np.ndarray) -> bool:
    once = again = fa.relu(x)
    for _ in range(TIMES - 1):
        again = fa.relu(again)
    return once.tobytes() == again.tobytes()


CLAIM = Claim(
    point=7,
    title="Idempotence",
    stated="ReLU applied n times is ReLU, so that stacking it loses nothing; sigmoid applied n times collapses to a "
    "point, and its "
    "derivative to 0.",
    sources=(
        "Said in teaching, and plain from max(0, max(0, x)) = max(0, x); the collapse is Banach's fixed-point "
        "theorem for a "
        "function whose derivative is at most 1/4",
    ),
    seconds=(3, 6),
    measure=measure,
)
