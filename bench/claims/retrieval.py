"""Retrieval by hidden features: whether those of ReLU need unit length first, and bounded ones do not."""

from __future__ import annotations

import numpy as np

from .data import digits
from .drawing import bars
from .network import mlp, training
from .result import Claim, Effort, Finding, Report, Result, Table, above, below, estimate, judged

NAMES = ("relu", "tanh", "sigmoid")
WIDTHS = (64, 128, 32, 10)
RATES = {"relu": 0.03, "tanh": 0.03, "sigmoid": 0.3}
NEAREST = 10
# A gain in precision that one would notice.
NOTICED = 0.01
MEASURES = ("inner product", "Euclidean distance")


def measure(effort: Effort, report: Report) -> Result:
    """Train on one half; look there for the nearest of each of the other, by features as they are and of length 1."""
    seeds = effort.of(5, 6, 12)
    found, wrong = {}, {}
    for number, name in enumerate(NAMES):
        for seed in range(seeds):
            report(name, (number + seed / seeds) / len(NAMES))
            precisions, error = _precisions(effort, name, seed)
            wrong.setdefault(name, []).append(error)
            for key, precision in precisions.items():
                found.setdefault((name, *key), []).append(precision)
    generator = effort.generator(seeds)
    precision = {key: estimate(values, generator) for key, values in found.items()}
    gain = {
        (name, by): estimate(np.subtract(found[name, by, True], found[name, by, False]), generator)
        for name in NAMES
        for by in MEASURES
    }
    return Result(
        findings=(
            Finding(
                f"ReLU features need unit length (precision gains more than {NOTICED:g})",
                judged({by: above(gain["relu", by], NOTICED) for by in MEASURES}),
            ),
            Finding(
                f"Bounded features do not (it gains less than {NOTICED:g})",
                judged({f"{name}, {by}": below(gain[name, by], NOTICED) for name in NAMES[1:] for by in MEASURES}),
            ),
        ),
        setting=f"The last hidden layer ({WIDTHS[-2]} units) of networks {'-'.join(map(str, WIDTHS))} trained on one "
        "half of "
        f"{digits(generator).origin}; each of the other half is a query for its {NEAREST} nearest in the first. "
        "Precision is "
        f"the share of these with the query's label; {seeds} seeds, gains seed by seed.",
        tables=(
            Table(
                f"Precision at {NEAREST}",
                ("activation", "nearest by", "features as they are", "of length 1", "gain"),
                [
                    (name, by, precision[name, by, False], precision[name, by, True], gain[name, by])
                    for name in NAMES
                    for by in MEASURES
                ],
            ),
            Table(
                "Training error of the networks",
                ("activation", "rate", "training error"),
                [(name, f"{RATES[name]:g}", estimate(wrong[name], generator)) for name in NAMES],
            ),
        ),
        pictures=(
            bars(
                f"Precision at {NEAREST}",
                {
                    f"{name}, {by.split()[0]}": {
                        word: precision[name, by, unit]
                        for word, unit in (("as they are", False), ("of length 1", True))
                    }
                    for name in NAMES
                    for by in MEASURES
                },
                x="share of the nearest with the right label",
            ),
        ),
    )


def _precisions(effort: Effort, name: str, seed: int) -> tuple[dict, float]:
    generator = effort.generator(seed)
    data = digits(generator, effort.of(300, 1000, 1797))
    half = len(data.labels) // 2
    network = mlp(name, WIDTHS, generator, "He" if name == "relu" else "Glorot")
    steps = training(
        network,
        data.rows[:half],
        data.labels[:half],
        rate=RATES[name],
        epochs=effort.of(3, 15, 30),
        generator=generator,
    )
    for _ in steps:
        pass
    error = network.error(data.rows[:half], data.labels[:half])
    features = data.rows
    for layer in network.layers[:-1]:
        features = layer.forward(features)
    found = {}
    for unit in (False, True):
        used = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12) if unit else features
        stored, queries = used[:half], used[half:]
        products = queries @ stored.T
        nearness = {
            "inner product": products,
            "Euclidean distance": 2 * products - np.square(stored).sum(axis=1),
        }
        for by, values in nearness.items():
            nearest = np.argpartition(-values, NEAREST, axis=1)[:, :NEAREST]
            found[by, unit] = float((data.labels[:half][nearest] == data.labels[half:, None]).mean())
    return found, error


CLAIM = Claim(
    point=11,
    title="Retrieval needs unit length",
    stated="Features from ReLU are unbounded and need normalising to unit length before a search for the nearest; "
    "bounded ones, of "
    "sigmoid or tanh, do not.",
    sources=(
        "A. Babenko, A. Slesarev, A. Chigorin, V. Lempitsky: Neural codes for image retrieval. ECCV 2014. "
        "arXiv:1404.1777",
        "A. Sharif Razavian, H. Azizpour, J. Sullivan, S. Carlsson: CNN features off-the-shelf. CVPR workshops 2014. "
        "arXiv:1403.6382",
    ),
    seconds=(8, 30),
    measure=measure,
)
