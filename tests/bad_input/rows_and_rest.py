"""Malformed calls of functions of rows, of masks and sparse results, of threads, memory and configuration."""

import numpy as np

from . import COMPUTABLE, Row
from .elementwise import NO_NUMBERS, RAGGED

AxisError = np.exceptions.AxisError
HUGE = 2**70
AXES = "axis must be None, an integer or a tuple of them, not"

SOFTMAX: list[Row] = [
    ("softmax(None)", TypeError, f"softmax: x {NO_NUMBERS} NoneType"),
    ("softmax('abc')", TypeError, f"softmax: x has dtype <U3; {COMPUTABLE}"),
    ("softmax(z)", TypeError, f"softmax: x has dtype complex128; {COMPUTABLE}"),
    ("softmax(np.array([None]))", TypeError, f"softmax: x has dtype object; {COMPUTABLE}"),
    ("softmax(np.ones(3, 'M8[s]'))", TypeError, f"softmax: x has dtype datetime64[s]; {COMPUTABLE}"),
    ("softmax([[1.0], [1.0, 2.0]])", ValueError, f"softmax: x {RAGGED}"),
    ("softmax(v, 1)", AxisError, "softmax: axis 1 is out of bounds for x of 1 dimensions"),
    ("softmax(1.0, axis=1)", AxisError, "softmax: axis 1 is out of bounds for x of 1 dimensions"),
    (f"softmax(x, axis={HUGE})", AxisError, f"softmax: axis {HUGE} is out of bounds for x of 2 dimensions"),
    ("softmax(x, axis=(0, 5))", AxisError, "softmax: axis (0, 5) is out of bounds for x of 2 dimensions"),
    ("softmax(x, axis=(0, -2))", ValueError, "softmax: axis (0, -2) names one axis twice"),
    *(
        (f"softmax(x, axis={bad})", TypeError, f"softmax: {AXES} {bad}")
        for bad in ("1.0", "'0'", "True", "(0, 1.0)", "(True,)", "nan", "{0}")
    ),
    ("softmax(x, axis=v)", TypeError, f"softmax: {AXES} array([-1.,  0.,  2.])"),
    ("softmax(x, dtype='no such')", TypeError, "softmax: dtype must be one that NumPy has, not 'no such'"),
    ("softmax(x, dtype=int)", TypeError, "softmax: dtype int64 is not one of those that the result can have"),
    ("softmax(x, dtype=complex)", TypeError, "softmax: dtype complex128 is not one of those that the result can have"),
    ("softmax(x, out=out)", ValueError, "softmax: out has shape (3,), the result (2, 3)"),
    ("softmax(x, axis=0, out=wide.T)", ValueError, "softmax: out has shape (3, 2), the result (2, 3)"),
    ("softmax(v, out=frozen)", ValueError, "softmax: out is read-only"),
    ("softmax(v, axis=None, out=frozen)", ValueError, "softmax: out is read-only"),
    ("softmax(v, out=whole)", TypeError, "softmax: out has dtype int64, to which the result's float64 does not cast"),
    ("softmax(v, out=flags)", TypeError, "softmax: out has dtype bool, to which the result's float64 does not cast"),
    ("softmax(v, out=[7.0])", TypeError, "softmax: out must be an array, not list"),
    ("softmax(v, out=(out, other))", TypeError, "softmax: out must be an array, not tuple"),
    ("softmax(v, where=flags)", TypeError, "softmax() got an unexpected keyword argument 'where'"),
    ("log_softmax(x, axis=(0, 0), out=wide)", ValueError, "log_softmax: axis (0, 0) names one axis twice"),
    ("log_softmax(x, 2)", AxisError, "log_softmax: axis 2 is out of bounds for x of 2 dimensions"),
    ("log_softmax(x, axis=None, out=out)", ValueError, "log_softmax: out has shape (3,), the result (2, 3)"),
    ("log_softmax({1.0})", TypeError, f"log_softmax: x {NO_NUMBERS} set"),
    ("softmax_backward(v, w)", ValueError, "softmax_backward: the shapes do not broadcast together: grad (3,), y (4,)"),
    ("softmax_backward('a', v)", TypeError, f"softmax_backward: grad has dtype <U1; {COMPUTABLE}"),
    ("softmax_backward(v, 'a')", TypeError, f"softmax_backward: y has dtype <U1; {COMPUTABLE}"),
    (
        "softmax_backward(v, v, 2)",
        AxisError,
        "softmax_backward: axis 2 is out of bounds for the result of 1 dimensions",
    ),
    ("softmax_backward(v, v, out=frozen)", ValueError, "softmax_backward: out is read-only"),
    ("softmax_backward(v, v, dtype='f4')", TypeError, "softmax_backward() got an unexpected keyword argument 'dtype'"),
    ("log_softmax_backward(v, None)", TypeError, f"log_softmax_backward: y {NO_NUMBERS} NoneType"),
    (
        "log_softmax_backward(v, v, out=whole)",
        TypeError,
        "log_softmax_backward: out has dtype int64, to which the result's float64 does not cast",
    ),
    ("log_softmax_backward(v, v, axis='0')", TypeError, f"log_softmax_backward: {AXES} '0'"),
]

MASKED = "is a masked array, whose mask would be lost: fill it first"
TWO = "out must be a tuple of two arrays"
SPARSE: list[Row] = [
    ("relu_mask(z)", TypeError, f"relu_mask: x has dtype complex128; {COMPUTABLE}"),
    ("relu_mask(['a'])", TypeError, f"relu_mask: x has dtype <U1; {COMPUTABLE}"),
    ("relu_mask(None)", TypeError, f"relu_mask: x {NO_NUMBERS} NoneType"),
    ("relu_mask([[1.0], [1.0, 2.0]])", ValueError, f"relu_mask: x {RAGGED}"),
    ("relu_mask(np.ma.array(v))", TypeError, f"relu_mask: x {MASKED}"),
    *(
        (f"relu_mask(v, {bad})", TypeError, f"relu_mask: {TWO}")
        for bad in ("out", "(out,)", "(out, bits, bits)", "[out, bits]")
    ),
    ("relu_mask(v, out=([], bits))", TypeError, "relu_mask: out[0] must be an array, not list"),
    ("relu_mask(v, out=(out, []))", TypeError, "relu_mask: out[1] must be an array, not list"),
    (
        "relu_mask(v, out=(whole, bits))",
        TypeError,
        "relu_mask: out[0] has dtype int64, to which the result's float64 does not cast",
    ),
    ("relu_mask(v, out=(out, other))", TypeError, "relu_mask: out[1] has dtype float64, the mask uint8"),
    ("relu_mask(v, out=(pair, bits))", ValueError, "relu_mask: out[0] has shape (2,), the result (3,)"),
    ("relu_mask(v, out=(out, bits[:0]))", ValueError, "relu_mask: out[1] has shape (0,), the result (1,)"),
    ("relu_mask(v, out=(frozen, bits))", ValueError, "relu_mask: out[0] is read-only"),
    ("relu_mask(v, out=(out, np.frombuffer(b'a', np.uint8)))", ValueError, "relu_mask: out[1] is read-only"),
    ("relu_mask(v, out=(out, out.view(np.uint8)[:1]))", ValueError, "relu_mask: out is two arrays that share memory"),
    ("relu_mask(v, where=flags)", TypeError, "relu_mask() got an unexpected keyword argument 'where'"),
    ("relu_backward_mask(z, mask)", TypeError, f"relu_backward_mask: grad has dtype complex128; {COMPUTABLE}"),
    ("relu_backward_mask(None, mask)", TypeError, f"relu_backward_mask: grad {NO_NUMBERS} NoneType"),
    ("relu_backward_mask(np.ma.array(v), mask)", TypeError, f"relu_backward_mask: grad {MASKED}"),
    ("relu_backward_mask(v, mask > 0)", TypeError, "relu_backward_mask: mask must be of dtype uint8, not bool"),
    ("relu_backward_mask(v, [5])", TypeError, "relu_backward_mask: mask must be of dtype uint8, not int64"),
    ("relu_backward_mask(v, None)", TypeError, "relu_backward_mask: mask must be of dtype uint8, not object"),
    (
        "relu_backward_mask(v, mask[1:])",
        ValueError,
        "relu_backward_mask: mask must be of shape (1,) for grad of shape (3,), not (0,)",
    ),
    (
        "relu_backward_mask(v, mask[None])",
        ValueError,
        "relu_backward_mask: mask must be of shape (1,) for grad of shape (3,), not (1, 1)",
    ),
    ("relu_backward_mask(v, mask, out=[])", TypeError, "relu_backward_mask: out must be an array, not list"),
    ("relu_backward_mask(v, mask, out=(out, out))", TypeError, "relu_backward_mask: out must be an array, not tuple"),
    ("relu_backward_mask(v, mask, out=pair)", ValueError, "relu_backward_mask: out has shape (2,), the result (3,)"),
    ("relu_backward_mask(v, mask, out=frozen)", ValueError, "relu_backward_mask: out is read-only"),
    (
        "relu_backward_mask(v, mask, out=mask)",
        TypeError,
        "relu_backward_mask: out has dtype uint8, to which the result's float64 does not cast",
    ),
    ("relu_csr(v)", ValueError, "relu_csr: x must be of two dimensions, not of shape (3,)"),
    ("relu_csr(x[None])", ValueError, "relu_csr: x must be of two dimensions, not of shape (1, 2, 3)"),
    ("relu_csr(1.0)", ValueError, "relu_csr: x must be of two dimensions, not of shape ()"),
    ("relu_csr(x.astype(np.float16))", TypeError, "relu_csr: x has dtype float16, which sparse arrays cannot have"),
    ("relu_csr(x.astype(bfloat16))", TypeError, "relu_csr: x has dtype bfloat16, which sparse arrays cannot have"),
    ("relu_csr(x * 1j)", TypeError, f"relu_csr: x has dtype complex128; {COMPUTABLE}"),
    ("relu_csr(None)", TypeError, f"relu_csr: x {NO_NUMBERS} NoneType"),
    ("relu_csr(np.ma.array(x))", TypeError, f"relu_csr: x {MASKED}"),
    ("sparsity(z)", TypeError, f"sparsity: y has dtype complex128; {COMPUTABLE}"),
    ("sparsity(None)", TypeError, f"sparsity: y {NO_NUMBERS} NoneType"),
    ("sparsity('abc')", TypeError, f"sparsity: y has dtype <U3; {COMPUTABLE}"),
    ("sparsity(np.ma.array(v))", TypeError, f"sparsity: y {MASKED}"),
    ("dead_units(z)", TypeError, f"dead_units: y has dtype complex128; {COMPUTABLE}"),
    ("dead_units(None)", TypeError, f"dead_units: y {NO_NUMBERS} NoneType"),
    ("dead_units(v, 1)", AxisError, "dead_units: axis 1 is out of bounds for y of 1 dimensions"),
    (f"dead_units(v, {HUGE})", AxisError, f"dead_units: axis {HUGE} is out of bounds for y of 1 dimensions"),
    ("dead_units(1.0)", AxisError, "dead_units: axis 0 is out of bounds for y of 0 dimensions"),
    ("dead_units(v, (0, -1))", ValueError, "dead_units: axis (0, -1) names one axis twice"),
    *((f"dead_units(v, {bad})", TypeError, f"dead_units: {AXES} {bad}") for bad in ("0.0", "True", "'0'")),
]

INTEGER = "must be an integer, not"
CONTROL: list[Row] = [
    *(
        (f"{name}({bad})", TypeError, f"{name}: n {INTEGER} {bad}")
        for name in ("set_num_threads", "threads")
        for bad in ("2.0", "'2'", "None", "nan", "True", "[2]", "np.float64(2.0)")
    ),
    *(
        (f"{name}({bad})", ValueError, f"{name}: n must be from 1 to 1024, not {bad}")
        for name in ("set_num_threads", "threads")
        for bad in (0, -1, 1025, HUGE)
    ),
    ("set_num_threads(np.array([1, 2]))", TypeError, f"set_num_threads: n {INTEGER} array([1, 2])"),
    ("set_num_threads(10**5000)", ValueError, "set_num_threads: n must be from 1 to 1024, not ..."),
    ("set_num_threads(1, 2)", TypeError, "set_num_threads() takes 1 positional argument but 2 were given"),
    ("set_num_threads(count=2)", TypeError, "set_num_threads() got an unexpected keyword argument 'count'"),
    ("set_num_threads()", TypeError, "set_num_threads() missing 1 required positional argument: 'n'"),
    ("threads()", TypeError, "threads.__init__() missing 1 required positional argument: 'n'"),
    ("threads(m=1)", TypeError, "threads.__init__() got an unexpected keyword argument 'm'..."),
    *(
        (f"buffer_pool({bad})", TypeError, f"buffer_pool: max_bytes {INTEGER} {bad}")
        for bad in ("'1'", "1.5", "None", "True")
    ),
    ("buffer_pool(max_bytes=-1)", ValueError, "buffer_pool: max_bytes must be at least 0, not -1"),
    ("buffer_pool(-(10**5000))", ValueError, "buffer_pool: max_bytes must be at least 0, not ..."),
    ("buffer_pool(1, 2)", TypeError, "buffer_pool.__init__() takes from 1 to 2 positional arguments but 3 were given"),
    *(
        (f"show_config({bad})", ValueError, f"show_config: mode must be 'stdout' or 'dicts', not {bad}")
        for bad in ("'json'", "None", "1", "['dicts']")
    ),
    ("show_config(v)", ValueError, "show_config: mode must be 'stdout' or 'dicts', not array([-1.,  0.,  2.])"),
    ("show_config('dicts', 1)", TypeError, "show_config() takes from 0 to 1 positional arguments but 2 were given"),
    ("isa(1)", TypeError, "isa() takes no arguments (1 given)"),
    ("available_isas(1)", TypeError, "available_isas() takes no arguments (1 given)"),
    ("get_num_threads(1)", TypeError, "get_num_threads() takes 0 positional arguments but 1 was given"),
    ("get_include(1)", TypeError, "get_include() takes 0 positional arguments but 1 was given"),
]

ROWS = SOFTMAX + SPARSE + CONTROL
