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
from typing import Any, TypeAlias

from . import _core

WIDTH = 99
DIRECTIONS = ("forward", "backward", "backward_from_output")
HALF_BOUND = 0.501  # ULP of float16 and bfloat16: half of one, and what float32's bounds are of it


Function: TypeAlias = Callable[..., Any]
Parameter: TypeAlias = tuple[
    str, str, float | None, str, str
]  # name, text, default, admitted, admitted from the output


@dataclass(frozen=True)
class Activation:
    """One activation: its functions, its parameters with their defaults, its error bounds.

    Attributes
    ----------
    name : str
    kind : str
        ``"elementwise"``; ``"rows"`` for functions of whole rows, which take `axis`; ``"gated"`` for products of
        an activation and concatenations, ``"fused"`` for activations of a sum.
    forward, backward, backward_from_output : callable
        The public functions; `backward_from_output` is None where the output does not tell. Rows have
        only a derivative from the output, the function named ``<name>_backward``; `backward` is None.
    parameters : mapping of str to float or None
        The numeric parameters, the ufunc's trailing operands: names and defaults in their order, None
        where there is no default.
    options : mapping of str to object
        What else the functions take, with its default.
    error_bounds : mapping of str to float
        By direction, the largest error in ULP, over every input of float32 and float64; of a
        derivative at ``grad = 1``. 0 where nothing is rounded. What a row's derivative errs by is
        relative to its terms, their magnitudes added: they may cancel.
    """

    name: str
    kind: str
    forward: Function
    backward: Function | None
    backward_from_output: Function | None
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


def _options(name: str, direction: str) -> dict[str, tuple[Any, str, str]]:
    return BACKWARD_OPTIONS.get(name, OPTIONS.get(name, {})) if direction == "backward" else OPTIONS.get(name, {})


def _parameter_text(parameter: Parameter, direction: str) -> str:
    name, description, default, admitted, admitted_from_output = parameter
    if direction == "backward_from_output":
        admitted = admitted_from_output
    text = f"{description} As a number, {admitted}; an array broadcasts and never changes the result's dtype."
    kind = "float or array_like" + ("" if default is None else f", default {default}")
    return f"{name} : {kind}\n{_indented(text)}"


def _indented(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="    ", subsequent_indent="    ")


def _sections(activation: str, parameters: list[Parameter], bounds: dict[str, float], direction: str) -> dict[str, str]:
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


def _record(name: str, parameters: list[Parameter], all_bounds: list[float]) -> Activation:
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


ROW_PARAMETERS = """\
Parameters
----------
{operands}
axis : int, tuple of ints or None, default -1
    The axis along which the rows lie; several together, or with None all, make one row.
out : ndarray, optional
    Where to write the result, of its shape: {names} or any other array. A new one by default.
{dtype}
Returns
-------
ndarray or scalar
    Of the {shape}.

Raises
------
TypeError
    If {names} is of no dtype that can be computed with, or `out` of one that cannot hold the
    result.
ValueError
    If the shapes do not fit or `out` is read-only; `numpy.exceptions.AxisError`, which is one, if
    there is no such axis."""
ROW_DTYPE = """\
dtype : dtype, optional
    What `x` is cast to before, and the result's dtype.
"""
ROW_Y = """\
y : array_like
    Output of the forward pass, which may have run in place."""
ROW_ERROR = {
    "forward": """\
The error is at most {bound} ULP, subnormal results included, and of 16 bits {half_bound} ULP of the format.""",
    "backward_from_output": """\
The error is at most {bound} ULP of {terms}, which is relative to the terms: where they cancel, the result has
as many digits less. Of 16 bits it is {half_bound} ULP of the format of the same.""",
}
ROW_TERMS = {
    "softmax": "``abs(y) * (abs(grad) + sum(abs(grad * y)))``",
    "log_softmax": "``abs(grad) + exp(y) * sum(abs(grad))``",
}


def _row_sections(name: str, bound: float, direction: str) -> dict[str, str]:
    forward = direction == "forward"
    operands = X if forward else GRAD.format(second="y") + "\n" + ROW_Y
    error = ROW_ERROR[direction].format(bound=bound, half_bound=HALF_BOUND, terms=ROW_TERMS[name])
    return {
        "parameters": ROW_PARAMETERS.format(
            operands=operands,
            names="`x`" if forward else "`grad` or `y`",
            shape="shape of `x`" if forward else "operands' shapes broadcast together, of their common dtype",
            dtype=ROW_DTYPE if forward else "",
        ),
        "notes": textwrap.fill(NOTES.format(integers=INTEGERS, error=error), WIDTH),
    }


def _row_record(name: str, bounds: list[float]) -> Activation:
    functions: dict[str, Any] = {"backward": None}
    for direction, suffix, bound in zip(("forward", "backward_from_output"), ("", "_backward"), bounds, strict=True):
        function = getattr(_core, name + suffix)
        function.__module__ = "fastact"
        function.__doc__ = inspect.cleandoc(function.__doc__).format(**_row_sections(name, bound, direction))
        functions[direction] = function
    return Activation(
        name=name,
        kind="rows",
        parameters=MappingProxyType({}),
        options=MappingProxyType({"axis": -1}),
        error_bounds=MappingProxyType(dict(zip(("forward", "backward_from_output"), bounds, strict=True))),
        **functions,
    )


FUSED_OUT = """\
out : ndarray, optional
    Where to write the result, of its shape; may be an input itself. A new array by default."""
FUSED_DTYPE = """\
dtype : dtype, optional
    What the input is cast to before, and the result's dtype."""
FUSED_RAISES = """\
Raises
------
TypeError
    If an argument is of no dtype that can be computed with, or `out` of one that cannot hold the
    result.
ValueError
    If shapes, axis or a parameter do not fit, or `out` is read-only."""
GATE_OPERANDS = """\
Parameters
----------
{grad}gate : array_like
    What the activation is applied to.
up : array_like
    What that is multiplied by; broadcasts with `gate`.
{option}{out}{dtype}

Returns
-------
{returns}

{raises}"""
GATE_OPTION = """\
approximate : str, default "none"
    The form of `gelu`: ``"none"``, by the error function, or ``"tanh"``.
"""
GATE_RESULT = """\
ndarray or scalar
    Of the operands' shapes broadcast together, of their common dtype."""
GATE_RESULTS = """\
dgate, dup : ndarray or scalar
    Of the operands' shapes broadcast together, of their common dtype."""
GATE_OUT = """\
out : tuple of two ndarrays, optional
    Where to write the results; either may be None. Each may be an input itself."""
FUSED_DTYPES = """\
float16, bfloat16 (of ml_dtypes), float32 and float64 keep their dtype, bool and integers of 8 and 16 bits
give float32, wider integers float64."""
FUSED_BITS = "The same input gives the same bits at any position, layout and number of threads, by any instruction set."
# What is said of the error: of gates, in the two directions; of what rounds nothing; of biased activations.
GATE_ERROR = {
    "forward": """\
The error is at most {bound} ULP where the activation itself is no subnormal number: where it is, as far down
its tail, what it has lost is multiplied too. Of 16 bits, computed in float32 and rounded once, it is at
most {half_bound} ULP of the format, bfloat16 under the same condition.""",
    "backward": """\
``grad * up`` is rounded before it meets the derivative, and may overflow or lose digits to underflow there,
as in PyTorch. Where it does not, and the activation itself is no subnormal number, the error is at
most {bound} ULP, or what that of the activation is near a root of its derivative. Of 16 bits, computed
in float32 and rounded once, it is at most {half_bound} ULP of the format.""",
}
EXACT_ERROR = "The error is at most {bound} ULP: nothing is rounded but what is cast."
BIAS_ERROR = {
    "forward": "The error is the activation's at the rounded sum, at most {bound} ULP; of 16 bits {half_bound}.",
    "backward": """\
The error of `dx` is the activation's at the rounded sum, at most {bound} ULP at any finite grad; of 16 bits
{half_bound}.""",
}


def _fused_sections(name: str, kind: str, bound: float, direction: str) -> dict[str, str]:
    forward = direction == "forward"
    error = (BIAS_ERROR if kind == "fused" else GATE_ERROR)[direction] if bound else EXACT_ERROR
    text = error.format(bound=bound, half_bound=HALF_BOUND)
    parameters = GATE_OPERANDS.format(
        grad="" if forward else GRAD.replace("`{second}`", "the others") + "\n",
        option=GATE_OPTION if name == "geglu" else "",
        out=FUSED_OUT if forward else GATE_OUT,
        dtype="\n" + FUSED_DTYPE if forward else "",
        returns=GATE_RESULT if forward else GATE_RESULTS,
        raises=FUSED_RAISES,
    )
    return {
        "parameters": parameters,
        "out": FUSED_OUT,
        "dtype": FUSED_DTYPE,
        "raises": FUSED_RAISES,
        "notes": textwrap.fill(" ".join((FUSED_DTYPES, text, FUSED_BITS)).replace("\n", " "), WIDTH),
    }


def _fused_record(name: str, kind: str, bounds: list[float]) -> Activation:
    functions: dict[str, Any] = {"backward_from_output": None}
    for direction, suffix, bound in zip(("forward", "backward"), ("", "_backward"), bounds, strict=True):
        function = getattr(_core, name + suffix)
        function.__module__ = "fastact"
        function.__doc__ = inspect.cleandoc(function.__doc__).format(**_fused_sections(name, kind, bound, direction))
        functions[direction] = function
    options: dict[str, dict[str, Any]] = {
        "reglu": {},
        "geglu": {"approximate": "none"},
        "swiglu": {},
        "bias_act": {"activation": "relu", "axis": -1},
    }
    return Activation(
        name=name,
        kind=kind,
        parameters=MappingProxyType({}),
        options=MappingProxyType(options.get(name, {"axis": -1})),
        error_bounds=MappingProxyType(dict(zip(("forward", "backward"), bounds, strict=True))),
        **functions,
    )


activations: Mapping[str, Activation] = MappingProxyType(
    {row[0]: _record(*row) for row in _core.TABLE if hasattr(_core, row[0])}
    | {name: _row_record(name, bounds) for name, bounds in _core.ROW_TABLE}
    | {name: _fused_record(name, kind, bounds) for name, kind, bounds in _core.FUSED_TABLE}
)  # gelu_tanh is a row and a ufunc, but no function: gelu(approximate="tanh")

# What is no activation with a derivative under its name.
SPARSE = ("relu_mask", "relu_backward_mask", "relu_csr", "sparsity", "dead_units")
for _name in SPARSE:
    getattr(_core, _name).__module__ = "fastact"

functions: Mapping[str, Function] = MappingProxyType(
    {
        function.__name__: function
        for record in activations.values()
        for function in (record.forward, record.backward, record.backward_from_output)
        if function is not None
    }
    | {name: getattr(_core, name) for name in SPARSE}
)
