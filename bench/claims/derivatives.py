"""The derivatives of the three: 0 or 1, at most 1/4, between 1/4 and 1 near 0; and the curves of the whole family."""

from __future__ import annotations

import numpy as np

import fastact as fa

from .drawing import lines, series
from .result import Claim, Effort, Finding, Report, Result, Table, judged

# tanh' = 1 / cosh(x)**2 is 1/4 where cosh x = 2.
QUARTER_OF_TANH = float(np.arccosh(2))
REACH = 60.0
# Functions that have parameters without defaults.
GIVEN = {"prelu": (0.25,), "threshold": (0.1, 0.0)}
THREE = ("relu", "sigmoid", "tanh")
DRAWN = 5  # others a picture
BOUNDS = [fa.activations[name].error_bounds["backward"] for name in THREE[1:]]


def measure(effort: Effort, report: Report) -> Result:
    """Evaluate the derivatives at many points, those where they turn among them, and in every float16."""
    generator = effort.generator()
    count = effort.of(10_001, 200_001, 2_000_001)
    extremes = {}
    for dtype in ("float16", "float32", "float64"):
        report(dtype, 0.2)
        x = _points(dtype, count, generator)
        one = np.ones_like(x)
        relu, sigmoid, tanh = (getattr(fa, f"{name}_backward")(one, x).astype(np.float64) for name in THREE)
        magnitude = np.abs(x.astype(np.float64))
        near, far = tanh[magnitude < QUARTER_OF_TANH], tanh[magnitude > QUARTER_OF_TANH]
        extremes[dtype] = {
            "relu": sorted(set(np.unique(relu).tolist())),
            "sigmoid": float(sigmoid.max()),
            "near": (float(near.min()), float(near.max())),
            "far": float(far.max()),
            # What the results may be off by, as the table of activations promises, relative to them.
            "rounding": max(BOUNDS) * float(np.finfo(dtype).eps),
        }
    report("curves", 0.8)
    return Result(
        findings=(
            Finding("ReLU's derivative is 0 or 1", _judged(extremes, lambda of: of["relu"] == [0.0, 1.0])),
            Finding(
                "Sigmoid's is at most 1/4", _judged(extremes, lambda of: of["sigmoid"] <= 0.25 * (1 + of["rounding"]))
            ),
            Finding(
                f"Tanh's is between 1/4 and 1 for |x| below {QUARTER_OF_TANH:.4f}, and below 1/4 beyond",
                _judged(
                    extremes,
                    lambda of: (
                        of["near"][0] >= 0.25 * (1 - of["rounding"])
                        and of["near"][1] <= 1 + of["rounding"]
                        and of["far"] <= 0.25 * (1 + of["rounding"])
                    ),
                ),
            ),
        ),
        setting=f"{count:,} points of each sign and size up to {REACH:g} in float32 and float64, all finite float16. "
        "A limit counts as "
        f"kept if no result passes it by more than rounding may, {max(BOUNDS):g} units in the last place.",
        tables=(
            Table(
                "Largest and smallest derivatives found",
                ("dtype", "values of ReLU's", "sigmoid's largest", "tanh's near 0: smallest", "largest", "beyond"),
                [
                    (
                        dtype,
                        ", ".join(f"{value:g}" for value in of["relu"]),
                        *(f"{value:.7f}" for value in (of["sigmoid"], *of["near"], of["far"])),
                    )
                    for dtype, of in extremes.items()
                ],
            ),
        ),
        pictures=tuple(_curves()),
    )


def _judged(extremes, true):
    return judged({f"in {dtype}": bool(true(of)) for dtype, of in extremes.items()})


def _points(dtype: str, count: int, generator) -> np.ndarray:
    if dtype == "float16":
        every = np.arange(2**16, dtype=np.uint16).view(np.float16)
        return every[np.isfinite(every)]
    spread = generator.choice((-1.0, 1.0), count) * 10 ** generator.uniform(-8, np.log10(REACH), count)
    return np.concatenate((spread, np.linspace(-8, 8, 16_001), (0.0, QUARTER_OF_TANH, -QUARTER_OF_TANH))).astype(dtype)


def _curves():
    x = np.linspace(-4, 4, 201)
    one = np.ones_like(x)
    family = {name: record for name, record in fa.activations.items() if record.kind == "elementwise"}
    others = [name for name in family if name not in THREE]
    for some in (THREE, *(others[first : first + DRAWN] for first in range(0, len(others), DRAWN))):
        curves = {
            "Functions": {name: family[name].forward(x, *GIVEN.get(name, ())) for name in some},
            "Derivatives": {name: _first(family[name].backward(one, x, *GIVEN.get(name, ()))) for name in some},
        }
        for word, found in curves.items():
            drawn = [series(name, dict(zip(x.tolist(), curve.tolist(), strict=True))) for name, curve in found.items()]
            yield lines(f"{word}: {', '.join(some)}", drawn, x="x", y="f(x)" if word == "Functions" else "f'(x)")


def _first(result):
    # prelu's derivative comes with that of its weight.
    return result[0] if isinstance(result, tuple) else result


CLAIM = Claim(
    point=2,
    title="Derivatives: 0 or 1, at most 1/4, between 1/4 and 1",
    stated="The derivative of ReLU is 0 or 1, that of sigmoid at most 1/4; tanh's lies between 1/4 and 1 for |x| below "
    "about 1.317.",
    sources=(
        "Y. LeCun, L. Bottou, G. B. Orr, K.-R. Mueller: Efficient BackProp. In: Neural Networks: Tricks of the Trade, "
        "Springer, 1998. doi:10.1007/3-540-49430-8_2",
        "V. Nair, G. E. Hinton: Rectified linear units improve restricted Boltzmann machines. ICML 2010",
    ),
    seconds=(4, 8),
    measure=measure,
)
