"""Call every function once for each dtype, layout and place of the result: a small suite for slow checkers.

    python -m tools.reliability.every_call

Values are not looked at, but for that two ways to the same result agree: that is the test suite's part.
"""

from collections.abc import Iterator

import ml_dtypes
import numpy as np
from numpy.typing import DTypeLike

import fastact as fa

GIVEN = {"prelu": {"weight": 0.25}, "threshold": {"threshold": 0.1, "value": 2.0}}
LENGTHS = (0, 1, 7, 65, 600)


def outs(dtype: DTypeLike, n: int) -> Iterator[np.ndarray | None]:
    """Yield what a result may be written to."""
    yield None
    yield np.empty(n, dtype)
    yield np.empty(2 * n, dtype)[::2]
    yield np.empty(n, dtype)[::-1]


def numbers(dtype: DTypeLike, n: int, seed: int) -> np.ndarray:
    """Return n numbers, the same every time."""
    return np.random.default_rng(seed).normal(0, 3, n).astype(dtype)


def call_elementwise(dtype: DTypeLike) -> int:
    """Call the ufunc-like functions; return how often."""
    count = 0
    for name, record in fa.activations.items():
        if record.kind != "elementwise":
            continue
        for function, inputs in ((record.forward, 1), (record.backward, 2), (record.backward_from_output, 2)):
            if function is None:
                continue
            for n in LENGTHS:
                given = [numbers(dtype, n, k) for k in range(inputs)]
                results = [function(*given, **GIVEN.get(name, {}))]
                if isinstance(results[0], tuple):  # prelu's two gradients
                    count += 1
                    continue
                for out in outs(dtype, n):
                    keywords = {} if out is None else {"out": out}
                    results.append(function(*(one[::-1][::-1] for one in given), **GIVEN.get(name, {}), **keywords))
                results.append(
                    function(
                        *given[:-1],
                        given[-1].copy(),
                        **GIVEN.get(name, {}),
                        out=np.empty(n, dtype),
                        where=np.ones(n, bool),
                    )
                )
                assert all(np.asarray(one).tobytes() == results[0].tobytes() for one in results), name
                count += len(results)
    return count


def call_others(dtype: DTypeLike) -> int:
    """Call the functions of arrays of two axes."""
    count = 0
    for rows, columns in ((1, 2), (5, 16), (3, 130)):
        x, y, grad = (numbers(dtype, rows * columns, k).reshape(rows, columns) for k in range(3))
        for axis in (0, 1):
            for record in fa.activations.values():
                if record.kind == "rows" and record.backward_from_output:
                    record.backward_from_output(grad, record.forward(np.asfortranarray(x), axis), axis)
                    count += 2
        for gate in ("reglu", "geglu", "swiglu"):
            getattr(fa, gate)(x, y[::-1])
            getattr(fa, f"{gate}_backward")(grad, x, np.asfortranarray(y))
            count += 2
        fa.glu_backward(fa.glu(x), x)
        fa.crelu_backward(fa.crelu(x), x)
        _, which = fa.maxout(x)
        fa.maxout_backward(grad[:, 0], which, columns)
        fa.bias_act_backward(grad, x, y[0], "gelu")
        fa.bias_act(x, y[0], "silu")
        positive, mask = fa.relu_mask(x)
        fa.relu_backward_mask(grad, mask)
        fa.sparsity(positive[:, ::-1])
        fa.dead_units(positive)
        count += 12
    return count


def main() -> None:
    """Call everything, on every instruction set in one process."""
    from fastact import _core

    count = 0
    for isa in fa.available_isas():
        _core._use_isa(isa)
        for dtype in (np.float16, ml_dtypes.bfloat16, np.float32, np.float64):
            count += call_elementwise(np.dtype(dtype)) + call_others(np.dtype(dtype))
        for dtype in (np.int8, np.uint16, np.int32, np.uint64):
            for n in LENGTHS:
                fa.relu(np.arange(n).astype(dtype)), fa.silu(np.arange(n).astype(dtype)[::-1])
                count += 2
    print(f"{count} calls")


if __name__ == "__main__":
    main()
