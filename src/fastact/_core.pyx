# cython: language_level=3, binding=True, freethreading_compatible=True
"""What is between Python and C: it parses a call, allocates the result, releases the GIL and calls the
active kernel, or hands it to the ufuncs, which take whatever is not a plain array.

Here is the way of every call, in its order; the tables, the ufuncs, the public functions and what only some of
them need are in _parts/, which are included. No formula belongs here.
"""

import os
import sys
import threading

import numpy as np

cimport numpy as cnp
from cpython.contextvars cimport PyContextVar_New, get_value_no_default
from cpython.exc cimport PyErr_SetNone
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.long cimport PyLong_CheckExact
from cpython.object cimport PyObject
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from cpython.ref cimport Py_INCREF
from libc.math cimport INFINITY, isnan
from libc.stdint cimport int32_t, int64_t, intptr_t, uint8_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport strcpy

from . import _operands
from ._errors import (
    as_array, called_by, calling_others, dtype_of, explained, of_others, parameter_error, shown, uncomputable)

cnp.import_array()
cnp.import_ufunc()


include "_parts/declarations.pxi"


cdef extern from "numpy/ufuncobject.h":
    int PyUFunc_AddPromoter(object ufunc, object dtypes, object promoter) except -1
    object PyUFunc_FromFuncAndDataAndSignature(
        cnp.PyUFuncGenericFunction *loops, void **data, char *types, int count, int inputs, int outputs, int identity,
        const char *name, const char *doc, int unused, const char *signature)


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


# --- Threads -------------------------------------------------------------------------------------

if not fa_prepare_threads() or not fa_prepare_buffers():
    raise MemoryError

# What `with threads(n)` sets; a C thread cannot ask for it, so that ufuncs are told before they are called.
CONTEXT_THREADS = PyContextVar_New("fastact.threads", NULL)


cdef inline int _context_threads() except -1:
    """Return the number that a `with threads(n)` around the caller sets, else 0."""
    count = get_value_no_default(CONTEXT_THREADS)
    return 0 if count is None else count


cdef inline int _threads_here() except -1:
    """Return how many threads a call may use here."""
    return _context_threads() or fa_process_threads()


def _get_threads():
    return _threads_here()


def _set_threads(int count):
    return fa_set_process_threads(count)


cdef object _called(object ufunc, tuple operands, dict keywords):
    """Call a ufunc whose loops see the context's number of threads."""
    cdef int threads = _context_threads(), before
    if threads == 0:
        return ufunc(*operands, **keywords)
    before = fa_set_caller_threads(threads)
    try:
        return ufunc(*operands, **keywords)
    finally:
        fa_set_caller_threads(before)


include "_parts/pool.pxi"
include "_parts/table.pxi"
include "_parts/ufuncs.pxi"


# --- The fast path -------------------------------------------------------------------------------

# Releasing the GIL costs about 0.1 us; the quickest kernel takes ten times that for this many elements.
cdef Py_ssize_t ELEMENTS_WORTH_THE_GIL = 16384
# Up to so many misaligned or byte-swapped ones are copied at once, more of them pass through NumPy's buffers.
cdef Py_ssize_t ELEMENTS_WORTH_A_COPY = 32768

cdef str SAME_KIND = "same_kind"
cdef str KEEP_ORDER = "K"


cdef inline int _dtype(object array) noexcept:
    """Return the table's index of the dtype of an array that a kernel can read, else -1."""
    if not cnp.PyArray_CheckExact(array) or not cnp.PyArray_ISBEHAVED_RO(<cnp.ndarray>array):
        return -1
    return _dtype_of_any(array)


cdef inline int _dtype_of_any(object array) noexcept:
    """Return the table's index of the dtype of an ndarray, else -1."""
    cdef int number, dtype
    if not cnp.PyArray_CheckExact(array):
        return -1
    number = cnp.PyArray_TYPE(<cnp.ndarray>array)
    for dtype in range(FA_DTYPE_COUNT):
        if number == _TYPE_NUMBERS[dtype]:
            return dtype
    return -1


cdef object _readable(object array, Py_ssize_t most):
    """Return an array that a kernel can read: a copy of one that is misaligned or byte-swapped, of at most so many elements."""
    if (_dtype_of_any(array) < 0 or cnp.PyArray_ISBEHAVED_RO(<cnp.ndarray>array)
            or cnp.PyArray_SIZE(<cnp.ndarray>array) > most):
        return array
    return cnp.PyArray_FROM_OF(array, cnp.NPY_ARRAY_ALIGNED | cnp.NPY_ARRAY_NOTSWAPPED)


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


cdef inline Py_ssize_t _size(object array) noexcept:
    """Return the number of elements; PyArray_SIZE is a call, and takes longer."""
    cdef Py_ssize_t size = 1
    cdef int axis
    for axis in range(cnp.PyArray_NDIM(<cnp.ndarray>array)):
        size *= cnp.PyArray_DIMS(<cnp.ndarray>array)[axis]
    return size


cdef inline bint _apart_or_same(object a, object b) noexcept:
    """Do two contiguous arrays of one size share all of their memory, or none?"""
    cdef intptr_t distance = <intptr_t>cnp.PyArray_DATA(<cnp.ndarray>a) - <intptr_t>cnp.PyArray_DATA(<cnp.ndarray>b)
    cdef intptr_t size = _size(a) * cnp.PyArray_ITEMSIZE(<cnp.ndarray>a)
    return distance == 0 or distance >= size or distance <= -size


cdef void _extent(object array, intptr_t *first, intptr_t *end) noexcept:
    """Find the memory that the elements of an array lie in."""
    cdef int axis
    cdef Py_ssize_t reach
    first[0] = <intptr_t>cnp.PyArray_DATA(<cnp.ndarray>array)
    end[0] = first[0] + cnp.PyArray_ITEMSIZE(<cnp.ndarray>array)
    for axis in range(cnp.PyArray_NDIM(<cnp.ndarray>array)):
        reach = (cnp.PyArray_DIM(<cnp.ndarray>array, axis) - 1) * cnp.PyArray_STRIDE(<cnp.ndarray>array, axis)
        if reach < 0:
            first[0] += reach
        else:
            end[0] += reach


cdef inline bint _apart(object a, object b) noexcept:
    """Do two arrays lie in separate pieces of memory?"""
    cdef intptr_t a_first, a_end, b_first, b_end
    _extent(a, &a_first, &a_end)
    _extent(b, &b_first, &b_end)
    return a_end <= b_first or b_end <= a_first


cdef object _plain(int function, object first, object second, double *parameters, object out):
    """Run the kernel where every operand is a plain array, or return None: the ufunc's turn.

    Plain are aligned arrays of one native dtype and shape, whatever their layout, where no result lies among the inputs.
    """
    cdef int dtype = _dtype(first), layout, threads
    cdef void *arrays[3]
    cdef int inputs = 1
    cdef Py_ssize_t n
    if dtype < 0:
        first = _readable(first, ELEMENTS_WORTH_A_COPY)
        dtype = _dtype(first)
    if dtype < 0 or not _are_admitted(function, dtype, parameters):
        return None
    layout = _layout(first)
    arrays[0] = cnp.PyArray_DATA(<cnp.ndarray>first)
    if fa_input_count(function) == 2:
        if _dtype(second) != dtype:
            second = _readable(second, ELEMENTS_WORTH_A_COPY)
        if _dtype(second) != dtype or not _same_shape(first, second):
            return None
        layout &= _layout(second)
        arrays[1] = cnp.PyArray_DATA(<cnp.ndarray>second)
        inputs = 2
    if layout == 0 and cnp.PyArray_NDIM(<cnp.ndarray>first) != 1:
        return _walked_over(function, dtype, first, second, parameters, out)
    if out is None:
        if cnp.PyArray_NDIM(<cnp.ndarray>first) == 0:  # a scalar comes out, as of any ufunc
            return None
        out = cnp.PyArray_EMPTY(cnp.PyArray_NDIM(<cnp.ndarray>first), cnp.PyArray_DIMS(<cnp.ndarray>first),
                                _TYPE_NUMBERS[dtype], layout == cnp.NPY_ARRAY_F_CONTIGUOUS)
    elif _dtype(out) != dtype or not cnp.PyArray_ISWRITEABLE(<cnp.ndarray>out) or not _same_shape(first, out):
        return None
    else:
        layout &= _layout(out)
        if layout != 0 and not (_apart_or_same(first, out) and (inputs == 1 or _apart_or_same(second, out))):
            return None
    if layout == 0:
        if cnp.PyArray_NDIM(<cnp.ndarray>first) != 1:
            return _walked_over(function, dtype, first, second, parameters, out)
        return _one_dimensional(function, dtype, first, second, parameters, out)
    arrays[inputs] = cnp.PyArray_DATA(<cnp.ndarray>out)
    n = _size(first)
    if n >= ELEMENTS_WORTH_THE_GIL:
        threads = _threads_here()
        with nogil:
            fa_call(function, dtype, arrays, parameters, n, threads)
    else:
        fa_call(function, dtype, arrays, parameters, n, 1)
    return out


cdef object _one_dimensional(int function, int dtype, object first, object second, double *parameters, object out):
    """Run the ufunc's own loop where every operand has one dimension and no result lies among the inputs."""
    cdef char *operands[FA_MOST_OPERANDS]
    cdef Py_ssize_t steps[FA_MOST_OPERANDS]
    cdef float as_float[FA_MOST_PARAMETERS]
    cdef int count = fa_parameter_count(function), inputs = fa_input_count(function), i, before
    cdef int last = inputs + count
    cdef Py_ssize_t n
    if cnp.PyArray_NDIM(<cnp.ndarray>out) != 1 or not _apart(first, out) or (inputs == 2 and not _apart(second, out)):
        return None
    operands[0], steps[0] = <char *>cnp.PyArray_DATA(<cnp.ndarray>first), cnp.PyArray_STRIDE(<cnp.ndarray>first, 0)
    if inputs == 2:
        operands[1], steps[1] = <char *>cnp.PyArray_DATA(<cnp.ndarray>second), cnp.PyArray_STRIDE(<cnp.ndarray>second, 0)
    operands[last], steps[last] = <char *>cnp.PyArray_DATA(<cnp.ndarray>out), cnp.PyArray_STRIDE(<cnp.ndarray>out, 0)
    for i in range(count):
        as_float[i] = fa_rounded_to_float(parameters[i])
        operands[inputs + i] = <char *>&parameters[i] if dtype == FA_F64_INDEX else <char *>&as_float[i]
        steps[inputs + i] = 0
    n = cnp.PyArray_SIZE(<cnp.ndarray>first)
    if n >= ELEMENTS_WORTH_THE_GIL:
        before = fa_set_caller_threads(_context_threads())
        with nogil:
            fa_ufunc_loop(operands, &n, steps, _loop_data(function, dtype))
        fa_set_caller_threads(before)
    else:
        fa_ufunc_loop(operands, &n, steps, _loop_data(function, dtype))
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


cdef bint _are_admitted_changed(int function, int dtype, const double *parameters) noexcept nogil:
    """Are parameters, admitted as they are, still so in the arithmetic of this dtype? 1e300 is infinite in float32."""
    cdef int i
    cdef double first = -INFINITY, value
    for i in range(fa_parameter_count(function)):
        value = fa_in_arithmetic(dtype, parameters[i])
        if value != parameters[i] and not fa_admits(_domain(function, i), value, first):
            return False
        first = value
    return True


cdef inline bint _are_admitted(int function, int dtype, const double *parameters) noexcept nogil:
    """The same; most parameters do not change, which is sooner found."""
    cdef int i
    for i in range(fa_parameter_count(function)):
        if fa_in_arithmetic(dtype, parameters[i]) != parameters[i]:
            return _are_admitted_changed(function, dtype, parameters)
    return True


cdef object _with_numbers(int function, object first, object second, const double *parameters, object out):
    """Call the ufunc on arrays of one dtype; None where it is not as simple as that, or refused."""
    cdef int inputs = fa_input_count(function), dtype = _dtype_of_any(first), i
    cdef tuple operands = (first,) if inputs == 1 else (first, second)
    if dtype < 0 or (inputs == 2 and _dtype_of_any(second) != dtype):
        return None
    if not _are_admitted(function, dtype, parameters):
        return None
    for i in range(fa_parameter_count(function)):
        if dtype == FA_F64_INDEX:
            operands += (np.float64(parameters[i]),)
        else:
            operands += (np.float32(fa_rounded_to_float(parameters[i])),)
    try:
        return _called(_UFUNCS[function], operands, {} if out is None else {"out": out})
    except (TypeError, ValueError):
        return None


cdef object _call(int function, object first, object second, object parameter0, object parameter1,
                  object out, object where, object dtype, object casting, object order, object subok):
    cdef int count = fa_parameter_count(function)
    cdef double parameters[FA_MOST_PARAMETERS]
    if (where is True and dtype is None and casting is SAME_KIND and order is KEEP_ORDER and subok is True
            and (count < 1 or (_number(parameter0, &parameters[0])
                               and fa_admits(_domain(function, 0), parameters[0], -INFINITY)))
            and (count < 2 or (_number(parameter1, &parameters[1])
                               and fa_admits(_domain(function, 1), parameters[1], parameters[0])))):
        result = _plain(function, first, second, parameters, out)
        if result is None and count > 0:
            result = _with_numbers(function, first, second, parameters, out)
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
    """Return the dtype of the result; None where there is none, or where only the ufunc can tell."""
    cdef list given = []
    try:
        if dtype is not None:
            result = dtype_of(_public_name(function), dtype)
            return result if result.kind != "b" and _result_dtype(function, [result]) == result else None
        for name, value in zip(_input_names(function), inputs):
            if type(value) in (int, float):
                given.append(type(value))
            else:
                value_dtype = getattr(value, "dtype", None)
                given.append(np.dtype(as_array(_public_name(function), name, value).dtype if value_dtype is None else value_dtype))
        return _result_dtype(function, given)
    except TypeError:  # a dtype that is not NumPy's, or cannot be computed with: the ufunc will say so
        return None


cdef object _arithmetic_dtype(object result):
    """Return the dtype that a result is computed in, and that its parameters have."""
    return result if result is None or result.kind in "iu" or result.itemsize > 2 else np.dtype(np.float32)


cdef object _integer_parameter(str function, str name, object value, object dtype, bint is_limit):
    """Return a Python integer or an array as a parameter of that dtype; a limit beyond the dtype acts as its end."""
    info = np.iinfo(dtype)
    if type(value) is int:
        above, below, inside = value > info.max, value < info.min, dtype.type(min(max(value, info.min), info.max))
    elif value.dtype.kind in "biu":
        value = value.astype(np.int64) if value.dtype.kind == "b" else value
        above, below = value > info.max, value < info.min
        inside = np.where(above | below, 0, value).astype(dtype)
    else:
        value = value.astype(np.float64)
        if not np.all(value == np.floor(value)):
            raise parameter_error(ValueError, function, name, f"must be integral where x has dtype {dtype}, not {value}")
        # float64 has 2**63 and 2**64 where the largest integers are 1 less.
        above = value > info.max if int(float(info.max)) == info.max else value >= info.max
        below = value < info.min
        inside = np.where(above | below, 0, value).astype(dtype)
    if not is_limit and np.any(above | below):
        raise parameter_error(ValueError, function, name, f"does not fit dtype {dtype}: {value}")
    return np.where(above, dtype.type(info.max), np.where(below, dtype.type(info.min), inside))[()]


cdef bint _is_real(object dtype):
    if dtype.kind in "biuf":
        return True
    _find_bfloat16()
    return dtype.num == _TYPE_NUMBERS[FA_BF16_INDEX]


cdef object _storable(object value):
    """Return a Python integer that no dtype has as a float; anything else as it is."""
    if type(value) is not int or -2**63 <= value < 2**64:
        return value
    return float(value) if abs(value) < 2**1023 else INFINITY if value > 0 else -INFINITY


cdef str _admitted(int function, int k):
    """Return what a parameter must be, in words."""
    admitted = fa_domain_description(_domain(function, k)).decode()
    if k > 0:
        first = fa_activations[function // FA_DIRECTIONS].parameters[k - 1].name.decode()
        admitted = admitted.replace("the parameter before it", first)
    return f"must be {admitted}"


cdef object _cast_parameter(str function, str name, object value, object array, object dtype):
    """Return a parameter in the dtype of the arithmetic; of a Python integer all digits count."""
    with np.errstate(all="ignore"):
        if dtype.kind in "iu":
            cast = _integer_parameter(function, name, value, dtype, name != "value")
        else:
            cast = array.astype(dtype)
    return cast  # from within, it would be lost where there is no memory for the end of the `with`


cdef object _parameter(int function, int k, object value, object first, object result):
    """Return a parameter as an operand that cannot change the dtype of the result, or raise.

    `first` is the parameter before it, which may limit it.
    """
    name = fa_activations[function // FA_DIRECTIONS].parameters[k].name.decode()
    dtype = _arithmetic_dtype(result)
    if _is_foreign(value):
        return value if dtype is None or not hasattr(value, "astype") else value.astype(dtype)
    array = as_array(_public_name(function), name, _storable(value))
    if not _is_real(array.dtype):
        raise parameter_error(TypeError, _public_name(function), name,
                              f"must be a real number or an array of them, not {shown(value)}")
    limit = float(_storable(first)) if k > 0 and not _is_foreign(first) and np.ndim(first) == 0 else -INFINITY
    if array.ndim == 0 and not fa_admits(_domain(function, k), array, limit):
        raise parameter_error(ValueError, _public_name(function), name, f"{_admitted(function, k)}, not {shown(value)}")
    if array.ndim == 0 and dtype == np.float32:
        number = fa_in_arithmetic(FA_F32_INDEX, array)
        if not fa_admits(_domain(function, k), number, fa_in_arithmetic(FA_F32_INDEX, limit)):
            raise parameter_error(ValueError, _public_name(function), name,
                                  f"{_admitted(function, k)}, and {shown(value)} is {number} in float32")
    if dtype is None:
        return float(array) if array.ndim == 0 else array
    return _cast_parameter(_public_name(function), name, value if type(value) is int else array, array, dtype)


cdef object _general(int function, tuple inputs, tuple parameters, object out, object where,
                     object dtype, object casting, object order, object subok):
    """Call the ufunc; where it refuses, say which argument is at fault."""
    ufunc = _UFUNCS[function]
    # Only what was said: arrays of others may know no other keyword.
    keywords = {name: value for name, value, usual in
                (("casting", casting, SAME_KIND), ("order", order, KEEP_ORDER), ("subok", subok, True))
                if type(value) is not type(usual) or value != usual}
    if out is not None:
        keywords["out"] = out
    if where is not True:
        keywords["where"] = where
    if dtype is not None:
        keywords["dtype"] = dtype
    operands = inputs
    if parameters:
        computing = _computing_dtype(function, inputs, dtype)
        for k, value in enumerate(parameters):
            operands += (_parameter(function, k, value, parameters[k - 1] if k else None, computing),)
        if computing is not None and computing.kind in "iu" and function // FA_DIRECTIONS == FA_threshold:
            # Where the threshold is below all integers of the dtype the least of them, too, passes.
            low = np.iinfo(computing).min
            with np.errstate(over="ignore"):  # float16 has not even 2**16
                below = np.less(parameters[0], low)
            operands = operands[:-1] + (np.where(below, computing.type(low), operands[-1])[()],)
    try:
        return _called(ufunc, operands, keywords)
    except Exception as error:
        # NumPy makes some of its errors when they are caught; without memory for that they are others.
        if isinstance(error, MemoryError):
            raise
        names = _input_names(function) + tuple([
            fa_activations[function // FA_DIRECTIONS].parameters[k].name.decode() for k in range(len(parameters))])
        given = dict(zip(names, operands))
        if (any([_is_foreign(value) for value in operands]) or _is_foreign(out)
                or not isinstance(error, (TypeError, ValueError))):
            other = of_others(error, _public_name(function), dict(given, out=out))
            if other is error:
                raise
            raise other from error
        raise explained(error, _public_name(function), given, keywords,
                        _computing_dtype(function, inputs, dtype)) from error


# --- For C, Cython and Numba ------------------------------------------------------------------------

cdef extern from "_native/fastact.h":
    cdef struct fastact_table:
        pass
    const fastact_table fa_api


# What include/fastact_api.h imports.
C_API = PyCapsule_New(<void *>&fa_api, "fastact._core.C_API", NULL)


# --- The functions -------------------------------------------------------------------------------

# What a function does not have of a second input and two parameters.
cdef object ABSENT = None

include "_parts/piecewise.pxi"
include "_parts/slopes.pxi"
include "_parts/saturating.pxi"
include "_parts/gated.pxi"
include "_parts/rows.pxi"
include "_parts/fused.pxi"
include "_parts/gates.pxi"
include "_parts/pieces.pxi"
include "_parts/bias_act.pxi"
include "_parts/sparse.pxi"
include "_parts/testing.pxi"
