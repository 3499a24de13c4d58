"""The share of a convolutional network's forward pass that its activations are at all, layer by layer."""

from __future__ import annotations

import time

import numpy as np

import fastact as fa

from ..harness import Estimate
from .drawing import bars
from .network import Activate, Convolve, Dense, Flatten, Layer, Pool
from .result import Claim, Effort, Finding, Report, Result, Table, above, estimate, judged

BATCH, SIDE, CHANNELS, CLASSES = 32, 28, (16, 32), 10
NAMES = ("relu", "sigmoid", "tanh")
WRITTEN = {
    "NumPy": {
        "relu": lambda x: np.maximum(x, 0),
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "tanh": np.tanh,
    },
    "fastact": {name: fa.activations[name].forward for name in NAMES},
}
# What one would notice: a tenth.
NOTICED = 0.1


def measure(effort: Effort, report: Report) -> Result:
    """Time each layer of each network, all networks once a round in an order drawn anew."""
    batch, rounds = effort.of(2, BATCH, BATCH), effort.of(6, 30, 150)
    generator = effort.generator()
    x = generator.normal(size=(batch, SIDE, SIDE, 1)).astype(np.float32)
    networks = {
        (written, name): _network(functions[name], effort.generator(1))
        for written, functions in WRITTEN.items()
        for name in NAMES
    }
    times = {key: [] for key in networks}
    keys = list(networks)
    for layers in networks.values():
        _timed(layers, x)
    for number in range(rounds):
        report("layers", number / rounds)
        for index in generator.permutation(len(keys)):
            times[keys[index]].append(_timed(networks[keys[index]], x))
    labels = [label for label, _ in networks[keys[0]]]
    active = np.array([label.startswith("activation") for label in labels])
    found = {key: np.array(taken) for key, taken in times.items()}
    shares = {key: _median(taken[:, active].sum(axis=1) / taken.sum(axis=1), generator) for key, taken in found.items()}
    slower = {
        (written, name): _median(found[written, name].sum(axis=1) / found[written, "relu"].sum(axis=1), generator)
        for written in WRITTEN
        for name in NAMES[1:]
    }
    activations = {
        (written, name): _median(
            found[written, name][:, active].sum(axis=1) / found[written, "relu"][:, active].sum(axis=1), generator
        )
        for written in WRITTEN
        for name in NAMES[1:]
    }
    return Result(
        findings=(
            Finding(
                f"The activations are more than {NOTICED:.0%} of a forward pass",
                judged({f"{name} in {written}": above(found, NOTICED) for (written, name), found in shares.items()}),
            ),
            Finding(
                f"The network with ReLU is more than {NOTICED:.0%} quicker as a whole",
                judged(
                    {
                        f"against {name}, both in {written}": above(found, 1 + NOTICED)
                        for (written, name), found in slower.items()
                    }
                ),
            ),
        ),
        setting=f"{batch} images of {SIDE} by {SIDE} pixels through conv (3 by 3, {CHANNELS[0]} channels), "
        "activation, 2 by 2 pool, "
        f"conv ({CHANNELS[1]}), activation, pool, dense ({CLASSES}), softmax; float32, one thread, {rounds} rounds. "
        "Each "
        "network is NumPy's but for its activation; results are new arrays.",
        tables=(
            Table(
                "Activations in a forward pass",
                (
                    "written with",
                    "activation",
                    "share of the pass",
                    "the pass over ReLU's",
                    "the activations over ReLU's",
                ),
                [
                    (
                        written,
                        name,
                        shares[written, name],
                        slower.get((written, name)),
                        activations.get((written, name)),
                    )
                    for written, name in keys
                ],
            ),
            Table(
                "Milliseconds by layer (median)",
                ("layer", *(f"{name}, {written}" for written, name in keys)),
                [
                    (label, *(float(np.median(found[key][:, index])) * 1e3 for key in keys))
                    for index, label in enumerate(labels)
                ],
            ),
        ),
        pictures=(
            bars(
                "Share of the forward pass by layer",
                {
                    label: {
                        f"{name}, fastact": _median(
                            found["fastact", name][:, index] / found["fastact", name].sum(axis=1), generator
                        )
                        for name in NAMES
                    }
                    for index, label in enumerate(labels)
                },
                x="share of the pass",
            ),
            bars(
                "Share of the activations",
                {written: {name: shares[written, name] for name in NAMES} for written in WRITTEN},
                x="share of the pass",
            ),
        ),
    )


def _median(values, generator) -> Estimate:
    return estimate(values, generator, statistic=np.median)


class _Function(Activate):
    """An activation that is any function, forward only."""

    def __init__(self, function):
        self.forward = function


class _Softmax(Layer):
    def forward(self, x):
        powers = np.exp(x - x.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)


def _network(function, generator) -> list[tuple[str, Layer]]:
    first, second = CHANNELS
    return [
        ("conv 1", Convolve(1, first, generator)),
        ("activation 1", _Function(function)),
        ("pool 1", Pool()),
        ("conv 2", Convolve(first, second, generator)),
        ("activation 2", _Function(function)),
        ("pool 2", Pool()),
        ("dense", _Dense((SIDE // 4) ** 2 * second, CLASSES, generator)),
        ("softmax", _Softmax()),
    ]


class _Dense(Dense):
    """A dense layer of images."""

    def forward(self, x):
        return super().forward(Flatten().forward(x))


def _timed(layers, x) -> list[float]:
    """Return the seconds of each layer."""
    taken = []
    for _, layer in layers:
        begun = time.perf_counter()
        x = layer.forward(x)
        taken.append(time.perf_counter() - begun)
    return taken


CLAIM = Claim(
    point=1,
    title="Six times faster: what a whole network gains",
    stated="As ReLU is quicker to compute, so is a network with it.",
    sources=("Said in teaching, as what follows from the claim before",),
    seconds=(8, 25),
    measure=measure,
)
