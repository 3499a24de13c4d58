"""The norm of the first layer's gradient against the depth of the network, by activation and initialisation."""

from __future__ import annotations

import numpy as np

from .drawing import lines, series
from .network import DEVIATIONS, Activate, Dense, Network, global_norm
from .result import Claim, Effort, Finding, Report, Result, Table, above, below, estimate, judged

DEPTHS = (1, 2, 4, 8, 15, 30, 45, 60)
WIDTH, BATCH = 64, 64
NAMES = ("sigmoid", "tanh", "relu")
# A gradient counts as vanished below this part of what it is at depth 1, and as kept above that one.
VANISHED, KEPT = 1e-3, 1e-1


def measure(effort: Effort, report: Report) -> Result:
    """Compute the gradient of random networks at their beginning, on random data and a random direction at the end."""
    seeds = effort.of(5, 6, 20)
    norms = {}
    for number, (name, start) in enumerate((name, start) for name in NAMES for start in DEVIATIONS):
        report(f"{name}, {start}", number / 6)
        for depth in DEPTHS:
            found = [_norm(name, start, depth, effort.generator(seed)) for seed in range(seeds)]
            norms[name, start, depth] = np.array(found)
    generator = effort.generator(seeds)
    last, first = DEPTHS[-1], DEPTHS[0]
    kept = {
        (name, start): estimate(norms[name, start, last] / norms[name, start, first], generator, statistic=np.median)
        for name in NAMES
        for start in DEVIATIONS
    }
    factors = {
        key: estimate((norms[*key, last] / norms[*key, first]) ** (1 / (last - first)), generator, statistic=np.median)
        for key in kept
    }
    return Result(
        findings=(
            *(
                Finding(
                    f"The gradient of {name} networks vanishes",
                    judged({f"{start} initialisation": below(kept[name, start], VANISHED) for start in DEVIATIONS}),
                )
                for name in ("sigmoid", "tanh")
            ),
            Finding(
                "The gradient of ReLU networks does not",
                judged({f"{start} initialisation": above(kept["relu", start], KEPT) for start in DEVIATIONS}),
            ),
        ),
        setting=f"Dense layers of {WIDTH} units, {BATCH} random samples, {seeds} seeds, float64. The norm is that of "
        "the first "
        f"layer's weight gradient; 'vanishes' means that at depth {last} less than {VANISHED:g} of that at depth "
        f"{first} is left, 'does not' more than {KEPT:g}.",
        sentences=("A layer multiplies the gradient by the factors in the table; a depth d has the power d of them.",),
        tables=(
            Table(
                f"What is left of the gradient at depth {last}, and the factor a layer (median, interval over seeds)",
                ("activation", "initialisation", "left", "factor a layer"),
                [(name, start, found, factors[name, start]) for (name, start), found in kept.items()],
            ),
        ),
        pictures=tuple(
            lines(
                f"First layer's gradient, {start} initialisation",
                [
                    series(
                        name,
                        {
                            depth: estimate(norms[name, start, depth], generator, statistic=np.median)
                            for depth in DEPTHS
                        },
                    )
                    for name in NAMES
                ],
                x="layers",
                y="norm of the gradient",
                log_y=True,
            )
            for start in DEVIATIONS
        ),
    )


def _norm(name: str, start: str, depth: int, generator) -> float:
    layers = []
    for _ in range(depth):
        layers += [Dense(WIDTH, WIDTH, generator, start, dtype=np.float64), Activate(name)]
    network = Network(layers)
    network.forward(generator.normal(size=(BATCH, WIDTH)))
    network.backward(generator.normal(size=(BATCH, WIDTH)) / BATCH)
    return global_norm([layers[0].gradients[0]])


CLAIM = Claim(
    point=3,
    title="Vanishing gradients",
    stated="Sigmoid and tanh make the gradient vanish with depth, as their derivatives are below 1; ReLU does not.",
    sources=(
        "S. Hochreiter: Untersuchungen zu dynamischen neuronalen Netzen. Diploma thesis, TU Muenchen, 1991",
        "Y. Bengio, P. Simard, P. Frasconi: Learning long-term dependencies with gradient descent is difficult. "
        "IEEE Transactions on Neural Networks 5(2), 1994. doi:10.1109/72.279181",
        "X. Glorot, Y. Bengio: Understanding the difficulty of training deep feedforward neural networks. AISTATS 2010",
        "K. He, X. Zhang, S. Ren, J. Sun: Delving deep into rectifiers. ICCV 2015. arXiv:1502.01852",
    ),
    seconds=(8, 20),
    measure=measure,
)
