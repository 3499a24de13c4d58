"""Unbounded outputs: how they grow with depth, and clipping of the gradients to a global norm of 5 as the cure."""

from __future__ import annotations

import numpy as np

from .data import digits
from .drawing import bars, lines, series
from .network import Activate, Dense, Network, mlp, training
from .result import Claim, Effort, Finding, Report, Result, Table, above, estimate, judged

DEPTHS = (1, 2, 4, 8, 15, 30, 45, 60)
WIDTH, BATCH = 64, 64
NAMES = ("sigmoid", "tanh", "relu")
# Times the deviation of He: at 1 the mean square of ReLU's outputs is kept.
GAINS = (1.0, 1.25, 1.5)
GROWN = 1e3
NORM = 5.0
HIDDEN = (96,) * 8
TRAINED_GAIN = 1.35
RATE, MOMENTUM = 0.05, 0.9
# Worse than that after training, or a loss that is no number, counts as lost: guessing errs in 9 of 10.
LOST = 0.8


def measure(effort: Effort, report: Report) -> Result:
    """Send random data through random networks; train deep ReLU networks with and without clipping."""
    seeds = effort.of(5, 6, 20)
    sizes = {}
    for number, name in enumerate(NAMES):
        report(f"outputs of {name}", 0.1 * number)
        for gain in GAINS:
            sizes[name, gain] = np.array([_outputs(name, gain, effort.generator(seed)) for seed in range(seeds)])
    generator = effort.generator(seeds)
    largest = {
        name: max(float(found[..., 1].max()) for (of, _), found in sizes.items() if of == name) for name in NAMES
    }
    grown = {
        key: estimate(found[:, -1, 0] / found[:, 0, 0], generator, statistic=np.median) for key, found in sizes.items()
    }
    trained = {}
    for number, norm in enumerate((None, NORM)):
        for seed in range(seeds):
            report("training with clipping" if norm else "training without", 0.3 + 0.35 * (number + seed / seeds))
            trained.setdefault(norm, []).append(_trained(effort, seed, norm))
    lost = {norm: estimate([error > LOST for error, _ in found], generator) for norm, found in trained.items()}
    errors = {norm: estimate([error for error, _ in found], generator) for norm, found in trained.items()}
    norms = {norm: estimate([norm for _, norm in found], generator, np.median) for norm, found in trained.items()}
    saved = estimate([a[0] - b[0] for a, b in zip(trained[None], trained[NORM], strict=True)], generator)
    return Result(
        findings=(
            Finding(
                "ReLU's outputs are unbounded, those of sigmoid and tanh are not",
                judged(
                    {
                        f"{name}: largest {largest[name]:.3g}": largest[name] > 1
                        if name == "relu"
                        else largest[name] <= 1
                        for name in NAMES
                    }
                ),
            ),
            Finding(
                f"ReLU's outputs grow more than {GROWN:,.0f} times over {DEPTHS[-1]} layers",
                judged({f"weights {gain:g} times those of He": above(grown["relu", gain], GROWN) for gain in GAINS}),
            ),
            Finding(
                f"Clipping to a global norm of {NORM:g} cures it: training errs less",
                judged({f"{len(HIDDEN)} layers, weights {TRAINED_GAIN:g} times those of He": above(saved, 0.0)}),
            ),
        ),
        setting=f"Growth: dense layers of {WIDTH} units, {BATCH} random samples, {seeds} seeds. Training: ReLU "
        "networks with "
        f"{len(HIDDEN)} hidden layers on {digits(generator).origin}, rate {RATE:g}, momentum {MOMENTUM:g}, {seeds} "
        "seeds; "
        f"'lost' is a training error above {LOST:.0%} at the end or a loss that is no number.",
        tables=(
            Table(
                "Training with and without clipping",
                ("gradients", "share of runs lost", "training error at the end", "largest norm met"),
                [
                    ("as they are" if norm is None else f"norm at most {norm:g}", lost[norm], errors[norm], norms[norm])
                    for norm in trained
                ],
            ),
        ),
        pictures=(
            lines(
                "Size of the outputs against depth",
                [
                    series(
                        f"{name}, {gain:g} He",
                        {
                            depth: estimate(sizes[name, gain][:, index, 0], generator, statistic=np.median)
                            for index, depth in enumerate(DEPTHS)
                        },
                    )
                    for name in ("relu", "tanh")
                    for gain in GAINS
                ],
                x="layers",
                y="root mean square",
                log_y=True,
            ),
            bars(
                "Share of runs lost",
                {"clipped" if norm else "not clipped": {"share": found} for norm, found in lost.items()},
                x="share of runs",
            ),
        ),
    )


def _outputs(name: str, gain: float, generator) -> np.ndarray:
    """Return by depth the root mean square and the largest magnitude of the outputs."""
    x, found = generator.normal(size=(BATCH, WIDTH)), []
    for depth in range(1, DEPTHS[-1] + 1):
        x = Activate(name).forward(Dense(WIDTH, WIDTH, generator, "He", gain, np.float64).forward(x))
        if depth in DEPTHS:
            found.append((np.sqrt(np.mean(x * x)), np.abs(x).max()))
    return np.array(found)


def _trained(effort: Effort, seed: int, norm: float | None) -> tuple[float, float]:
    """Return the training error and the largest norm of the gradients."""
    generator = effort.generator(seed, 1)
    data = digits(generator, effort.of(200, 600, 1797))
    network: Network = mlp("relu", (64, *HIDDEN, 10), generator, gain=TRAINED_GAIN)
    largest = 0.0
    with np.errstate(all="ignore"):
        for passed in training(
            network,
            data.rows,
            data.labels,
            rate=RATE,
            epochs=effort.of(2, 6, 12),
            generator=generator,
            momentum=MOMENTUM,
            norm=norm,
            norms=True,
        ):
            largest = max(largest, passed.norm)
            if not np.isfinite(passed.loss):
                return 1.0, largest
        return network.error(data.rows, data.labels), largest


CLAIM = Claim(
    point=4,
    title="Exploding outputs and gradients, and clipping",
    stated="As ReLU's outputs are unbounded they may explode with depth, and gradients with them; clipping the "
    "gradients to "
    "a global norm of 5 cures it.",
    sources=(
        "R. Pascanu, T. Mikolov, Y. Bengio: On the difficulty of training recurrent neural networks. ICML 2013. "
        "arXiv:1211.5063",
        "K. He, X. Zhang, S. Ren, J. Sun: Delving deep into rectifiers. ICCV 2015. arXiv:1502.01852",
    ),
    seconds=(10, 40),
    measure=measure,
)
