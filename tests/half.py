"""The 16-bit dtypes: true values rounded to them once, and the measurement of a case over all their numbers.

Rounding is that of float64 references, by integers; where one lies so near a midpoint between two
numbers that it cannot tell, exact.py decides, at as many bits as that takes.
"""

import functools
from typing import NamedTuple

import flint
import ml_dtypes
import numpy as np
from flint import arb

from fastact._table import HALF_BOUND

from .ulp import finfo, near_root, ulp_of

HALVES = (np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16))
BOUND = HALF_BOUND
F8 = np.dtype(np.float64)
DOUBT = 2.0**-42  # of the value: 8 times what references.py says of itself
DOUBT_NEAR_ROOT = 2.0**-47  # absolutely
PRECISIONS = (200, 800, 3200, 12_800)  # tanhshrink(4000) is above a midpoint by exp(-8000)


class Measured(NamedTuple):
    """What the results of one case are over all finite inputs for which it is defined."""

    error: float  # the largest, in ULP
    at: float
    misrounded: int
    inputs: int


class Truth(NamedTuple):
    """True values in float64, what they become when correctly rounded, in float64 too, and which are near ties."""

    value: np.ndarray
    rounded: np.ndarray
    near_tie: np.ndarray  # no float64 number is the value, and its neighbours cannot be told from a midpoint

    def errors(self, result):
        """Return the error of each result in ULP; 0 for infinity where that is correct."""
        wide = result.astype(F8)
        with np.errstate(invalid="ignore", over="ignore"):
            error = np.abs(wide - self.value) / ulp_of(self.value, result.dtype)
        error[np.isinf(wide) & (wide == self.rounded)] = 0
        return np.nan_to_num(error, nan=np.inf, posinf=np.inf)


def nearest(value, dtype):
    """Return float64 numbers rounded once to a 16-bit dtype, to nearest even; in float64."""
    spacing = ulp_of(value, dtype)
    with np.errstate(invalid="ignore"):
        return _finished(np.rint(value / spacing) * spacing, value, dtype)


def _finished(rounded, value, dtype):
    beyond = np.isinf(value) | (np.abs(rounded) > float(finfo(dtype).max))
    return np.where(beyond, np.copysign(np.inf, value), rounded)


def every_finite(dtype):
    """Return the finite numbers of a 16-bit dtype, those below 0 last."""
    infinity = np.array(np.inf, dtype).view(np.uint16)
    bits = np.arange(infinity, dtype=np.uint16)
    return np.concatenate([bits, bits | np.uint16(0x8000)]).view(dtype)


def finite(case, dtype):
    """Return the finite numbers of a 16-bit dtype that the case takes."""
    return case.defined(every_finite(dtype))


def _side(case, x, grad, midpoint):
    """Return on which side of the midpoint the true value lies, -1, 0 or 1, and whether it is known exactly.

    What the last precision cannot tell from a midpoint is one: a quotient, such as hardswish's by 6.
    """
    for bits in PRECISIONS:
        with flint.ctx.workprec(bits):
            difference = arb(float(grad)) * case.exact(x, x.dtype) - arb(float(midpoint))
        if difference.is_exact() or not difference.contains(0):
            break
    return int(difference > 0) - int(difference < 0), difference.is_exact()


def truth(case, x, grad=1.0, derivative=None):
    """Return the truth of grad * f(x); the float64 reference may be given."""
    grad = np.broadcast_to(np.asarray(grad, F8), x.shape)
    with np.errstate(all="ignore"):
        value = grad * (case.reference(x.astype(F8), x.dtype) if derivative is None else derivative)
        value[grad == 0] = 0  # celu with a negative alpha leaves float64
        spacing = ulp_of(value, x.dtype)
        below = np.floor(value / spacing)
        away = np.abs(value - (below + 0.5) * spacing)
    doubt = DOUBT * np.abs(value) + DOUBT_NEAR_ROOT * np.abs(grad) * near_root(x.astype(F8), case.roots)
    rounded, near_tie = nearest(value, x.dtype), np.zeros(x.shape, bool)
    for k in np.flatnonzero((away <= doubt) & (spacing < np.inf)):
        side, exact = _side(case, x[k], grad[k], (below[k] + 0.5) * spacing[k])
        rounded[k] = np.rint(below[k] + 0.5 + side / 4) * spacing[k]
        near_tie[k] = not exact
    return Truth(value, _finished(rounded, value, x.dtype), near_tie)


@functools.lru_cache(maxsize=2)
def _reference(case, dtype):
    x = finite(case, dtype)
    return x, case.reference(x.astype(F8), dtype)


@functools.lru_cache(maxsize=2)  # for one instruction set after another
def _truth_of_all(case, dtype, grad):
    x, derivative = _reference(case, dtype)
    return x, truth(case, x, grad, derivative)


def hardest(case, dtype, n):
    """Return the inputs whose results lie nearest to midpoints, of all that the case takes."""
    x, value = _reference(case, dtype)
    with np.errstate(all="ignore"):
        scaled = value / ulp_of(value, dtype)
        away = np.abs(scaled - np.floor(scaled) - 0.5)
    return x[np.argsort(np.nan_to_num(away, nan=1), kind="stable")[:n]]


def measure(case, dtype, grad=1.0):
    """Measure the chosen instruction set on all finite inputs; a function of one input has no grad."""
    x, true = _truth_of_all(case, dtype, grad)
    result = case(x) if case.inputs == 1 else case(np.full_like(x, grad), x)
    error = true.errors(result)
    worst = np.argmax(error)
    return Measured(float(error[worst]), float(x[worst]), int(np.sum(result.astype(F8) != true.rounded)), x.size)
