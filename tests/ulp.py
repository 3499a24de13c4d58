"""The unit of error: what DESIGN calls ULP, as a real number. No reference, no bound."""

import numpy as np
from ml_dtypes import finfo  # NumPy's, and bfloat16's


def ulp_of(true, dtype):
    """Return the spacing of `dtype` at a true value; that of its subnormals below the normal range."""
    info = finfo(dtype)
    if true.dtype == np.float64:  # the power of two is in the bits: three times as quick as frexp
        power = (true.view(np.uint64) & np.uint64(0x7FF << 52)).view(np.float64)
    else:
        power = np.ldexp(true.dtype.type(1), np.frexp(np.abs(true))[1] - 1)
    return np.maximum(power, true.dtype.type(info.tiny)) * true.dtype.type(info.eps)


def ulp_error(result, true):
    """Return the error of float results against true values of a wider type, in ULP.

    A true value beyond the largest finite counts as infinite; NaN for NaN is no error.
    """
    wide = true.dtype.type
    with np.errstate(all="ignore"):
        beyond = np.abs(true) > wide(finfo(result.dtype).max)
        if beyond.any():
            true = np.where(beyond, np.copysign(wide(np.inf), true), true)
        error = np.abs(result.astype(wide) - true)
        error /= ulp_of(true, result.dtype)
    if not np.isfinite(error).all():
        error[(result == true) | (np.isnan(result) & np.isnan(true))] = 0
        error[~np.isfinite(error)] = np.inf
    return error


REACH = 0.05  # how near a root of the derivative the absolute bound is enough


def near_root(x, roots):
    """Return which inputs lie so near a root of the derivative that 2**-24 (float64: 2**-53) is enough."""
    near = np.zeros(np.shape(x), bool)
    with np.errstate(invalid="ignore"):  # signalling NaN
        for root in roots:
            near |= np.abs(x - x.dtype.type(root)) <= REACH
    return near


def absolute_error(error, spacing, dtype):
    """Return errors given in ULP, at true values with that spacing, in units of 2**-24 (float64: 2**-53)."""
    return error * (spacing / (finfo(dtype).eps / 2))


def within_bound(error, spacing, x, roots, bound):
    """Return which results keep the bound, from their errors in ULP and the spacing at the true values."""
    kept = error <= bound
    if roots and not kept.all():
        kept |= near_root(x, roots) & (absolute_error(error, spacing, x.dtype) <= 1)
    return kept


class Exact:
    """Exact values of one dtype's results: (whole + fraction) times a power of two, that of their ULP.

    From numbers of python-flint, `arb`, of a precision well beyond the dtype's; a value that is
    not known well enough is an error. One beyond the largest finite counts as infinite.
    """

    SURPLUS = 20  # bits known beyond the dtype's

    def __init__(self, values, dtype):
        self.dtype = np.dtype(dtype)
        self._info = finfo(self.dtype)
        parts = [self._split(value) for value in values]
        self.whole, self.fraction, self.power = (np.array(part) for part in zip(*parts, strict=True))

    def _split(self, value):
        info = self._info
        mantissa, exponent = (int(part) for part in value.mid().man_exp())
        top = abs(mantissa).bit_length() - 1 + exponent
        if mantissa == 0 or top < info.minexp - 200:
            radius, power = (int(part) for part in value.rad().man_exp())
            if radius and radius.bit_length() + power > info.minexp - info.nmant - self.SURPLUS:
                raise ArithmeticError(f"the reference is not known well enough: {value}")
            return 0.0, 0.0, info.minexp - info.nmant
        if value.rel_accuracy_bits() < info.nmant + self.SURPLUS:
            raise ArithmeticError(f"the reference is not known well enough: {value}")
        sign = -1.0 if mantissa < 0 else 1.0
        if top >= info.maxexp:
            return sign * np.inf, 0.0, info.maxexp - 1 - info.nmant
        power = max(top, info.minexp) - info.nmant
        below = power - exponent
        if below <= 0:
            whole, fraction = abs(mantissa) << -below, 0.0
        else:
            whole, rest = divmod(abs(mantissa), 1 << below)
            fraction = rest / (1 << below)
        if power + info.nmant + 1 == info.maxexp and whole + 1 == 2 ** (info.nmant + 1) and fraction:
            return sign * np.inf, 0.0, info.maxexp - 1 - info.nmant
        return sign * float(whole), sign * fraction, power

    @property
    def spacing(self):
        """The ULP of each value; where infinite, of no meaning."""
        return np.ldexp(1.0, self.power)

    def error(self, result):
        """Return the error of each result in ULP, itself right to some 2**-50 of it."""
        with np.errstate(all="ignore"):
            scaled = np.ldexp(result.astype(np.float64), -self.power)
            error = np.abs((scaled - self.whole) - self.fraction)
        beyond = np.isinf(self.whole)
        error[beyond] = np.where(result[beyond] == self.whole[beyond], 0, np.inf)
        error[np.isnan(error)] = np.inf
        return error
