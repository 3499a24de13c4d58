"""A noisy negative input, between -11 and -10: what of the noise passes an activation and the layer after it."""

from __future__ import annotations

import numpy as np

import fastact as fa

from .drawing import bars
from .result import Claim, Effort, Finding, Report, Result, Table, judged

NAMES = ("relu", "leaky_relu", "elu", "tanh", "sigmoid", "silu", "softplus")
LOW, HIGH = -11.0, -10.0
UNITS = 256


def measure(effort: Effort, report: Report) -> Result:
    """Compare the outputs of noise with those of the middle of its range, bit for bit, in float32 and float64."""
    count = effort.of(100, 10_000, 100_000)
    generator = effort.generator()
    noise = generator.uniform(LOW, HIGH, (count // UNITS + 2, UNITS))
    weight = generator.normal(0, (2 / UNITS) ** 0.5, (UNITS, 16))
    rows, passed = [], {}
    for dtype in ("float32", "float64"):
        x, calm, matrix = noise.astype(dtype), np.full_like(noise, (LOW + HIGH) / 2, dtype=dtype), weight.astype(dtype)
        for name in NAMES:
            report(f"{name}, {dtype}", 0.5)
            function = fa.activations[name].forward
            y, still = function(x), function(calm)
            same = bool(np.array_equal(y, still)) and bool(np.array_equal(y @ matrix, still @ matrix))
            passed[name, dtype] = same
            width = float(y.max() - y.min())
            rows.append((name, dtype, same, len(np.unique(y)), width, float(np.abs(y @ matrix - still @ matrix).max())))
    return Result(
        findings=(
            Finding(
                "With ReLU the noise changes nothing",
                judged({dtype: passed["relu", dtype] for dtype in ("float32", "float64")}),
            ),
            Finding(
                "With other activations it does",
                judged({f"{name}, {dtype}": not same for (name, dtype), same in passed.items() if name != "relu"}),
            ),
        ),
        setting=f"{noise.size:,} inputs uniform between {LOW:g} and {HIGH:g}; 'nothing' means that outputs, and "
        "those of a layer "
        f"of {UNITS} inputs after them, are equal to those of {(LOW + HIGH) / 2:g}, bit for bit.",
        tables=(
            Table(
                "What of the noise passes",
                (
                    "activation",
                    "dtype",
                    "nothing changes",
                    "different outputs",
                    "largest less smallest",
                    "most in the next layer",
                ),
                rows,
            ),
        ),
        pictures=(
            bars(
                "Largest less smallest output, float64",
                {name: {"range": width} for name, dtype, _, _, width, _ in rows if dtype == "float64" and width > 0},
                x=f"for inputs between {LOW:g} and {HIGH:g}",
                log_x=True,
            ),
        ),
    )


CLAIM = Claim(
    point=5,
    title="Hard sparsity: negative noise",
    stated="Noise in an input that is far below 0, say from -11 to -10, changes nothing after ReLU, as all of it "
    "gives 0.",
    sources=(
        "D.-A. Clevert, T. Unterthiner, S. Hochreiter: Fast and accurate deep network learning by exponential linear "
        "units. "
        "ICLR 2016. arXiv:1511.07289 (on saturating, noise-robust deactivation)",
    ),
    seconds=(3, 4),
    measure=measure,
)
