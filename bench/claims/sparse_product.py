"""The next layer's product with ReLU's output dense and in compressed sparse rows, and the share where they meet."""

from __future__ import annotations

import importlib.util
import itertools
import time

import numpy as np

import fastact as fa

from ..harness import Candidate, Estimate, Pool
from ..harness import measure as timed
from .drawing import lines, series
from .result import Claim, Effort, Finding, NotMeasuredError, Report, Result, Table, above, judged

SHARES = (0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
ROWS, INNER, COLUMNS = 256, 1024, 512


def measure(effort: Effort, report: Report) -> Result:
    """Time both products, and the conversion, at rising shares of zeros."""
    if importlib.util.find_spec("scipy") is None:
        raise NotMeasuredError("SciPy, which has the sparse product, is not installed")
    rows, inner, columns = effort.of((32, 64, 32), (ROWS, INNER, COLUMNS), (ROWS, INNER, COLUMNS))
    generator = effort.generator()
    weight = generator.normal(size=(inner, columns)).astype(np.float32)
    product, whole, dense = {}, {}, {}
    for number, share in enumerate(SHARES):
        report(f"{share:.1%} zeros", number / len(SHARES))
        x = generator.normal(size=(rows, inner)).astype(np.float32)
        x -= np.quantile(x, share).astype(np.float32)
        y = np.maximum(x, 0)
        names = {"np": np, "x": x, "y": y, "sparse": fa.relu_csr(x), "weight": weight, "fa": fa}
        names["out"] = np.empty((rows, columns), np.float32)
        if not np.allclose(y @ weight, names["sparse"] @ weight, rtol=1e-3, atol=1e-3):
            raise ArithmeticError("the sparse product is not the dense one")
        candidates = {
            "dense": Candidate("np.maximum(x, 0, out=y); np.matmul(y, weight, out=out)", names),
            "product": Candidate("np.maximum(x, 0, out=y); sparse @ weight", names),
            "whole": Candidate("fa.relu_csr(x) @ weight", names),
        }
        samples = timed(
            candidates,
            (np.empty_like(x), x),
            deadline=time.monotonic() + effort.of(0.0, 1.5, 6.0),
            most_rounds=effort.of(5, 30, 60),
            least_rounds=5,
            generator=generator,
        )
        pool = Pool([samples], generator)
        product[share], whole[share] = pool.ratio("dense", "product"), pool.ratio("dense", "whole")
        dense[share] = float(samples["dense"].mean() / 1e6)
    return Result(
        findings=(
            Finding(
                "The sparse product is quicker, the sparse rows being there",
                judged({f"{share:.1%} zeros": above(found, 1.0) for share, found in product.items()}),
            ),
            Finding(
                "It is quicker with the conversion to sparse rows",
                judged({f"{share:.1%} zeros": above(found, 1.0) for share, found in whole.items()}),
            ),
        ),
        setting=f"({rows}, {inner}) times ({inner}, {columns}) in float32, one thread: relu and NumPy's dense "
        "product against SciPy's "
        "product of compressed sparse rows; with the conversion, relu and these rows are made from x each time. "
        "Ratios within a round, 95 % bootstrap intervals.",
        sentences=(
            f"Break-even of the product alone: {_broken_even(product)}; with the conversion: {_broken_even(whole)}.",
        ),
        tables=(
            Table(
                "How many times as fast the sparse product is",
                ("zeros", "dense, ms", "product alone", "with the conversion"),
                [(f"{share:.1%}", dense[share], product[share], whole[share]) for share in SHARES],
            ),
        ),
        pictures=(
            lines(
                "Sparse product against dense",
                [
                    series("product alone", {1 - share: found for share, found in product.items()}),
                    series("with the conversion", {1 - share: found for share, found in whole.items()}),
                ],
                x="share of elements that are not 0",
                y="times as fast as dense",
                log_x=True,
                log_y=True,
                levels={"as fast": 1.0},
                ticks={0.5: "50 %", 0.1: "10 %", 0.05: "5 %", 0.01: "1 %", 0.001: "0.1 %"},
            ),
        ),
    )


def _broken_even(found: dict[float, Estimate]) -> str:
    """Interpolate where the ratio passes 1, both axes in logarithms."""
    if found[SHARES[0]].median > 1:
        return f"below {SHARES[0]:.1%} zeros"
    for low, high in itertools.pairwise(SHARES):
        a, b = np.log(found[low].median), np.log(found[high].median)
        if a <= 0 < b:
            part = a / (a - b)
            return f"about {1 - (1 - low) ** (1 - part) * (1 - high) ** part:.1%} zeros"
    return f"not reached at {SHARES[-1]:.1%} zeros"


CLAIM = Claim(
    point=5,
    title="Hard sparsity: time of the next product",
    stated="ReLU's zeros make the next layer cheaper, as products with 0 need not be computed.",
    sources=("X. Glorot, A. Bordes, Y. Bengio: Deep sparse rectifier neural networks. AISTATS 2011",),
    seconds=(20, 60),
    measure=measure,
)
