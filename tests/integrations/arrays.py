"""What the tests of others' arrays share: every function with arguments, on an array made somebody else's."""

import numpy as np
import pytest

import fastact as fa

PARAMETERS = {"prelu": (0.3,), "threshold": (0.1, -1.5)}
# prelu_backward gives a pair, of which the second sums over everything.
CALLS = [
    (function, inputs, PARAMETERS.get(record.name, ()))
    for record in fa.activations.values()
    if record.kind == "elementwise"
    for function, inputs in ((record.forward, 1), (record.backward, 2), (record.backward_from_output, 2))
    if function is not None and function is not fa.prelu_backward
]
each_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call[0].__name__)
X = np.linspace(-3, 3, 24, dtype=np.float32).reshape(4, 6)


def results(call, x=X, convert=lambda x: x):
    """Return the result on what `convert` makes of x, and that on x."""
    function, inputs, parameters = call
    return function(*(convert(x),) * inputs, *parameters), function(*(x,) * inputs, *parameters)
