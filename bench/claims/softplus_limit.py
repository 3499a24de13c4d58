"""Softplus as a smooth ReLU: the largest distance between them is ln 2 / beta, at 0."""

from __future__ import annotations

import math

import numpy as np

import fastact as fa

from .drawing import lines, series
from .result import Claim, Effort, Finding, Report, Result, Table, judged

BETAS = (0.5, 1.0, 2.0, 5.0, 10.0, 100.0)
DRAWN = (1.0, 2.0, 5.0)
# In units of the last place: the bound of softplus, and a rounding of its difference from relu.
ROUNDING = fa.activations["softplus"].error_bounds["forward"] + 1


def measure(effort: Effort, report: Report) -> Result:
    """Search the largest distance on a grid and at random, and compare derivatives with sigmoid(beta x)."""
    count = effort.of(2_001, 200_001, 2_000_001)
    generator = effort.generator()
    epsilon = np.finfo(np.float64).eps
    rows, right, sigmoids = [], {}, {}
    for number, beta in enumerate(BETAS):
        report(f"beta {beta:g}", number / len(BETAS))
        x = np.concatenate((np.linspace(-40, 40, count), generator.normal(0, 2, count), (0.0,))) / beta
        distance = fa.softplus(x, beta) - fa.relu(x)
        where, largest, limit = float(x[distance.argmax()]), float(distance.max()), math.log(2) / beta
        right[f"beta {beta:g}"] = bool(abs(largest - limit) <= ROUNDING * epsilon * limit and distance.min() >= 0)
        slope = fa.softplus_backward(np.ones_like(x), x, beta)
        sigmoids[f"beta {beta:g}"] = bool(np.allclose(slope, fa.sigmoid(beta * x), rtol=1e-12, atol=1e-300))
        rows.append((beta, largest, limit, where, (largest - limit) / (epsilon * limit)))
    x = np.linspace(-3, 3, 121)
    curves = {"relu": fa.relu(x), **{f"beta {beta:g}": fa.softplus(x, beta) for beta in DRAWN}}
    distances = {name: curve - curves["relu"] for name, curve in curves.items() if name != "relu"}

    def drawn(of):
        return [series(name, dict(zip(x.tolist(), curve.tolist(), strict=True))) for name, curve in of.items()]

    return Result(
        findings=(
            Finding("The largest distance is ln 2 / beta", judged(right)),
            Finding("The derivative is sigmoid(beta x)", judged(sigmoids)),
        ),
        setting=f"{2 * count + 1:,} points for each beta, float64; 'is' means within {ROUNDING:g} units in the last "
        "place, and "
        "within 1e-12 of the derivative.",
        tables=(
            Table(
                "Largest distance from ReLU",
                ("beta", "largest distance", "ln 2 / beta", "at x", "difference, units in the last place"),
                [(beta, f"{largest:.15g}", f"{limit:.15g}", where, off) for beta, largest, limit, where, off in rows],
            ),
        ),
        pictures=(
            lines("Softplus and ReLU", drawn(curves), x="x", y="f(x)"),
            lines("Softplus less ReLU", drawn(distances), x="x", y="distance", levels={"ln 2": math.log(2)}),
        ),
    )


CLAIM = Claim(
    point=9,
    title="Softplus is a smooth ReLU",
    stated="Softplus, log(1 + exp(beta x)) / beta, is a smooth ReLU: nowhere further from it than ln 2 / beta.",
    sources=(
        "C. Dugas, Y. Bengio, F. Belisle, C. Nadeau, R. Garcia: Incorporating second-order functional knowledge for "
        "better "
        "option pricing. NIPS 2000",
        "X. Glorot, A. Bordes, Y. Bengio: Deep sparse rectifier neural networks. AISTATS 2011",
    ),
    seconds=(3, 5),
    measure=measure,
)
