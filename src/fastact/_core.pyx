# cython: language_level=3, binding=True, freethreading_compatible=True
"""The one file between Python and C: it parses a call, allocates the result, releases the GIL and
calls the active kernel; and it makes the ufuncs that take whatever is not a plain array.

It may be long, for it is a list: three functions to an activation. No formula belongs here.
"""

import os

import numpy as np

cimport numpy as cnp
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.long cimport PyLong_CheckExact
from libc.stdint cimport intptr_t
from libc.stdlib cimport malloc

from ._errors import as_array, explained, parameter_error

cnp.import_array()
cnp.import_ufunc()


cdef extern from "_native/fastact.h" nogil:
    enum: FA_relu, FA_leaky_relu, FA_sigmoid, FA_tanh

    int FA_FORWARD, FA_BACKWARD, FA_BACKWARD_FROM_OUTPUT, FA_DIRECTIONS
    int FA_ACTIVATION_COUNT, FA_FUNCTION_COUNT
    int FA_DTYPE_COUNT, FA_F32_INDEX, FA_F64_INDEX
    enum: FA_MOST_PARAMETERS, FA_MOST_OPERANDS

    ctypedef struct fa_parameter:
        const char *name
        const char *description
        double initial
        int domain
        int domain_from_output

    ctypedef struct fa_activation:
        const char *name
        int parameter_count
        double *ulp
        fa_parameter *parameters

    ctypedef void (*fa_kernel)(void **operands, Py_ssize_t n, int uniform)

    ctypedef struct fa_operation:
        const char *name
        void (*run)(const void *, const void *, const void *, void *, Py_ssize_t)

    ctypedef struct fa_unit:
        int lanes
        const fa_operation *operations

    ctypedef struct fa_loop_data:
        pass

    const fa_activation *fa_activations
    fa_loop_data (*fa_loops)[2]

    const char *fa_isa_name(int i)
    bint fa_isa_supported(int i)
    int fa_isa_active()
    void fa_choose(int i)
    const fa_unit *fa_isa_unit(int i, int dtype)
    void fa_fill(const fa_kernel **rows, int count, int functions, fa_kernel *filled)
    bint fa_admits(int domain, double value)
    const char *fa_domain_description(int domain)
    const char *fa_compiler()
    int fa_input_count(int function)
    int fa_parameter_count(int function)
    void fa_call(int function, int dtype, void **arrays, const double *parameters, Py_ssize_t n)
    void fa_ufunc_loop(char **operands, const Py_ssize_t *dimensions, const Py_ssize_t *steps, void *data)


# --- The instruction set -------------------------------------------------------------------------

cdef dict _isa_indices():
    """Return the sets that this machine has, best first, and their places in the list."""
    cdef dict found = {}
    cdef int i = 0
    while fa_isa_name(i) != NULL:
        if fa_isa_supported(i):
            found[fa_isa_name(i).decode()] = i
        i += 1
    return found


cdef dict _ISAS = _isa_indices()


def available_isas():
    """Return the names of the instruction sets that this machine can run, best first.

    Returns
    -------
    tuple of str
        What the environment variable ``FASTACT_ISA`` may name; ``"scalar"`` is always there.
    """
    return tuple(_ISAS)


def isa():
    """Return the name of the instruction set in use, chosen when fastact was imported.

    Returns
    -------
    str
        The first of `available_isas`, or what the environment variable ``FASTACT_ISA`` names.
    """
    return fa_isa_name(fa_isa_active()).decode()


def _use_isa(str name):
    """Switch the instruction set under the tests' feet; not safe while another thread computes."""
    fa_choose(_ISAS[name])


cdef _choose_isa(str wanted):
    if not wanted:
        fa_choose(next(iter(_ISAS.values())))
    elif wanted in _ISAS:
        fa_choose(_ISAS[wanted])
    else:
        known = []
        while fa_isa_name(len(known)) != NULL:
            known.append(fa_isa_name(len(known)).decode())
        trouble = "this machine cannot run it" if wanted in known else "there is no such instruction set"
        raise ImportError(f"FASTACT_ISA={wanted}: {trouble}; choose from {', '.join(_ISAS)}")


_choose_isa(os.environ.get("FASTACT_ISA", ""))


def _compiler():
    return fa_compiler().decode()


# --- The table -----------------------------------------------------------------------------------

cdef tuple DIRECTIONS = ("", "_backward", "_backward_from_output")


cdef list _table():
    """Return the C table's rows as plain values, for `_table.py` to make records of."""
    cdef list rows = []
    cdef int i, k
    cdef const fa_activation *activation
    cdef const fa_parameter *parameter
    for i in range(FA_ACTIVATION_COUNT):
        activation = &fa_activations[i]
        parameters = []
        for k in range(activation.parameter_count):
            parameter = &activation.parameters[k]
            parameters.append((
                parameter.name.decode(),
                parameter.description.decode(),
                parameter.initial,
                fa_domain_description(parameter.domain).decode(),
                fa_domain_description(parameter.domain_from_output).decode(),
            ))
        bounds = [activation.ulp[k] for k in range(FA_DIRECTIONS)]
        rows.append((activation.name.decode(), parameters, bounds))
    return rows


TABLE = _table()


cdef str _name(int function):
    return fa_activations[function // FA_DIRECTIONS].name.decode() + DIRECTIONS[function % FA_DIRECTIONS]


cdef tuple _input_names(int function):
    return (("x",), ("grad", "x"), ("grad", "y"))[function % FA_DIRECTIONS]


cdef inline int _domain(int function, int k) noexcept nogil:
    cdef const fa_parameter *parameter = &fa_activations[function // FA_DIRECTIONS].parameters[k]
    if function % FA_DIRECTIONS == FA_BACKWARD_FROM_OUTPUT:
        return parameter.domain_from_output
    return parameter.domain


# --- The ufuncs ----------------------------------------------------------------------------------

# In this order bool and integers of 8 and 16 bits find float32 first, wider ones float64.
cdef cnp.PyUFuncGenericFunction _LOOPS[2]
_LOOPS[0] = _LOOPS[1] = <cnp.PyUFuncGenericFunction>fa_ufunc_loop
cdef int _TYPE_NUMBERS[2]
_TYPE_NUMBERS[FA_F32_INDEX] = cnp.NPY_FLOAT
_TYPE_NUMBERS[FA_F64_INDEX] = cnp.NPY_DOUBLE

# A ufunc keeps pointers to its name and to these arrays: they live as long as the process.
cdef list _UFUNC_NAMES = []
cdef list _UFUNCS = []


cdef _make_ufunc(int function):
    cdef int inputs = fa_input_count(function) + fa_parameter_count(function)
    cdef void **data = <void **>malloc(FA_DTYPE_COUNT * sizeof(void *))
    cdef char *types = <char *>malloc(FA_DTYPE_COUNT * FA_MOST_OPERANDS)
    cdef int dtype, i
    if data == NULL or types == NULL:
        raise MemoryError
    for dtype in range(FA_DTYPE_COUNT):
        data[dtype] = &fa_loops[function][dtype]
        for i in range(inputs + 1):
            types[dtype * (inputs + 1) + i] = <char>_TYPE_NUMBERS[dtype]
    name = _name(function).encode()
    text = f"The ufunc of fastact.{_name(function)}; its parameters are trailing operands.".encode()
    _UFUNC_NAMES.append((name, text))
    ufunc = cnp.PyUFunc_FromFuncAndData(
        _LOOPS, data, types, FA_DTYPE_COUNT, inputs, 1, cnp.PyUFunc_None, name, text, 0)
    try:
        ufunc.__module__ = "fastact.ufuncs"
        ufunc.__qualname__ = _name(function)
    except AttributeError:  # NumPy before 2.2: pickle then searches the modules for the name
        pass
    return ufunc


for _function in range(FA_FUNCTION_COUNT):
    _exists = fa_activations[_function // FA_DIRECTIONS].ulp[_function % FA_DIRECTIONS] >= 0
    _UFUNCS.append(_make_ufunc(_function) if _exists else None)

UFUNCS = {_name(i): ufunc for i, ufunc in enumerate(_UFUNCS) if ufunc is not None}


# --- The fast path -------------------------------------------------------------------------------

# Releasing the GIL costs about 0.1 us; the quickest kernel takes ten times that for this many elements.
cdef Py_ssize_t ELEMENTS_WORTH_THE_GIL = 16384

cdef str SAME_KIND = "same_kind"
cdef str KEEP_ORDER = "K"


cdef inline int _dtype(object array) noexcept:
    """Return the table's index of the dtype of an array that a kernel can read, else -1."""
    cdef int number
    if not cnp.PyArray_CheckExact(array) or not cnp.PyArray_ISBEHAVED_RO(<cnp.ndarray>array):
        return -1
    number = cnp.PyArray_TYPE(<cnp.ndarray>array)
    return FA_F32_INDEX if number == cnp.NPY_FLOAT else FA_F64_INDEX if number == cnp.NPY_DOUBLE else -1


cdef inline int _layout(object array) noexcept:
    """Return the contiguity flags, C, F, both or neither."""
    return cnp.PyArray_FLAGS(<cnp.ndarray>array) & (cnp.NPY_ARRAY_C_CONTIGUOUS | cnp.NPY_ARRAY_F_CONTIGUOUS)


cdef inline bint _same_shape(object a, object b) noexcept:
    cdef int i, dimensions = cnp.PyArray_NDIM(<cnp.ndarray>a)
    if cnp.PyArray_NDIM(<cnp.ndarray>b) != dimensions:
        return False
    for i in range(dimensions):
        if cnp.PyArray_DIMS(<cnp.ndarray>a)[i] != cnp.PyArray_DIMS(<cnp.ndarray>b)[i]:
            return False
    return True


cdef inline bint _apart_or_same(object a, object b) noexcept:
    """Do two contiguous arrays of one size share all of their memory, or none?"""
    cdef intptr_t distance = <intptr_t>cnp.PyArray_DATA(<cnp.ndarray>a) - <intptr_t>cnp.PyArray_DATA(<cnp.ndarray>b)
    cdef intptr_t size = cnp.PyArray_NBYTES(<cnp.ndarray>a)
    return distance == 0 or distance >= size or distance <= -size


cdef object _plain(int function, object first, object second, const double *parameters, object out):
    """Run the kernel where every operand is a plain array, or return None: the ufunc's turn."""
    cdef int dtype = _dtype(first), layout
    cdef void *arrays[3]
    cdef int inputs = 1
    cdef Py_ssize_t n
    if dtype < 0:
        return None
    layout = _layout(first)
    arrays[0] = cnp.PyArray_DATA(<cnp.ndarray>first)
    if fa_input_count(function) == 2:
        if _dtype(second) != dtype or not _same_shape(first, second):
            return None
        layout &= _layout(second)
        arrays[1] = cnp.PyArray_DATA(<cnp.ndarray>second)
        inputs = 2
    if layout == 0:
        return None
    if out is None:
        if cnp.PyArray_NDIM(<cnp.ndarray>first) == 0:  # a scalar comes out, as of any ufunc
            return None
        out = cnp.PyArray_EMPTY(cnp.PyArray_NDIM(<cnp.ndarray>first), cnp.PyArray_DIMS(<cnp.ndarray>first),
                                _TYPE_NUMBERS[dtype], not layout & cnp.NPY_ARRAY_C_CONTIGUOUS)
    elif (_dtype(out) != dtype or not cnp.PyArray_ISWRITEABLE(<cnp.ndarray>out)
            or not layout & _layout(out) or not _same_shape(first, out)
            or not _apart_or_same(first, out) or (inputs == 2 and not _apart_or_same(second, out))):
        return None
    arrays[inputs] = cnp.PyArray_DATA(<cnp.ndarray>out)
    n = cnp.PyArray_SIZE(<cnp.ndarray>first)
    if n >= ELEMENTS_WORTH_THE_GIL:
        with nogil:
            fa_call(function, dtype, arrays, parameters, n)
    else:
        fa_call(function, dtype, arrays, parameters, n)
    return out


cdef inline bint _number(object value, double *number):
    """Read a Python float or int; anything else takes the longer way."""
    if PyFloat_CheckExact(value):
        number[0] = PyFloat_AS_DOUBLE(value)
        return True
    if PyLong_CheckExact(value) and -2**53 <= value <= 2**53:
        number[0] = value
        return True
    return False


cdef object _call(int function, object first, object second, object parameter0, object parameter1,
                  object out, object where, object dtype, object casting, object order, object subok):
    cdef int count = fa_parameter_count(function)
    cdef double parameters[FA_MOST_PARAMETERS]
    if (where is True and dtype is None and casting is SAME_KIND and order is KEEP_ORDER and subok is True
            and (count < 1 or (_number(parameter0, &parameters[0]) and fa_admits(_domain(function, 0), parameters[0])))
            and (count < 2 or (_number(parameter1, &parameters[1]) and fa_admits(_domain(function, 1), parameters[1])))):
        result = _plain(function, first, second, parameters, out)
        if result is not None:
            return result
    return _general(function, (first,) if fa_input_count(function) == 1 else (first, second),
                    (parameter0, parameter1)[:count], out, where, dtype, casting, order, subok)


# --- Everything else -----------------------------------------------------------------------------

cdef object _is_foreign(object value):
    """Does it take part in the ufunc protocol by code of its own?"""
    own = getattr(type(value), "__array_ufunc__", cnp.ndarray.__array_ufunc__)
    return own is not cnp.ndarray.__array_ufunc__


cdef object _computing_dtype(int function, tuple inputs, object dtype):
    """Return float32 or float64, what the ufunc will compute in; None where only it can tell."""
    if dtype is not None:
        found = [np.dtype(dtype)]
    else:
        found = []
        for name, value in zip(_input_names(function), inputs):
            if type(value) not in (bool, int, float):  # a Python number takes the dtype of what it meets
                found.append(getattr(value, "dtype", None) or as_array(_name(function), name, value).dtype)
        try:
            found = [np.dtype(one) for one in found or [float]]
        except TypeError:  # a dtype that is not NumPy's
            return None
    return np.dtype(np.float32 if all([np.can_cast(one, np.float32) for one in found]) else np.float64)


cdef object _parameter(int function, int k, object value, object dtype):
    """Return a parameter as an operand that cannot change the result's dtype, or raise."""
    name = fa_activations[function // FA_DIRECTIONS].parameters[k].name.decode()
    if _is_foreign(value):
        return value if dtype is None or not hasattr(value, "astype") else value.astype(dtype)
    array = as_array(_name(function), name, value)
    if array.dtype.kind not in "biuf":
        raise parameter_error(TypeError, _name(function), name, f"must be a real number or an array of them, not {value!r}")
    if array.ndim == 0 and not fa_admits(_domain(function, k), array):
        admitted = fa_domain_description(_domain(function, k)).decode()
        raise parameter_error(ValueError, _name(function), name, f"must be {admitted}, not {value!r}")
    with np.errstate(all="ignore"):
        return float(array) if dtype is None and array.ndim == 0 else array if dtype is None else array.astype(dtype)


cdef object _general(int function, tuple inputs, tuple parameters, object out, object where,
                     object dtype, object casting, object order, object subok):
    """Call the ufunc; where it refuses, say which argument is at fault."""
    ufunc = _UFUNCS[function]
    keywords = {"casting": casting, "order": order, "subok": subok}
    if out is not None:
        keywords["out"] = out
    if where is not True:
        keywords["where"] = where
    if dtype is not None:
        keywords["dtype"] = dtype
    operands = inputs
    if parameters:
        computing = _computing_dtype(function, inputs, dtype)
        operands += tuple([_parameter(function, k, value, computing) for k, value in enumerate(parameters)])
    try:
        return ufunc(*operands, **keywords)
    except (TypeError, ValueError) as error:
        if any([_is_foreign(value) for value in operands]) or _is_foreign(out):
            raise
        names = _input_names(function) + tuple([
            fa_activations[function // FA_DIRECTIONS].parameters[k].name.decode() for k in range(len(parameters))])
        raise explained(error, _name(function), dict(zip(names, operands)), keywords) from error


# --- For the tests -------------------------------------------------------------------------------

def _operations():
    """Return the names of the vocabulary's operations, and the lanes of float32 and float64."""
    cdef const fa_operation *operation = fa_isa_unit(fa_isa_active(), FA_F32_INDEX).operations
    names = []
    while operation.name != NULL:
        names.append(operation.name.decode())
        operation += 1
    return names, tuple([fa_isa_unit(fa_isa_active(), dtype).lanes for dtype in range(FA_DTYPE_COUNT)])


def _operate(str name, cnp.ndarray a, cnp.ndarray b, cnp.ndarray c):
    """Run one operation of the active set's vocabulary over contiguous arrays of one dtype."""
    cdef const fa_operation *operation = fa_isa_unit(fa_isa_active(), _dtype(a)).operations
    cdef cnp.ndarray out = np.zeros_like(a)
    while operation.name.decode() != name:
        operation += 1
    operation.run(cnp.PyArray_DATA(a), cnp.PyArray_DATA(b), cnp.PyArray_DATA(c), cnp.PyArray_DATA(out), a.size)
    return out


def _filled(units):
    """Return, for units given as lists of which kernels they have, where each active one comes from."""
    cdef fa_kernel[16] filled
    cdef int i, k, count = len(units), functions = len(units[0])
    cdef fa_kernel candidates[16][16]
    cdef const fa_kernel *rows[16]
    for i in range(count):
        rows[i] = candidates[i]
        for k in range(functions):
            candidates[i][k] = <fa_kernel><intptr_t>(i + 1) if units[i][k] else NULL
    fa_fill(rows, count, functions, filled)
    return [<intptr_t>filled[k] - 1 for k in range(functions)]


# --- The functions -------------------------------------------------------------------------------

# What a function does not have of a second input and two parameters.
cdef object ABSENT = None

def relu(x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Rectified linear unit: ``max(0, x)``.

    {parameters}

    Notes
    -----
    ``relu(-0.0)`` is ``-0.0``; NaN gives NaN.
    {notes}

    References
    ----------
    .. [1] V. Nair, G. E. Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines",
       ICML 2010.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.relu(np.array([-1.5, 0.0, 2.5], dtype=np.float32))
    array([0. , 0. , 2.5], dtype=float32)
    """
    return _call(FA_DIRECTIONS * FA_relu + FA_FORWARD, x, ABSENT, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def relu_backward(grad, x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `relu`: ``0 if x <= 0 else grad``.

    {parameters}

    Notes
    -----
    The derivative at 0 is 0. Where it is 0 so is the result, whatever `grad` is; at NaN `x` the
    result is `grad`.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.relu_backward(np.ones(3), np.array([-1.5, 0.0, 2.5]))
    array([0., 0., 1.])
    """
    return _call(FA_DIRECTIONS * FA_relu + FA_BACKWARD, grad, x, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def relu_backward_from_output(grad, y, /, out=None, *,
                              where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `relu` from its output: ``0 if y <= 0 else grad``.

    {parameters}

    Notes
    -----
    Loses nothing: the result is that of `relu_backward`, bit for bit.
    {notes}
    """
    return _call(FA_DIRECTIONS * FA_relu + FA_BACKWARD_FROM_OUTPUT, grad, y, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def leaky_relu(x, /, negative_slope=0.01, out=None, *,
               where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Leaky rectified linear unit: ``x if x >= 0 else negative_slope * x``.

    {parameters}

    Notes
    -----
    The sign of zero stays; NaN gives NaN. With slope 0 the result at -inf is 0.
    {notes}

    References
    ----------
    .. [1] A. L. Maas, A. Y. Hannun, A. Y. Ng, "Rectifier Nonlinearities Improve Neural Network
       Acoustic Models", ICML 2013.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.leaky_relu(np.array([-2.0, 0.0, 2.0]), negative_slope=0.25)
    array([-0.5,  0. ,  2. ])
    """
    return _call(FA_DIRECTIONS * FA_leaky_relu + FA_FORWARD, x, ABSENT, negative_slope, ABSENT,
                 out, where, dtype, casting, order, subok)


def leaky_relu_backward(grad, x, /, negative_slope=0.01, out=None, *,
                        where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `leaky_relu`: ``grad if x > 0 else negative_slope * grad``.

    {parameters}

    Notes
    -----
    The derivative at 0 is the slope, at NaN `x` too. With slope 0 the result is 0 there, whatever
    `grad` is.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.leaky_relu_backward(np.ones(3), np.array([-2.0, 0.0, 2.0]), 0.25)
    array([0.25, 0.25, 1.  ])
    """
    return _call(FA_DIRECTIONS * FA_leaky_relu + FA_BACKWARD, grad, x, negative_slope, ABSENT,
                 out, where, dtype, casting, order, subok)


def leaky_relu_backward_from_output(grad, y, /, negative_slope=0.01, out=None, *,
                                    where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `leaky_relu` from its output: ``grad if y > 0 else negative_slope * grad``.

    {parameters}

    Notes
    -----
    Loses nothing where the slope is above 0, for `y` then has the sign of ``x``; the values of an
    array of slopes are not checked.
    {notes}
    """
    return _call(FA_DIRECTIONS * FA_leaky_relu + FA_BACKWARD_FROM_OUTPUT, grad, y, negative_slope, ABSENT,
                 out, where, dtype, casting, order, subok)


def sigmoid(x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Logistic sigmoid: ``1 / (1 + exp(-x))``.

    {parameters}

    Notes
    -----
    1 at inf and 0 at -inf, NaN at NaN. The bound holds down the whole tail, in which float32 results
    are subnormal below x = -87.34 and 0 below -103.98 (float64: -708.4 and -745.2).
    {notes}

    References
    ----------
    .. [1] P.-F. Verhulst, "Recherches mathematiques sur la loi d'accroissement de la population",
       Nouveaux memoires de l'Academie de Bruxelles, 18, 1845.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.sigmoid(np.array([-np.inf, 0.0, np.inf]))
    array([0. , 0.5, 1. ])
    """
    return _call(FA_DIRECTIONS * FA_sigmoid + FA_FORWARD, x, ABSENT, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def sigmoid_backward(grad, x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `sigmoid`: ``grad * exp(-x) / (1 + exp(-x))**2``.

    {parameters}

    Notes
    -----
    The derivative is at most 1/4 and 0 at +-inf only; `grad` multiplies it before the power of two
    is applied, so that a large `grad` meets a derivative that alone would be subnormal at full
    precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.sigmoid_backward(np.ones(2), np.array([0.0, 100.0]))
    array([2.50000000e-01, 3.72007598e-44])
    """
    return _call(FA_DIRECTIONS * FA_sigmoid + FA_BACKWARD, grad, x, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def sigmoid_backward_from_output(grad, y, /, out=None, *,
                                 where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `sigmoid` from its output: ``grad * y * (1 - y)``.

    {parameters}

    Notes
    -----
    The bound is against this formula at the `y` given. `y` itself has lost what distinguishes it from
    1: in float32 the gradient is 0 from x = 17.4 on, where `sigmoid_backward` still gives 2.8e-8.
    {notes}
    """
    return _call(FA_DIRECTIONS * FA_sigmoid + FA_BACKWARD_FROM_OUTPUT, grad, y, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def tanh(x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Hyperbolic tangent: ``(1 - exp(-2 x)) / (1 + exp(-2 x))``.

    {parameters}

    Notes
    -----
    1 at inf and -1 at -inf, NaN at NaN; the sign of zero stays, and the function is odd bit for bit.
    {notes}

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, G. B. Orr, K.-R. Mueller, "Efficient BackProp", in Neural Networks:
       Tricks of the Trade, Springer, 1998.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.tanh(np.array([-np.inf, 0.0, np.inf]))
    array([-1.,  0.,  1.])
    """
    return _call(FA_DIRECTIONS * FA_tanh + FA_FORWARD, x, ABSENT, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def tanh_backward(grad, x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `tanh`: ``grad * 4 exp(-2 x) / (1 + exp(-2 x))**2``.

    {parameters}

    Notes
    -----
    The derivative is 1 at 0 and 0 at +-inf only; `grad` multiplies it before the power of two is
    applied, so that a large `grad` meets a derivative that alone would be subnormal at full
    precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.tanh_backward(np.ones(2), np.array([0.0, 40.0]))
    array([1.00000000e+00, 7.21940555e-35])
    """
    return _call(FA_DIRECTIONS * FA_tanh + FA_BACKWARD, grad, x, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def tanh_backward_from_output(grad, y, /, out=None, *,
                              where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `tanh` from its output: ``grad * (1 - y**2)``.

    {parameters}

    Notes
    -----
    The bound is against this formula at the `y` given. `y` itself has lost what distinguishes it from
    1: in float32 the gradient is 0 from abs(x) = 9.02 on, where `tanh_backward` still gives 5.9e-8.
    {notes}
    """
    return _call(FA_DIRECTIONS * FA_tanh + FA_BACKWARD_FROM_OUTPUT, grad, y, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)
