"""Malformed calls of gates, of concatenated and biased activations, and of maxima over pieces."""

import numpy as np

from . import COMPUTABLE, Row
from .elementwise import FORM, NO_NUMBERS, RAGGED, REAL

AxisError = np.exceptions.AxisError
HUGE = 2**70

GATES: list[Row] = [
    ("glu([1.0, 2.0, 3.0])", ValueError, "glu: x has 3 elements along axis 0, which do not split into two halves"),
    ("glu(x)", ValueError, "glu: x has 3 elements along axis 1, which do not split into two halves"),
    ("glu(x, 2)", AxisError, "glu: axis 2 is out of bounds for x of 2 dimensions"),
    (f"glu(w, axis={HUGE})", AxisError, f"glu: axis {HUGE} is out of bounds for x of 1 dimensions"),
    ("glu(1.0)", AxisError, "glu: axis -1 is out of bounds for x of 0 dimensions"),
    *(
        (f"glu(w, axis={bad})", TypeError, f"glu: axis must be an integer, not {bad}")
        for bad in ("0.0", "None", "True", "(0,)", "'0'", "nan")
    ),
    ("glu(None)", TypeError, f"glu: x {NO_NUMBERS} NoneType"),
    ("glu('ab')", TypeError, f"glu: x has dtype <U2; {COMPUTABLE}"),
    ("glu(w * 1j)", TypeError, f"glu: x has dtype complex128; {COMPUTABLE}"),
    ("glu([[1.0], [1.0, 2.0]])", ValueError, f"glu: x {RAGGED}"),
    ("glu(w, dtype='no such')", TypeError, "glu: dtype must be one that NumPy has, not 'no such'"),
    ("glu(w, dtype=int)", TypeError, "glu: dtype int64 is not one of those that the result can have"),
    ("glu(w, dtype=complex)", TypeError, "glu: dtype complex128 is not one of those that the result can have"),
    ("glu(w, out=out)", ValueError, "glu: out has shape (3,), the result (2,)"),
    ("glu(w, out=(pair, pair))", TypeError, "glu: out must be an array, not tuple"),
    ("glu(w, out=[7.0, 7.0])", TypeError, "glu: out must be an array, not list"),
    ("glu(w, out=whole[:2])", TypeError, "glu: out has dtype int64, to which the result's float64 does not cast"),
    ("glu(w, out=frozen[:2])", ValueError, "glu: out is read-only"),
    (
        "glu_backward(v, [1.0, 2.0])",
        ValueError,
        "glu_backward: grad has shape (3,), which does not broadcast to (1,), that of half of x",
    ),
    (
        "glu_backward(v, v)",
        ValueError,
        "glu_backward: x has 3 elements along axis 0, which do not split into two halves",
    ),
    ("glu_backward(None, w)", TypeError, f"glu_backward: grad {NO_NUMBERS} NoneType"),
    ("glu_backward(v, None)", TypeError, f"glu_backward: x {NO_NUMBERS} NoneType"),
    ("glu_backward(pair, w, out=out)", ValueError, "glu_backward: out has shape (3,), the result (4,)"),
    ("glu_backward(pair, w, axis=1)", AxisError, "glu_backward: axis 1 is out of bounds for x of 1 dimensions"),
    ("reglu(v, w)", ValueError, "reglu: the shapes do not broadcast together: gate (3,), up (4,)"),
    ("reglu(None, v)", TypeError, f"reglu: gate {NO_NUMBERS} NoneType"),
    ("reglu(v, None)", TypeError, f"reglu: up {NO_NUMBERS} NoneType"),
    ("reglu(v, v, approximate='none')", TypeError, "reglu() got an unexpected keyword argument 'approximate'"),
    (
        "reglu_backward(v, v, w)",
        ValueError,
        "reglu_backward: the shapes do not broadcast together: grad (3,), gate (3,), up (4,)",
    ),
    (
        "reglu_backward(v, v, v, out=(out, whole))",
        TypeError,
        "reglu_backward: out[1] has dtype int64, to which the result's float64 does not cast",
    ),
    *((f"geglu(v, v, {bad})", ValueError, f"geglu: {FORM} {bad}") for bad in ("'exact'", "None", "0")),
    ("geglu(v, v, out)", ValueError, f"geglu: {FORM} array([7., 7., 7.])"),
    ("geglu_backward(v, v, v, approximate=b'tanh')", ValueError, f"geglu_backward: {FORM} b'tanh'"),
    ("geglu_backward(v, v, z)", TypeError, f"geglu_backward: up has dtype complex128; {COMPUTABLE}"),
    ("swiglu(v, 'a')", TypeError, f"swiglu: up has dtype <U1; {COMPUTABLE}"),
    ("swiglu(v, 1j)", TypeError, f"swiglu: up has dtype complex128; {COMPUTABLE}"),
    ("swiglu(v, [[1.0], [1.0, 2.0]])", ValueError, f"swiglu: up {RAGGED}"),
    ("swiglu(v, v, out=[1.0])", TypeError, "swiglu: out must be an array, not list"),
    ("swiglu(v, v, out=pair)", ValueError, "swiglu: out has shape (2,), the result (3,)"),
    ("swiglu(v, v, out=wide)", ValueError, "swiglu: out has shape (2, 3), the result (3,)"),
    ("swiglu(v, v, out=frozen)", ValueError, "swiglu: out is read-only"),
    ("swiglu(v, v, whole)", TypeError, "swiglu: out has dtype int64, to which the result's float64 does not cast"),
    ("swiglu(v, v, dtype=int)", TypeError, "swiglu: dtype int64 is not one of those that the result can have"),
    ("swiglu(f, f, dtype='no such')", TypeError, "swiglu: dtype must be one that NumPy has, not 'no such'"),
    (
        "swiglu_backward(v, w, v)",
        ValueError,
        "swiglu_backward: the shapes do not broadcast together: grad (3,), gate (4,), up (3,)",
    ),
    *(
        (f"swiglu_backward(v, v, v, out={bad})", TypeError, "swiglu_backward: out must be a tuple of two arrays")
        for bad in ("out", "(out,)", "[out, other]", "()", "(out, other, None)")
    ),
    ("swiglu_backward(v, v, v, out=(out, out))", ValueError, "swiglu_backward: out is two arrays that share memory"),
    (
        "swiglu_backward(v, v, v, out=(wide[0], wide[:, 0]))",
        ValueError,
        "swiglu_backward: out is two arrays that share memory",
    ),
    ("swiglu_backward(v, v, v, out=(out, frozen))", ValueError, "swiglu_backward: out[1] is read-only"),
    ("swiglu_backward(v, v, v, out=(frozen, out))", ValueError, "swiglu_backward: out[0] is read-only"),
    (
        "swiglu_backward(v, v, v, out=(out, pair))",
        ValueError,
        "swiglu_backward: out[1] has shape (2,), the result (3,)",
    ),
    ("swiglu_backward(v, v, v, out=('out', out))", TypeError, "swiglu_backward: out[0] must be an array, not str"),
]

PIECES: list[Row] = [
    ("crelu(1.0)", AxisError, "crelu: axis -1 is out of bounds for x of 0 dimensions"),
    ("crelu(x, axis=-3)", AxisError, "crelu: axis -3 is out of bounds for x of 2 dimensions"),
    ("crelu(x, axis='x')", TypeError, "crelu: axis must be an integer, not 'x'"),
    ("crelu(None)", TypeError, f"crelu: x {NO_NUMBERS} NoneType"),
    ("crelu(x, out=wide)", ValueError, "crelu: out has shape (2, 3), the result (2, 6)"),
    ("crelu(pair, out=whole)", TypeError, "crelu: out has dtype int64, to which the result's float64 does not cast"),
    ("crelu([1.0], out=frozen[:2])", ValueError, "crelu: out is read-only"),
    ("crelu(v, dtype=object)", TypeError, "crelu: dtype object is not one of those that the result can have"),
    (
        "crelu_backward(v, v)",
        ValueError,
        "crelu_backward: grad has shape (3,), which does not broadcast to (6,), that of the output",
    ),
    ("crelu_backward(w, None)", TypeError, f"crelu_backward: x {NO_NUMBERS} NoneType"),
    ("crelu_backward(w, [1.0, 2.0], out=out)", ValueError, "crelu_backward: out has shape (3,), the result (2,)"),
    ("crelu_backward(1.0, 1.0)", AxisError, "crelu_backward: axis -1 is out of bounds for x of 0 dimensions"),
    ("maxout(1.0)", AxisError, "maxout: axis -1 is out of bounds for x of 0 dimensions"),
    ("maxout(x, None)", TypeError, "maxout: axis must be an integer, not None"),
    ("maxout(x[:, :0])", ValueError, "maxout: x has no elements along axis -1, and so no maximum"),
    ("maxout(z)", TypeError, f"maxout: x has dtype complex128; {COMPUTABLE}"),
    ("maxout(x, out=pair)", TypeError, "maxout: out must be a tuple of two arrays"),
    ("maxout(x, out=(pair, pair))", ValueError, "maxout: out is two arrays that share memory"),
    ("maxout(x, out=(pair, out))", ValueError, "maxout: out[1] has shape (3,), the result (2,)"),
    ("maxout(x, out=(out, None))", ValueError, "maxout: out[0] has shape (3,), the result (2,)"),
    ("maxout(x, out=(frozen[:2], None))", ValueError, "maxout: out[0] is read-only"),
    (
        "maxout(x, out=(None, flags[:2]))",
        TypeError,
        "maxout: out[1] has dtype bool, to which the result's int32 does not cast",
    ),
    ("maxout_backward(1.0, 3, 3)", ValueError, "maxout_backward: which has numbers beyond the 3 pieces"),
    ("maxout_backward(1.0, np.int32(-1), 3)", ValueError, "maxout_backward: which has numbers beyond the 3 pieces"),
    ("maxout_backward(1.0, np.uint64(2**40), 3)", ValueError, "maxout_backward: which has numbers beyond the 3 pieces"),
    ("maxout_backward(1.0, 1.0, 3)", TypeError, "maxout_backward: which has dtype float64, integers are wanted"),
    ("maxout_backward(v, [None, 1, 2], 3)", TypeError, "maxout_backward: which has dtype object, integers are wanted"),
    ("maxout_backward(v, True, 3)", TypeError, "maxout_backward: which has dtype bool, integers are wanted"),
    (
        "maxout_backward(v, [0, 1], 3)",
        ValueError,
        "maxout_backward: grad has shape (3,), which does not broadcast to (2,), that of which",
    ),
    *(
        (f"maxout_backward(1.0, 1, {bad})", TypeError, f"maxout_backward: pieces must be an integer, not {bad}")
        for bad in ("2.0", "True", "'2'", "None")
    ),
    *(
        (
            f"maxout_backward(1.0, 1, {bad})",
            ValueError,
            f"maxout_backward: pieces must be above 0 and fit int32, not {bad}",
        )
        for bad in (0, -1, 2**40)
    ),
    (
        "maxout_backward(v, [0, 1, 2], 3, axis=2)",
        AxisError,
        "maxout_backward: axis 2 is out of bounds for the result of 2 dimensions",
    ),
    ("maxout_backward(v, [0, 1, 2], 3, out=out)", ValueError, "maxout_backward: out has shape (3,), the result (3, 3)"),
]

BOTH = ("bias_act", "bias_act_backward")
BIASED: list[Row] = [
    ("bias_act(x, pair)", ValueError, "bias_act: bias has 2 elements, axis -1 of x has 3"),
    ("bias_act(x, x[:1])", ValueError, "bias_act: bias must be one-dimensional, not of shape (1, 3)"),
    ("bias_act(x, 1.0)", ValueError, "bias_act: bias must be one-dimensional, not of shape ()"),
    ("bias_act(x, v, axis=2)", AxisError, "bias_act: axis 2 is out of bounds for x of 2 dimensions"),
    ("bias_act(1.0, v)", AxisError, "bias_act: axis -1 is out of bounds for x of 0 dimensions"),
    *(
        (f"bias_act(x, v, axis={bad})", TypeError, f"bias_act: axis must be an integer, not {bad}")
        for bad in ("1.5", "None", "'0'")
    ),
    ("bias_act(x, 'abc')", TypeError, f"bias_act: bias has dtype <U3; {COMPUTABLE}"),
    ("bias_act(x, len)", TypeError, f"bias_act: bias {NO_NUMBERS} builtin_function_or_method"),
    ("bias_act(x, [[1.0], [1.0, 2.0]])", ValueError, f"bias_act: bias {RAGGED}"),
    ("bias_act(None, v)", TypeError, f"bias_act: x {NO_NUMBERS} NoneType"),
    ("bias_act(None, None)", TypeError, f"bias_act: relu: x {NO_NUMBERS} NoneType"),
    ("bias_act(x * 1j, v)", TypeError, f"bias_act: x has dtype complex128; {COMPUTABLE}"),
    *(
        (f"bias_act(x, v, {bad!r})", ValueError, f"bias_act: activation must be one of relu, relu6, ..., not {bad!r}")
        for bad in ("no such", "softmax", "swiglu", "gelu_tanh", "ReLU", "")
    ),
    (
        "bias_act(x, v, relu)",
        TypeError,
        "bias_act: activation must be the name of an activation, not <cyfunction relu at ...>",
    ),
    ("bias_act(x, v, 3)", TypeError, "bias_act: activation must be the name of an activation, not 3"),
    ("bias_act(x, v, None)", TypeError, "bias_act: activation must be the name of an activation, not None"),
    ("bias_act(x, v, 'relu', alpha=1.0)", TypeError, "bias_act: relu has no parameter 'alpha'"),
    ("bias_act(x, v, 'relu', approximate='tanh')", TypeError, "bias_act: relu has no parameter 'approximate'"),
    *(
        (f"bias_act(x, v, 'elu', {bad})", TypeError, f"bias_act: elu has no parameter {bad.partition('=')[0]!r}")
        for bad in ("where=flags", "casting='no'", "order='C'", "subok=True")
    ),
    ("bias_act(x, v, 'threshold', threshold=1.0)", TypeError, "bias_act: threshold needs its parameter 'value'"),
    ("bias_act(x, v, 'prelu')", TypeError, "bias_act: prelu needs its parameter 'weight'"),
    ("bias_act(x, v, 'celu', alpha=0.0)", ValueError, "bias_act: celu: alpha must be finite and not 0, not 0.0"),
    ("bias_act(x, v, 'leaky_relu', negative_slope='a')", TypeError, f"bias_act: leaky_relu: negative_slope {REAL} 'a'"),
    (
        "bias_act(x, v, 'leaky_relu', negative_slope=pair)",
        ValueError,
        "bias_act: leaky_relu: the shapes do not broadcast together: x (2, 3), negative_slope (2,)",
    ),
    (
        "bias_act(x, v, 'leaky_relu', negative_slope=v, out=out)",
        ValueError,
        "bias_act: leaky_relu: out has shape (3,), the result (2, 3)",
    ),
    ("bias_act(x, v, 'gelu', approximate=1)", ValueError, f"bias_act: {FORM} 1"),
    ("bias_act(x, v, 'rrelu', rng='x')", TypeError, "bias_act: rrelu: rng is not what ..."),
    ("bias_act(x, v, dtype='no such')", TypeError, "bias_act: dtype must be one that NumPy has, not 'no such'"),
    ("bias_act(x, v, dtype=int)", TypeError, "bias_act: dtype int64 is not one of those that the result can have"),
    ("bias_act(x, v, out=out)", ValueError, "bias_act: out has shape (3,), the result (2, 3)"),
    ("bias_act(x[:1], v, out=frozen[None])", ValueError, "bias_act: out is read-only"),
    (
        "bias_act(x[:1], v, out=whole[None])",
        TypeError,
        "bias_act: out has dtype int64, to which the result's float64 does not cast",
    ),
    ("bias_act(x, v, out=(wide, wide))", TypeError, "bias_act: out must be an array, not tuple"),
    (
        "bias_act_backward(w, x, v)",
        ValueError,
        "bias_act_backward: grad has shape (4,), which does not broadcast to (2, 3), that of x",
    ),
    ("bias_act_backward(x, x, pair)", ValueError, "bias_act_backward: bias has 2 elements, axis -1 of x has 3"),
    ("bias_act_backward(x, None, v)", TypeError, f"bias_act_backward: x {NO_NUMBERS} NoneType"),
    (
        "bias_act_backward(x, x, None, axis=7)",
        AxisError,
        "bias_act_backward: axis 7 is out of bounds for x of 2 dimensions",
    ),
    (
        "bias_act_backward(x, x, v, 5)",
        TypeError,
        "bias_act_backward: activation must be the name of an activation, not 5",
    ),
    ("bias_act_backward(x, x, v, alpha=1.0)", TypeError, "bias_act_backward: relu has no parameter 'alpha'"),
    *(
        (
            f"bias_act_backward(x, x, v, {bad})",
            TypeError,
            f"bias_act_backward: relu has no parameter {bad.partition('=')[0]!r}",
        )
        for bad in ("where=flags", "dtype='f4'", "order='F'")
    ),
    ("bias_act_backward(x, x, v, 'prelu')", TypeError, "bias_act_backward: prelu needs its parameter 'weight'"),
    (
        "bias_act_backward(x, x, v, 'elu', alpha=inf)",
        ValueError,
        "bias_act_backward: elu_backward: alpha must be finite, not inf",
    ),
    (
        "bias_act_backward(x, x, v, 'prelu', weight=w)",
        ValueError,
        "bias_act_backward: prelu_backward: the shapes do not broadcast together: grad (2, 3), x (2, 3), weight (4,)",
    ),
    ("bias_act_backward(x, x, v, out=wide)", TypeError, "bias_act_backward: out must be a tuple of two arrays"),
    (
        "bias_act_backward(x, x, v, out=(wide, wide[0]))",
        ValueError,
        "bias_act_backward: out is two arrays that share memory",
    ),
    (
        "bias_act_backward(x, x, v, out=(None, pair))",
        ValueError,
        "bias_act_backward: out[1] has shape (2,), the result (3,)",
    ),
    ("bias_act_backward(x, x, v, out=(wide, frozen))", ValueError, "bias_act_backward: out[1] is read-only"),
    (
        "bias_act_backward(x, x, v, out=(wide, whole))",
        TypeError,
        "bias_act_backward: out[1] has dtype int64, to which the result's float64 does not cast",
    ),
]

ROWS = GATES + PIECES + BIASED
