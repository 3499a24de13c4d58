"""The unit of error: what DESIGN calls ULP, as a real number. No reference, no bound."""

import numpy as np


def ulp_of(true, dtype):
    """Return the spacing of `dtype` at a true value; that of its subnormals below the normal range."""
    info = np.finfo(dtype)
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
        beyond = np.abs(true) > wide(np.finfo(result.dtype).max)
        if beyond.any():
            true = np.where(beyond, np.copysign(wide(np.inf), true), true)
        error = np.abs(result.astype(wide) - true)
        error /= ulp_of(true, result.dtype)
    if not np.isfinite(error).all():
        error[(result == true) | (np.isnan(result) & np.isnan(true))] = 0
        error[~np.isfinite(error)] = np.inf
    return error
