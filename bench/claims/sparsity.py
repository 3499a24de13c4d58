"""Hard sparsity: the share of zeros by layer in random and in trained networks, and the bytes that it saves."""

from __future__ import annotations

import numpy as np

import fastact as fa

from .data import digits
from .drawing import bars
from .network import Activate, mlp, training
from .result import Claim, Effort, Finding, Report, Result, Table, above, below, estimate, judged
from .zeros import stored

NAMES = ("relu", "elu", "tanh", "sigmoid")
WIDTHS = (64, 128, 128, 128, 10)
RATE = 0.05


def measure(effort: Effort, report: Report) -> Result:
    """Count the zeros of every hidden layer over all digits, at the beginning and after training."""
    seeds = effort.of(5, 6, 12)
    shares, samples = {}, effort.of(200, 1000, 1797)
    for number, name in enumerate(NAMES):
        for seed in range(seeds):
            report(f"training with {name}", (number + seed / seeds) / len(NAMES))
            generator = effort.generator(seed)
            data = digits(generator, samples)
            network = mlp(name, WIDTHS, generator)
            shares.setdefault((name, "random"), []).append(_shares(network, data.rows))
            steps = training(
                network, data.rows, data.labels, rate=RATE, epochs=effort.of(2, 8, 20), generator=generator
            )
            for _ in steps:
                pass
            shares.setdefault((name, "trained"), []).append(_shares(network, data.rows))
    generator = effort.generator(seeds)
    layers = range(len(WIDTHS) - 2)
    of = {
        (*key, layer): estimate(np.array(found)[:, layer], generator)
        for key, found in shares.items()
        for layer in layers
    }
    states = ("random", "trained")
    trained = {layer: of["relu", "trained", layer] for layer in layers}
    bytes_of = {layer: stored(samples, WIDTHS[layer + 1], trained[layer].median) for layer in layers}
    return Result(
        findings=(
            Finding(
                "Half of the units give exactly 0 with ReLU (within 0.05)",
                judged(
                    {
                        f"{state} network, layer {layer + 1}": _near(of["relu", state, layer], 0.5, 0.05)
                        for state in states
                        for layer in layers
                    }
                ),
            ),
            Finding(
                "Training makes ReLU's outputs sparser",
                judged({f"layer {layer + 1}": above(_differences(shares, layer, generator), 0.0) for layer in layers}),
            ),
            Finding(
                "Exact zeros are peculiar to ReLU (others have under 1 in 1000)",
                judged(
                    {
                        name: all(of[name, state, layer].median < 1e-3 for state in states for layer in layers)
                        for name in NAMES
                        if name != "relu"
                    }
                ),
            ),
            Finding(
                "The zeros save memory",
                judged(
                    {
                        "as a bitmap and the other values": _all(above(trained[layer], 1 / 32) for layer in layers),
                        "in compressed sparse rows, with an index of 4 bytes for every value": _all(
                            above(trained[layer], 0.5 + 0.5 / WIDTHS[layer + 1]) for layer in layers
                        ),
                    }
                ),
            ),
        ),
        setting=f"Dense networks {'-'.join(map(str, WIDTHS))}, He initialisation, {seeds} seeds, over {samples} of "
        f"{digits(generator).origin}; trained at rate {RATE:g} with momentum 0.9.",
        sentences=(
            "A bitmap costs one bit an element, and pays from a share of 1/32 on; compressed rows from 1/2 on, and a "
            "little "
            "for the beginnings of rows.",
        ),
        tables=(
            Table(
                "Share of zeros by layer",
                ("activation", "network", *(f"layer {layer + 1}" for layer in layers)),
                [(name, state, *(of[name, state, layer] for layer in layers)) for name in NAMES for state in states],
            ),
            Table(
                f"KiB of a trained ReLU layer's output for {samples} samples, float32",
                ("layer", "dense", "bitmap", "CSR"),
                [
                    (layer + 1, *(found[kind] / 1024 for kind in ("dense", "bitmap", "CSR")))
                    for layer, found in bytes_of.items()
                ],
            ),
        ),
        pictures=(
            bars(
                "Share of zeros, ReLU",
                {f"layer {layer + 1}": {state: of["relu", state, layer] for state in states} for layer in layers},
                x="share of zeros",
            ),
            bars(
                "Bytes of a trained ReLU layer against dense",
                {
                    f"layer {layer + 1}": {kind: size / found["dense"] for kind, size in found.items()}
                    for layer, found in bytes_of.items()
                },
                x="times the bytes of the dense array",
            ),
        ),
    )


def _shares(network, x) -> list[float]:
    network.forward(x)
    return [fa.sparsity(layer.y) for layer in network.of(Activate)]


def _differences(shares, layer, generator):
    random, trained = (np.array(shares["relu", state])[:, layer] for state in ("random", "trained"))
    return estimate(trained - random, generator)


def _near(found, centre, distance):
    high, low = below(found, centre + distance), above(found, centre - distance)
    return _all((high, low))


def _all(answers):
    answers = list(answers)
    return False if False in answers else None if None in answers else True


CLAIM = Claim(
    point=5,
    title="Hard sparsity: zeros by layer, and their bytes",
    stated="ReLU makes hard zeros: about half of the units at the beginning, more after training; they can be stored "
    "for less.",
    sources=(
        "X. Glorot, A. Bordes, Y. Bengio: Deep sparse rectifier neural networks. AISTATS 2011",
        "A. Jain, A. Phanishayee, J. Mars, L. Tang, G. Pekhimenko: Gist: efficient data encoding for deep neural "
        "network "
        "training. ISCA 2018",
    ),
    seconds=(10, 45),
    measure=measure,
)
