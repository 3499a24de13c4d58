"""The unit of error: what DESIGN calls ULP, as a real number. No reference, no bound."""

import numpy as np


def ulp_of(true, dtype):
    """Return the spacing of `dtype` at a true value; that of its subnormals below the normal range."""
    info = np.finfo(dtype)
    _, exponent = np.frexp(np.abs(true))
    return np.ldexp(true.dtype.type(1), np.maximum(exponent - 1, info.minexp) - info.nmant)


def ulp_error(result, true):
    """Return the error of float results against true values of a wider type, in ULP.

    A true value beyond the largest finite counts as infinite; NaN for NaN is no error.
    """
    dtype = result.dtype
    limit = true.dtype.type(np.finfo(dtype).max)
    with np.errstate(all="ignore"):
        true = np.where(np.abs(true) > limit, np.copysign(true.dtype.type(np.inf), true), true)
        error = np.abs(result.astype(true.dtype) - true) / ulp_of(np.where(np.isfinite(true), true, 1), dtype)
    same = (result == true) | (np.isnan(result) & np.isnan(true))
    error = np.where(same, 0, error)
    return np.where(np.isnan(error), np.inf, error)
