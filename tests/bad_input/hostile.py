"""Calls with objects whose own code fails, lies or declines: `__array__`, `__array_ufunc__`, `__index__`, `__repr__`.

An error of theirs passes as it is, with a note that names the function and the argument: those rows are `THEIRS`, and
their fourth column is the note. What is ours to say is in `ROWS`. No plain mistake belongs here.
"""

from . import COMPUTABLE, Row
from .elementwise import NO_NUMBERS, REAL

MINE = "cannot be made an array: mine"
NO_SHAPE = "which has no shape"
REFUSES = "which refuses ufuncs (its __array_ufunc__ is None)"
DECLINED = "__array_ufunc__ returned NotImplemented, that of"
DECODING = "cannot be made an array: 'utf8' codec can't decode bytes in position 0-0: mine"
STRANGE = 'ArrayRaises(UnicodeDecodeError("utf8", b"", 0, 1, "mine"))'
NOT_NUMPYS = "out cannot be given with arrays that are not NumPy's"

MADE_ARRAYS: list[Row] = [
    ("relu(ArrayRaises(ValueError('mine')))", ValueError, f"relu: x {MINE}"),
    ("relu(ArrayRaises(TypeError('mine')))", TypeError, f"relu: x {MINE}"),
    (f"relu({STRANGE})", ValueError, f"relu: x {DECODING}"),
    (
        "relu(ArrayLies())",
        ValueError,
        "relu: x cannot be made an array: object __array__ method not producing an array",
    ),
    ("relu(LengthRaises())", TypeError, f"relu: x {NO_NUMBERS} LengthRaises"),
    ("relu(FloatRaises())", TypeError, f"relu: x {NO_NUMBERS} FloatRaises"),
    ("relu([FloatRaises()])", TypeError, f"relu: x has dtype object; {COMPUTABLE}"),
    ("relu(IndexRaises(ValueError('mine')))", TypeError, f"relu: x {NO_NUMBERS} IndexRaises"),
    ("relu(ReprRaises())", TypeError, f"relu: x {NO_NUMBERS} ReprRaises"),
    ("relu(v, out=ArrayRaises(ValueError('mine')))", TypeError, "relu: out must be an array, not ArrayRaises"),
    ("mish_backward(ArrayLies(), v)", ValueError, "mish_backward: grad cannot be made an array: ..."),
    ("mish_backward(v, ArrayRaises(ValueError('mine')))", ValueError, f"mish_backward: x {MINE}"),
    ("leaky_relu(v, ArrayRaises(ValueError('mine')))", ValueError, f"leaky_relu: negative_slope {MINE}"),
    (f"leaky_relu(v, {STRANGE})", ValueError, f"leaky_relu: negative_slope {DECODING}"),
    ("leaky_relu(v, FloatRaises())", TypeError, f"leaky_relu: negative_slope {REAL} <...FloatRaises object at ...>"),
    ("leaky_relu(v, ReprRaises())", TypeError, f"leaky_relu: negative_slope {REAL} <ReprRaises instance at ...>"),
    ("leaky_relu(ArrayLies(), 0.1)", ValueError, "leaky_relu: x cannot be made an array: ..."),
    ("softmax(ArrayRaises(ValueError('mine')))", ValueError, f"softmax: x {MINE}"),
    (f"softmax({STRANGE})", ValueError, f"softmax: x {DECODING}"),
    ("softmax(v, axis=IndexLies())", TypeError, "softmax: axis must be None, an integer or a tuple of them, not <...>"),
    ("softmax(v, axis=ReprRaises())", TypeError, "softmax: axis must be None, ..., not <ReprRaises instance at ...>"),
    (
        "softmax(v, axis=LengthRaises())",
        TypeError,
        "softmax: axis must be None, an integer or a tuple of them, not <...>",
    ),
    ("glu(ArrayLies())", ValueError, "glu: x cannot be made an array: ..."),
    ("glu(w, axis=IndexLies())", TypeError, "glu: axis must be an integer, not <...IndexLies object at ...>"),
    (
        "geglu(v, v, ReprRaises())",
        ValueError,
        "geglu: approximate must be 'none' or 'tanh', not <ReprRaises instance at ...>",
    ),
    ("swiglu(v, ArrayRaises(TypeError('mine')))", TypeError, f"swiglu: up {MINE}"),
    (
        "swiglu_backward(v, v, v, out=(ArrayRaises(ValueError('mine')), out))",
        TypeError,
        "swiglu_backward: out[0] must be an array, not ArrayRaises",
    ),
    ("maxout_backward(v, ArrayRaises(ValueError('mine')), 3)", ValueError, f"maxout_backward: which {MINE}"),
    ("maxout_backward(v, 1, IndexLies())", TypeError, "maxout_backward: pieces must be an integer, not <...>"),
    ("bias_act(x, ArrayRaises(ValueError('mine')))", ValueError, f"bias_act: bias {MINE}"),
    ("bias_act(x, v, ReprRaises())", TypeError, "bias_act: activation must be the name of an activation, not <...>"),
    (f"relu_mask({STRANGE})", ValueError, f"relu_mask: x {DECODING}"),
    (f"relu_backward_mask(v, {STRANGE})", ValueError, f"relu_backward_mask: mask {DECODING}"),
    ("sparsity(ArrayRaises(TypeError('mine')))", TypeError, f"sparsity: y {MINE}"),
    ("rrelu_backward(v, v, slope=ArrayRaises(ValueError('mine')))", ValueError, f"rrelu_backward: slope {MINE}"),
    (
        "rrelu_backward(v, v, slope=ReprRaises())",
        TypeError,
        f"rrelu_backward: slope {REAL} <ReprRaises instance at ...>",
    ),
    ("prelu(x, ArrayRaises(ValueError('mine')), 1)", ValueError, f"prelu: weight {MINE}"),
    (
        "set_num_threads(IndexLies())",
        TypeError,
        "set_num_threads: n must be an integer, not <...IndexLies object at ...>",
    ),
    (
        "set_num_threads(ReprRaises())",
        TypeError,
        "set_num_threads: n must be an integer, not <ReprRaises instance at ...>",
    ),
    ("buffer_pool(IndexLies())", TypeError, "buffer_pool: max_bytes must be an integer, not <...>"),
    ("show_config(ReprRaises())", ValueError, "show_config: mode must be 'stdout' or 'dicts', not <ReprRaises ...>"),
]

TAKE_PART: list[Row] = [
    ("relu(OptsOut())", TypeError, f"relu: x is of type OptsOut, {REFUSES}"),
    ("relu(v, out=OptsOut())", TypeError, f"relu: out is of type OptsOut, {REFUSES}"),
    ("relu(Declines())", TypeError, f"relu: {DECLINED} x of type Declines"),
    ("relu(v.view(DecliningSubclass))", TypeError, f"relu: {DECLINED} x of type DecliningSubclass"),
    ("relu(v, out=out.view(DecliningSubclass))", TypeError, f"relu: {DECLINED} out of type DecliningSubclass"),
    ("mish_backward(v, OptsOut())", TypeError, f"mish_backward: x is of type OptsOut, {REFUSES}"),
    ("mish_backward(Declines(), v)", TypeError, f"mish_backward: {DECLINED} grad of type Declines"),
    (
        "mish_backward(Declines(), Declines())",
        TypeError,
        f"mish_backward: {DECLINED} grad of type Declines and x of type Declines",
    ),
    ("leaky_relu(v, OptsOut())", TypeError, f"leaky_relu: negative_slope is of type OptsOut, {REFUSES}"),
    ("leaky_relu(v, Declines())", TypeError, f"leaky_relu: {DECLINED} negative_slope of type Declines"),
    ("leaky_relu(Declines(), 0.1)", TypeError, f"leaky_relu: {DECLINED} x of type Declines"),
    ("prelu(Declines(), v, 0)", TypeError, f"prelu: x is of type Declines, {NO_SHAPE}"),
    ("prelu(OptsOut(), v, 0)", TypeError, f"prelu: x is of type OptsOut, {NO_SHAPE}"),
    ("prelu_backward(v, Declines(), 0.5)", TypeError, f"prelu_backward: {DECLINED} x of type Declines"),
    ("rrelu(Declines(), rng=1)", TypeError, f"rrelu: {DECLINED} x of type Declines"),
    ("rrelu(v, 0.1, Declines(), rng=1)", TypeError, f"rrelu: {DECLINED} upper of type Declines"),
    ("softmax(OptsOut())", TypeError, f"softmax: x is of type OptsOut, {REFUSES}"),
    ("softmax(Declines())", TypeError, f"softmax: {DECLINED} x of type Declines"),
    ("softmax(Declines(), axis=(0, 1))", TypeError, "softmax: axis must be an integer for Declines, not (0, 1)"),
    ("softmax(v, out=out.view(DecliningSubclass))", TypeError, f"softmax: {DECLINED} out of type DecliningSubclass"),
    ("log_softmax_backward(v, Declines())", TypeError, f"log_softmax_backward: {DECLINED} y of type Declines"),
    ("glu(OptsOut())", TypeError, f"glu: x is of type OptsOut, {NO_SHAPE}"),
    ("glu(Declines())", TypeError, f"glu: x is of type Declines, {NO_SHAPE}"),
    ("glu(w.view(DecliningSubclass))", TypeError, f"glu: {DECLINED} x of type DecliningSubclass"),
    ("glu_backward(pair, Declines())", TypeError, f"glu_backward: x is of type Declines, {NO_SHAPE}"),
    ("glu_backward(Declines(), w)", TypeError, f"glu_backward: {DECLINED} grad of type Declines"),
    ("reglu(v, OptsOut())", TypeError, f"reglu: up is of type OptsOut, {REFUSES}"),
    ("reglu(v, Declines())", TypeError, f"reglu: {DECLINED} up of type Declines"),
    ("reglu(Declines(), v)", TypeError, f"reglu: {DECLINED} gate of type Declines"),
    ("swiglu_backward(v, v, OptsOut())", TypeError, f"swiglu_backward: up is of type OptsOut, {REFUSES}"),
    ("swiglu_backward(v, Declines(), v)", TypeError, f"swiglu_backward: {DECLINED} gate of type Declines"),
    ("swiglu_backward(v, v, v, out=(OptsOut(), out))", TypeError, f"swiglu_backward: {NOT_NUMPYS}"),
    ("swiglu_backward(v, v, v.view(Subclass), out=(out, other))", TypeError, f"swiglu_backward: {NOT_NUMPYS}"),
    ("crelu(Declines())", TypeError, f"crelu: x is of type Declines, {NO_SHAPE}"),
    ("crelu(v.view(DecliningSubclass))", TypeError, f"crelu: {DECLINED} x of type DecliningSubclass"),
    ("crelu_backward(w, Declines())", TypeError, f"crelu_backward: x is of type Declines, {NO_SHAPE}"),
    ("crelu_backward(Declines(), v)", TypeError, f"crelu_backward: grad is of type Declines, {NO_SHAPE}"),
    ("crelu(v.view(Subclass), out=out)", TypeError, f"crelu: {NOT_NUMPYS}"),
    ("maxout(Declines())", TypeError, f"maxout: x is of type Declines, {NO_SHAPE}"),
    ("maxout(OptsOut())", TypeError, f"maxout: x is of type OptsOut, {NO_SHAPE}"),
    ("maxout_backward(v, Declines(), 3)", TypeError, f"maxout_backward: which is of type Declines, {NO_SHAPE}"),
    ("maxout_backward(Declines(), 1, 3)", TypeError, f"maxout_backward: {DECLINED} grad of type Declines"),
    ("bias_act(OptsOut(), v)", TypeError, f"bias_act: x is of type OptsOut, {NO_SHAPE}"),
    ("bias_act(Declines(), v)", TypeError, f"bias_act: x is of type Declines, {NO_SHAPE}"),
    ("bias_act(x, OptsOut())", TypeError, f"bias_act: bias is of type OptsOut, {REFUSES}"),
    ("bias_act(x, Declines())", TypeError, f"bias_act: {DECLINED} bias of type Declines"),
    (
        "bias_act(x, v, 'leaky_relu', negative_slope=Declines())",
        TypeError,
        f"bias_act: leaky_relu: {DECLINED} negative_slope of type Declines",
    ),
    ("bias_act_backward(Declines(), x, v)", TypeError, f"bias_act_backward: {DECLINED} grad of type Declines"),
    ("bias_act_backward(x, Declines(), v)", TypeError, f"bias_act_backward: x is of type Declines, {NO_SHAPE}"),
    ("bias_act_backward(x, Declines(), None)", TypeError, f"bias_act_backward: {DECLINED} x of type Declines"),
    ("bias_act_backward(x.view(LyingSubclass), x, v)", TypeError, f"bias_act_backward: dx is of type str, {NO_SHAPE}"),
    ("relu_mask(OptsOut())", TypeError, f"relu_mask: x {NO_NUMBERS} OptsOut"),
    ("sparsity(Declines())", TypeError, f"sparsity: y {NO_NUMBERS} Declines"),
]

# What says of itself that it is larger than it is; believed, it would have had others' memory written.
BOASTING: list[Row] = [
    ("swiglu(np.ones(10**6), np.ones(10**6), out=out.view(Boasts))", ValueError, "swiglu: out has shape (3,), ..."),
    (
        "swiglu_backward(np.ones(10**6), 1.0, 1.0, out=(out.view(Boasts), None))",
        ValueError,
        "swiglu_backward: out[0] has shape (3,), the result (1000000,)",
    ),
    (
        "bias_act(np.ones((1, 10**6)), np.ones(10**6), out=wide.view(Boasts))",
        ValueError,
        "bias_act: out has shape (2, 3), the result (1, 1000000)",
    ),
    (
        "glu_backward(np.ones(10**6 // 2), np.ones(10**6), out=out.view(Boasts))",
        ValueError,
        "glu_backward: out has shape (3,), the result (1000000,)",
    ),
    ("maxout(np.ones((10**6, 2)), out=(out.view(Boasts), None))", ValueError, "maxout: out[0] has shape (3,), ..."),
    ("crelu(np.ones(10**6 // 2), out=out.view(Boasts))", ValueError, "crelu: out has shape (3,), ..."),
    ("softmax(np.ones(10**6), out=out.view(Boasts))", ValueError, "softmax: out has shape (3,), ..."),
    ("relu_mask(np.ones(10**6), out=(out.view(Boasts), None))", ValueError, "relu_mask: out[0] has shape (3,), ..."),
    ("relu(np.ones(10**6), out=out.view(Boasts))", ValueError, "relu: out has shape (3,), the result (1000000,)"),
    (
        "reglu(np.ones(10**6), np.ma.array(v.view(Boasts)))",
        ValueError,
        "reglu: the shapes do not broadcast together: gate (1000000,), up (3,)",
    ),
]

ROWS = MADE_ARRAYS + TAKE_PART + BOASTING

Theirs = tuple[str, type[Exception], str, str]
THEIRS: list[Theirs] = [
    ("relu(ArrayRaises(RuntimeError('mine')))", RuntimeError, "mine", "relu: called with x of type ArrayRaises"),
    ("relu(ArrayRaises(KeyError('mine')))", KeyError, "'mine'", "relu: called with x of type ArrayRaises"),
    ("relu(Raises())", ValueError, "mine", "relu: called with x of type Raises"),
    ("relu(Fails())", UnicodeDecodeError, "...mine", "relu: called with x of type Fails"),
    ("relu(v.view(Subclass))", ValueError, "mine", "relu: called with x of type Subclass"),
    ("relu(v, out=out.view(Subclass))", ValueError, "mine", "relu: called with out of type Subclass"),
    ("mish_backward(v, v.view(Subclass))", ValueError, "mine", "mish_backward: called with x of type Subclass"),
    ("leaky_relu(v, Raises())", ValueError, "mine", "leaky_relu: called with negative_slope of type Raises"),
    (
        "leaky_relu(v, ArrayRaises(RuntimeError('mine')))",
        RuntimeError,
        "mine",
        "leaky_relu: negative_slope cannot be made an array",
    ),
    ("softmax(v.view(Subclass))", ValueError, "mine", "softmax: called with x of type Subclass"),
    ("softmax(ArrayRaises(RuntimeError('mine')))", RuntimeError, "mine", "softmax: x cannot be made an array"),
    (
        "softmax(v, axis=IndexRaises(ValueError('mine')))",
        ValueError,
        "mine",
        "softmax: axis must be None, an integer or a tuple of them",
    ),
    ("softmax_backward(v, Fails())", UnicodeDecodeError, "...mine", "softmax_backward: called with y of type Fails"),
    ("glu(w.view(Subclass))", ValueError, "mine", "glu: called with x of type Subclass"),
    ("glu(ArrayRaises(RuntimeError('mine')))", RuntimeError, "mine", "glu: x cannot be made an array"),
    ("glu(w, IndexRaises(RuntimeError('mine')))", RuntimeError, "mine", "glu: axis must be an integer"),
    ("swiglu(v, Raises())", ValueError, "mine", "swiglu: called with up of type Raises"),
    (
        "swiglu(v.view(LyingSubclass), v)",
        TypeError,
        "ufunc 'multiply' did not contain a loop ...",
        "swiglu: called with gate of type LyingSubclass",
    ),
    ("swiglu(v, v, out=out.view(Subclass))", ValueError, "mine", "swiglu: called with out of type Subclass"),
    ("swiglu_backward(v, v, Raises())", ValueError, "mine", "swiglu_backward: called with up of type Raises"),
    ("crelu(v.view(Subclass))", ValueError, "mine", "crelu: called with x of type Subclass"),
    (
        "crelu_backward(np.ones(6), v.view(Subclass))",
        ValueError,
        "mine",
        "crelu_backward: called with x of type Subclass",
    ),
    ("bias_act(x, Raises())", ValueError, "mine", "bias_act: called with bias of type Raises"),
    ("bias_act(x.view(Subclass), None)", ValueError, "mine", "bias_act: called with x of type Subclass"),
    (
        "bias_act_backward(x, x.view(Subclass), None)",
        ValueError,
        "mine",
        "bias_act_backward: called with x of type Subclass",
    ),
    ("prelu_backward(v, Raises(), 0.5)", ValueError, "mine", "prelu_backward: called with x of type Raises"),
    ("rrelu(v, Raises(), rng=1)", ValueError, "mine", "rrelu: called with lower of type Raises"),
    ("relu_mask(ArrayRaises(RuntimeError('mine')))", RuntimeError, "mine", "relu_mask: x cannot be made an array"),
    (
        "dead_units(v, IndexRaises(KeyError('mine')))",
        KeyError,
        "'mine'",
        "dead_units: axis must be None, an integer or a tuple of them",
    ),
    (
        "set_num_threads(IndexRaises(RuntimeError('mine')))",
        RuntimeError,
        "mine",
        "set_num_threads: n must be an integer",
    ),
    ("buffer_pool(IndexRaises(ValueError('mine')))", ValueError, "mine", "buffer_pool: max_bytes must be an integer"),
]
