"""The public table of activations: records and docstrings, both made from the table in C.

`activations` is what tests, benchmarks, documentation and integrations iterate, so that none of
them keeps a second list. No function is defined here.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from . import _core

WIDTH = 99
DIRECTIONS = ("forward", "backward", "backward_from_output")
HALF_BOUND = 0.501  # ULP of float16 and bfloat16: half of one, and what float32's bounds are of it


@dataclass(frozen=True)
class Activation:
    """One activation: its functions, its parameters with their defaults, its error bounds.

    Attributes
    ----------
    name : str
    kind : str
        ``"elementwise"``.
    forward, backward, backward_from_output : callable
        The public functions; `backward_from_output` is None where the output does not tell.
    parameters : mapping of str to float or None
        The numeric parameters, the ufunc's trailing operands: names and defaults in their order, None
        where there is no default.
    options : mapping of str to object
        What else the functions take, with its default.
    error_bounds : mapping of str to float
        By direction, the largest error in ULP, over every input of float32 and float64; of a
        derivative at ``grad = 1``. 0 where nothing is rounded.
    """

    name: str
    kind: str
    forward: Callable
    backward: Callable
    backward_from_output: Callable | None
    parameters: Mapping[str, float | None]
    options: Mapping[str, Any]
    error_bounds: Mapping[str, float]


PARAMETERS = """\
Parameters
----------
{operands}
out : ndarray, optional
    Where to write the result: {alias} itself, or any array whose shape the result's
    broadcasts to. A new array by default.
where, dtype, casting, order, subok
    As in any `numpy.ufunc`.

Returns
-------
ndarray or scalar
    Of the operands' shapes broadcast together{dtypes}.

Raises
------
TypeError
    If {names} is of no dtype that can be computed with, or `out` of one that cannot hold the
    result.
ValueError
{refusals}"""

X = """\
x : array_like
    Input of any shape."""
GRAD = """\
grad : array_like
    Gradient with respect to the output; broadcasts with `{second}`."""
SECOND = {
    "backward": """\
x : array_like
    Input of the forward pass. A forward pass in place has overwritten it.""",
    "backward_from_output": """\
y : array_like
    Output of the forward pass, which may have run in place.""",
}

NOTES = """\
float16, bfloat16 (of ml_dtypes), float32 and float64 keep their dtype, {integers}. {error} The
same input gives the same bits at any position and by any instruction set."""
INTEGERS = "bool and integers of 8 and 16 bits give float32, wider integers float64"
KEPT_INTEGERS = "as do integers; bool gives float32"
ROUNDED = """\
The error is at most {bound} ULP{condition}, subnormal results included; of 16 bits at most
{half_bound} ULP of the format for the parameters as float32 has them, and at the default parameters{at_one}
every result is correctly rounded."""
EXACT = "The error is at most {bound} ULP: nothing is rounded but parameters, to the computing dtype."


# What functions take beside numbers: the activation's name to names, defaults, types and texts.
OPTIONS: dict[str, dict[str, tuple[Any, str, str]]] = {
    "prelu": {
        "axis": (None, "int, optional", "The axis of `x` along which a one-dimensional `weight` lies; PyTorch's is 1.")
    },
    "rrelu": {"rng": (None, "numpy.random.Generator or seed, optional", "Where random slopes come from.")},
    "gelu": {
        "approximate": ("none", 'str, default "none"', 'The form: ``"none"``, by the error function, or ``"tanh"``.')
    },
}
# The same where a backward function's differ.
BACKWARD_OPTIONS: dict[str, dict[str, tuple[Any, str, str]]] = {
    "rrelu": {"slope": (None, "array_like, optional", "The slopes that `rrelu` returned; broadcasts.")},
}


def _options(name, direction):
    return BACKWARD_OPTIONS.get(name, OPTIONS.get(name, {})) if direction == "backward" else OPTIONS.get(name, {})


def _parameter_text(parameter, direction):
    name, description, default, admitted, admitted_from_output = parameter
    if direction == "backward_from_output":
        admitted = admitted_from_output
    text = f"{description} As a number, {admitted}; an array broadcasts and never changes the result's dtype."
    kind = "float or array_like" + ("" if default is None else f", default {default}")
    return f"{name} : {kind}\n{_indented(text)}"


def _indented(text):
    return textwrap.fill(text, WIDTH, initial_indent="    ", subsequent_indent="    ")


def _sections(activation, parameters, bounds, direction):
    if direction == "forward":
        inputs, names, alias = [X], "`x`", "`x`"
    else:
        second = SECOND[direction][0]
        inputs = [GRAD.format(second=second), SECOND[direction]]
        names, alias = f"`grad` or `{second}`", f"`grad` or `{second}`"
    options = _options(activation, direction)
    texts = [_parameter_text(parameter, direction) for parameter in parameters]
    texts += [f"{name} : {kind}\n{_indented(text)}" for name, (_, kind, text) in options.items()]
    refusals = "".join(f", or a number `{name}` is not admitted" for name, *_ in parameters)
    refusals += "".join(f", or `{name}` is not one of these" for name in options)
    condition = {
        "forward": "",
        "backward": f" at ``grad = 1`` and {bounds['backward'] + 1} at any other that does not overflow",
        "backward_from_output": "",
    }[direction]
    at_one = "" if direction == "forward" else " and ``grad = 1``"
    error = (ROUNDED if bounds[direction] else EXACT).format(
        bound=bounds[direction], condition=condition, half_bound=HALF_BOUND, at_one=at_one
    )
    integers = KEPT_INTEGERS if _core._keeps_integers(activation) and direction == "forward" else INTEGERS
    return {
        "parameters": PARAMETERS.format(
            operands="\n".join(inputs + texts),
            alias=alias,
            dtypes="" if direction == "forward" else ", of their common dtype",
            names=names,
            refusals=_indented(f"If the shapes do not fit, `out` is read-only{refusals}."),
        ),
        "notes": textwrap.fill(NOTES.format(integers=integers, error=error), WIDTH),
    }


def _record(name, parameters, all_bounds) -> Activation:
    bounds = {direction: bound for direction, bound in zip(DIRECTIONS, all_bounds, strict=True) if bound >= 0}
    functions: dict[str, Any] = dict.fromkeys(DIRECTIONS)
    for direction in bounds:
        function = getattr(_core, name if direction == "forward" else f"{name}_{direction}")
        function.__module__ = "fastact"
        function.__doc__ = inspect.cleandoc(function.__doc__).format(**_sections(name, parameters, bounds, direction))
        functions[direction] = function
    return Activation(
        name=name,
        kind="elementwise",
        parameters=MappingProxyType({parameter: default for parameter, _, default, *_ in parameters}),
        options=MappingProxyType({option: default for option, (default, *_) in OPTIONS.get(name, {}).items()}),
        error_bounds=MappingProxyType(bounds),
        **functions,
    )


activations: Mapping[str, Activation] = MappingProxyType(
    {row[0]: _record(*row) for row in _core.TABLE if hasattr(_core, row[0])}
)  # gelu_tanh is a row and a ufunc, but no function: gelu(approximate="tanh")

# What is no activation with a derivative under its name.
SPARSE = ("relu_mask", "relu_backward_mask", "relu_csr", "sparsity", "dead_units")
for _name in SPARSE:
    getattr(_core, _name).__module__ = "fastact"

functions: Mapping[str, Callable] = MappingProxyType(
    {
        function.__name__: function
        for record in activations.values()
        for function in (record.forward, record.backward, record.backward_from_output)
        if function is not None
    }
    | {name: getattr(_core, name) for name in SPARSE}
)
