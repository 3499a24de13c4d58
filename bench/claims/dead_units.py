"""Dead units: their share during training at rising learning rates, and what leaky ReLU, PReLU and ELU change."""

from __future__ import annotations

import itertools

import numpy as np

import fastact as fa

from ..harness import Estimate
from .data import digits
from .drawing import lines, series
from .network import Dense, mlp, training
from .result import Claim, Effort, Finding, Report, Result, Table, above, estimate, judged

NAMES = ("relu", "leaky_relu", "prelu", "elu")
RATES = (0.01, 0.03, 0.1, 0.2, 0.3, 1.0)
WIDTHS = (64, 128, 128, 10)
MOMENTUM = 0.9
# A unit is dead if its derivative is below this at every sample.
NO_SLOPE = 1e-6
# A share above this one is more than an accident.
SOME = 0.01


def measure(effort: Effort, report: Report) -> Result:
    """Train at each rate, and count after each epoch the units through which no gradient passes."""
    seeds, epochs = effort.of(5, 5, 10), effort.of(2, 4, 12)
    rates = effort.of(RATES[::3], RATES[1::2], RATES)
    shares, errors, lost = {}, {}, {}
    runs = [(name, rate, seed) for name in NAMES for rate in rates for seed in range(seeds)]
    for number, (name, rate, seed) in enumerate(runs):
        report(f"{name} at rate {rate:g}", number / len(runs))
        share, error, finite = _trained(effort, name, rate, seed, epochs)
        lost.setdefault((name, rate), []).append(not finite)
        shares.setdefault((name, rate), []).append(share)
        errors.setdefault((name, rate), []).append(error)
    generator = effort.generator(seeds)
    ends = {key: _of_whole([share[-1] for share in found], generator) for key, found in shares.items()}
    wrong = {key: estimate(found, generator) for key, found in errors.items()}
    cures = NAMES[1:]
    less = {
        (name, rate): _of_whole(
            np.array([share[-1] for share in shares["relu", rate]]) - [share[-1] for share in shares[name, rate]],
            generator,
        )
        for name in cures
        for rate in rates
    }
    better = {
        (name, rate): estimate(np.array(errors["relu", rate]) - errors[name, rate], generator)
        for name in cures
        for rate in rates
    }
    died = {rate: _of_whole([share[-1] - share[0] for share in shares["relu", rate]], generator) for rate in rates}
    ill = [rate for rate in rates if _over(died[rate], SOME)]
    return Result(
        findings=(
            Finding(
                f"ReLU units die in training (more than {SOME:.0%} of them, beside those dead at first)",
                judged({f"rate {rate:g}": _over(died[rate], SOME) for rate in rates}),
            ),
            Finding(
                "The higher the learning rate, the more of them",
                judged(
                    {
                        f"{high:g} against {low:g}": _over(_paired(shares, high, low, generator), 0.0)
                        for low, high in itertools.pairwise(rates)
                    }
                ),
            ),
            Finding(
                "Leaky ReLU, PReLU and ELU cure it: fewer die at the rates where ReLU's do",
                judged({f"{name}, rate {rate:g}": _over(less[name, rate], 0.0) for name in cures for rate in ill}),
            ),
            Finding(
                "and the network errs less there",
                judged({f"{name}, rate {rate:g}": above(better[name, rate], 0.0) for name in cures for rate in ill}),
            ),
        ),
        setting=f"Networks {'-'.join(map(str, WIDTHS))}, momentum {MOMENTUM:g}, {epochs} epochs, {seeds} seeds, on "
        f"{digits(generator).origin}. A unit is dead if its derivative is below {NO_SLOPE:g} at every training "
        "sample; in a "
        "network whose weights are no numbers any more none is counted; where fewer than five remain, shares decide "
        "nothing.",
        tables=(
            Table(
                "Share of dead hidden units at the end",
                ("activation", *(f"rate {rate:g}" for rate in rates)),
                [(name, *(ends[name, rate] for rate in rates)) for name in NAMES],
            ),
            Table(
                "Training error at the end",
                ("activation", *(f"rate {rate:g}" for rate in rates)),
                [(name, *(wrong[name, rate] for rate in rates)) for name in NAMES],
            ),
            Table(
                "Share of runs that ended with weights that are no numbers",
                ("activation", *(f"rate {rate:g}" for rate in rates)),
                [(name, *(estimate(lost[name, rate], generator) for rate in rates)) for name in NAMES],
            ),
        ),
        pictures=(
            lines(
                "Dead ReLU units during training",
                [
                    series(
                        f"rate {rate:g}",
                        {
                            epoch: found
                            for epoch in range(epochs + 1)
                            if (found := _of_whole([share[epoch] for share in shares["relu", rate]], generator))
                        },
                    )
                    for rate in rates
                ],
                x="epochs",
                y="share of dead units",
                limits=(0, None),
            ),
            lines(
                "Dead units at the end against the learning rate",
                [series(name, {rate: ends[name, rate] for rate in rates if ends[name, rate]}) for name in NAMES],
                x="learning rate",
                y="share of dead units",
                log_x=True,
                ticks={rate: f"{rate:g}" for rate in rates},
                limits=(0, None),
            ),
        ),
    )


def _paired(shares, high, low, generator):
    ends = (np.array([share[-1] for share in shares["relu", rate]]) for rate in (high, low))
    return _of_whole(np.subtract(*ends), generator)


def _of_whole(values, generator) -> Estimate | None:
    """Return the estimate over the networks whose weights are numbers, if there are any."""
    values = np.array(values)
    whole = values[np.isfinite(values)]
    return estimate(whole, generator) if len(whole) else None


def _over(found: Estimate | None, limit: float) -> bool | None:
    return None if found is None else above(found, limit)


def _trained(effort, name, rate, seed, epochs) -> tuple[list[float], float, bool]:
    """Return the share of dead units at first and after each epoch, the error, and whether all is finite."""
    generator = effort.generator(seed)
    data = digits(generator, effort.of(200, 600, 1797))
    network = mlp(name, WIDTHS, generator)
    shares = [_dead(network, data.rows)]
    with np.errstate(all="ignore"):
        steps = training(
            network, data.rows, data.labels, rate=rate, epochs=epochs, generator=generator, momentum=MOMENTUM
        )
        for passed in steps:
            whole = np.isfinite(passed.loss) and _finite(network)
            shares.append(_dead(network, data.rows) if whole else np.nan)
        error = network.error(data.rows, data.labels)
    return shares + shares[-1:] * (epochs + 1 - len(shares)), error, _finite(network)


def _finite(network) -> bool:
    return all(np.isfinite(array).all() for array in network.parameters)


def _dead(network, x) -> float:
    network.forward(x)
    found = []
    for layer in network.layers:
        if not isinstance(layer, Dense):
            slope = layer.backward(np.ones_like(layer.x))
            found.append(fa.dead_units(np.where(np.abs(slope) < NO_SLOPE, 0, slope)))
    return float(np.concatenate(found).mean())


CLAIM = Claim(
    point=6,
    title="Dead units",
    stated="At high learning rates ReLU units die: they give 0 for every sample and never learn again. Leaky ReLU, "
    "PReLU and ELU "
    "cure it.",
    sources=(
        "A. L. Maas, A. Y. Hannun, A. Y. Ng: Rectifier nonlinearities improve neural network acoustic models. ICML "
        "2013",
        "K. He, X. Zhang, S. Ren, J. Sun: Delving deep into rectifiers. ICCV 2015. arXiv:1502.01852 (PReLU)",
        "D.-A. Clevert, T. Unterthiner, S. Hochreiter: Fast and accurate deep network learning by exponential linear "
        "units. "
        "ICLR 2016. arXiv:1511.07289",
        "L. Lu, Y. Shin, Y. Su, G. E. Karniadakis: Dying ReLU and initialization. 2019. arXiv:1903.06733",
    ),
    seconds=(15, 90),
    measure=measure,
)
