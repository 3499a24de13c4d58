"""Outputs that are not zero-centred: mean by layer, with and without batch normalisation; the effect on training."""

from __future__ import annotations

import numpy as np

from .data import digits
from .drawing import bars, lines, series
from .network import Activate, Normalise, mlp, training
from .result import Claim, Effort, Finding, Report, Result, Table, above, below, estimate, judged

NAMES = ("relu", "sigmoid", "tanh")
# Where the batch is normalised, by how `mlp` names it.
PLACES = {"": "nowhere", "before": "before the activation", "after": "after the activation"}
WIDTHS = (64, 64, 64, 64, 64, 10)
RATES = (0.003, 0.01, 0.03, 0.1)
MOMENTUM = 0.9
# A mean nearer to 0 than this part of the deviation counts as centred.
CENTRED = 0.1


def measure(effort: Effort, report: Report) -> Result:
    """Measure means at the beginning and after training, at the rate that each combination does best with."""
    seeds, epochs = effort.of(5, 5, 10), effort.of(2, 5, 12)
    rates = effort.of(RATES[1:2], RATES[1:3], RATES)
    layers = range(len(WIDTHS) - 2)
    begun, ended, errors, chosen = {}, {}, {}, {}
    combinations = [(name, place) for name in NAMES for place in PLACES]
    for number, (name, place) in enumerate(combinations):
        report(f"{name}, normalised {PLACES[place]}", number / len(combinations))
        # The seeds that choose a rate are not those that count.
        chosen[name, place] = min(rates, key=lambda rate: _area(effort, name, place, rate, epochs, seeds))
        for seed in range(seeds):
            begins, ends, error = _trained(effort, name, place, chosen[name, place], epochs, seed)
            begun.setdefault((name, place), []).append(begins)
            ended.setdefault((name, place), []).append(ends)
            errors.setdefault((name, place), []).append(error)
    generator = effort.generator(seeds)
    means = {
        (*key, layer): estimate(np.array(found)[:, layer], generator)
        for key, found in ended.items()
        for layer in layers
    }
    at_first = {
        (*key, layer): estimate(np.array(found)[:, layer], generator)
        for key, found in begun.items()
        for layer in layers
    }
    gains = {
        (name, place): estimate(_areas(errors[name, ""]) - _areas(errors[name, place]), generator)
        for name in NAMES
        for place in ("before", "after")
    }
    return Result(
        findings=(
            Finding(
                "ReLU's outputs are not zero-centred",
                judged({f"normalised {word}": _every(means, "relu", place, layers) for place, word in PLACES.items()}),
            ),
            Finding("Sigmoid's are not either", judged({"normalised nowhere": _every(means, "sigmoid", "", layers)})),
            Finding(
                "Tanh's are",
                judged({"normalised nowhere": _negated(_any(means, "tanh", "", layers))}),
            ),
            Finding(
                "Batch normalisation makes training quicker (the mean training error over all epochs is less)",
                judged({f"{name}, {PLACES[place]}": above(found, 0.0) for (name, place), found in gains.items()}),
            ),
        ),
        setting=f"Networks {'-'.join(map(str, WIDTHS))}, He initialisation, {epochs} epochs, momentum {MOMENTUM:g}, "
        f"{seeds} seeds, on "
        f"{digits(generator).origin}; for each combination the rate of {', '.join(f'{rate:g}' for rate in rates)} "
        "with which "
        "one more seed does best. Means are over all samples and units, in units of the deviation; nearer to 0 than "
        f"{CENTRED:g} is centred. Batch normalisation takes the statistics of what it is given, here all samples.",
        tables=(
            Table(
                "Mean output over its deviation by layer, after training",
                ("activation", "normalised", *(f"layer {layer + 1}" for layer in layers)),
                [
                    (name, PLACES[place], *(means[name, place, layer] for layer in layers))
                    for name, place in combinations
                ],
            ),
            Table(
                "Mean training error over all epochs, and at the end",
                ("activation", "normalised", "rate", "over all epochs", "less than without by", "at the end"),
                [
                    (
                        name,
                        PLACES[place],
                        f"{chosen[name, place]:g}",
                        estimate(_areas(errors[name, place]), generator),
                        gains.get((name, place)),
                        estimate(np.array(errors[name, place])[:, -1], generator),
                    )
                    for name, place in combinations
                ],
            ),
        ),
        pictures=(
            bars(
                "Mean output at the beginning, normalised nowhere",
                {f"layer {layer + 1}": {name: at_first[name, "", layer] for name in NAMES} for layer in layers},
                x="mean over deviation",
            ),
            bars(
                "Mean output after training, ReLU",
                {
                    f"layer {layer + 1}": {word: means["relu", place, layer] for place, word in PLACES.items()}
                    for layer in layers
                },
                x="mean over deviation",
            ),
            *(
                lines(
                    f"Training error of {name}",
                    [
                        series(
                            word,
                            {
                                epoch + 1: estimate(np.array(errors[name, place])[:, epoch], generator)
                                for epoch in range(epochs)
                            },
                        )
                        for place, word in PLACES.items()
                    ],
                    x="epochs",
                    y="training error",
                    limits=(0, None),
                )
                for name in NAMES
            ),
        ),
    )


def _every(means, name, place, layers):
    """Say whether all layers are off centre."""
    answers = [_off(means[name, place, layer]) for layer in layers]
    return False if False in answers else None if None in answers else True


def _any(means, name, place, layers):
    """Say whether some layer is."""
    answers = [_off(means[name, place, layer]) for layer in layers]
    return True if True in answers else None if None in answers else False


def _off(found):
    sides = above(found, CENTRED), below(found, -CENTRED)
    return True if True in sides else None if None in sides else False


def _negated(answer):
    return None if answer is None else not answer


def _areas(errors) -> np.ndarray:
    return np.array(errors).mean(axis=1)


def _area(effort, name, place, rate, epochs, seed) -> float:
    return float(np.mean(_trained(effort, name, place, rate, epochs, seed)[2]))


def _trained(effort, name, place, rate, epochs, seed) -> tuple[list[float], list[float], list[float]]:
    """Return means by layer before and after training, and the training error after each epoch."""
    generator = effort.generator(seed)
    data = digits(generator, effort.of(200, 600, 1797))
    network = mlp(name, WIDTHS, generator, normalised=place)
    before, errors = _means(network, data.rows, place), []
    with np.errstate(all="ignore"):
        steps = training(
            network, data.rows, data.labels, rate=rate, epochs=epochs, generator=generator, momentum=MOMENTUM
        )
        for _ in steps:
            errors.append(network.error(data.rows, data.labels))
        return before, _means(network, data.rows, place), errors + [1.0] * (epochs - len(errors))


def _means(network, x, place) -> list[float]:
    """Return the mean of what each hidden layer hands on, in units of the deviation."""
    found = []
    for layer in network.layers[:-1]:
        x = layer.forward(x)
        if isinstance(layer, Normalise if place == "after" else Activate):
            found.append(float(x.mean() / (x.std() + 1e-12)))
    return found


CLAIM = Claim(
    point=8,
    title="Not zero-centred",
    stated="ReLU's outputs are not zero-centred, which hinders training; batch normalisation mends it.",
    sources=(
        "Y. LeCun, L. Bottou, G. B. Orr, K.-R. Mueller: Efficient BackProp. In: Neural Networks: Tricks of the Trade, "
        "Springer, 1998. doi:10.1007/3-540-49430-8_2",
        "S. Ioffe, C. Szegedy: Batch normalization. ICML 2015. arXiv:1502.03167",
        "D.-A. Clevert, T. Unterthiner, S. Hochreiter: Fast and accurate deep network learning by exponential linear "
        "units. "
        "ICLR 2016. arXiv:1511.07289",
    ),
    seconds=(15, 90),
    measure=measure,
)
