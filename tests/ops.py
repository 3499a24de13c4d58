"""One row an activation: special values, parameters, ranges; every test iterates the rows and the cases.

The formulas are in references.py (arrays) and exact.py (one number, any precision) under the row's
name. Bounds and defaults are not here: they stand in `fastact.activations`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from flint import arb

import fastact as fa

from . import exact, references
from .ulp import finfo

INF, NAN = float("inf"), float("nan")
DTYPES = (np.dtype(np.float32), np.dtype(np.float64))
SUFFIXES = {"forward": "", "backward": "_backward", "backward_from_output": "_backward_from_output"}
FORMULAS = {"forward": "", "backward": "_derivative", "backward_from_output": "_derivative_from_output"}

Values = Callable | tuple[float, ...]  # or of the formulas' arguments


def computing(dtype):
    """Return the type that parameters are cast to: float32 for 16-bit inputs."""
    return max(np.dtype(dtype), DTYPES[0], key=lambda one: one.itemsize)


@dataclass(frozen=True)
class Op:
    """What one activation gives at special points, and what it may be given.

    Where a field may be a function, it is one of the arguments that the formulas take after x; a
    `Case` holds its result.
    """

    name: str
    special: tuple[tuple[float, float], ...]  # pairs, for 0.0 and -0.0 are one key of a dict
    derivative_special: tuple[tuple[float, float], ...]  # both for the first row of parameters
    exactly_zero: Callable[..., np.ndarray] | None = None  # where f'(x) selects 0, of x too
    derivative_at_nan: Callable | float = NAN  # for grad = 1
    parameters: tuple[dict[str, float], ...] = ({},)
    outputs: Values = (-INF, INF)
    turns: Values = (0.0,)  # magnitudes where a formula changes its form or its range, of either dtype
    roots: Values = ()  # of the derivative, where it changes its sign
    monotone: Callable | bool = True  # never descends
    out_of_domain: dict[str, tuple[float, ...]] = field(default_factory=dict)  # refused as scalars
    positive_from_output: tuple[str, ...] = ()  # parameters that must be above 0 for the output to tell
    directions: tuple[str, ...] = tuple(SUFFIXES)  # those that are cases, where the table has them
    formula: str | None = None  # another row's formulas, where they are this one's
    arguments: Callable | None = None  # the formulas' arguments in the computing type, of the parameters in it
    needs_dtype: bool = False  # the formulas also take the computing type: a breakpoint lies where it rounds
    activation: str | None = None  # the record's name, where several rows share one
    options: dict[str, str] = field(default_factory=dict)  # what chooses this row among them

    @property
    def record(self) -> fa.Activation:
        """Return its record in the public table."""
        return fa.activations[self.activation or self.name]

    def formula_of(self, module, direction):
        """Return its formula for a direction: of references.py or of exact.py."""
        return getattr(module, (self.formula or self.name) + FORMULAS[direction])


# Where exp(-x) leaves the normal numbers, and where it rounds to 0, of float32 and of float64.
DECAY = (87.33654475, 103.97208, 708.3964185322641, 745.1332191019412)
# Where x * exp(-x) does.
LINEAR_DECAY = (91.8568, 108.6603, 714.9687, 751.7556)
# Where exp(-x) no longer shows beside 1, and around ln(2) / 2, half the period of its reduction.
SATURATION = (0.34657359, 14.56, 16.64, 17.32868, 33.28, 36.74, 37.42995)
LOGISTIC = (0.0, *SATURATION, *DECAY)
# The powers of two at which x**2 leaves the normal numbers, vanishes, overflows.
SQUARE = (2.0**-63, 2.0**-74.5, 2.0**64, 2.0**-511, 2.0**-537, 2.0**512)
FINITE = (NAN, INF, -INF)
ROOT_OF_SILU = 1.2784645427610737951


def _scaled(turns, factor):
    return tuple(turn * factor for turn in turns)


def _exponential(alpha, reach=1.0):
    """Return the turns of alpha * exp(x / reach) and of its distance from alpha."""
    shift = np.log(abs(alpha)) if alpha else 0.0
    return _scaled((0.0, 2.0**-24, 2.0**-53, *SATURATION, *DECAY, *(turn + shift for turn in DECAY)), abs(reach))


def _silu_turns(beta):
    return _scaled((0.0, ROOT_OF_SILU, *SATURATION, *DECAY, *LINEAR_DECAY), 1 / abs(beta)) if beta else (0.0,)


def _squareplus_turns(b):
    root = np.sqrt(b)
    relative = (2.0**-30, 2.0**-12, 2.0**-26, 1.0, 2.0**12, 2.0**26)
    faint = (2.0**62, 2.0**73.5, 2.0**510, 2.0**536)  # of the derivative, b / (4 * x**2)
    return (0.0, *_scaled(relative + faint, root), b * 2.0**124, b * 2.0**1020, *SQUARE)


OPS = (
    Op(
        "relu",
        special=((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (-3.0, 0.0), (3.0, 3.0), (1e30, 1e30)),
        derivative_special=((0.0, 0.0), (-0.0, 0.0), (INF, 1.0), (-INF, 0.0), (1e30, 1.0), (-1e30, 0.0)),
        exactly_zero=lambda x: x <= 0,
        derivative_at_nan=1.0,
        outputs=(0.0, INF),
    ),
    Op(
        "relu6",
        special=(
            *((0.0, 0.0), (-0.0, -0.0), (INF, 6.0), (-INF, 0.0), (NAN, NAN), (1e30, 6.0), (-1e30, 0.0)),
            *((0.5, 0.5), (6.0, 6.0), (6.5, 6.0), (-1.0, 0.0)),
        ),
        derivative_special=(
            *((0.0, 0.0), (-0.0, 0.0), (INF, 0.0), (-INF, 0.0), (1e30, 0.0), (-1e30, 0.0)),
            *((6.0, 0.0), (5.75, 1.0), (1e-30, 1.0)),
        ),
        exactly_zero=lambda x: (x <= 0) | (x >= 6),
        derivative_at_nan=1.0,
        outputs=(0.0, 6.0),
        turns=(0.0, 6.0),
    ),
    Op(
        "relu_squared",
        special=(
            *((0.0, 0.0), (-0.0, 0.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (-1e30, 0.0)),
            *((3.0, 9.0), (-3.0, 0.0), (2.0**40, 2.0**80), (2.0**-70, 2.0**-140)),
        ),
        derivative_special=((0.0, 0.0), (-0.0, 0.0), (INF, INF), (-INF, 0.0), (-1e30, 0.0), (3.0, 6.0)),
        exactly_zero=lambda x: x <= 0,
        outputs=(0.0, INF),
        turns=(0.0, *SQUARE, 2.0**127, 2.0**1023),
    ),
    Op(
        "leaky_relu",
        special=((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (NAN, NAN), (-4.0, -1.0), (4.0, 4.0)),
        derivative_special=((0.0, 0.25), (-0.0, 0.25), (INF, 1.0), (-INF, 0.25), (1e30, 1.0), (-1e30, 0.25)),
        exactly_zero=lambda x, slope: (x <= 0) & (slope == 0),
        derivative_at_nan=lambda slope: slope,
        parameters=({"negative_slope": 0.25}, {}, {"negative_slope": 0.0}, {"negative_slope": 3.0}),
        monotone=lambda slope: slope >= 0,
        out_of_domain={"negative_slope": (NAN,)},
        positive_from_output=("negative_slope",),
    ),
    Op(
        "prelu",
        special=((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (NAN, NAN), (-4.0, -1.0), (4.0, 4.0)),
        derivative_special=((0.0, 0.25), (-0.0, 0.25), (INF, 1.0), (-INF, 0.25), (1e30, 1.0), (-1e30, 0.25)),
        exactly_zero=lambda x, weight: (x <= 0) & (weight == 0),
        derivative_at_nan=lambda weight: weight,
        parameters=({"weight": 0.25}, {"weight": 0.0}, {"weight": -1.7}),
        monotone=lambda weight: weight >= 0,
        out_of_domain={"weight": (NAN,)},
        directions=("forward",),  # its backward returns two gradients, which have tests of their own
        formula="leaky_relu",
    ),
    Op(
        "rrelu",
        special=((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (NAN, NAN), (-4.0, -2.0), (4.0, 4.0)),
        derivative_special=((0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.5), (1e30, 1.0), (-1e30, 0.5)),
        exactly_zero=lambda x, slope: (x <= 0) & (slope == 0),
        derivative_at_nan=lambda slope: slope,
        parameters=({"lower": 0.25, "upper": 0.75}, {}, {"lower": -0.5, "upper": 0.5}),
        monotone=lambda slope: slope >= 0,
        out_of_domain={"lower": (*FINITE, 1.0), "upper": (*FINITE, 0.0)},
        formula="leaky_relu",
        arguments=lambda lower, upper: ((lower + upper) / 2,),
    ),
    Op(
        "hardtanh",
        special=(
            *((0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (NAN, NAN), (1e30, 1.0), (-1e30, -1.0)),
            *((1.0, 1.0), (-1.0, -1.0), (0.5, 0.5), (-0.5, -0.5)),
        ),
        derivative_special=(
            *((0.0, 1.0), (-0.0, 1.0), (INF, 0.0), (-INF, 0.0), (1e30, 0.0), (-1e30, 0.0)),
            *((1.0, 0.0), (-1.0, 0.0), (0.875, 1.0), (-0.875, 1.0)),
        ),
        exactly_zero=lambda x, low, high: (x <= low) | (x >= high),
        derivative_at_nan=1.0,
        parameters=({}, {"min_val": -2.0, "max_val": 3.0}, {"min_val": 0.0, "max_val": 6.0}, {"min_val": 1.0}),
        outputs=lambda low, high: (low, high),
        turns=lambda low, high: (0.0, low, high),
        out_of_domain={"min_val": (NAN, 2.0, INF), "max_val": (NAN, -2.0, -INF)},
    ),
    Op(
        "hardsigmoid",
        special=(
            *((0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (NAN, NAN), (1e30, 1.0), (-1e30, 0.0)),
            *((3.0, 1.0), (6.0, 1.0), (-6.0, 0.0)),  # at -3 float64's 1/6, which is too small, leaves 2.8e-17
        ),
        derivative_special=(
            *((0.0, 1 / 6), (-0.0, 1 / 6), (INF, 0.0), (-INF, 0.0), (1e30, 0.0), (-1e30, 0.0)),
            *((3.0, 0.0), (-3.0, 0.0), (2.75, 1 / 6), (-2.75, 1 / 6)),
        ),
        exactly_zero=lambda x, slope, offset: (slope * x <= -offset) | (slope * x >= 1 - offset) | (slope == 0),
        derivative_at_nan=lambda slope, offset: slope,
        parameters=({}, {"slope": 0.2}, {"slope": 0.0, "offset": 0.25}, {"slope": -2.0}),
        outputs=(0.0, 1.0),
        turns=lambda slope, offset: (0.0, 1.0, *((offset / slope, (1 - offset) / slope) if slope else ())),
        monotone=lambda slope, offset: slope >= 0,
        out_of_domain={"slope": FINITE, "offset": FINITE},
        needs_dtype=True,
    ),
    Op(
        "hardswish",
        special=(
            *((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (1e30, 1e30), (-1e30, 0.0)),
            *((3e38, 3e38), (3.0, 3.0), (-3.0, 0.0), (4.0, 4.0), (-4.0, 0.0)),
        ),
        derivative_special=(
            *((0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (1e30, 1.0), (-1e30, 0.0)),
            *((3.0, 1.0), (-3.0, 0.0), (4.0, 1.0), (-4.0, 0.0)),
        ),
        exactly_zero=lambda x: x <= -3,
        derivative_at_nan=1.0,
        turns=(0.0, 1.5, 3.0),
        roots=(-1.5,),
        monotone=False,
    ),
    Op(
        "threshold",
        special=(
            *((0.0, 20.0), (-0.0, 20.0), (INF, INF), (-INF, 20.0), (NAN, NAN), (1e30, 1e30), (-1e30, 20.0)),
            *((0.1, 20.0), (0.125, 0.125), (-3.0, 20.0)),
        ),
        derivative_special=(
            *((0.0, 0.0), (-0.0, 0.0), (INF, 1.0), (-INF, 0.0), (1e30, 1.0), (-1e30, 0.0)),
            *((0.1, 0.0), (0.125, 1.0)),
        ),
        exactly_zero=lambda x, limit, value: x <= limit,
        derivative_at_nan=1.0,
        parameters=(
            {"threshold": 0.1, "value": 20.0},
            {"threshold": -1.0, "value": 0.5},
            {"threshold": 0.5, "value": 0.0},
        ),
        turns=lambda limit, value: (0.0, limit),
        monotone=lambda limit, value: value <= limit,
        out_of_domain={"threshold": (NAN,), "value": (NAN,)},
    ),
    Op(
        "hardshrink",
        special=(
            *((0.0, 0.0), (-0.0, 0.0), (INF, INF), (-INF, -INF), (NAN, NAN), (1e30, 1e30), (-1e30, -1e30)),
            *((0.5, 0.0), (-0.5, 0.0), (0.75, 0.75), (-0.75, -0.75)),
        ),
        derivative_special=(
            *((0.0, 0.0), (-0.0, 0.0), (INF, 1.0), (-INF, 1.0), (1e30, 1.0), (-1e30, 1.0)),
            *((0.5, 0.0), (-0.5, 0.0), (0.75, 1.0), (-0.75, 1.0)),
        ),
        exactly_zero=lambda x, lambd: np.abs(x) <= lambd,
        derivative_at_nan=1.0,
        parameters=({}, {"lambd": 0.0}, {"lambd": -1.0}),
        turns=lambda lambd: (0.0, lambd),
        out_of_domain={"lambd": (NAN,)},
    ),
    Op(
        "softshrink",
        special=(
            *((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (NAN, NAN), (1e30, 1e30), (-1e30, -1e30)),
            *((0.5, 0.0), (-0.5, 0.0), (0.75, 0.25), (-0.75, -0.25)),
        ),
        derivative_special=(
            *((0.0, 0.0), (-0.0, 0.0), (INF, 1.0), (-INF, 1.0), (1e30, 1.0), (-1e30, 1.0)),
            *((0.5, 0.0), (-0.5, 0.0), (0.75, 1.0), (-0.75, 1.0)),
        ),
        exactly_zero=lambda x, lambd: np.abs(x) <= lambd,
        derivative_at_nan=1.0,
        parameters=({}, {"lambd": 0.0}, {"lambd": 1.5}),
        turns=lambda lambd: (0.0, lambd, 2 * lambd),
        out_of_domain={"lambd": (NAN, -0.5, -INF)},
    ),
    Op(
        "sigmoid",
        special=((0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (NAN, NAN), (1e30, 1.0), (-1e30, 0.0)),
        derivative_special=((0.0, 0.25), (-0.0, 0.25), (INF, 0.0), (-INF, 0.0), (1e30, 0.0), (-1e30, 0.0)),
        outputs=(0.0, 1.0),
        turns=(*LOGISTIC, 39.2, 104.0, 200.0, 746.0),
    ),
    Op(
        "tanh",
        special=((0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (NAN, NAN), (1e30, 1.0), (-1e30, -1.0)),
        derivative_special=((0.0, 1.0), (-0.0, 1.0), (INF, 0.0), (-INF, 0.0), (1e30, 0.0), (-1e30, 0.0)),
        outputs=(-1.0, 1.0),
        turns=(0.0, 2.0**-40, 0.1733, 0.75, 1.0, 9.0109, 10.0, 19.06, 20.0, 44.36142, 52.67919, 100.0, 354.89, 372.9),
    ),
    Op(
        "log_sigmoid",
        special=((INF, 0.0), (-INF, -INF), (NAN, NAN), (1e30, 0.0), (-1e30, -1e30), (1000.0, 0.0), (-1000.0, -1000.0)),
        derivative_special=((0.0, 0.5), (-0.0, 0.5), (INF, 0.0), (-INF, 1.0), (1e30, 0.0), (-1e30, 1.0)),
        outputs=(-INF, 0.0),
        turns=LOGISTIC,
    ),
    Op(
        "elu",
        special=(
            *((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -3.0), (NAN, NAN), (1e30, 1e30), (-1e30, -3.0)),
            *((0.5, 0.5), (3.0, 3.0)),
        ),
        derivative_special=((0.0, 3.0), (-0.0, 3.0), (INF, 1.0), (-INF, 0.0), (1e30, 1.0), (-1e30, 0.0), (0.5, 1.0)),
        parameters=({"alpha": 3.0}, {}, {"alpha": 0.5}),
        outputs=lambda alpha: (-alpha, INF),
        turns=_exponential,
        monotone=lambda alpha: alpha >= 0,
        out_of_domain={"alpha": FINITE},
        positive_from_output=("alpha",),
    ),
    Op(
        "celu",
        special=(
            *((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -2.0), (NAN, NAN), (1e30, 1e30), (-1e30, -2.0)),
            *((0.5, 0.5), (3.0, 3.0)),
        ),
        derivative_special=((0.0, 1.0), (-0.0, 1.0), (INF, 1.0), (-INF, 0.0), (1e30, 1.0), (-1e30, 0.0), (0.5, 1.0)),
        parameters=({"alpha": 2.0}, {}, {"alpha": 0.5}, {"alpha": -1.5}),
        outputs=lambda alpha: (-alpha, INF),
        # A negative alpha makes it overflow, at the last two and, times alpha, a little earlier.
        turns=lambda alpha: (*_exponential(1.0, alpha), *_scaled((88.3173, 88.7228, 709.377, 709.7827), abs(alpha))),
        out_of_domain={"alpha": (*FINITE, 0.0, -0.0)},
        positive_from_output=("alpha",),
    ),
    Op(
        "selu",
        special=(
            *((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -3.0), (NAN, NAN), (-1e30, -3.0)),
            *((0.5, 1.0), (3.0, 6.0)),
        ),
        derivative_special=((0.0, 3.0), (-0.0, 3.0), (INF, 2.0), (-INF, 0.0), (1e30, 2.0), (-1e30, 0.0), (0.5, 2.0)),
        parameters=({"alpha": 1.5, "scale": 2.0}, {}),
        outputs=lambda alpha, scale: (-alpha * scale, INF),
        turns=lambda alpha, scale: _exponential(alpha * scale),
        monotone=lambda alpha, scale: alpha >= 0 and scale >= 0,
        out_of_domain={"alpha": FINITE, "scale": FINITE},
        positive_from_output=("alpha", "scale"),
    ),
    Op(
        "softplus",
        special=((INF, INF), (-INF, 0.0), (NAN, NAN), (1e30, 1e30), (-1e30, 0.0), (1000.0, 1000.0), (-1000.0, 0.0)),
        derivative_special=((0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (1e30, 1.0), (-1e30, 0.0)),
        parameters=({}, {"beta": 0.5}, {"beta": 1.7}, {"beta": 10.0}),
        outputs=(0.0, INF),
        turns=lambda beta: _scaled((*LOGISTIC, *(turn - np.log(beta) for turn in DECAY)), 1 / beta),
        out_of_domain={"beta": (*FINITE, 0.0, -0.0, -1.0)},
    ),
    Op(
        "silu",
        special=(
            *((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (1e30, 1e30), (-1e30, 0.0)),
            *((1000.0, 1000.0), (-1000.0, 0.0)),
        ),
        derivative_special=((0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (1e30, 1.0), (-1e30, 0.0)),
        parameters=({}, {"beta": 1.702}, {"beta": -1.0}, {"beta": 0.0}),
        turns=_silu_turns,
        roots=lambda beta: (-ROOT_OF_SILU / beta,) if beta else (),
        monotone=lambda beta: beta == 0,
        out_of_domain={"beta": FINITE},
    ),
    Op(
        "mish",
        special=(
            *((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (1e30, 1e30), (-1e30, 0.0)),
            *((1000.0, 1000.0), (-1000.0, 0.0)),
        ),
        derivative_special=((INF, 1.0), (-INF, 0.0), (1e30, 1.0), (-1e30, 0.0), (1000.0, 1.0), (-1000.0, 0.0)),
        turns=(*_silu_turns(1.0), 1.1924312145154952, *_scaled(SATURATION, 0.5)),
        roots=(-1.1924312145154952121,),
        monotone=False,
    ),
    Op(
        "tanhshrink",
        special=((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (NAN, NAN), (1e30, 1e30), (-1e30, -1e30)),
        derivative_special=((0.0, 0.0), (-0.0, 0.0), (INF, 1.0), (-INF, 1.0), (1e30, 1.0), (-1e30, 1.0)),
        turns=(
            *(0.0, 2.0**-40, 0.3, 0.5, 0.75, 1.0, 9.0109, 10.0, 19.06, 20.0, 2.0**24, 2.0**53),
            *(np.cbrt(3 * least) for least in (2.0**-126, 2.0**-150, 2.0**-1022, 2.0**-1074)),
            *SQUARE,
        ),
    ),
    Op(
        "softsign",
        special=(
            *((0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (NAN, NAN), (1e30, 1.0), (-1e30, -1.0)),
            *((1.0, 0.5), (-1.0, -0.5), (3.0, 0.75)),
        ),
        derivative_special=((0.0, 1.0), (-0.0, 1.0), (INF, 0.0), (-INF, 0.0), (1.0, 0.25), (-1.0, 0.25)),
        outputs=(-1.0, 1.0),
        turns=(*(0.0, 2.0**-53, 2.0**-24, 1.0, 2.0**24, 2.0**53), *(1 / turn for turn in SQUARE)),
    ),
    Op(
        "gelu",
        special=(
            *((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (1e30, 1e30), (-1e30, 0.0)),
            *((50.0, 50.0), (-50.0, 0.0)),
        ),
        derivative_special=((0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (1e30, 1.0), (-1e30, 0.0)),
        turns=(
            *(0.0, 0.7517915246935645, 1.0, 5.42, 5.5, 6.0, 8.29),
            *(13.1462, 14.3561, 37.6159, 38.5801),  # below the normal numbers and to 0
            *(13.3423, 14.5417, 37.7123, 38.6748),  # of the derivative
        ),
        roots=(-0.7517915246935644575,),
        monotone=False,
    ),
    Op(
        "gelu_tanh",
        special=(
            *((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (1e30, 1e30), (-1e30, 0.0)),
            *((50.0, 50.0), (-50.0, 0.0)),
        ),
        derivative_special=((0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (1e30, 1.0), (-1e30, 0.0), (1e20, 1.0)),
        turns=(
            *(0.0, 0.7524614220710163, 1.0, 5.0, 5.4, 7.6, 8.4),
            *(10.1006, 10.7709, 21.1769, 21.5471),
            *(10.2352, 10.8947, 21.2238, 21.5927),
            *(1.9e19, 5e19, 2.0**42, 2.0**341),  # where powers of x overflow
        ),
        roots=(-0.7524614220710162585,),
        monotone=False,
        activation="gelu",
        options={"approximate": "tanh"},
    ),
    Op(
        "quick_gelu",
        special=(
            *((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (1e30, 1e30), (-1e30, 0.0)),
            *((3e38, 3e38), (1000.0, 1000.0), (-1000.0, 0.0)),
        ),
        derivative_special=((0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (1e30, 1.0), (-1e30, 0.0)),
        turns=_silu_turns(1.702),
        roots=(-ROOT_OF_SILU / 1.702,),
        monotone=False,
    ),
    Op(
        "squareplus",
        special=((0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (1e30, 1e30), (3e38, 3e38)),
        derivative_special=((0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (1e30, 1.0)),
        parameters=({}, {"b": 0.0}, {"b": 1.0}, {"b": 1e-3}),
        turns=_squareplus_turns,
        out_of_domain={"b": (*FINITE, -1.0)},
    ),
)


@dataclass(frozen=True, eq=False)  # as itself: what is measured of it can be kept
class Case:
    """One function of one row with one set of parameters."""

    op: Op
    direction: str
    parameters: dict[str, float]

    @property
    def name(self) -> str:
        """Its ufunc's name, which is the public function's too unless there are options."""
        return self.op.name + SUFFIXES[self.direction]

    @property
    def function(self):
        return getattr(self.op.record, self.direction)

    @property
    def ufunc(self):
        return getattr(fa.ufuncs, self.name)

    @property
    def bound(self) -> float:
        return self.op.record.error_bounds[self.direction]

    @property
    def bound_at_any_grad(self) -> float:
        """The product with grad rounds once more; bounds from the output count that already."""
        return self.bound + (self.direction == "backward")

    @property
    def inputs(self) -> int:
        return 1 if self.direction == "forward" else 2

    @property
    def in_full(self) -> dict[str, float]:
        """Return the parameters with the defaults filled in."""
        return {**self.op.record.parameters, **self.parameters}

    def __call__(self, *inputs, **keywords):
        return self.function(*inputs, **self.parameters, **self.op.options, **keywords)

    def by_ufunc(self, *inputs, **keywords):
        """Call the ufunc, whose parameters are operands of the computing type."""
        dtype = computing(np.result_type(*inputs))
        return self.ufunc(*inputs, *(dtype.type(value) for value in self.in_full.values()), **keywords)

    def arguments(self, dtype):
        """Return what the formulas take after x: numbers of the type that `dtype` is computed in."""
        cast = [computing(dtype).type(value) for value in self.in_full.values()]
        return tuple(self.op.arguments(*cast) if self.op.arguments else cast)

    def _of_arguments(self, value, dtype=DTYPES[1]):
        return value(*map(float, self.arguments(dtype))) if callable(value) else value

    outputs = property(lambda self: self._of_arguments(self.op.outputs))
    monotone = property(lambda self: self._of_arguments(self.op.monotone))

    @property
    def roots(self) -> tuple[float, ...]:
        """Return where this function crosses 0, if it is a derivative that does."""
        return self._of_arguments(self.op.roots) if self.direction == "backward" else ()

    def turns(self, dtype):
        """Return those that `dtype` can hold, as an array of magnitudes."""
        turns = np.abs(self._of_arguments(self.op.turns))
        return np.unique(turns[turns <= float(finfo(dtype).max)].astype(dtype))

    def defined(self, x):
        """Return those of x that the function takes: from the output, what it can give."""
        low, high = self.outputs if self.direction == "backward_from_output" else (-INF, INF)
        return x[(low <= x) & (x <= high)]

    def derivative_at_nan(self, dtype):
        """Return what grad = 1 becomes at NaN: the same number in `dtype`."""
        return self._of_arguments(self.op.derivative_at_nan, dtype)

    def exactly_zero(self, x):
        """Return where the derivative is 0 whatever grad is, for x of the type under test."""
        if self.op.exactly_zero is None:
            return np.zeros(x.shape, bool)
        if self.direction == "backward_from_output":
            return self.reference(x.astype(np.float64), x.dtype) == 0
        with np.errstate(all="ignore"):
            return self.op.exactly_zero(x, *self.arguments(x.dtype))

    @property
    def out_of_domain(self) -> dict[str, tuple[float, ...]]:
        """Return the scalars that each parameter must refuse in this direction."""
        more = self.op.positive_from_output if self.direction == "backward_from_output" else ()
        return {
            name: refused + ((0.0, -0.0, -0.5, -1.0) if name in more else ())
            for name, refused in self.op.out_of_domain.items()
        }

    def _bound_formula(self, module, number, dtype):
        """Return the formula of x alone, with its other arguments made by `number`."""
        formula = self.op.formula_of(module, self.direction)
        values = [number(float(value)) for value in self.arguments(dtype)]
        if self.op.needs_dtype:
            values.append(computing(dtype))
        return lambda x: formula(x, *values)

    def reference(self, argument, dtype):
        """Return f or f' in float64; parameters as the type that `dtype` is computed in rounds them."""
        with np.errstate(all="ignore"):
            return self._bound_formula(references, np.float64, dtype)(argument)

    def exactly(self, dtype):
        """Return f or f' as a function from one `arb` to another, at flint's precision."""
        return self._bound_formula(exact, arb, dtype)

    def exact(self, argument, dtype):
        """Return f or f' of one number as an `arb`, at flint's precision."""
        return self.exactly(dtype)(arb(float(argument)))

    def sample(self, rng, dtype, n):
        """Return inputs of all magnitudes and signs, among them what a network would see."""
        if self.direction == "backward_from_output":
            low, high = (np.nan_to_num(limit, posinf=50, neginf=-50) for limit in self.outputs)
            last = rng.uniform(low, high, n)
        else:
            bits = rng.integers(0, 2 ** (8 * dtype.itemsize), n, dtype=f"u{dtype.itemsize}")
            with np.errstate(invalid="ignore"):  # signalling NaN
                anything = bits.view(dtype).astype(np.float64)
            last = np.where(np.isfinite(anything) & (rng.random(n) < 0.3), anything, rng.normal(0, 5, n))
        last = last.astype(dtype)
        return (last,) if self.inputs == 1 else (rng.normal(0, 1, n).astype(dtype), last)

    def __str__(self):
        values = "-".join(f"{value:g}" for value in self.parameters.values())
        return self.name + (f"-{values}" if values else "")


def _admitted(case):
    return case.direction != "backward_from_output" or all(
        case.in_full[name] > 0 for name in case.op.positive_from_output
    )


CASES = tuple(
    case
    for op in OPS
    for direction in op.record.error_bounds
    if direction in op.directions
    for parameters in op.parameters
    if _admitted(case := Case(op, direction, parameters))
)
