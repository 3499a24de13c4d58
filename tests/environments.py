"""Every family of functions under a floating-point environment that another has set.

`python -m tests.environments trapping` runs them in a process of its own: where an exception traps, what is wrong dies.
Arrays need no cast here: NumPy's casts, like all arithmetic of NumPy and Python, follow the environment.
"""

import ctypes
import ctypes.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np

import fastact as fa
from fastact import _core

from . import _x86
from .half import HALVES
from .ops import CASES, DTYPES

SHORT, SHARED = 67, 40_003
FE_ALL = 0x3D  # invalid, division by zero, overflow, underflow, inexact: as <fenv.h> of x86-64 numbers them
FLUSHING = _x86.FLUSH_TO_ZERO | _x86.DENORMALS_ARE_ZERO


@contextmanager
def _by_the_c_library():
    """Trap by feenableexcept, which sets the x87 unit's word too."""
    library = ctypes.CDLL(ctypes.util.find_library("m"))
    library.feclearexcept(FE_ALL)
    library.feenableexcept(FE_ALL)
    try:
        with _x86.changed(0) as state:
            yield state
    finally:
        library.fedisableexcept(FE_ALL)


ENVIRONMENTS = {
    "flushing": lambda: _x86.changed(FLUSHING),
    "rounding up": lambda: _x86.changed(_x86.ROUND_UP),
    "rounding down": lambda: _x86.changed(_x86.ROUND_DOWN),
    "rounding to zero": lambda: _x86.changed(_x86.ROUND_TO_ZERO),
    "flags raised": lambda: _x86.changed(_x86.FLAGS),
    "trapping": lambda: _x86.changed(0, _x86.MASKS | _x86.FLAGS),
    "trapping, by feenableexcept": _by_the_c_library,
    "trapping, flags raised": lambda: _x86.changed(_x86.FLAGS, _x86.MASKS),
    "all": lambda: _x86.changed(FLUSHING | _x86.ROUND_UP | _x86.FLAGS, _x86.MASKS),
}

Named = tuple[str, Callable]


def _values(rng, dtype, n):
    """Return numbers of which some overflow, some are subnormal, and some are none."""
    values = rng.normal(0, 5, n)
    tiny, huge = (float(np.finfo(np.float32 if dtype.itemsize == 2 else dtype).smallest_subnormal), 1e38)
    values[: min(n, 64) : 8] = [0.0, np.inf, -np.inf, np.nan, 7 * tiny, -tiny, huge, -huge]
    with np.errstate(all="ignore"):
        return values.astype(dtype)


def elementwise(rng, dtype) -> Iterator[Named]:
    """Each function with each of its parameters, by every path that NumPy has no part in."""
    for case in CASES:
        function = partial(case.function, **case.parameters, **case.op.options)
        for n in (SHORT, SHARED) if case.parameters == case.op.parameters[0] else (SHORT,):
            inputs = (_values(rng, dtype, n), case.sample(rng, dtype, n)[-1])[2 - case.inputs :]
            yield f"{case}", partial(function, *inputs)
            yield f"{case}, strided", partial(function, *(np.repeat(one, 2)[::2] for one in inputs))


def ufuncs(rng, dtype) -> Iterator[Named]:
    """Walk through NumPy, which clears the flags before a loop."""
    for case in CASES:
        shape = (5, 14)
        inputs = [np.repeat(one, 2)[::2].reshape(shape)[:, ::2] for one in case.sample(rng, dtype, 70)]
        yield f"{case}, by the ufunc", partial(case.function, *inputs, **case.parameters, **case.op.options)


def rows(rng, dtype) -> Iterator[Named]:
    """Along and across."""
    for shape in ((5, 13), (40, 1003)):
        x, grad = (_values(rng, dtype, shape[0] * shape[1]).reshape(shape) for _ in range(2))
        y = fa.softmax(rng.normal(0, 3, shape)).astype(dtype)
        for axis in (0, 1):
            yield "softmax", partial(fa.softmax, x, axis=axis)
            yield "log_softmax", partial(fa.log_softmax, x, axis=axis)
            yield "softmax_backward", partial(fa.softmax_backward, grad, y, axis=axis)
            yield "log_softmax_backward", partial(fa.log_softmax_backward, grad, y, axis=axis)


def gates(rng, dtype) -> Iterator[Named]:
    """Gates, concatenations, maxima, biased activations, with sums."""
    for shape in ((6, 14), (40, 1002)):
        grad, x, up = (_values(rng, dtype, shape[0] * shape[1]).reshape(shape) for _ in range(3))
        for gate, backward in (
            (fa.swiglu, fa.swiglu_backward),
            (fa.geglu, fa.geglu_backward),
            (fa.reglu, fa.reglu_backward),
        ):
            yield gate.__name__, partial(gate, x, up)
            yield f"{gate.__name__}, strided", partial(gate, x[:, ::2], up[:, ::2])
            yield backward.__name__, partial(backward, grad, x, up)
        yield "glu", partial(fa.glu, x)
        yield "crelu", partial(fa.crelu, x)
        yield "maxout", partial(fa.maxout, x.reshape(shape[0], -1, 2))
        yield "bias_act", partial(fa.bias_act, x, up[0], "silu")
        yield "bias_act_backward", partial(fa.bias_act_backward, grad, x, up[0], "gelu")
        yield "bias_act_backward, axis 0", partial(fa.bias_act_backward, grad, x, up[:, 0], "tanh", 0)
        yield "prelu_backward", partial(fa.prelu_backward, grad, x, 0.1)


def sparse(rng, dtype) -> Iterator[Named]:
    """Masks, sparse matrices and shares."""
    for shape in ((5, 13), (40, 1003)):
        x = _values(rng, dtype, shape[0] * shape[1]).reshape(shape)
        mask = fa.relu_mask(x)[1]
        yield "relu_mask", partial(fa.relu_mask, x)
        yield "relu_backward_mask", partial(fa.relu_backward_mask, x, mask)
        yield "sparsity", partial(fa.sparsity, x)
        yield "sparsity, strided", partial(fa.sparsity, x[:, ::2])
        yield "dead_units", partial(fa.dead_units, x)


def sparse_arrays(rng, dtype) -> Iterator[Named]:
    """Compress; SciPy checks the indices by NumPy."""

    def parts(x):
        y = fa.relu_csr(x)
        return y.data, y.indices, y.indptr

    if dtype in DTYPES:
        for columns in (13, 100, 1003):
            yield "relu_csr", partial(parts, _values(rng, dtype, 40 * columns).reshape(40, columns))


FAMILIES = {
    "elementwise": elementwise,
    "ufuncs": ufuncs,
    "rows": rows,
    "gates": gates,
    "sparse": sparse,
    "sparse arrays": sparse_arrays,
}


def _bits(result):
    return [np.asarray(one).tobytes() for one in (result if isinstance(result, tuple) else (result,))]


def check(environment: str) -> dict[str, int]:
    """Compare bits and register under an environment with those without it; returns how many calls of each family."""
    counts = dict.fromkeys(FAMILIES, 0)
    rng = np.random.default_rng(20261121)
    _core._worth_waking(1e-3)
    assert _core._workers() == 0
    for family, named in FAMILIES.items():
        # NumPy clears the flags before a ufunc's loop and reads them after it.
        compared = ~_x86.FLAGS if family in ("ufuncs", "sparse arrays") else ~0
        for dtype in (*DTYPES, *HALVES):
            for name, call in named(rng, dtype):
                expected = _bits(call())
                print(f"{environment}: {name} of {dtype}", file=sys.stderr, flush=True)
                with fa.threads(3), ENVIRONMENTS[environment]() as state:
                    before = state()
                    result = call()
                    after = state()
                assert _bits(result) == expected, f"{environment}: {name} of {dtype}: other bits"
                assert not (before ^ after) & compared, f"{environment}: {name} of {dtype}: {before:x} is now {after:x}"
                with fa.threads(3):
                    assert _bits(call()) == expected, f"{name} of {dtype}: the threads have kept the environment"
                counts[family] += 1
    assert _core._workers() == 2
    return counts


if __name__ == "__main__":
    print(check(sys.argv[1]))
