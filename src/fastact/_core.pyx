# cython: language_level=3, binding=True, freethreading_compatible=True
"""The one file between Python and C: it parses a call, allocates the result, releases the GIL and
calls the active kernel; and it makes the ufuncs that take whatever is not a plain array.

It may be long, for it is a list: three functions to an activation. No formula belongs here.
"""

import os
import sys

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
from ._errors import COMPUTABLE, as_array, explained, parameter_error

cnp.import_array()
cnp.import_ufunc()


cdef extern from "_native/fastact.h" nogil:
    enum:
        FA_relu, FA_relu6, FA_relu_squared, FA_leaky_relu, FA_prelu, FA_rrelu, FA_hardtanh,
        FA_hardsigmoid, FA_hardswish, FA_threshold, FA_hardshrink, FA_softshrink, FA_sigmoid,
        FA_tanh, FA_log_sigmoid, FA_elu, FA_celu, FA_selu, FA_softplus, FA_silu, FA_mish,
        FA_tanhshrink, FA_softsign, FA_gelu, FA_gelu_tanh, FA_quick_gelu, FA_squareplus

    enum: FA_softmax_forward, FA_softmax_backward, FA_log_softmax_forward, FA_log_softmax_backward

    int FA_FORWARD, FA_BACKWARD, FA_BACKWARD_FROM_OUTPUT, FA_DIRECTIONS
    int FA_ACTIVATION_COUNT, FA_FUNCTION_COUNT
    int FA_F32_INDEX, FA_F64_INDEX, FA_F16_INDEX, FA_BF16_INDEX
    enum: FA_DTYPE_COUNT, FA_LOOP_COUNT, FA_MOST_PARAMETERS, FA_MOST_OPERANDS, FA_MOST_DIMENSIONS, FA_MOST_INPUTS
    enum: FA_ROW_FUNCTION_COUNT

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

    ctypedef struct fa_row_activation:
        const char *name
        double *ulp

    ctypedef struct fa_rows:
        int function, dtype
        const char **inputs
        char *out
        Py_ssize_t length, inner
        int out_of_memory

    ctypedef void (*fa_kernel)(void **operands, Py_ssize_t n, int uniform)

    ctypedef struct fa_operation:
        const char *name
        void (*run)(const void *, const void *, const void *, void *, Py_ssize_t)

    ctypedef struct fa_unit:
        int lanes
        const fa_operation *operations
        void (*widen)(const void *, float *, Py_ssize_t)
        Py_ssize_t (*narrow)(const float *, void *, Py_ssize_t, int, void *)

    const fa_activation *fa_activations
    const fa_row_activation *fa_row_activations

    const char *fa_isa_name(int i)
    bint fa_isa_supported(int i)
    int fa_isa_active()
    void fa_choose(int i)
    const fa_unit *fa_isa_unit(int i, int dtype)
    void fa_fill(const fa_kernel **rows, int count, int functions, fa_kernel *filled)
    bint fa_admits(int domain, double value, double first)
    const char *fa_domain_description(int domain)
    const char *fa_compiler()
    int fa_input_count(int function)
    int fa_parameter_count(int function)
    void fa_call(int function, int dtype, void **arrays, const double *parameters, Py_ssize_t n, int threads)
    float fa_rounded_to_float(double value)
    bint fa_prepare_threads()
    bint fa_prepare_buffers()
    int fa_process_threads()
    int fa_set_process_threads(int count)
    int fa_set_caller_threads(int count)
    int fa_workers()
    double fa_worth_waking
    Py_ssize_t fa_stream_bytes
    void fa_sums_below(int dtype, const void *grad, const void *x, void *sums, Py_ssize_t rows, Py_ssize_t length, int threads)
    void fa_ufunc_loop(char **operands, const Py_ssize_t *dimensions, const Py_ssize_t *steps, void *data)
    bint fa_all_rows(fa_rows *rows, Py_ssize_t count, int threads)
    int fa_row_loop(char **operands, const Py_ssize_t *dimensions, const Py_ssize_t *steps, void *data)
    bint fa_keeps_integers(int function)
    ctypedef struct fa_buffers
    fa_buffers *fa_buffers_new(size_t most)
    size_t fa_buffers_held(const fa_buffers *pool)
    void fa_buffers_close(fa_buffers *pool)
    void *fa_buffers_malloc(void *context, size_t size)
    void *fa_buffers_calloc(void *context, size_t count, size_t size)
    void *fa_buffers_realloc(void *context, void *block, size_t size)
    void fa_buffers_free(void *context, void *block, size_t size)
    void fa_integer_loop(char **operands, const Py_ssize_t *dimensions, const Py_ssize_t *steps, void *data)

    enum:
        FA_GATE, FA_GATE_BACKWARD, FA_CRELU, FA_CRELU_BACKWARD, FA_BIAS, FA_BIAS_BACKWARD, FA_MAXOUT,
        FA_MAXOUT_BACKWARD
    int FA_FUSED_DIMENSIONS
    ctypedef struct fa_fused_call:
        int kind, activation, dtype, dimensions
        Py_ssize_t *shape
        char **operands
        Py_ssize_t **steps
        double *parameters
        Py_ssize_t pieces, piece_step
        double *sums
        int invalid
    int fa_fused_inputs(int kind)
    int fa_fused_results(int kind)
    Py_ssize_t fa_fused_sums(const fa_fused_call *call)
    void fa_fused(fa_fused_call *call, int threads)
    void fa_bias_sum(const fa_fused_call *call, Py_ssize_t channel, int dtype, void *to)

    ctypedef struct fa_masked:
        int dtype, backward, dimensions
        const char *input
        char *out
        uint8_t *passing
        Py_ssize_t n
        const Py_ssize_t *shape
        const Py_ssize_t *input_steps
        const Py_ssize_t *out_steps

    ctypedef struct fa_compressed:
        int loop
        const char *x
        Py_ssize_t rows, columns, row_step, column_step
        int64_t *ends
        char *data
        int32_t *indices
        int64_t *wide_indices

    ctypedef struct fa_living:
        int dtype, dimensions
        const char *y
        uint8_t *alive
        const Py_ssize_t *shape
        const Py_ssize_t *steps
        const Py_ssize_t *alive_steps

    void fa_relu_masked(const fa_masked *call, int threads)
    void fa_count_rows(const fa_compressed *call, int threads)
    void fa_fill_rows(const fa_compressed *call, int threads)
    void fa_mark_alive(const fa_living *call, int threads)
    double fa_share_of_zeros(const fa_living *call, Py_ssize_t n, int threads)


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


# --- Memory used again ---------------------------------------------------------------------------

cdef extern from "numpy/arrayobject.h":
    ctypedef struct PyDataMemAllocator:
        void *ctx
        void *(*malloc)(void *, size_t) noexcept nogil
        void *(*calloc)(void *, size_t, size_t) noexcept nogil
        void *(*realloc)(void *, void *, size_t) noexcept nogil
        void (*free)(void *, void *, size_t) noexcept nogil

    ctypedef struct PyDataMem_Handler:
        char name[127]
        unsigned char version
        PyDataMemAllocator allocator

    object PyDataMem_SetHandler(object handler)


cdef void _end_pool(object capsule) noexcept:
    """The last array of a pool is gone, and so is the pool."""
    cdef PyDataMem_Handler *handler = <PyDataMem_Handler *>PyCapsule_GetPointer(capsule, "mem_handler")
    fa_buffers_close(<fa_buffers *>handler.allocator.ctx)
    free(handler.allocator.ctx)
    free(handler)


def _new_pool(size_t max_bytes):
    """Return a capsule that is a NumPy memory handler."""
    cdef fa_buffers *pool = fa_buffers_new(max_bytes)
    cdef PyDataMem_Handler *handler = <PyDataMem_Handler *>calloc(1, sizeof(PyDataMem_Handler))
    if pool == NULL or handler == NULL:
        free(pool)
        free(handler)
        raise MemoryError
    strcpy(handler.name, "fastact.buffer_pool")
    handler.version = 1
    handler.allocator = PyDataMemAllocator(
        pool, fa_buffers_malloc, fa_buffers_calloc, fa_buffers_realloc, fa_buffers_free)
    try:
        return PyCapsule_New(handler, "mem_handler", _end_pool)
    except MemoryError:
        free(pool)
        free(handler)
        raise


def _set_pool(object capsule):
    """Make a capsule this context's memory handler; returns the one before."""
    return PyDataMem_SetHandler(capsule)


cdef fa_buffers *_pool_of(object capsule) except NULL:
    return <fa_buffers *>(<PyDataMem_Handler *>PyCapsule_GetPointer(capsule, "mem_handler")).allocator.ctx


def _close_pool(object capsule):
    fa_buffers_close(_pool_of(capsule))


def _held_by_pool(object capsule):
    return fa_buffers_held(_pool_of(capsule))


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
                None if isnan(parameter.initial) else parameter.initial,
                fa_domain_description(parameter.domain).decode(),
                fa_domain_description(parameter.domain_from_output).decode(),
            ))
        bounds = [activation.ulp[k] for k in range(FA_DIRECTIONS)]
        rows.append((activation.name.decode(), parameters, bounds))
    return rows


TABLE = _table()
# Functions of rows: names, and bounds forward and backward.
ROW_TABLE = [(fa_row_activations[i].name.decode(), [fa_row_activations[i].ulp[0], fa_row_activations[i].ulp[1]])
             for i in range(FA_ROW_FUNCTION_COUNT // 2)]


cdef double _forward_bound(int activation):
    """Return the bound of a product of the activation with a number: what is an ULP of one may be two of the other."""
    return 2 * fa_activations[activation].ulp[FA_FORWARD] + 0.5


cdef double _backward_bound(int activation):
    """Return the bound of the derivative at any gradient, which is itself a rounded product."""
    cdef double bound = fa_activations[activation].ulp[FA_BACKWARD]
    return max(bound + 2 if bound > 0 else 0.5, _forward_bound(activation))


# Gates by their activation; functions that round nothing; biased activations, whose bounds are those of the worst.
FUSED_TABLE = [(name, "gated", [_forward_bound(activation), _backward_bound(activation)])
               for name, activation in (("glu", FA_sigmoid), ("reglu", FA_relu), ("geglu", FA_gelu), ("swiglu", FA_silu))]
FUSED_TABLE += [(name, "gated", [0.0, 0.0]) for name in ("crelu", "maxout")]
FUSED_TABLE += [("bias_act", "fused", [max([row[2][0] for row in TABLE]), max([row[2][1] for row in TABLE]) + 1])]


def _keeps_integers(str activation):
    """Does the forward function have loops for integers?"""
    return bool(fa_keeps_integers(FA_DIRECTIONS * [row[0] for row in TABLE].index(activation) + FA_FORWARD))


cdef str _name(int function):
    if function >= FA_FUNCTION_COUNT:
        row = function - FA_FUNCTION_COUNT
        return ROW_TABLE[row // 2][0] + ("_backward" if row % 2 else "")
    return fa_activations[function // FA_DIRECTIONS].name.decode() + DIRECTIONS[function % FA_DIRECTIONS]


cdef str _public_name(int function):
    """Return the name of the Python function; the forms of gelu share one."""
    return _name(function).replace("gelu_tanh", "gelu")


cdef tuple _input_names(int function):
    if function >= FA_FUNCTION_COUNT:
        return ("grad", "y") if fa_input_count(function) == 2 else ("x",)
    return (("x",), ("grad", "x"), ("grad", "y"))[function % FA_DIRECTIONS]


cdef inline int _domain(int function, int k) noexcept nogil:
    cdef const fa_parameter *parameter = &fa_activations[function // FA_DIRECTIONS].parameters[k]
    if function % FA_DIRECTIONS == FA_BACKWARD_FROM_OUTPUT:
        return parameter.domain_from_output
    return parameter.domain


# --- The ufuncs ----------------------------------------------------------------------------------

# bfloat16 has a number once ml_dtypes has been imported, which is never our doing.
cdef int _TYPE_NUMBERS[FA_DTYPE_COUNT]
_TYPE_NUMBERS[FA_F32_INDEX] = cnp.NPY_FLOAT
_TYPE_NUMBERS[FA_F64_INDEX] = cnp.NPY_DOUBLE
_TYPE_NUMBERS[FA_F16_INDEX] = cnp.NPY_FLOAT16
_TYPE_NUMBERS[FA_BF16_INDEX] = cnp.NPY_NOTYPE

cdef tuple _BUILTIN_FORMATS = (FA_F32_INDEX, FA_F64_INDEX, FA_F16_INDEX)
# Two of these are of one size: a ufunc has a loop for each.
cdef tuple _INTEGERS = tuple([np.dtype(code) for code in "bBhHiIlLqQ"])

# A ufunc keeps pointers to its name and to its arrays: they live as long as the process.
cdef list _UFUNC_NAMES = []
cdef list _UFUNCS = []


cdef int _parameter_format(int dtype) noexcept:
    """Return the format of the parameters, which is that of the arithmetic."""
    return FA_F64_INDEX if dtype == FA_F64_INDEX else FA_F32_INDEX


cdef inline void *_loop_data(int function, int loop) noexcept nogil:
    return <void *><intptr_t>(function * FA_LOOP_COUNT + loop)


cdef void _row_loop(char **operands, const cnp.npy_intp *dimensions, const cnp.npy_intp *steps, void *data) noexcept nogil:
    if not fa_row_loop(operands, <const Py_ssize_t *>dimensions, <const Py_ssize_t *>steps, data):
        with gil:
            PyErr_SetNone(MemoryError)


cdef cnp.PyUFuncGenericFunction _loop(int function, int loop):
    if function >= FA_FUNCTION_COUNT:
        return <cnp.PyUFuncGenericFunction>_row_loop
    return <cnp.PyUFuncGenericFunction>(fa_ufunc_loop if loop < FA_DTYPE_COUNT else fa_integer_loop)


cdef _make_ufunc(int function):
    cdef int inputs = fa_input_count(function), operands = inputs + fa_parameter_count(function) + 1, i
    cdef list rows = [
        (dtype, [_TYPE_NUMBERS[dtype if i < inputs or i == operands - 1 else _parameter_format(dtype)]
                 for i in range(operands)])
        for dtype in _BUILTIN_FORMATS]
    if fa_keeps_integers(function):
        rows += [(FA_DTYPE_COUNT + 4 * (one.kind == "u") + one.itemsize.bit_length() - 1, [one.num] * operands)
                 for one in _INTEGERS]
    cdef int count = len(rows)
    cdef cnp.PyUFuncGenericFunction *loops = <cnp.PyUFuncGenericFunction *>malloc(count * sizeof(void *))
    cdef void **data = <void **>malloc(count * sizeof(void *))
    cdef char *types = <char *>malloc(count * operands)
    if loops == NULL or data == NULL or types == NULL:
        free(loops)
        free(data)
        free(types)
        raise MemoryError
    for row, (loop, numbers) in enumerate(rows):
        loops[row] = _loop(function, loop)
        data[row] = _loop_data(function, loop)
        for i in range(operands):
            types[row * operands + i] = numbers[i]
    name = _name(function).encode()
    if function < FA_FUNCTION_COUNT:
        text = f"The ufunc of fastact.{_name(function)}; its parameters are trailing operands.".encode()
        ufunc = cnp.PyUFunc_FromFuncAndData(
            loops, data, types, count, operands - 1, 1, cnp.PyUFunc_None, name, text, 0)
    else:
        text = f"The generalised ufunc of fastact.{_name(function)}: rows along one axis.".encode()
        ufunc = PyUFunc_FromFuncAndDataAndSignature(
            loops, data, types, count, operands - 1, 1, cnp.PyUFunc_None, name, text, 0,
            b"(n)->(n)" if inputs == 1 else b"(n),(n)->(n)")
    _UFUNC_NAMES.append((name, text))
    PyUFunc_AddPromoter(ufunc, (None,) * operands, _PROMOTER)
    try:
        ufunc.__module__ = "fastact.ufuncs"
        ufunc.__qualname__ = _name(function)
    except AttributeError:  # NumPy before 2.2: pickle then searches the modules for the name
        pass
    return ufunc


cdef _find_bfloat16():
    """Add loops for bfloat16, once there is such a dtype."""
    cdef int function, i, inputs, operands, number
    cdef int types[FA_MOST_OPERANDS]
    module = sys.modules.get("ml_dtypes")
    if _TYPE_NUMBERS[FA_BF16_INDEX] != cnp.NPY_NOTYPE or not hasattr(module, "bfloat16"):
        return
    number = np.dtype(module.bfloat16).num
    for function in range(FA_FUNCTION_COUNT + FA_ROW_FUNCTION_COUNT):
        if _UFUNCS[function] is None:
            continue
        inputs, operands = fa_input_count(function), fa_input_count(function) + fa_parameter_count(function) + 1
        for i in range(operands):
            types[i] = number if i < inputs or i == operands - 1 else cnp.NPY_FLOAT
        cnp.PyUFunc_RegisterLoopForType(<cnp.ufunc>_UFUNCS[function], number, _loop(function, FA_BF16_INDEX),
                                        types, _loop_data(function, FA_BF16_INDEX))
    _TYPE_NUMBERS[FA_BF16_INDEX] = number


cdef object _result_dtype(int function, list given):
    """Return the dtype of the result, for the dtypes of the inputs; Python numbers take that of what they meet.

    Integers become float32 up to 16 bits and float64 above; what is no real number NumPy knows is a TypeError.
    """
    arrays = [one for one in given if one is not int and one is not float]
    try:
        common = np.result_type(*arrays) if arrays else np.result_type(*[np.dtype(one) for one in given])
    except TypeError:  # bfloat16 with float16 or integers of 16 bits and more: as NumPy's multiply, in what holds both
        wide = [one for one in (np.float32, np.float64) if all([np.can_cast(array, one) for array in arrays])]
        if not wide:
            raise
        common = np.dtype(wide[0])
    if common.kind == "b":
        return np.dtype(np.float32)
    if common.kind in "iu":
        return common if fa_keeps_integers(function) else np.dtype(np.float32 if common.itemsize <= 2 else np.float64)
    _find_bfloat16()
    if common.num not in [_TYPE_NUMBERS[dtype] for dtype in range(FA_DTYPE_COUNT)]:
        raise TypeError(f"{_public_name(function)}: dtype {common} cannot be computed with")
    return common


cdef int _promote(PyObject *ufunc, PyObject **given, PyObject **signature, PyObject **chosen) except -1 with gil:
    """NumPy's question, asked once for each combination of dtypes that has no loop: which loop instead?"""
    cdef int function = _UFUNCS.index(<object>ufunc), inputs = fa_input_count(function)
    cdef int operands = inputs + fa_parameter_count(function) + 1, i
    cdef object result
    _find_bfloat16()
    if signature[operands - 1] != NULL:
        result = _instance(<object>signature[operands - 1])
    else:
        # accumulate and reduce: the result so far, which is not given, is of the dtype of what is added
        known = range(1, 2) if given[0] == NULL else range(inputs)
        result = _result_dtype(function, [_instance(<object>given[i]) for i in known])
    numbers = result
    if result.kind not in "biu":
        numbers = np.dtype(np.float64 if result == np.float64 else np.float32)
    for i in range(operands):
        dtype = type(result if i < inputs or i == operands - 1 else numbers)
        Py_INCREF(dtype)
        chosen[i] = <PyObject *>dtype
    return 0


cdef object _instance(object dtype_class):
    """Return a dtype of this class; int and float for those of Python numbers."""
    return dtype_class.type if dtype_class.type in (int, float) else np.dtype(dtype_class.type)


cdef object _PROMOTER = PyCapsule_New(<void *>_promote, "numpy._ufunc_promoter", NULL)


for _function in range(FA_FUNCTION_COUNT + FA_ROW_FUNCTION_COUNT):
    _exists = (_function >= FA_FUNCTION_COUNT
               or fa_activations[_function // FA_DIRECTIONS].ulp[_function % FA_DIRECTIONS] >= 0)
    _UFUNCS.append(_make_ufunc(_function) if _exists else None)

UFUNCS = {_name(i): ufunc for i, ufunc in enumerate(_UFUNCS) if ufunc is not None}


# --- The fast path -------------------------------------------------------------------------------

# Releasing the GIL costs about 0.1 us; the quickest kernel takes ten times that for this many elements.
cdef Py_ssize_t ELEMENTS_WORTH_THE_GIL = 16384

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


cdef inline bint _apart(object a, object b) noexcept:
    """Do two one-dimensional arrays lie in separate pieces of memory?"""
    cdef intptr_t a_first = <intptr_t>cnp.PyArray_DATA(<cnp.ndarray>a), b_first = <intptr_t>cnp.PyArray_DATA(<cnp.ndarray>b)
    cdef intptr_t reach = cnp.PyArray_DIM(<cnp.ndarray>a, 0) - 1, size = cnp.PyArray_ITEMSIZE(<cnp.ndarray>a)
    cdef intptr_t a_last = a_first + reach * cnp.PyArray_STRIDE(<cnp.ndarray>a, 0)
    cdef intptr_t b_last = b_first + reach * cnp.PyArray_STRIDE(<cnp.ndarray>b, 0)
    return max(a_first, a_last) + size <= min(b_first, b_last) or max(b_first, b_last) + size <= min(a_first, a_last)


cdef object _plain(int function, object first, object second, double *parameters, object out):
    """Run the kernel where every operand is a plain array, or return None: the ufunc's turn.

    Plain are aligned arrays of one native dtype and shape that are contiguous in one order, or one-dimensional.
    """
    cdef int dtype = _dtype(first), layout, threads
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
    if layout == 0 and cnp.PyArray_NDIM(<cnp.ndarray>first) != 1:
        return None
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
        return _one_dimensional(function, dtype, first, second, parameters, out)
    arrays[inputs] = cnp.PyArray_DATA(<cnp.ndarray>out)
    n = cnp.PyArray_SIZE(<cnp.ndarray>first)
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
    cdef Py_ssize_t n
    if cnp.PyArray_NDIM(<cnp.ndarray>out) != 1 or not _apart(first, out) or (inputs == 2 and not _apart(second, out)):
        return None
    for i, array in enumerate((first, out) if inputs == 1 else (first, second, out)):
        operands[i + count if i == inputs else i] = <char *>cnp.PyArray_DATA(<cnp.ndarray>array)
        steps[i + count if i == inputs else i] = cnp.PyArray_STRIDE(<cnp.ndarray>array, 0)
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


cdef object _with_numbers(int function, object first, object second, const double *parameters, object out):
    """Call the ufunc on arrays of one dtype; None where it is not as simple as that, or refused."""
    cdef int inputs = fa_input_count(function), dtype = _dtype_of_any(first), i
    cdef tuple operands = (first,) if inputs == 1 else (first, second)
    if dtype < 0 or (inputs == 2 and _dtype_of_any(second) != dtype):
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
            result = np.dtype(dtype)
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
        raise parameter_error(TypeError, _public_name(function), name, f"must be a real number or an array of them, not {value!r}")
    limit = float(_storable(first)) if k > 0 and np.ndim(first) == 0 else -INFINITY
    if array.ndim == 0 and not fa_admits(_domain(function, k), array, limit):
        admitted = fa_domain_description(_domain(function, k)).decode()
        raise parameter_error(ValueError, _public_name(function), name, f"must be {admitted}, not {value!r}")
    with np.errstate(all="ignore"):
        if dtype is None:
            return float(array) if array.ndim == 0 else array
        if dtype.kind in "iu":
            return _integer_parameter(
                _public_name(function), name, value if type(value) is int else array, dtype, name != "value")
        return array.astype(dtype)


cdef object _general(int function, tuple inputs, tuple parameters, object out, object where,
                     object dtype, object casting, object order, object subok):
    """Call the ufunc; where it refuses, say which argument is at fault."""
    ufunc = _UFUNCS[function]
    # Only what was said: arrays of others may know no other keyword.
    keywords = {name: value for name, value, usual in
                (("casting", casting, SAME_KIND), ("order", order, KEEP_ORDER), ("subok", subok, True)) if value != usual}
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
    except (TypeError, ValueError) as error:
        if any([_is_foreign(value) for value in operands]) or _is_foreign(out):
            raise
        names = _input_names(function) + tuple([
            fa_activations[function // FA_DIRECTIONS].parameters[k].name.decode() for k in range(len(parameters))])
        raise explained(error, _public_name(function), dict(zip(names, operands)), keywords,
                        _computing_dtype(function, inputs, dtype)) from error


# --- Rows ----------------------------------------------------------------------------------------

cdef object _rows(int function, object first, object second, object axis, object out, object dtype):
    """Call a function of rows, by the number it has after the others."""
    if dtype is None and PyLong_CheckExact(axis) and -64 <= axis < 64:
        result = _plain_rows(function, first, second, axis, out)
        if result is not None:
            return result
    return _general_rows(function, (first,) if fa_input_count(function) == 1 else (first, second), axis, out, dtype)


cdef object _plain_rows(int function, object first, object second, int axis, object out):
    """Run the kernel where every operand is a plain contiguous array of one order, or return None."""
    cdef int dtype = _dtype(first), layout, i, dimensions
    cdef fa_rows rows
    cdef Py_ssize_t count, inner = 1
    cdef bint backward = fa_input_count(function) == 2, done
    cdef int threads
    if dtype < 0:
        return None
    dimensions = cnp.PyArray_NDIM(<cnp.ndarray>first)
    layout = _layout(first)
    if backward:
        if _dtype(second) != dtype or not _same_shape(first, second):
            return None
        layout &= _layout(second)
    axis = axis + dimensions if axis < 0 else axis
    if layout == 0 or not 0 <= axis < dimensions:  # of no dimension: a scalar comes out
        return None
    if out is None:
        out = cnp.PyArray_EMPTY(dimensions, cnp.PyArray_DIMS(<cnp.ndarray>first), _TYPE_NUMBERS[dtype],
                                layout == cnp.NPY_ARRAY_F_CONTIGUOUS)
    elif _dtype(out) != dtype or not cnp.PyArray_ISWRITEABLE(<cnp.ndarray>out) or not _same_shape(first, out):
        return None
    layout &= _layout(out)
    if layout == 0 or not _apart_or_same(first, out) or (backward and not _apart_or_same(second, out)):
        return None
    rows.length = cnp.PyArray_DIM(<cnp.ndarray>first, axis)
    if cnp.PyArray_SIZE(<cnp.ndarray>first) == 0:
        return out
    # In Fortran's order the axes before this one lie inside.
    for i in range(axis + 1, dimensions) if layout & cnp.NPY_ARRAY_C_CONTIGUOUS else range(axis):
        inner *= cnp.PyArray_DIM(<cnp.ndarray>first, i)
    rows.function = function - FA_FUNCTION_COUNT
    rows.dtype = dtype
    rows.inner = inner
    rows.out_of_memory = 0
    rows.inputs[0] = <const char *>cnp.PyArray_DATA(<cnp.ndarray>first)
    rows.inputs[1] = <const char *>cnp.PyArray_DATA(<cnp.ndarray>second) if backward else NULL
    rows.out = <char *>cnp.PyArray_DATA(<cnp.ndarray>out)
    count = cnp.PyArray_SIZE(<cnp.ndarray>first) // rows.length
    if count * rows.length >= ELEMENTS_WORTH_THE_GIL:
        threads = _threads_here()
        with nogil:
            done = fa_all_rows(&rows, count, threads)
    else:
        done = fa_all_rows(&rows, count, 1)
    if not done:
        raise MemoryError
    return out


cdef object _foreign_rows(int function, tuple inputs, object axis, object out, object dtype):
    """Call the generalised ufunc on somebody else's arrays."""
    # The axis is always said: without keywords pandas hands over a frame's blocks, which lie transposed.
    name, keywords = _name(function), {"axis": axis}
    if not isinstance(axis, (int, np.integer)) or isinstance(axis, bool):
        raise parameter_error(TypeError, name, "axis", f"must be an integer for {type(inputs[0]).__name__}, not {axis!r}")
    if dtype is not None:
        keywords["dtype"] = dtype
    if out is not None:
        keywords["out"] = out
    try:
        return _UFUNCS[function](*inputs, **keywords)
    except NotImplementedError:  # xarray leaves generalised ufuncs to this function of its own
        xarray = sys.modules.get("xarray")
        if xarray is None or out is not None:
            raise
        return xarray.apply_ufunc(globals()[name], *inputs, dask="allowed", keep_attrs=True, kwargs=keywords)


cdef object _masked_rows(int function, list arrays, object axis, object out, object dtype):
    """Take no part of what is masked: nothing is exp(-inf)."""
    mask = np.zeros((), bool)
    for array in arrays:
        mask = mask | np.ma.getmaskarray(array)
    fills = {FA_softmax_forward: (-INFINITY,), FA_softmax_backward: (0, 0), FA_log_softmax_forward: (-INFINITY,),
             FA_log_softmax_backward: (0, -INFINITY)}[function - FA_FUNCTION_COUNT]
    plain = [np.where(mask, array.dtype.type(fill), np.ma.getdata(array)) for array, fill in zip(arrays, fills)]
    result = np.ma.masked_array(_general_rows(function, tuple(plain), axis, None, dtype), mask=mask)
    if out is None:
        return result
    _operands.checked_out(_name(function), "out", out, result.shape, result.dtype)
    out[...] = result
    return out


cdef object _axes(str function, object axis, int dimensions):
    """Return the axes as a tuple of numbers from 0 on; an array of no dimension counts as one row of one element."""
    if axis is None:
        return tuple(range(dimensions))
    if isinstance(axis, (bool, float)):
        raise parameter_error(TypeError, function, "axis", f"must be None, an integer or a tuple of them, not {axis!r}")
    try:
        return np.lib.array_utils.normalize_axis_tuple(axis, dimensions, argname=f"{function}: axis")
    except TypeError:
        raise parameter_error(TypeError, function, "axis",
                              f"must be None, an integer or a tuple of them, not {axis!r}") from None


cdef object _general_rows(int function, tuple inputs, object axis, object out, object dtype):
    """Bring any operands to the generalised ufunc."""
    name, ufunc = _name(function), _UFUNCS[function]
    if type(out) is tuple and len(out) == 1:
        out = out[0]
    if any([_is_foreign(value) for value in inputs]) or _is_foreign(out):
        return _foreign_rows(function, inputs, axis, out, dtype)
    operands = {operand: value if isinstance(value, np.ndarray) else as_array(name, operand, value)
                for operand, value in zip(_input_names(function), inputs)}
    weak = [type(value) in (int, float) for value in inputs]
    for operand, value in operands.items():
        if not _is_real(value.dtype) or (value.dtype.kind == "f" and value.dtype.itemsize > 8):
            raise TypeError(f"{name}: {operand} has dtype {value.dtype}, which cannot be computed with")
    if dtype is None:
        result = _result_dtype(function, [type(one) if is_weak else value.dtype for one, is_weak, value
                                          in zip(inputs, weak, operands.values())])
    else:
        result = np.dtype(dtype)
        if result.kind in "biu" or not _is_real(result) or _result_dtype(function, [result]) != result:
            raise TypeError(f"{name}: dtype {result} is not one of those that the result can have")
    for operand, value in operands.items():
        if not np.can_cast(value.dtype, result, "same_kind") and dtype is not None:
            raise TypeError(f"{name}: {operand} has dtype {value.dtype}, which does not cast to {result}")
    with np.errstate(all="ignore"):
        arrays = [value.astype(result, copy=False) for value in operands.values()]
    if len(arrays) == 2:
        try:
            shape = np.broadcast_shapes(arrays[0].shape, arrays[1].shape)
        except ValueError:
            raise ValueError(f"{name}: the shapes do not broadcast together: grad {arrays[0].shape}, "
                             f"y {arrays[1].shape}") from None
        arrays = [array if array.shape == shape else np.broadcast_to(array, shape, subok=True) for array in arrays]
    if any([isinstance(array, np.ma.MaskedArray) for array in arrays]):
        return _masked_rows(function, arrays, axis, out, None)
    cdef int dimensions = max(arrays[0].ndim, 1)
    axes = _axes(name, axis, dimensions)
    if out is not None:
        _operands.checked_out(name, "out", out, arrays[0].shape, arrays[0].dtype)
    if arrays[0].ndim == 0:
        value = ufunc(*[array.reshape(1) for array in arrays])[0]
        if out is None:
            return value
        out[...] = value
        return out
    if len(axes) == 1:
        if out is None and all([type(array) is np.ndarray for array in arrays]):
            out = np.empty_like(arrays[len(arrays) - 1])
        return _called(ufunc, tuple(arrays), {"axis": axes[0]} if out is None else {"axis": axes[0], "out": out})
    kept = tuple([i for i in range(dimensions) if i not in axes])
    shape = arrays[0].shape
    outer, length = tuple([shape[i] for i in kept]), 1
    for i in axes:
        length *= shape[i]
    merged = [array.transpose(kept + axes).reshape(outer + (length,)) for array in arrays]
    parted = _called(ufunc, tuple(merged), {}).reshape(outer + tuple([shape[i] for i in axes])).transpose(np.argsort(kept + axes))
    if out is None:
        return np.ascontiguousarray(parted) if type(parted) is np.ndarray else parted
    np.copyto(out, parted, casting="same_kind")
    return out


# --- Gates, concatenated and biased activations, maxima --------------------------------------------

cdef object _float_dtype(str name, list given):
    """Return the dtype of a result that is never an integer, for dtypes, or int and float for Python numbers."""
    try:
        return _result_dtype(FA_DIRECTIONS * FA_sigmoid + FA_FORWARD, given)
    except TypeError as error:
        raise TypeError(f"{name}: {str(error).removeprefix('sigmoid: ')}") from None


cdef tuple _float_operands(str name, dict operands, object dtype):
    """Return the arguments as arrays, by name, and the dtype that the result has."""
    cdef dict arrays = {}
    cdef list given = []
    for operand, value in operands.items():
        array = np.ma.getdata(value) if isinstance(value, np.ma.MaskedArray) else as_array(name, operand, value)
        if not _is_real(array.dtype) or (array.dtype.kind == "f" and array.dtype.itemsize > 8):
            raise TypeError(f"{name}: {operand} has dtype {array.dtype}, which cannot be computed with")
        given.append(type(value) if type(value) in (int, float) else array.dtype)
        arrays[operand] = array
    if dtype is None:
        return arrays, _float_dtype(name, given)
    result = np.dtype(dtype)
    if not _is_real(result) or result.kind in "biu" or _float_dtype(name, [result]) != result:
        raise TypeError(f"{name}: dtype {result} is not one of those that the result can have")
    for operand, array in arrays.items():
        if not np.can_cast(array.dtype, result, "same_kind"):
            raise TypeError(f"{name}: {operand} has dtype {array.dtype}, which does not cast to {result}")
    return arrays, result


cdef bint _load(fa_fused_call *call, tuple arrays, bint is_ordered):
    """Describe arrays of one shape to C, axes merged where that is possible; False where too many are left.

    An ordered call keeps the order of the axes and the last of them by itself.
    """
    cdef int count = len(arrays), dimensions = arrays[0].ndim, last = dimensions - 1, found = 0, i, k, axis
    cdef Py_ssize_t length
    cdef bint merges
    cdef list order = list(range(dimensions))
    if not is_ordered and dimensions > 1:
        steps = arrays[count - 1].strides
        order.sort(key=lambda one: -abs(steps[one]))
    for k in range(count):
        call.operands[k] = NULL if arrays[k] is None else <char *>cnp.PyArray_DATA(<cnp.ndarray>arrays[k])
    for axis in order:
        length = cnp.PyArray_DIM(<cnp.ndarray>arrays[0], axis)
        if length == 1 and not (is_ordered and axis == last):
            continue
        merges = found > 0 and not (is_ordered and axis == last)
        for k in range(count):
            if merges and call.operands[k] != NULL:
                merges = call.steps[k][found - 1] == length * cnp.PyArray_STRIDE(<cnp.ndarray>arrays[k], axis)
        if merges:
            call.shape[found - 1] *= length
        elif found == FA_FUSED_DIMENSIONS:
            return False
        else:
            call.shape[found] = length
            found += 1
        for k in range(count):
            if call.operands[k] != NULL:
                call.steps[k][found - 1] = cnp.PyArray_STRIDE(<cnp.ndarray>arrays[k], axis)
    if found == 0:
        call.shape[0] = 1
        for k in range(count):
            call.steps[k][0] = 0
    call.dimensions = max(found, 1)
    return True


cdef _compute(fa_fused_call *call, Py_ssize_t n):
    cdef int threads
    if n >= ELEMENTS_WORTH_THE_GIL:
        threads = _threads_here()
        with nogil:
            fa_fused(call, threads)
    else:
        fa_fused(call, 1)


cdef void _set_up(fa_fused_call *call, int kind, int activation, int dtype) noexcept:
    """Fill in what is not layout, parameters as the activation has them by default."""
    cdef int i
    call.kind, call.activation, call.dtype = kind, activation, dtype
    call.sums = NULL
    call.pieces, call.piece_step, call.invalid = 1, 0, 0
    for i in range(fa_activations[activation].parameter_count):
        call.parameters[i] = fa_activations[activation].parameters[i].initial


cdef _run(fa_fused_call *call, tuple arrays):
    """Compute arrays of one shape, inputs, copied where they overlap otherwise than a kernel can bear, then results."""
    cdef int inputs = fa_fused_inputs(call.kind)
    if arrays[0].size == 0:
        return
    arrays = tuple(_operands.apart(list(arrays[:inputs]), list(arrays[inputs:]))) + arrays[inputs:]
    if _load(call, arrays, False):
        _compute(call, arrays[0].size)
        return
    plain = tuple([np.ascontiguousarray(one) for one in arrays])
    _load(call, plain, False)
    _compute(call, arrays[0].size)
    for to, one in zip(arrays[inputs:], plain[inputs:]):
        to[...] = one


cdef int _format(object dtype) noexcept:
    """Return the table's index of a dtype that can be computed with."""
    cdef int number = dtype.num, one
    for one in range(FA_DTYPE_COUNT):
        if number == _TYPE_NUMBERS[one]:
            return one
    return -1


cdef object _masks(str name, operands):
    """Return the masks of the arguments joined, or None where none is a masked array."""
    mask = None
    for value in operands:
        if isinstance(value, np.ma.MaskedArray):
            own = np.ma.getmaskarray(value)
            mask = own if mask is None else mask | own
    return mask


cdef object _masked(object result, object mask, object out):
    """Return a result with its mask; in `out` where that is given."""
    masked = np.ma.masked_array(result, mask=np.broadcast_to(mask, np.shape(result)))
    if out is None:
        return masked
    if isinstance(out, np.ma.MaskedArray):
        out[...] = masked
    return out


cdef object _unmasked_out(object out):
    return np.ma.getdata(out) if isinstance(out, np.ma.MaskedArray) else out


cdef object _applied(str name, operands, object axis, int results, dict keywords):
    """Apply a function along the axis of an xarray object's operands, as xarray would have it."""
    xarray = sys.modules["xarray"]
    first = next(one for one in operands if isinstance(one, (xarray.DataArray, xarray.Variable)))
    dimension = first.dims[_operands.axis_of(name, axis, first.ndim)]
    keep = [] if name == "maxout" else [dimension]
    result = xarray.apply_ufunc(
        globals()[name], *operands, input_core_dims=[[dimension]] * len(operands), output_core_dims=[keep] * results,
        exclude_dims={dimension}, dask="allowed", keep_attrs=True, kwargs=dict(keywords, axis=-1))
    return result.transpose(*first.dims) if keep else result


cdef _refuse_out(str name, tuple places):
    """Raise where a result has a place, which arrays of others do not write to."""
    if any([place is not None for place in places]):
        raise parameter_error(TypeError, name, "out", "cannot be given with arrays that are not NumPy's")


cdef bint _is_xarray(operands) except -1:
    xarray = sys.modules.get("xarray")
    return xarray is not None and any([isinstance(one, (xarray.DataArray, xarray.Variable)) for one in operands])


cdef bint _is_plain(object array, object like, int dtype, int *layout) noexcept:
    """Is an array plain and of this shape and dtype? Keeps of the layouts those that it has."""
    if _dtype(array) != dtype or not _same_shape(array, like):
        return False
    layout[0] &= _layout(array)
    return layout[0] != 0


cdef object _plain_result(object like, int dtype, int *layout, object out):
    """Return where a result goes, new, or `out` where that is plain and writeable, else None."""
    if out is None:
        return cnp.PyArray_EMPTY(cnp.PyArray_NDIM(<cnp.ndarray>like), cnp.PyArray_DIMS(<cnp.ndarray>like),
                                 _TYPE_NUMBERS[dtype], layout[0] == cnp.NPY_ARRAY_F_CONTIGUOUS)
    if _is_plain(out, like, dtype, layout) and cnp.PyArray_ISWRITEABLE(<cnp.ndarray>out):
        return out
    return None


cdef object _plain_gate(int activation, int kind, tuple inputs, object out, object second_out):
    """Run a gate over plain contiguous arrays of one dtype and shape, or return None."""
    cdef fa_fused_call call
    cdef object gate = inputs[0], first, second = None
    cdef int dtype = _dtype(gate), layout = cnp.NPY_ARRAY_C_CONTIGUOUS | cnp.NPY_ARRAY_F_CONTIGUOUS, k
    if dtype < 0 or cnp.PyArray_NDIM(<cnp.ndarray>gate) == 0:
        return None
    for one in inputs:
        if not _is_plain(one, gate, dtype, &layout):
            return None
    first = _plain_result(gate, dtype, &layout, out)
    if first is None:
        return None
    arrays = inputs + (first,)
    if kind == FA_GATE_BACKWARD:
        second = _plain_result(gate, dtype, &layout, second_out)
        if second is None or (second_out is not None and cnp.PyArray_DATA(<cnp.ndarray>first) == cnp.PyArray_DATA(<cnp.ndarray>second)
                              ) or not _apart_or_same(first, second):
            return None
        arrays += (second,)
    for one in inputs:
        if not _apart_or_same(one, first) or (second is not None and not _apart_or_same(one, second)):
            return None
    _set_up(&call, kind, activation, dtype)
    call.dimensions = 1
    call.shape[0] = cnp.PyArray_SIZE(<cnp.ndarray>gate)
    for k, one in enumerate(arrays):
        call.operands[k] = <char *>cnp.PyArray_DATA(<cnp.ndarray>one)
        call.steps[k][0] = cnp.PyArray_ITEMSIZE(<cnp.ndarray>gate)
    _compute(&call, call.shape[0])
    return first if second is None else (first, second)


cdef object _gate(str name, int activation, object gate, object up, object out, object dtype):
    """Return activation(gate) * up."""
    cdef fa_fused_call call
    out = _operands.single(name, out)
    if dtype is None:
        result = _plain_gate(activation, FA_GATE, (gate, up), out, None)
        if result is not None:
            return result
    if _is_foreign(gate) or _is_foreign(up) or _is_foreign(out):
        keywords = {} if dtype is None else {"dtype": dtype}
        activated = _by_ufunc(activation, FA_FORWARD, (gate,), keywords)
        return np.multiply(activated, up, **keywords) if out is None else np.multiply(activated, up, out=out, **keywords)
    mask = _masks(name, (gate, up))
    if mask is not None:
        return _masked(_gate(name, activation, np.ma.getdata(gate), np.ma.getdata(up), _unmasked_out(out), dtype), mask, out)
    operands, result = _float_operands(name, {"gate": gate, "up": up}, dtype)
    gate, up = [_operands.readable(one, result) for one in _operands.broadcast(name, operands)]
    return _gate_result(name, activation, gate, up, out, result)


cdef object _gate_result(str name, int activation, object gate, object up, object out, object result):
    """Compute a gate of arrays of one shape and dtype."""
    cdef fa_fused_call call
    if out is not None:
        _operands.checked_out(name, "out", out, gate.shape, result)
    place = _operands.place_for(out, gate.shape, result, gate)
    _set_up(&call, FA_GATE, activation, _format(result))
    _run(&call, (gate, up, place))
    return _operands.finished(out, place)


cdef object _gate_backward(str name, int activation, object grad, object gate, object up, object out):
    """Return the gradients of gate and up."""
    cdef fa_fused_call call
    if out is None or (type(out) is tuple and len(out) == 2):
        first, second = (None, None) if out is None else out
        result = _plain_gate(activation, FA_GATE_BACKWARD, (grad, gate, up), first, second)
        if result is not None:
            return result
    first, second = _operands.pair(name, out)
    if any([_is_foreign(one) for one in (grad, gate, up, first, second)]):
        _refuse_out(name, (first, second))
        return (_by_ufunc(activation, FA_BACKWARD, (grad * up, gate), {}),
                grad * _by_ufunc(activation, FA_FORWARD, (gate,), {}))
    mask = _masks(name, (grad, gate, up))
    if mask is not None:
        plain = None if out is None else (_unmasked_out(first), _unmasked_out(second))
        both = _gate_backward(name, activation, np.ma.getdata(grad), np.ma.getdata(gate), np.ma.getdata(up), plain)
        return _masked(both[0], mask, first), _masked(both[1], mask, second)
    operands, result = _float_operands(name, {"grad": grad, "gate": gate, "up": up}, None)
    grad, gate, up = [_operands.readable(one, result) for one in _operands.broadcast(name, operands)]
    for place, one in (("out[0]", first), ("out[1]", second)):
        if one is not None:
            _operands.checked_out(name, place, one, gate.shape, result)
    places = [_operands.place_for(one, gate.shape, result, gate) for one in (first, second)]
    _set_up(&call, FA_GATE_BACKWARD, activation, _format(result))
    _run(&call, (grad, gate, up, places[0], places[1]))
    return _operands.finished(first, places[0]), _operands.finished(second, places[1])


cdef dict _options(int activation):
    return {"approximate": "tanh"} if activation == FA_gelu_tanh else {}


cdef object _by_ufunc(int activation, int direction, tuple operands, dict keywords):
    """Call the ufunc with default parameters on somebody else's arrays, which may know no keyword but what is given."""
    defaults = tuple([fa_activations[activation].parameters[k].initial
                      for k in range(fa_activations[activation].parameter_count)])
    return _UFUNCS[FA_DIRECTIONS * activation + direction](*operands, *defaults, **keywords)


cdef object _public_function(int activation, str suffix):
    return globals()[fa_activations[activation].name.decode().replace("gelu_tanh", "gelu") + suffix]


cdef tuple _halves(str name, object x, object axis):
    """Return the two halves of x along an axis, and the axis from 0 on."""
    axis = _operands.axis_of(name, axis, x.ndim)
    length = x.shape[axis]
    if length % 2:
        raise ValueError(f"{name}: x has {length} elements along axis {axis}, which do not split into two halves")
    return _operands.part(x, axis, None, length // 2), _operands.part(x, axis, length // 2, None), axis


cdef object _glu(object x, object axis, object out, object dtype):
    out = _operands.single("glu", out)
    if _is_xarray((x,)):
        _refuse_out("glu", (out,))
        return _applied("glu", (x,), axis, 1, {} if dtype is None else {"dtype": dtype})
    if _is_foreign(x) or _is_foreign(out):
        first, second, _ = _halves("glu", x, axis)
        keywords = {} if dtype is None else {"dtype": dtype}
        into = keywords if out is None else dict(keywords, out=out)
        return np.multiply(first, _by_ufunc(FA_sigmoid, FA_FORWARD, (second,), keywords), **into)
    if isinstance(x, np.ma.MaskedArray):
        first, second, _ = _halves("glu", np.ma.getmaskarray(x), axis)
        return _masked(_glu(np.ma.getdata(x), axis, _unmasked_out(out), dtype), first | second, out)
    operands, result = _float_operands("glu", {"x": x}, dtype)
    first, second, _ = _halves("glu", _operands.readable(operands["x"], result), axis)
    return _gate_result("glu", FA_sigmoid, second, first, out, result)


cdef object _whole(str name, object x, object out, object result, object shape, object like):
    """Return where the result of a function with one result goes."""
    if out is not None:
        _operands.checked_out(name, "out", out, shape, result)
    return _operands.place_for(out, shape, result, like)


cdef object _glu_backward(object grad, object x, object axis, object out):
    cdef fa_fused_call call
    out = _operands.single("glu_backward", out)
    if _is_xarray((grad, x)):
        _refuse_out("glu_backward", (out,))
        return _applied("glu_backward", (grad, x), axis, 1, {})
    if any([_is_foreign(one) for one in (grad, x, out)]):
        _refuse_out("glu_backward", (out,))
        first, second, place = _halves("glu_backward", x, axis)
        parts = [grad * _by_ufunc(FA_sigmoid, FA_FORWARD, (second,), {}),
                 _by_ufunc(FA_sigmoid, FA_BACKWARD, (grad * first, second), {})]
        return np.concatenate(parts, axis=place)
    if isinstance(grad, np.ma.MaskedArray) or isinstance(x, np.ma.MaskedArray):
        first, second, place = _halves("glu_backward", np.ma.getmaskarray(x), axis)
        mask = first | second | np.ma.getmaskarray(grad)
        plain = _glu_backward(np.ma.getdata(grad), np.ma.getdata(x), axis, _unmasked_out(out))
        return _masked(plain, np.concatenate([mask, mask], axis=place), out)
    operands, result = _float_operands("glu_backward", {"grad": grad, "x": x}, None)
    x = _operands.readable(operands["x"], result)
    first, second, place = _halves("glu_backward", x, axis)
    grad = _operands.broadcast_to("glu_backward", "grad", _operands.readable(operands["grad"], result), first.shape, "half of x")
    to = _whole("glu_backward", x, out, result, x.shape, x)
    to_first, to_second, _ = _halves("glu_backward", to, axis)
    _set_up(&call, FA_GATE_BACKWARD, FA_sigmoid, _format(result))
    _run(&call, (grad, second, first, to_second, to_first))
    return _operands.finished(out, to)


cdef object _crelu(object x, object axis, object out, object dtype):
    cdef fa_fused_call call
    out = _operands.single("crelu", out)
    if _is_xarray((x,)):
        _refuse_out("crelu", (out,))
        return _applied("crelu", (x,), axis, 1, {} if dtype is None else {"dtype": dtype})
    if _is_foreign(x) or _is_foreign(out):
        _refuse_out("crelu", (out,))
        keywords = {} if dtype is None else {"dtype": dtype}
        parts = [_by_ufunc(FA_relu, FA_FORWARD, (one,), keywords) for one in (x, -x)]
        return np.concatenate(parts, axis=_operands.axis_of("crelu", axis, x.ndim))
    if isinstance(x, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(x)
        plain = _crelu(np.ma.getdata(x), axis, _unmasked_out(out), dtype)
        return _masked(plain, np.concatenate([mask, mask], axis=axis), out)
    operands, result = _float_operands("crelu", {"x": x}, dtype)
    x = _operands.readable(operands["x"], result)
    place = _operands.axis_of("crelu", axis, x.ndim)
    to = _whole("crelu", x, out, result, x.shape[:place] + (2 * x.shape[place],) + x.shape[place + 1:], x)
    to_first, to_second, _ = _halves("crelu", to, axis)
    _set_up(&call, FA_CRELU, FA_relu, _format(result))
    _run(&call, (x, to_first, to_second))
    return _operands.finished(out, to)


cdef object _crelu_backward(object grad, object x, object axis, object out):
    cdef fa_fused_call call
    out = _operands.single("crelu_backward", out)
    if _is_xarray((grad, x)):
        _refuse_out("crelu_backward", (out,))
        return _applied("crelu_backward", (grad, x), axis, 1, {})
    if not isinstance(grad, np.ma.MaskedArray) and any([_is_foreign(one) for one in (grad, x, out)]):
        _refuse_out("crelu_backward", (out,))
        place = _operands.axis_of("crelu_backward", axis, x.ndim)
        first, second = _operands.part(grad, place, None, x.shape[place]), _operands.part(grad, place, x.shape[place], None)
        return _by_ufunc(FA_relu, FA_BACKWARD, (first, x), {}) - _by_ufunc(FA_relu, FA_BACKWARD, (second, -x), {})
    if isinstance(grad, np.ma.MaskedArray) or isinstance(x, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(x)
        if isinstance(grad, np.ma.MaskedArray):
            first, second, _ = _halves("crelu_backward", np.ma.getmaskarray(grad), axis)
            mask = mask | first | second
        return _masked(_crelu_backward(np.ma.getdata(grad), np.ma.getdata(x), axis, _unmasked_out(out)), mask, out)
    operands, result = _float_operands("crelu_backward", {"grad": grad, "x": x}, None)
    x = _operands.readable(operands["x"], result)
    place = _operands.axis_of("crelu_backward", axis, x.ndim)
    whole = x.shape[:place] + (2 * x.shape[place],) + x.shape[place + 1:]
    grad = _operands.broadcast_to("crelu_backward", "grad", _operands.readable(operands["grad"], result), whole, "the output")
    first, second, _ = _halves("crelu_backward", grad, axis)
    to = _whole("crelu_backward", x, out, result, x.shape, x)
    _set_up(&call, FA_CRELU_BACKWARD, FA_relu, _format(result))
    _run(&call, (first, second, x, to))
    return _operands.finished(out, to)


cdef object _maxout(object x, object axis, object out, object dtype):
    cdef fa_fused_call call
    first, second = _operands.pair("maxout", out)
    if _is_xarray((x,)):
        _refuse_out("maxout", (first, second))
        return _applied("maxout", (x,), axis, 2, {} if dtype is None else {"dtype": dtype})
    if any([_is_foreign(one) for one in (x, first, second)]):
        _refuse_out("maxout", (first, second))
        place = _operands.axis_of("maxout", axis, x.ndim)
        y, which = np.max(x, axis=place), np.argmax(x, axis=place).astype(np.int32)
        return (y if dtype is None else y.astype(dtype)), which
    if isinstance(x, np.ma.MaskedArray):
        place = _operands.axis_of("maxout", axis, x.ndim)
        mask = np.ma.getmaskarray(x)
        with np.errstate(all="ignore"):
            filled = np.ma.getdata(x).astype(_float_operands("maxout", {"x": x}, dtype)[1])
        filled[mask] = -INFINITY
        plain = None if out is None else (_unmasked_out(first), _unmasked_out(second))
        y, which = _maxout(filled, axis, plain, dtype)
        mask = mask.all(axis=place)
        return _masked(y, mask, first), _masked(which, mask, second)
    operands, result = _float_operands("maxout", {"x": x}, dtype)
    x = _operands.readable(operands["x"], result)
    place = _operands.axis_of("maxout", axis, x.ndim)
    if x.shape[place] == 0:
        raise ValueError(f"maxout: x has no elements along axis {axis}, and so no maximum")
    if x.shape[place] >= 2**31:
        raise ValueError(f"maxout: x has {x.shape[place]} elements along axis {axis}, which int32 cannot number")
    pieces = np.moveaxis(x, place, 0)
    for name, one, kind in (("out[0]", first, result), ("out[1]", second, np.dtype(np.int32))):
        if one is not None:
            _operands.checked_out("maxout", name, one, pieces.shape[1:], kind)
    y = _operands.place_for(first, pieces.shape[1:], result, pieces[0, ...])
    which = _operands.place_for(second, pieces.shape[1:], np.dtype(np.int32), pieces[0, ...])
    if any([one is not None and np.may_share_memory(x, one) for one in (y, which)]):
        pieces = pieces.copy()
    _set_up(&call, FA_MAXOUT, FA_relu, _format(result))
    call.pieces, call.piece_step = pieces.shape[0], pieces.strides[0]
    _run_pieces(&call, (pieces, y, which), 0)
    return _operands.finished(first, y), _operands.finished(second, which)


cdef _run_pieces(fa_fused_call *call, tuple arrays, int of_pieces):
    """Compute where one operand has an axis before those of all."""
    whole = arrays[of_pieces]
    if arrays[1].size == 0 or whole.size == 0:
        return
    views = arrays[:of_pieces] + (whole[0, ...],) + arrays[of_pieces + 1:]
    if _load(call, views, False):
        _compute(call, whole.size)
        return
    plain = [np.ascontiguousarray(one) for one in arrays]
    call.piece_step = plain[of_pieces].strides[0]
    _load(call, tuple([one[0, ...] if i == of_pieces else one for i, one in enumerate(plain)]), False)
    _compute(call, whole.size)
    for to, one in list(zip(arrays, plain))[fa_fused_inputs(call.kind):]:
        to[...] = one


cdef object _maxout_backward(object grad, object which, object pieces, object axis, object out):
    cdef fa_fused_call call
    out = _operands.single("maxout_backward", out)
    if not isinstance(pieces, (int, np.integer)) or isinstance(pieces, bool):
        raise parameter_error(TypeError, "maxout_backward", "pieces", f"must be an integer, not {pieces!r}")
    if not 0 < pieces < 2**31:
        raise parameter_error(ValueError, "maxout_backward", "pieces", f"must be above 0 and fit int32, not {pieces}")
    if any([_is_foreign(one) for one in (grad, which, out)]):
        _refuse_out("maxout_backward", (out,))
        place = _operands.axis_of("maxout_backward", axis, which.ndim + 1)
        return np.stack([np.where(which == k, grad, 0 * grad) for k in range(pieces)], axis=place)
    mask = _masks("maxout_backward", (grad, which))
    if mask is not None:
        plain_which = np.where(np.ma.getmaskarray(which), 0, np.ma.getdata(which))
        plain = _maxout_backward(np.ma.getdata(grad), plain_which, pieces, axis, _unmasked_out(out))
        place = _operands.axis_of("maxout_backward", axis, plain.ndim)
        return _masked(plain, np.expand_dims(mask, place), out)
    operands, result = _float_operands("maxout_backward", {"grad": grad}, None)
    which = as_array("maxout_backward", "which", which)
    if which.dtype.kind not in "iu":
        raise TypeError(f"maxout_backward: which has dtype {which.dtype}, integers are wanted")
    grad = _operands.broadcast_to(
        "maxout_backward", "grad", _operands.readable(operands["grad"], result), which.shape, "which")
    if which.dtype != np.int32 and which.size and (which.min() < 0 or which.max() >= pieces):
        raise parameter_error(ValueError, "maxout_backward", "which", f"has numbers beyond the {pieces} pieces")
    which = _operands.readable(which, np.dtype(np.int32))
    place = _operands.axis_of("maxout_backward", axis, which.ndim + 1)
    shape = which.shape[:place] + (int(pieces),) + which.shape[place:]
    to = _whole("maxout_backward", grad, out, result, shape, which)
    grad, which = [one.copy() if np.may_share_memory(one, to) else one for one in (grad, which)]
    spread = np.moveaxis(to, place, 0)
    _set_up(&call, FA_MAXOUT_BACKWARD, FA_relu, _format(result))
    call.pieces, call.piece_step = pieces, spread.strides[0]
    _run_pieces(&call, (grad, which, spread), 2)
    if call.invalid:
        raise parameter_error(ValueError, "maxout_backward", "which", f"has numbers beyond the {pieces} pieces")
    return _operands.finished(out, to)


# --- Biased activations ----------------------------------------------------------------------------

cdef int _activation_named(str name, object activation, dict parameters) except -1:
    """Return the row of an activation, the form of gelu taken out of the parameters."""
    if not isinstance(activation, str):
        raise parameter_error(TypeError, name, "activation", f"must be the name of an activation, not {activation!r}")
    rows = [row[0] for row in TABLE]
    if activation not in rows or activation == "gelu_tanh":
        known = ", ".join([row for row in rows if row != "gelu_tanh"])
        raise parameter_error(ValueError, name, "activation", f"must be one of {known}, not {activation!r}")
    if activation == "gelu":
        return _gelu(name, parameters.pop("approximate", "none"))
    return rows.index(activation)


cdef bint _numbers_of(str name, int function, dict given, object result, fa_fused_call *call) except -1:
    """Read the parameters where each is a number and there are no options; else they are for the activation itself."""
    cdef const fa_activation *activation = &fa_activations[function // FA_DIRECTIONS]
    cdef int k
    names = [activation.parameters[k].name.decode() for k in range(activation.parameter_count)]
    first = None
    for k, one in enumerate(names):
        if one not in given and isnan(activation.parameters[k].initial):
            raise TypeError(f"{name}: {activation.name.decode()} needs its parameter {one!r}")
    if any([one not in names for one in given]):
        return False
    for k, one in enumerate(names):
        if one not in given:
            value = call.parameters[k]
        else:
            value = _parameter(function, k, given[one], first, result)
            if np.ndim(value) != 0 or _is_foreign(value):
                return False
        call.parameters[k] = first = float(value)
    return True


cdef object _along(str name, object bias, object shape, object axis):
    """Return the bias with the dimensions that let it broadcast along an axis, and the axis from 0 on."""
    place = _operands.axis_of(name, axis, len(shape))
    if bias.ndim != 1:
        raise parameter_error(ValueError, name, "bias", f"must be one-dimensional, not of shape {bias.shape}")
    if bias.shape[0] != shape[place]:
        raise parameter_error(ValueError, name, "bias",
                              f"has {bias.shape[0]} elements, axis {axis} of x has {shape[place]}")
    return bias.reshape((-1,) + (1,) * (len(shape) - 1 - place)), place


cdef object _sum_with(str name, object x, object bias, object axis):
    """Return x + bias as NumPy has it, for the activation to take."""
    if bias is None:
        return x
    if _is_foreign(bias) and not isinstance(bias, np.ma.MaskedArray):
        return x + bias  # its dimensions have names, or it has been given the right ones
    if not hasattr(x, "shape"):
        x = as_array(name, "x", x)
    if not isinstance(bias, np.ndarray):
        bias = as_array(name, "bias", bias)
    aligned, _ = _along(name, bias, x.shape, axis)
    with np.errstate(all="ignore"):
        try:
            return np.add(x, aligned)
        except TypeError:  # 16-bit formats that have no sum of their own
            operands, result = _float_operands(name, {"x": x, "bias": aligned}, None)
            return np.add(operands["x"].astype(result), operands["bias"].astype(result))


cdef object _activated(str name, object activation, int row, str suffix, tuple operands, dict parameters):
    """Call the activation's own function, with what it takes by name."""
    if not parameters and row not in (FA_prelu, FA_threshold) and any([_is_foreign(one) and not isinstance(one, np.ma.MaskedArray) for one in operands]):
        return _by_ufunc(row, FA_BACKWARD if suffix else FA_FORWARD, operands, {})
    function = _public_function(row, suffix)
    try:
        return function(*operands, **parameters, **_options(row))
    except TypeError as error:
        if "unexpected keyword" in str(error):
            wrong = str(error).rpartition(" ")[2]
            raise TypeError(f"{name}: {activation} has no parameter {wrong}") from None
        raise


cdef dict _ROW_NUMBERS = {row[0]: number for number, row in enumerate(TABLE) if row[0] != "gelu_tanh"}


cdef object _plain_bias_act(int row, object x, object bias, object axis, object out):
    """Run a biased activation with its default parameters over plain arrays in C order, or return None."""
    cdef fa_fused_call call
    cdef int dtype = _dtype(x), layout = cnp.NPY_ARRAY_C_CONTIGUOUS, dimensions, place, i
    cdef Py_ssize_t size, length
    if dtype < 0 or _dtype(bias) != dtype or not PyLong_CheckExact(axis) or not -64 <= axis < 64:
        return None
    dimensions = cnp.PyArray_NDIM(<cnp.ndarray>x)
    place = axis + dimensions if axis < 0 else axis
    if (not 0 <= place < dimensions or cnp.PyArray_NDIM(<cnp.ndarray>bias) != 1 or not cnp.PyArray_IS_C_CONTIGUOUS(<cnp.ndarray>bias)
            or not cnp.PyArray_IS_C_CONTIGUOUS(<cnp.ndarray>x)):
        return None
    length = cnp.PyArray_DIM(<cnp.ndarray>x, place)
    if cnp.PyArray_DIM(<cnp.ndarray>bias, 0) != length:
        return None
    for i in range(fa_activations[row].parameter_count):
        if isnan(fa_activations[row].parameters[i].initial):
            return None
    to = _plain_result(x, dtype, &layout, out)
    if to is None or layout == 0 or not _apart_or_same(x, to) or (out is not None and np.may_share_memory(bias, to)):
        return None
    _set_up(&call, FA_BIAS, row, dtype)
    size = cnp.PyArray_ITEMSIZE(<cnp.ndarray>x)
    call.dimensions = 3
    call.shape[0] = call.shape[2] = 1
    call.shape[1] = length
    for i in range(place):
        call.shape[0] *= cnp.PyArray_DIM(<cnp.ndarray>x, i)
    for i in range(place + 1, dimensions):
        call.shape[2] *= cnp.PyArray_DIM(<cnp.ndarray>x, i)
    if call.shape[2] == 1:
        call.dimensions = 2
    for i, one in enumerate((x, bias, to)):
        call.operands[i] = <char *>cnp.PyArray_DATA(<cnp.ndarray>one)
        call.steps[i][0] = 0 if i == 1 else length * call.shape[2] * size
        call.steps[i][1] = size if i == 1 else call.shape[2] * size
        call.steps[i][2] = 0 if i == 1 else size
    if cnp.PyArray_SIZE(<cnp.ndarray>x):
        _compute(&call, cnp.PyArray_SIZE(<cnp.ndarray>x))
    return to


cdef object _bias_act(object x, object bias, object activation, object axis, object out, dict parameters):
    cdef fa_fused_call call
    cdef str name = "bias_act"
    if not parameters and type(activation) is str and activation in _ROW_NUMBERS:
        result = _plain_bias_act(_ROW_NUMBERS[activation], x, bias, axis, out)
        if result is not None:
            return result
    dtype = parameters.pop("dtype", None)
    row = _activation_named(name, activation, parameters)
    out = _operands.single(name, out)
    cdef bint is_plain = bias is not None and not any(
        [isinstance(one, np.ma.MaskedArray) or _is_foreign(one) for one in (x, bias, out)])
    if is_plain:
        operands, result = _float_operands(name, {"x": x, "bias": bias}, dtype)
        is_plain = dtype is not None or any([one.dtype.kind not in "biu" for one in operands.values()])
    if is_plain:
        x, bias = operands["x"], operands["bias"]
        aligned, _ = _along(name, bias, x.shape, axis)
        _set_up(&call, FA_BIAS, row, _format(result))
        if _numbers_of(name, FA_DIRECTIONS * row + FA_FORWARD, parameters, result, &call):
            if out is not None:
                _operands.checked_out(name, "out", out, x.shape, result)
            x = _operands.readable(x, result)
            aligned = np.broadcast_to(_operands.readable(aligned, result), x.shape)
            to = _operands.place_for(out, x.shape, result, x)
            _run(&call, (x, aligned, to))
            return _operands.finished(out, to)
    if dtype is not None:
        parameters["dtype"] = dtype
    if out is not None:
        parameters["out"] = out
    return _activated(name, activation, row, "", (_sum_with(name, x, bias, axis),), parameters)


cdef object _bias_gradients(fa_fused_call *call, object grad, object x, object bias, object dx, int place, object dbias):
    """Write dx, and its sums over all axes but one to `dbias`, a contiguous array; bias may be None."""
    cdef Py_ssize_t k
    cdef int dtype = _format(dbias.dtype)
    cdef cnp.ndarray sums, to = dbias
    inputs = _operands.apart([grad, x] if bias is None else [grad, x, bias], [dx])
    given = [np.moveaxis(one, place, -1) for one in (*inputs, dx)]
    if bias is None:
        given.insert(2, None)
    if not _load(call, tuple(given), True):
        given = [one if one is None else np.ascontiguousarray(one) for one in given]
        _load(call, tuple(given), True)
    sums = np.empty(fa_fused_sums(call))
    call.sums = <double *>cnp.PyArray_DATA(sums)
    if dx.size:
        _compute(call, dx.size)
        if given[3].ctypes.data != dx.ctypes.data:
            np.moveaxis(dx, place, -1)[...] = given[3]
    for k in range(cnp.PyArray_SIZE(to)):
        fa_bias_sum(call, k, dtype, <char *>cnp.PyArray_DATA(to) + k * cnp.PyArray_ITEMSIZE(to))


cdef object _bias_act_backward(object grad, object x, object bias, object activation, object axis, object out, dict parameters):
    cdef fa_fused_call call
    cdef str name = "bias_act_backward"
    row = _activation_named(name, activation, parameters)
    dx_out, dbias_out = _operands.pair(name, out)
    if any([_is_foreign(one) and not isinstance(one, np.ma.MaskedArray) for one in (grad, x, bias, dx_out, dbias_out)]):
        if out is not None:
            raise parameter_error(TypeError, name, "out", "cannot be given with arrays that are not NumPy's")
        dx = _activated(name, activation, row, "_backward", (grad, _sum_with(name, x, bias, axis)), parameters)
        dx = dx[0] if type(dx) is tuple else dx
        place = _operands.axis_of(name, axis, dx.ndim)
        return dx, dx.sum(axis=tuple([i for i in range(dx.ndim) if i != place]))
    mask = _masks(name, [one for one in (grad, x) if one is not None])
    given = {"grad": grad, "x": x} if bias is None else {"grad": grad, "x": x, "bias": bias}
    operands, result = _float_operands(name, given, None)
    grad, x, bias = operands["grad"], operands["x"], operands.get("bias")
    place = _operands.axis_of(name, axis, x.ndim)
    aligned = None if bias is None else _along(name, bias, x.shape, axis)[0]
    summed = result if bias is None or bias.dtype.kind in "biu" else bias.dtype
    if dx_out is not None:
        _operands.checked_out(name, "out[0]", dx_out, x.shape, result)
    if dbias_out is not None:
        _operands.checked_out(name, "out[1]", dbias_out, (x.shape[place],), summed)
    grad = _operands.broadcast_to(name, "grad", grad, x.shape, "x")
    # The sum has a dtype of its own, that of its operands, and is rounded to it.
    if bias is not None and (_float_dtype(name, [x.dtype, bias.dtype]) != result or (x.dtype.kind in "biu" and bias.dtype.kind in "biu")):
        x, aligned = _sum_with(name, x, bias, axis), None
    if mask is not None:
        mask = np.broadcast_to(mask, x.shape)
        grad, x = np.where(mask, grad.dtype.type(0), grad), np.where(mask, x.dtype.type(1), x)
    _set_up(&call, FA_BIAS_BACKWARD, row, _format(result))
    if not _numbers_of(name, FA_DIRECTIONS * row + FA_BACKWARD, parameters, result, &call):
        # Its own function first; what remains is the sum of that, which relu's derivative above 0 lets pass.
        total = x if aligned is None else _sum_with(name, x, bias, axis)
        grad = _activated(name, activation, row, "_backward", (grad, total), parameters)
        grad = grad[0] if type(grad) is tuple else grad
        x, aligned = np.broadcast_to(result.type(1), grad.shape), None
        _set_up(&call, FA_BIAS_BACKWARD, FA_relu, _format(result))
    grad, x = _operands.readable(grad, result), _operands.readable(x, result)
    if aligned is not None:
        aligned = np.broadcast_to(_operands.readable(aligned, result), x.shape)
    dx = _operands.place_for(dx_out, x.shape, result, x if x.strides != (0,) * x.ndim else grad)
    dbias = np.empty(x.shape[place], summed.newbyteorder("="))
    _bias_gradients(&call, grad, x, aligned, dx, place, dbias)
    dx = _operands.finished(dx_out, dx)
    if mask is not None:
        dx = _masked(dx, mask, dx_out)
    return dx, _operands.finished(dbias_out, dbias)



# --- For C, Cython and Numba ------------------------------------------------------------------------

cdef extern from "_native/fastact.h":
    cdef struct fastact_table:
        pass
    const fastact_table fa_api


# What include/fastact_api.h imports.
C_API = PyCapsule_New(<void *>&fa_api, "fastact._core.C_API", NULL)


# --- For the tests -------------------------------------------------------------------------------

def _operations():
    """Return the names of the vocabulary's operations, and the lanes of float32 and float64."""
    cdef const fa_operation *operation = fa_isa_unit(fa_isa_active(), FA_F32_INDEX).operations
    names = []
    while operation.name != NULL:
        names.append(operation.name.decode())
        operation += 1
    return names, tuple([fa_isa_unit(fa_isa_active(), dtype).lanes for dtype in (FA_F32_INDEX, FA_F64_INDEX)])


def _operate(str name, cnp.ndarray a, cnp.ndarray b, cnp.ndarray c):
    """Run one operation of the active set's vocabulary over contiguous arrays of one dtype."""
    cdef const fa_operation *operation = fa_isa_unit(fa_isa_active(), _dtype(a)).operations
    cdef cnp.ndarray out = np.zeros_like(a)
    while operation.name.decode() != name:
        operation += 1
    operation.run(cnp.PyArray_DATA(a), cnp.PyArray_DATA(b), cnp.PyArray_DATA(c), cnp.PyArray_DATA(out), a.size)
    return out


def _widened(cnp.ndarray half, bint bfloat16):
    """Return 16-bit numbers, given as uint16, as the active set reads them."""
    cdef cnp.ndarray out = np.empty(half.size, np.float32)
    fa_isa_unit(fa_isa_active(), FA_BF16_INDEX if bfloat16 else FA_F16_INDEX).widen(
        cnp.PyArray_DATA(half), <float *>cnp.PyArray_DATA(out), half.size)
    return out


def _narrowed(cnp.ndarray wide, bint bfloat16, int slack):
    """Return float32 numbers as the active set writes them, as uint16, and the positions of doubtful ones."""
    cdef cnp.ndarray out = np.empty(wide.size, np.uint16), doubtful = np.empty(wide.size, np.uint16)
    cdef Py_ssize_t count = fa_isa_unit(fa_isa_active(), FA_BF16_INDEX if bfloat16 else FA_F16_INDEX).narrow(
        <float *>cnp.PyArray_DATA(wide), cnp.PyArray_DATA(out), wide.size, slack, cnp.PyArray_DATA(doubtful))
    return out, doubtful[:count]


def _workers():
    return fa_workers()


def _worth_waking(double microseconds):
    """Set how much work wakes a thread; returns what it was."""
    global fa_worth_waking
    cdef double before = fa_worth_waking
    fa_worth_waking = microseconds
    return before


def _stream_bytes(Py_ssize_t count):
    """Set from how many bytes on results are written past the caches; returns the number before."""
    global fa_stream_bytes
    cdef Py_ssize_t before = fa_stream_bytes
    fa_stream_bytes = count
    return before


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


def relu6(x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Rectified linear unit that saturates at 6: ``min(max(0, x), 6)``.

    {parameters}

    Notes
    -----
    0 at -inf and 6 at inf; ``relu6(-0.0)`` is ``-0.0``; NaN gives NaN.
    {notes}

    References
    ----------
    .. [1] A. Krizhevsky, "Convolutional Deep Belief Networks on CIFAR-10", unpublished
       manuscript, 2010.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.relu6(np.array([-1.5, 2.5, 8.0], dtype=np.float32))
    array([0. , 2.5, 6. ], dtype=float32)
    """
    return _call(FA_DIRECTIONS * FA_relu6 + FA_FORWARD, x, ABSENT, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def relu6_backward(grad, x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `relu6`: ``0 if x <= 0 or x >= 6 else grad``.

    {parameters}

    Notes
    -----
    The derivative is 0 at 0 and at 6. Where it is 0 so is the result, whatever `grad` is; at
    NaN `x` the result is `grad`.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.relu6_backward(np.ones(4), np.array([0.0, 2.5, 6.0, 8.0]))
    array([0., 1., 0., 0.])
    """
    return _call(FA_DIRECTIONS * FA_relu6 + FA_BACKWARD, grad, x, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def relu6_backward_from_output(grad, y, /, out=None, *,
                               where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `relu6` from its output: ``0 if y <= 0 or y >= 6 else grad``.

    {parameters}

    Notes
    -----
    Loses nothing: the result is that of `relu6_backward`, bit for bit.
    {notes}
    """
    return _call(FA_DIRECTIONS * FA_relu6 + FA_BACKWARD_FROM_OUTPUT, grad, y, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def relu_squared(x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Squared rectified linear unit: ``max(0, x)**2``.

    {parameters}

    Notes
    -----
    0 from -inf to 0, inf at inf; NaN gives NaN. float32 results are inf from x = 2**64 on,
    subnormal below 2**-63 and 0 below 2**-75 (float64: 2**512, 2**-511 and 2**-537.5). Integers
    wrap where the square overflows, as in `numpy.multiply`.
    {notes}

    References
    ----------
    .. [1] D. R. So, W. Manke, H. Liu, Z. Dai, N. Shazeer, Q. V. Le, "Primer: Searching for
       Efficient Transformers for Language Modeling", NeurIPS 2021.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.relu_squared(np.array([-2.0, 0.5, 3.0]))
    array([0.  , 0.25, 9.  ])
    """
    return _call(FA_DIRECTIONS * FA_relu_squared + FA_FORWARD, x, ABSENT, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def relu_squared_backward(grad, x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `relu_squared`: ``grad * 2 * max(0, x)``.

    {parameters}

    Notes
    -----
    The derivative at 0 is 0. Where it is 0 so is the result, whatever `grad` is; NaN at NaN
    `x`.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.relu_squared_backward(np.ones(3), np.array([-2.0, 0.5, 3.0]))
    array([0., 1., 6.])
    """
    return _call(FA_DIRECTIONS * FA_relu_squared + FA_BACKWARD, grad, x, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def relu_squared_backward_from_output(grad, y, /, out=None, *,
                                      where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `relu_squared` from its output: ``grad * 2 * sqrt(y)``.

    {parameters}

    Notes
    -----
    The bound is against this formula at the `y` given; where `y` is 0 so is the result,
    whatever `grad` is. `y` itself is the square rounded, which adds at most half an ULP; but in
    float32 `y` has ever fewer digits below x = 2**-63 and none below 2**-75, where the result
    is 0, and from 2**64 on it is inf, and so is the derivative (float64: 2**-511, 2**-537.5 and
    2**512).
    {notes}
    """
    return _call(FA_DIRECTIONS * FA_relu_squared + FA_BACKWARD_FROM_OUTPUT, grad, y, ABSENT, ABSENT,
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


cdef object _along_axis(str function, object x, object weight, object axis):
    """Return a one-dimensional weight with the dimensions that let it broadcast along an axis of x."""
    shape = x.shape if hasattr(x, "shape") else as_array(function, "x", x).shape
    weight = as_array(function, "weight", weight)
    if not isinstance(axis, (int, np.integer)) or isinstance(axis, bool):
        raise parameter_error(TypeError, function, "axis", f"must be None or an integer, not {axis!r}")
    dimensions = len(shape)
    if not -dimensions <= axis < dimensions:
        raise parameter_error(ValueError, function, "axis", f"{axis} is out of bounds for x of {dimensions} dimensions")
    if weight.size == 1:
        return weight.reshape(())
    if weight.ndim != 1:
        raise parameter_error(ValueError, function, "weight",
                              f"must be a number or one-dimensional where axis is given, not of shape {weight.shape}")
    if shape[axis] != weight.size:
        raise parameter_error(ValueError, function, "weight",
                              f"has {weight.size} elements, axis {axis} of x has {shape[axis]}")
    return weight.reshape((-1,) + (1,) * (dimensions - 1 - axis % dimensions))


cdef tuple _pair(str function, object out):
    """Return the two arrays of out=(a, b), either of which may be None."""
    if out is None:
        return None, None
    if type(out) is not tuple or len(out) != 2:
        raise parameter_error(TypeError, function, "out", "must be a tuple of two arrays")
    return out


def prelu(x, /, weight, axis=None, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Parametric rectified linear unit: ``x if x >= 0 else weight * x``.

    {parameters}

    Notes
    -----
    The sign of zero stays; NaN gives NaN. With weight 0 the result at -inf is 0.
    {notes}

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren, J. Sun, "Delving Deep into Rectifiers: Surpassing Human-Level
       Performance on ImageNet Classification", ICCV 2015.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.prelu(-np.ones((2, 3)), np.array([0.25, 0.5]), axis=0)
    array([[-0.25, -0.25, -0.25],
           [-0.5 , -0.5 , -0.5 ]])
    """
    if axis is not None:
        weight = _along_axis("prelu", x, weight, axis)
    return _call(FA_DIRECTIONS * FA_prelu + FA_FORWARD, x, ABSENT, weight, ABSENT,
                 out, where, dtype, casting, order, subok)


cdef object _weight_gradient(object grad, object x, tuple shape):
    """Sum grad * x over where x < 0, to the shape of a weight that broadcast with both."""
    whole = np.broadcast_shapes(grad.shape, x.shape, shape)
    aligned = (1,) * (len(whole) - len(shape)) + shape
    kept = [i for i, length in enumerate(aligned) if length == whole[i] and length != 1]
    order = kept + [i for i in range(len(whole)) if i not in kept]
    rows = int(np.prod([whole[i] for i in kept], dtype=int))
    length = int(np.prod([whole[i] for i in order[len(kept):]], dtype=int))
    cdef cnp.ndarray left = np.require(np.broadcast_to(grad, whole).transpose(order), None, "CA").reshape(rows, length)
    cdef cnp.ndarray right = np.require(np.broadcast_to(x, whole).transpose(order), None, "CA").reshape(rows, length)
    cdef cnp.ndarray sums = np.empty(rows, left.dtype)
    fa_sums_below(_dtype(left), cnp.PyArray_DATA(left), cnp.PyArray_DATA(right), cnp.PyArray_DATA(sums),
                  <Py_ssize_t>rows, <Py_ssize_t>length, _threads_here())
    return sums.reshape(shape)


def prelu_backward(grad, x, /, weight, axis=None, out=None):
    """Gradients of `prelu`: ``grad if x > 0 else weight * grad``, and ``sum(grad * x)`` over ``x < 0``.

    Parameters
    ----------
    grad : array_like
        Gradient with respect to the output; broadcasts with `x`.
    x : array_like
        Input of the forward pass. A forward pass in place has overwritten it.
    weight : float or array_like
        Slope below 0, as in the forward pass.
    axis : int, optional
        The axis of `x` along which a one-dimensional `weight` lies. By default it broadcasts.
    out : tuple of two ndarrays, optional
        Where to write the results; either may be None. The first may be `grad` or `x` itself.

    Returns
    -------
    dx : ndarray or scalar
        Of the operands' shapes broadcast together, of the common dtype of `grad` and `x`.
    dweight : ndarray
        Of the shape of `weight` and the same dtype, the sum over all else.

    Raises
    ------
    TypeError
        If `grad` or `x` is of no dtype that can be computed with, or `out` is no pair of arrays that
        can hold the results.
    ValueError
        If the shapes do not fit, `axis` is out of bounds, `out` is read-only, or `weight` is NaN.

    Notes
    -----
    The derivative at 0 is the weight, at NaN `x` too; what an `x` of 0 adds to `dweight` is 0.
    `dweight` is summed in float64 and pairwise, in one order at any instruction set and layout, so that
    its bits do not depend on either.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> dx, dweight = fa.prelu_backward(np.ones(3), np.array([-2.0, -4.0, 2.0]), 0.25)
    >>> dx, dweight
    (array([0.25, 0.25, 1.  ]), array(-6.))
    """
    cdef int function = FA_DIRECTIONS * FA_prelu + FA_BACKWARD
    cdef double number
    cdef cnp.ndarray total
    if (axis is None and (out is None or type(out) is tuple and len(out) == 2) and _number(weight, &number)
            and _dtype(grad) >= 0 and _dtype(x) == _dtype(grad) and _same_shape(grad, x) and not isnan(number)
            and cnp.PyArray_NDIM(<cnp.ndarray>x) > 0):
        total = cnp.PyArray_EMPTY(0, NULL, _TYPE_NUMBERS[_dtype(x)], 0)
        if out is None or out[1] is None or (_dtype(out[1]) == _dtype(x) and cnp.PyArray_NDIM(<cnp.ndarray>out[1]) == 0
                                             and cnp.PyArray_ISWRITEABLE(<cnp.ndarray>out[1])):
            left, right = cnp.PyArray_GETCONTIGUOUS(grad), cnp.PyArray_GETCONTIGUOUS(x)
            fa_sums_below(_dtype(x), cnp.PyArray_DATA(<cnp.ndarray>left), cnp.PyArray_DATA(<cnp.ndarray>right),
                          cnp.PyArray_DATA(total), 1, cnp.PyArray_SIZE(<cnp.ndarray>x), 1)
            first = None if out is None else out[0]
            dx = _plain(function, grad, x, &number, first)
            if dx is None:
                dx = _with_numbers(function, grad, x, &number, first)
            if dx is not None:
                if out is None or out[1] is None:
                    return dx, total
                out[1][...] = total
                return dx, out[1]
    out, weight_out = _pair("prelu_backward", out)
    shape = np.shape(as_array("prelu_backward", "weight", weight))
    aligned = weight if axis is None else _along_axis("prelu_backward", x, weight, axis)
    if weight_out is not None:
        if not isinstance(weight_out, np.ndarray):
            raise parameter_error(TypeError, "prelu_backward", "out[1]", f"must be an array, not {type(weight_out).__name__}")
        if weight_out.shape != shape:
            raise parameter_error(ValueError, "prelu_backward", "out[1]", f"has shape {weight_out.shape}, the weight {shape}")
        if not weight_out.flags.writeable:
            raise parameter_error(ValueError, "prelu_backward", "out[1]", "is read-only")
    arrays = [as_array("prelu_backward", name, value) for name, value in (("grad", grad), ("x", x))]
    computing = _computing_dtype(function, (grad, x), None)
    if computing is None:  # refused, with a reason
        return _call(function, grad, x, aligned, ABSENT, out, True, None, SAME_KIND, KEEP_ORDER, True)
    if weight_out is not None and not np.can_cast(computing, weight_out.dtype, "same_kind"):
        raise parameter_error(TypeError, "prelu_backward", "out[1]", f"has dtype {weight_out.dtype}, the result {computing}")
    copies = [array.astype(computing) if _may_share(array, out) else array for array in arrays]
    dx = _call(function, grad, x, aligned, ABSENT, out, True, None, SAME_KIND, KEEP_ORDER, True)
    left, right = [array.astype(computing, copy=False) for array in copies]
    dweight = _weight_gradient(left, right, np.shape(aligned)).reshape(shape)
    if weight_out is not None:
        np.copyto(weight_out, dweight, casting="same_kind")
        return dx, weight_out
    return dx, dweight


cdef bint _may_share(object array, object out):
    return out is not None and np.may_share_memory(array, out)


def rrelu(x, /, lower=1/8, upper=1/3, rng=None, out=None, *,
          where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Randomised leaky rectified linear unit: ``x if x >= 0 else slope * x`` with a random slope.

    {parameters}

    Notes
    -----
    Without `rng` the form for evaluation: the slope is ``(lower + upper) / 2``, rounded to the
    computing dtype. With it every element has a slope of its own, uniform between the two, and
    the result is the pair ``(y, slope)``; `out` is then a pair too, and `rrelu_backward` and
    `prelu_backward` take `slope`, which is of the computing dtype: float32 for 16 bits.
    The sign of zero stays; NaN gives NaN.
    {notes}

    References
    ----------
    .. [1] B. Xu, N. Wang, T. Chen, M. Li, "Empirical Evaluation of Rectified Activations in
       Convolutional Network", arXiv:1505.00853, 2015.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.rrelu(np.array([-2.0, 0.0, 2.0]), 0.25, 0.75)
    array([-1.,  0.,  2.])
    >>> y, slope = fa.rrelu(np.array([-2.0, 0.0, 2.0]), rng=np.random.default_rng(1))
    >>> bool(y[0] == -2 * slope[0])
    True
    """
    cdef int function = FA_DIRECTIONS * FA_rrelu + FA_FORWARD
    if rng is None:
        return _call(function, x, ABSENT, lower, upper, out, where, dtype, casting, order, subok)
    out, slope_out = _pair("rrelu", out)
    try:
        generator = np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise parameter_error(type(error), "rrelu", "rng", f"is not what numpy.random.default_rng takes: {error}") from None
    computing = _arithmetic_dtype(_computing_dtype(function, (x,), dtype))
    if computing is None:  # refused, with a reason
        return _call(function, x, ABSENT, lower, upper, out, where, dtype, casting, order, subok)
    low = _parameter(function, 0, lower, None, computing)
    high = _parameter(function, 1, upper, lower, computing)
    try:
        shape = np.broadcast_shapes(np.shape(x), np.shape(low), np.shape(high))
    except ValueError:
        raise ValueError("rrelu: the shapes do not broadcast together: "
                         f"x {np.shape(x)}, lower {np.shape(low)}, upper {np.shape(high)}") from None
    share = generator.random(shape, dtype=computing)
    slope = np.clip(low * (1 - share) + high * share, np.minimum(low, high), np.maximum(low, high))
    if slope_out is not None:
        if not isinstance(slope_out, np.ndarray) or slope_out.shape != shape or slope_out.dtype != computing:
            raise parameter_error(ValueError, "rrelu", "out[1]", f"must be an array of shape {shape} and dtype {computing}")
        if not slope_out.flags.writeable:
            raise parameter_error(ValueError, "rrelu", "out[1]", "is read-only")
    y = _call(function, x, ABSENT, slope, slope, out, where, dtype, casting, order, subok)
    if slope_out is not None:
        slope_out[...] = slope
        slope = slope_out
    return y, slope


def rrelu_backward(grad, x, /, lower=1/8, upper=1/3, slope=None, out=None, *,
                   where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `rrelu`: ``grad if x > 0 else slope * grad``.

    {parameters}

    Notes
    -----
    With `slope`, the second result of `rrelu`, `lower` and `upper` do not count. The derivative at
    0 is the slope, at NaN `x` too.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.rrelu_backward(np.ones(3), np.array([-2.0, 0.0, 2.0]), 0.25, 0.75)
    array([0.5, 0.5, 1. ])
    """
    if slope is not None:
        slopes = as_array("rrelu_backward", "slope", slope)
        if not _is_real(slopes.dtype):
            raise parameter_error(TypeError, "rrelu_backward", "slope",
                                  f"must be a real number or an array of them, not {slope!r}")
        if slopes.ndim == 0 and np.isnan(slopes):
            raise parameter_error(ValueError, "rrelu_backward", "slope", f"must be a number, not {slope!r}")
        shapes = [as_array("rrelu_backward", name, value).shape for name, value in (("grad", grad), ("x", x))]
        try:
            np.broadcast_shapes(*shapes, slopes.shape)
        except ValueError:
            raise ValueError("rrelu_backward: the shapes do not broadcast together: "
                             f"grad {shapes[0]}, x {shapes[1]}, slope {slopes.shape}") from None
        lower = upper = slopes
    return _call(FA_DIRECTIONS * FA_rrelu + FA_BACKWARD, grad, x, lower, upper,
                 out, where, dtype, casting, order, subok)


def hardtanh(x, /, min_val=-1.0, max_val=1.0, out=None, *,
             where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Identity between two limits, constant beyond them: ``min(max(x, min_val), max_val)``.

    {parameters}

    Notes
    -----
    `min_val` at -inf and `max_val` at inf; a zero between the two keeps its sign; NaN gives
    NaN. The two may be equal, or infinite. For integers both must be integral; one beyond the
    dtype acts as its end.
    {notes}

    References
    ----------
    .. [1] R. Collobert, "Large Scale Machine Learning", PhD thesis, Universite Paris VI, 2004.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.hardtanh(np.array([-2.0, 0.5, 2.0]))
    array([-1. ,  0.5,  1. ])
    >>> fa.hardtanh(np.array([-2.0, 0.5, 2.0]), max_val=0.25)
    array([-1.  ,  0.25,  0.25])
    """
    return _call(FA_DIRECTIONS * FA_hardtanh + FA_FORWARD, x, ABSENT, min_val, max_val,
                 out, where, dtype, casting, order, subok)


def hardtanh_backward(grad, x, /, min_val=-1.0, max_val=1.0, out=None, *,
                      where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `hardtanh`: ``0 if x <= min_val or x >= max_val else grad``.

    {parameters}

    Notes
    -----
    The derivative is 0 at both limits. Where it is 0 so is the result, whatever `grad` is; at
    NaN `x` the result is `grad`.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.hardtanh_backward(np.ones(4), np.array([-2.0, -1.0, 0.5, 1.0]))
    array([0., 0., 1., 0.])
    """
    return _call(FA_DIRECTIONS * FA_hardtanh + FA_BACKWARD, grad, x, min_val, max_val,
                 out, where, dtype, casting, order, subok)


def hardtanh_backward_from_output(grad, y, /, min_val=-1.0, max_val=1.0, out=None, *,
                                  where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `hardtanh` from its output: ``0 if y <= min_val or y >= max_val else grad``.

    {parameters}

    Notes
    -----
    Loses nothing: the result is that of `hardtanh_backward`, bit for bit.
    {notes}
    """
    return _call(FA_DIRECTIONS * FA_hardtanh + FA_BACKWARD_FROM_OUTPUT, grad, y, min_val, max_val,
                 out, where, dtype, casting, order, subok)


def hardsigmoid(x, /, slope=1/6, offset=0.5, out=None, *,
                where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Piecewise-linear sigmoid: ``min(max(0, slope * x + offset), 1)``.

    {parameters}

    Notes
    -----
    0 at -inf and 1 at inf with a slope above 0, the reverse with one below; with slope 0
    `offset` between 0 and 1 everywhere. NaN gives NaN. The default slope is 1/6 rounded to the
    dtype: a little less than 1/6 in float64, where the result at -3 is therefore 2.8e-17, a
    little more in float32, where it is 0.
    {notes}

    References
    ----------
    .. [1] M. Courbariaux, Y. Bengio, J.-P. David, "BinaryConnect: Training Deep Neural Networks
       with Binary Weights during Propagations", NIPS 2015.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.hardsigmoid(np.array([-4.0, 0.0, 4.0]))
    array([0. , 0.5, 1. ])
    >>> fa.hardsigmoid(np.array([-4.0, 1.0, 4.0]), slope=0.25)
    array([0.  , 0.75, 1.  ])
    """
    return _call(FA_DIRECTIONS * FA_hardsigmoid + FA_FORWARD, x, ABSENT, slope, offset,
                 out, where, dtype, casting, order, subok)


def hardsigmoid_backward(grad, x, /, slope=1/6, offset=0.5, out=None, *,
                         where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `hardsigmoid`: ``slope * grad if 0 < slope * x + offset < 1 else 0``.

    {parameters}

    Notes
    -----
    The derivative is 0 at both ends. ``slope * x`` and the sum are rounded one after the other,
    so that -3 and 3 are ends of the default too, whose slope is not quite 1/6. Where the
    derivative is 0 so is the result, whatever `grad` is; at NaN `x` the result is
    ``slope * grad``.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.hardsigmoid_backward(np.ones(3), np.array([-2.0, 1.0, 4.0]), slope=0.25)
    array([0.  , 0.25, 0.  ])
    """
    return _call(FA_DIRECTIONS * FA_hardsigmoid + FA_BACKWARD, grad, x, slope, offset,
                 out, where, dtype, casting, order, subok)


def hardsigmoid_backward_from_output(grad, y, /, slope=1/6, offset=0.5, out=None, *,
                                     where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `hardsigmoid` from its output: ``slope * grad if 0 < y < 1 else 0``.

    {parameters}

    Notes
    -----
    The result is that of `hardsigmoid_backward` but within rounding of an end, where the two
    may decide differently: with the default in float64 `y` is 2.8e-17 at x = -3, which counts
    as inside here. At NaN `y` the result is ``slope * grad``.
    {notes}
    """
    return _call(FA_DIRECTIONS * FA_hardsigmoid + FA_BACKWARD_FROM_OUTPUT, grad, y, slope, offset,
                 out, where, dtype, casting, order, subok)


def hardswish(x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Piecewise-quadratic form of `silu`: ``x * min(max(0, x / 6 + 0.5), 1)``.

    {parameters}

    Notes
    -----
    0 from -inf to -3 and `x` itself from 3 on, so that nothing overflows; the minimum is -0.375
    at -1.5. The sign of zero stays; NaN gives NaN.
    {notes}

    References
    ----------
    .. [1] A. Howard et al., "Searching for MobileNetV3", ICCV 2019.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.hardswish(np.array([-1.5, 0.0, 4.0]))
    array([-0.375,  0.   ,  4.   ])
    """
    return _call(FA_DIRECTIONS * FA_hardswish + FA_FORWARD, x, ABSENT, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def hardswish_backward(grad, x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `hardswish`: ``0 if x <= -3 else grad if x >= 3 else grad * (x / 3 + 0.5)``.

    {parameters}

    Notes
    -----
    The derivative is 0 at -3, 1 at 3, and jumps at both; its root is at -1.5. Up to -3 the
    result is 0, whatever `grad` is; at NaN `x` it is `grad`.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.hardswish_backward(np.ones(4), np.array([-3.0, 0.0, 1.5, 3.0]))
    array([0. , 0.5, 1. , 1. ])
    """
    return _call(FA_DIRECTIONS * FA_hardswish + FA_BACKWARD, grad, x, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def threshold(x, /, threshold, value, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Identity above a threshold, one value up to it: ``value if x <= threshold else x``.

    {parameters}

    Notes
    -----
    At the threshold the result is `value`; NaN gives NaN. For integers both must be integral and
    the dtype must hold `value`.
    {notes}

    References
    ----------
    .. [1] K. Konda, R. Memisevic, D. Krueger, "Zero-bias Autoencoders and the Benefits of
       Co-adapting Features", ICLR 2015.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.threshold(np.array([0.5, 1.0, 1.5]), 1.0, -2.0)
    array([-2. , -2. ,  1.5])
    """
    return _call(FA_DIRECTIONS * FA_threshold + FA_FORWARD, x, ABSENT, threshold, value,
                 out, where, dtype, casting, order, subok)


def threshold_backward(grad, x, /, threshold, value, out=None, *,
                       where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `threshold`: ``0 if x <= threshold else grad``.

    {parameters}

    Notes
    -----
    The derivative at the threshold is 0. Where it is 0 so is the result, whatever `grad` is; at
    NaN `x` the result is `grad`. `value` changes nothing: both directions take the same
    parameters.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.threshold_backward(np.ones(3), np.array([0.5, 1.0, 1.5]), 1.0, -2.0)
    array([0., 0., 1.])
    """
    return _call(FA_DIRECTIONS * FA_threshold + FA_BACKWARD, grad, x, threshold, value,
                 out, where, dtype, casting, order, subok)


def hardshrink(x, /, lambd=0.5, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Hard shrinkage: ``0 if -lambd <= x <= lambd else x``.

    {parameters}

    Notes
    -----
    0 at both ends too, where the sign of `x` does not stay. +-inf at +-inf; NaN gives NaN. With
    `lambd` below 0 every `x` is its own result.
    {notes}

    References
    ----------
    .. [1] D. L. Donoho, I. M. Johnstone, "Ideal Spatial Adaptation by Wavelet Shrinkage",
       Biometrika, 81(3), 1994.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.hardshrink(np.array([-0.75, 0.25, 0.5, 2.0]))
    array([-0.75,  0.  ,  0.  ,  2.  ])
    """
    return _call(FA_DIRECTIONS * FA_hardshrink + FA_FORWARD, x, ABSENT, lambd, ABSENT,
                 out, where, dtype, casting, order, subok)


def hardshrink_backward(grad, x, /, lambd=0.5, out=None, *,
                        where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `hardshrink`: ``0 if -lambd <= x <= lambd else grad``.

    {parameters}

    Notes
    -----
    The derivative is 0 at both ends. Where it is 0 so is the result, whatever `grad` is; at NaN
    `x` the result is `grad`.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.hardshrink_backward(np.ones(4), np.array([-0.75, 0.25, 0.5, 2.0]))
    array([1., 0., 0., 1.])
    """
    return _call(FA_DIRECTIONS * FA_hardshrink + FA_BACKWARD, grad, x, lambd, ABSENT,
                 out, where, dtype, casting, order, subok)


def hardshrink_backward_from_output(grad, y, /, lambd=0.5, out=None, *,
                                    where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `hardshrink` from its output: ``0 if -lambd <= y <= lambd else grad``.

    {parameters}

    Notes
    -----
    Loses nothing: the result is that of `hardshrink_backward`, bit for bit.
    {notes}
    """
    return _call(FA_DIRECTIONS * FA_hardshrink + FA_BACKWARD_FROM_OUTPUT, grad, y, lambd, ABSENT,
                 out, where, dtype, casting, order, subok)


def softshrink(x, /, lambd=0.5, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Soft shrinkage: ``sign(x) * max(abs(x) - lambd, 0)``.

    {parameters}

    Notes
    -----
    0 from ``-lambd`` to `lambd`, +-inf at +-inf; the sign of zero stays; NaN gives NaN.
    {notes}

    References
    ----------
    .. [1] D. L. Donoho, "De-Noising by Soft-Thresholding", IEEE Transactions on Information
       Theory, 41(3), 1995.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.softshrink(np.array([-2.0, 0.0, 0.75]))
    array([-1.5 ,  0.  ,  0.25])
    """
    return _call(FA_DIRECTIONS * FA_softshrink + FA_FORWARD, x, ABSENT, lambd, ABSENT,
                 out, where, dtype, casting, order, subok)


def softshrink_backward(grad, x, /, lambd=0.5, out=None, *,
                        where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `softshrink`: ``0 if -lambd <= x <= lambd else grad``.

    {parameters}

    Notes
    -----
    The derivative is 0 at both ends. Where it is 0 so is the result, whatever `grad` is; at NaN
    `x` the result is `grad`.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.softshrink_backward(np.ones(4), np.array([-2.0, 0.0, 0.5, 0.75]))
    array([1., 0., 0., 1.])
    """
    return _call(FA_DIRECTIONS * FA_softshrink + FA_BACKWARD, grad, x, lambd, ABSENT,
                 out, where, dtype, casting, order, subok)


def softshrink_backward_from_output(grad, y, /, lambd=0.5, out=None, *,
                                    where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `softshrink` from its output: ``0 if y == 0 else grad``.

    {parameters}

    Notes
    -----
    Loses nothing: the result is that of `softshrink_backward`, bit for bit. `lambd` changes
    nothing: both directions take the same parameters.
    {notes}
    """
    return _call(FA_DIRECTIONS * FA_softshrink + FA_BACKWARD_FROM_OUTPUT, grad, y, lambd, ABSENT,
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


def log_sigmoid(x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Logarithm of the logistic sigmoid: ``-log(1 + exp(-x))``.

    {parameters}

    Notes
    -----
    0 at inf and -inf at -inf, NaN at NaN. The bound holds down the whole tail, in which float32
    results are subnormal above x = 87.34 and 0 above 103.98 (float64: 708.4 and 745.2).
    {notes}

    References
    ----------
    .. [1] M. Maechler, "Accurately Computing ``log(1 - exp(-|a|))`` Assessed by the Rmpfr
       Package", vignette of the R package Rmpfr, 2012.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.log_sigmoid(np.array([-np.inf, 0.0, 100.0]))
    array([           -inf, -6.93147181e-01, -3.72007598e-44])
    """
    return _call(FA_DIRECTIONS * FA_log_sigmoid + FA_FORWARD, x, ABSENT, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def log_sigmoid_backward(grad, x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `log_sigmoid`: ``grad / (1 + exp(x))``.

    {parameters}

    Notes
    -----
    The derivative is 1 at -inf, 1/2 at 0, and 0 at inf only; `grad` multiplies it before the
    power of two is applied, so that a large `grad` meets a derivative that alone would be
    subnormal at full precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.log_sigmoid_backward(np.ones(2), np.array([0.0, 100.0]))
    array([5.00000000e-01, 3.72007598e-44])
    """
    return _call(FA_DIRECTIONS * FA_log_sigmoid + FA_BACKWARD, grad, x, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def log_sigmoid_backward_from_output(grad, y, /, out=None, *,
                                     where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `log_sigmoid` from its output: ``grad * (1 - exp(y))``.

    {parameters}

    Notes
    -----
    The bound is against this formula at the `y` given. Next to nothing is lost: a relative
    error of `y` makes none larger than itself in the derivative. Where `y` is subnormal it has
    fewer digits, and where it is 0, above x = 103.98 in float32 (float64: 745.2), the result is
    0.
    {notes}
    """
    return _call(FA_DIRECTIONS * FA_log_sigmoid + FA_BACKWARD_FROM_OUTPUT, grad, y, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def elu(x, /, alpha=1.0, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Exponential linear unit: ``x if x > 0 else alpha * (exp(x) - 1)``.

    {parameters}

    Notes
    -----
    ``-alpha`` at -inf and inf at inf; the sign of zero stays; NaN gives NaN. ``exp(x) - 1`` is
    formed without cancellation: next to 0 the result is ``alpha * x``, not 0.
    {notes}

    References
    ----------
    .. [1] D.-A. Clevert, T. Unterthiner, S. Hochreiter, "Fast and Accurate Deep Network
       Learning by Exponential Linear Units (ELUs)", ICLR 2016.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.elu(np.array([-np.inf, 0.0, 2.0]))
    array([-1.,  0.,  2.])
    """
    return _call(FA_DIRECTIONS * FA_elu + FA_FORWARD, x, ABSENT, alpha, ABSENT,
                 out, where, dtype, casting, order, subok)


def elu_backward(grad, x, /, alpha=1.0, out=None, *,
                 where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `elu`: ``grad if x > 0 else grad * alpha * exp(x)``.

    {parameters}

    Notes
    -----
    The derivative is `alpha` at 0 and 0 at -inf; `grad` multiplies it before the power of two
    is applied, so that a large `grad` meets a derivative that alone would be subnormal (with
    alpha 1 below x = -87.34 in float32, -708.4 in float64) at full precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.elu_backward(np.ones(2), np.array([-100.0, 2.0]))
    array([3.72007598e-44, 1.00000000e+00])
    """
    return _call(FA_DIRECTIONS * FA_elu + FA_BACKWARD, grad, x, alpha, ABSENT,
                 out, where, dtype, casting, order, subok)


def elu_backward_from_output(grad, y, /, alpha=1.0, out=None, *,
                             where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `elu` from its output: ``grad if y > 0 else grad * (y + alpha)``.

    {parameters}

    Notes
    -----
    The bound is against this formula at the `y` given. `y` itself has lost what distinguishes
    it from ``-alpha``: with alpha 1 in float32 the gradient is 0 from about x = -17.4 down,
    where `elu_backward` still gives 2.8e-8. The values of an array of alphas are not checked.
    {notes}
    """
    return _call(FA_DIRECTIONS * FA_elu + FA_BACKWARD_FROM_OUTPUT, grad, y, alpha, ABSENT,
                 out, where, dtype, casting, order, subok)


def celu(x, /, alpha=1.0, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Continuously differentiable `elu`: ``x if x > 0 else alpha * (exp(x / alpha) - 1)``.

    {parameters}

    Notes
    -----
    At -inf the result is ``-alpha`` with `alpha` above 0 and -inf with one below; inf at inf.
    The sign of zero stays; NaN gives NaN. ``exp(x / alpha) - 1`` is formed without
    cancellation: next to 0 the result is `x`, not 0.
    {notes}

    References
    ----------
    .. [1] J. T. Barron, "Continuously Differentiable Exponential Linear Units",
       arXiv:1704.07483, 2017.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.celu(np.array([-np.inf, 0.0, 2.0]), alpha=0.5)
    array([-0.5,  0. ,  2. ])
    """
    return _call(FA_DIRECTIONS * FA_celu + FA_FORWARD, x, ABSENT, alpha, ABSENT,
                 out, where, dtype, casting, order, subok)


def celu_backward(grad, x, /, alpha=1.0, out=None, *,
                  where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `celu`: ``grad if x > 0 else grad * exp(x / alpha)``.

    {parameters}

    Notes
    -----
    The derivative is 1 at 0; at -inf it is 0 with `alpha` above 0 and inf with one below.
    `grad` multiplies it before the power of two is applied, so that a large `grad` meets a
    derivative that alone would be subnormal at full precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.celu_backward(np.ones(2), np.array([-50.0, 2.0]), alpha=0.5)
    array([3.72007598e-44, 1.00000000e+00])
    """
    return _call(FA_DIRECTIONS * FA_celu + FA_BACKWARD, grad, x, alpha, ABSENT,
                 out, where, dtype, casting, order, subok)


def celu_backward_from_output(grad, y, /, alpha=1.0, out=None, *,
                              where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `celu` from its output: ``grad if y > 0 else grad * (1 + y / alpha)``.

    {parameters}

    Notes
    -----
    The bound is against this formula at the `y` given. `y` itself has lost what distinguishes
    it from ``-alpha``: with alpha 1 in float32 the gradient is 0 from about x = -17.4 down,
    where `celu_backward` still gives 2.8e-8. The values of an array of alphas are not checked.
    {notes}
    """
    return _call(FA_DIRECTIONS * FA_celu + FA_BACKWARD_FROM_OUTPUT, grad, y, alpha, ABSENT,
                 out, where, dtype, casting, order, subok)


def selu(x, /, alpha=1.6732632423543772848, scale=1.0507009873554804934, out=None, *,
         where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Scaled exponential linear unit: ``scale * (x if x > 0 else alpha * (exp(x) - 1))``.

    {parameters}

    Notes
    -----
    ``-scale * alpha`` at -inf, by default -1.7580993, and inf at inf; the sign of zero stays
    where `scale` is above 0; NaN gives NaN. ``exp(x) - 1`` is formed without cancellation: next
    to 0 the result is ``scale * alpha * x``, not 0.
    {notes}

    References
    ----------
    .. [1] G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter, "Self-Normalizing Neural
       Networks", NIPS 2017.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.selu(np.array([-np.inf, 0.0, 2.0]))
    array([-1.75809934,  0.        ,  2.10140197])
    """
    return _call(FA_DIRECTIONS * FA_selu + FA_FORWARD, x, ABSENT, alpha, scale,
                 out, where, dtype, casting, order, subok)


def selu_backward(grad, x, /, alpha=1.6732632423543772848, scale=1.0507009873554804934, out=None, *,
                  where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `selu`: ``grad * scale * (1 if x > 0 else alpha * exp(x))``.

    {parameters}

    Notes
    -----
    The derivative is ``scale * alpha`` at 0 and 0 at -inf; `grad` multiplies it before the
    power of two is applied, so that a large `grad` meets a derivative that alone would be
    subnormal (by default below x = -87.91 in float32, -708.97 in float64) at full precision.
    NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.selu_backward(np.ones(3), np.array([-np.inf, 0.0, 2.0]))
    array([0.        , 1.75809934, 1.05070099])
    """
    return _call(FA_DIRECTIONS * FA_selu + FA_BACKWARD, grad, x, alpha, scale,
                 out, where, dtype, casting, order, subok)


def selu_backward_from_output(grad, y, /, alpha=1.6732632423543772848, scale=1.0507009873554804934, out=None, *,
                              where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `selu` from its output: ``grad * (scale if y > 0 else y + scale * alpha)``.

    {parameters}

    Notes
    -----
    The bound is against this formula at the `y` given. `y` itself has lost what distinguishes
    it from ``-scale * alpha``: by default in float32 the gradient is nothing but the rounding
    error of `y` from about x = -17 down, where `selu_backward` still gives 7.3e-8. The values
    of arrays of parameters are not checked.
    {notes}
    """
    return _call(FA_DIRECTIONS * FA_selu + FA_BACKWARD_FROM_OUTPUT, grad, y, alpha, scale,
                 out, where, dtype, casting, order, subok)


def softplus(x, /, beta=1.0, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Smooth form of `relu`: ``log(1 + exp(beta * x)) / beta``.

    {parameters}

    Notes
    -----
    0 at -inf and inf at inf, NaN at NaN. There is no threshold from which on `x` itself is
    returned: the formula holds everywhere, and nothing overflows. The bound holds down the
    whole tail, in which with beta 1 float32 results are subnormal below x = -87.34 and 0 below
    -103.98 (float64: -708.4 and -745.2).
    {notes}

    References
    ----------
    .. [1] C. Dugas, Y. Bengio, F. Belisle, C. Nadeau, R. Garcia, "Incorporating Second-Order
       Functional Knowledge for Better Option Pricing", NIPS 2000.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.softplus(np.array([-100.0, 0.0, np.inf]))
    array([3.72007598e-44, 6.93147181e-01,            inf])
    """
    return _call(FA_DIRECTIONS * FA_softplus + FA_FORWARD, x, ABSENT, beta, ABSENT,
                 out, where, dtype, casting, order, subok)


def softplus_backward(grad, x, /, beta=1.0, out=None, *,
                      where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `softplus`: ``grad / (1 + exp(-beta * x))``.

    {parameters}

    Notes
    -----
    The derivative is 0 at -inf only, 1/2 at 0 and 1 at inf; `grad` multiplies it before the
    power of two is applied, so that a large `grad` meets a derivative that alone would be
    subnormal at full precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.softplus_backward(np.ones(2), np.array([-100.0, 0.0]))
    array([3.72007598e-44, 5.00000000e-01])
    """
    return _call(FA_DIRECTIONS * FA_softplus + FA_BACKWARD, grad, x, beta, ABSENT,
                 out, where, dtype, casting, order, subok)


def softplus_backward_from_output(grad, y, /, beta=1.0, out=None, *,
                                  where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `softplus` from its output: ``grad * (1 - exp(-beta * y))``.

    {parameters}

    Notes
    -----
    The bound is against this formula at the `y` given. Next to nothing is lost: a relative
    error of `y` makes none larger than itself in the derivative. Where `y` is subnormal it has
    fewer digits, and where it is 0, with beta 1 below x = -103.98 in float32 (float64: -745.2),
    the result is 0.
    {notes}
    """
    return _call(FA_DIRECTIONS * FA_softplus + FA_BACKWARD_FROM_OUTPUT, grad, y, beta, ABSENT,
                 out, where, dtype, casting, order, subok)


def silu(x, /, beta=1.0, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Sigmoid linear unit, also called swish: ``x / (1 + exp(-beta * x))``.

    {parameters}

    Notes
    -----
    With `beta` above 0 the result is 0 at -inf and inf at inf; with `beta` below 0, -inf at
    -inf and 0 at inf; with `beta` 0 it is ``x / 2``. The sign of zero stays; NaN gives NaN. The
    bound holds down the whole tail, in which with beta 1 float32 results are subnormal below
    x = -91.86 and 0 below -108.67 (float64: -714.97 and -751.76).
    {notes}

    References
    ----------
    .. [1] S. Elfwing, E. Uchibe, K. Doya, "Sigmoid-Weighted Linear Units for Neural Network
       Function Approximation in Reinforcement Learning", Neural Networks, 107, 2018.
    .. [2] P. Ramachandran, B. Zoph, Q. V. Le, "Searching for Activation Functions",
       arXiv:1710.05941, 2017.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.silu(np.array([-100.0, 0.0, 2.0]))
    array([-3.72007598e-42,  0.00000000e+00,  1.76159416e+00])
    """
    return _call(FA_DIRECTIONS * FA_silu + FA_FORWARD, x, ABSENT, beta, ABSENT,
                 out, where, dtype, casting, order, subok)


def silu_backward(grad, x, /, beta=1.0, out=None, *,
                  where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `silu`: ``grad * s * (1 + beta * x * (1 - s))``, ``s = sigmoid(beta * x)``.

    {parameters}

    Notes
    -----
    The derivative is 1/2 at 0 and its root is at beta * x = -1.2784645; where beta * x goes to
    -inf it goes to 0, and to 1 at the other end. `grad` multiplies it before the power of two
    is applied, so that a large `grad` meets a derivative that alone would be subnormal at full
    precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.silu_backward(np.ones(3), np.array([-100.0, 0.0, np.inf]))
    array([-3.68287522e-42,  5.00000000e-01,  1.00000000e+00])
    """
    return _call(FA_DIRECTIONS * FA_silu + FA_BACKWARD, grad, x, beta, ABSENT,
                 out, where, dtype, casting, order, subok)


def mish(x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Self-regularised non-monotonic activation: ``x * tanh(log(1 + exp(x)))``.

    {parameters}

    Notes
    -----
    0 at -inf and inf at inf; the sign of zero stays; NaN gives NaN. The bound holds down the
    whole tail, in which float32 results are subnormal below x = -91.86 and 0 below -108.67
    (float64: -714.97 and -751.76).
    {notes}

    References
    ----------
    .. [1] D. Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", BMVC 2020.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.mish(np.array([-100.0, 0.0, 2.0]))
    array([-3.72007598e-42,  0.00000000e+00,  1.94395896e+00])
    """
    return _call(FA_DIRECTIONS * FA_mish + FA_FORWARD, x, ABSENT, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def mish_backward(grad, x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `mish`: ``grad * (t + x * (1 - t**2) * sigmoid(x))``, ``t = tanh(softplus(x))``.

    {parameters}

    Notes
    -----
    The derivative is 0 at -inf, 0.6 at 0 and 1 at inf; its root is at -1.1924312. `grad`
    multiplies it before the power of two is applied, so that a large `grad` meets a derivative
    that alone would be subnormal at full precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.mish_backward(np.ones(3), np.array([-100.0, 0.0, np.inf]))
    array([-3.68287522e-42,  6.00000000e-01,  1.00000000e+00])
    """
    return _call(FA_DIRECTIONS * FA_mish + FA_BACKWARD, grad, x, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def tanhshrink(x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """What the hyperbolic tangent takes away: ``x - tanh(x)``.

    {parameters}

    Notes
    -----
    +-inf at +-inf, NaN at NaN; the sign of zero stays. The difference is formed without
    cancellation: next to 0 it is ``x**3 / 3``, in float32 subnormal below abs(x) = 3.27e-13 and
    0 below 1.28e-15 (float64: 4.05e-103 and 1.94e-108).
    {notes}

    References
    ----------
    .. [1] PyTorch contributors, "Tanhshrink", PyTorch documentation of ``torch.nn``,
       https://docs.pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.tanhshrink(np.array([-np.inf, 0.0, 0.0001]))
    array([          -inf, 0.00000000e+00, 3.33333332e-13])
    """
    return _call(FA_DIRECTIONS * FA_tanhshrink + FA_FORWARD, x, ABSENT, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def tanhshrink_backward(grad, x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `tanhshrink`: ``grad * tanh(x)**2``.

    {parameters}

    Notes
    -----
    The derivative is 0 at 0 and 1 at +-inf; `grad` multiplies it before the power of two is
    applied, so that a large `grad` meets a derivative that alone would be subnormal (below
    abs(x) = 2**-63 in float32, 2**-511 in float64) at full precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.tanhshrink_backward(np.ones(3), np.array([-np.inf, 0.0, 0.0001]))
    array([1.00000000e+00, 0.00000000e+00, 9.99999993e-09])
    """
    return _call(FA_DIRECTIONS * FA_tanhshrink + FA_BACKWARD, grad, x, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def softsign(x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Sign approached as a quotient: ``x / (1 + abs(x))``.

    {parameters}

    Notes
    -----
    +-1 at +-inf, NaN at NaN; the sign of zero stays.
    {notes}

    References
    ----------
    .. [1] J. Turian, J. Bergstra, Y. Bengio, "Quadratic Features and Deep Architectures for
       Chunking", NAACL-HLT 2009.
    .. [2] X. Glorot, Y. Bengio, "Understanding the Difficulty of Training Deep Feedforward
       Neural Networks", AISTATS 2010.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.softsign(np.array([-np.inf, 0.0, 3.0]))
    array([-1.  ,  0.  ,  0.75])
    """
    return _call(FA_DIRECTIONS * FA_softsign + FA_FORWARD, x, ABSENT, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def softsign_backward(grad, x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `softsign`: ``grad / (1 + abs(x))**2``.

    {parameters}

    Notes
    -----
    The derivative is 1 at 0 and 0 at +-inf only; `grad` multiplies it before the power of two
    is applied, so that a large `grad` meets a derivative that alone would be subnormal (beyond
    abs(x) = 2**63 in float32, 2**511 in float64) at full precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.softsign_backward(np.ones(2), np.array([0.0, 3.0]))
    array([1.    , 0.0625])
    """
    return _call(FA_DIRECTIONS * FA_softsign + FA_BACKWARD, grad, x, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def softsign_backward_from_output(grad, y, /, out=None, *,
                                  where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `softsign` from its output: ``grad * (1 - abs(y))**2``.

    {parameters}

    Notes
    -----
    The bound is against this formula at the `y` given. `y` itself has lost what distinguishes
    it from +-1: the relative error grows in proportion to abs(x), and in float32 the gradient
    is 0 from about abs(x) = 2**25 on, where `softsign_backward` still gives 8.9e-16.
    {notes}
    """
    return _call(FA_DIRECTIONS * FA_softsign + FA_BACKWARD_FROM_OUTPUT, grad, y, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


cdef int _gelu(str function, object approximate) except -1:
    """Return the row of the form of gelu."""
    if isinstance(approximate, str):
        if approximate == "none":
            return FA_gelu
        if approximate == "tanh":
            return FA_gelu_tanh
    raise parameter_error(ValueError, function, "approximate", f"must be 'none' or 'tanh', not {approximate!r}")


def gelu(x, /, approximate="none", out=None, *,
         where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gaussian error linear unit: ``x * (1 + erf(x / sqrt(2))) / 2``.

    {parameters}

    Notes
    -----
    ``approximate="tanh"`` gives ``x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2``, a
    function of its own that differs by up to 4.8e-4. 0 at -inf and inf at inf, NaN at NaN; the sign
    of zero stays. The bound holds down the whole tail: float32 results are subnormal below -13.15
    and 0 below -14.4 (tanh form: -10.1 and -10.8).
    {notes}

    References
    ----------
    .. [1] D. Hendrycks, K. Gimpel, "Gaussian Error Linear Units (GELUs)", arXiv:1606.08415, 2016.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.gelu(np.array([-1.0, 0.0, 1.0, np.inf]))
    array([-0.15865525,  0.        ,  0.84134475,         inf])
    """
    return _call(FA_DIRECTIONS * _gelu("gelu", approximate) + FA_FORWARD, x, ABSENT, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def gelu_backward(grad, x, /, approximate="none", out=None, *,
                  where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `gelu`: ``grad * (Phi(x) + x * phi(x))``, the normal distribution and its density.

    {parameters}

    Notes
    -----
    That of the tanh form where `approximate` says so. 0 at -inf, 1 at inf, NaN at NaN. The derivative's
    root, near -0.75, is kept: around it the error is relative too.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.gelu_backward(np.ones(2), np.array([0.0, np.inf]))
    array([0.5, 1. ])
    """
    return _call(FA_DIRECTIONS * _gelu("gelu_backward", approximate) + FA_BACKWARD, grad, x, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def quick_gelu(x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Logistic approximation of `gelu`: ``x / (1 + exp(-1.702 * x))``.

    {parameters}

    Notes
    -----
    0 at -inf and inf at inf; the sign of zero stays; NaN gives NaN. 1.702 is the float64 next
    to it, in every dtype. The bound holds down the whole tail, in which float32 results are
    subnormal below x = -53.66 and 0 below -63.53 (float64: -419.77 and -441.38).
    {notes}

    References
    ----------
    .. [1] D. Hendrycks, K. Gimpel, "Gaussian Error Linear Units (GELUs)", arXiv:1606.08415,
       2016.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.quick_gelu(np.array([-50.0, 0.0, 2.0]))
    array([-5.50186075e-36,  0.00000000e+00,  1.93565862e+00])
    """
    return _call(FA_DIRECTIONS * FA_quick_gelu + FA_FORWARD, x, ABSENT, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def quick_gelu_backward(grad, x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `quick_gelu`: ``grad * s * (1 + 1.702 * x * (1 - s))``.

    {parameters}

    Notes
    -----
    ``s`` is ``sigmoid(1.702 * x)``. The derivative is 0 at -inf, 1/2 at 0 and 1 at inf; its
    root is at -0.7511543. `grad` multiplies it before the power of two is applied, so that a
    large `grad` meets a derivative that alone would be subnormal at full precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.quick_gelu_backward(np.ones(2), np.array([0.0, np.inf]))
    array([0.5, 1. ])
    """
    return _call(FA_DIRECTIONS * FA_quick_gelu + FA_BACKWARD, grad, x, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def squareplus(x, /, b=4.0, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Algebraic form of `softplus`: ``(x + sqrt(x**2 + b)) / 2``.

    {parameters}

    Notes
    -----
    0 at -inf and inf at inf, NaN at NaN. The sum is formed without cancellation and the square
    without overflow: far below 0 the result is ``b / (4 * abs(x))``, with b 4 subnormal below
    x = -2**126 in float32 (-2**1022 in float64) and never 0 but at -inf. With b 0 it is
    ``max(0, x)``.
    {notes}

    References
    ----------
    .. [1] J. T. Barron, "Squareplus: A Softplus-Like Algebraic Rectifier", arXiv:2112.11687,
       2021.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.squareplus(np.array([-1.5, 0.0, 1.5]))
    array([0.5, 1. , 2. ])
    """
    return _call(FA_DIRECTIONS * FA_squareplus + FA_FORWARD, x, ABSENT, b, ABSENT,
                 out, where, dtype, casting, order, subok)


def squareplus_backward(grad, x, /, b=4.0, out=None, *,
                        where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `squareplus`: ``grad * (1 + x / sqrt(x**2 + b)) / 2``.

    {parameters}

    Notes
    -----
    The derivative is 0 at -inf, 1/2 at 0 with `b` above 0, and 1 at inf; far below 0 it is
    ``b / (4 * x**2)``. `grad` multiplies it before the power of two is applied, so that a large
    `grad` meets a derivative that alone would be subnormal (with b 4 below x = -2**63 in
    float32, -2**511 in float64) at full precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.squareplus_backward(np.ones(3), np.array([-1.5, 0.0, 1.5]))
    array([0.2, 0.5, 0.8])
    """
    return _call(FA_DIRECTIONS * FA_squareplus + FA_BACKWARD, grad, x, b, ABSENT,
                 out, where, dtype, casting, order, subok)


def softmax(x, /, axis=-1, out=None, *, dtype=None):
    """Exponentials that sum to 1: ``exp(x) / sum(exp(x))`` along an axis.

    {parameters}

    Notes
    -----
    A row is what lies along `axis`, or with several axes all of them together. -inf, as in a mask,
    gives 0; a row of nothing but -inf, or with inf or NaN in it, is NaN throughout. Only differences
    from the largest element matter, and none is rounded before the exponential. A row of length 0
    gives an empty result.
    {notes}

    References
    ----------
    .. [1] J. S. Bridle, "Probabilistic Interpretation of Feedforward Classification Network Outputs",
       in Neurocomputing, 1990.
    .. [2] T. Ogita, S. M. Rump, S. Oishi, "Accurate Sum and Dot Product", SIAM Journal on
       Scientific Computing, 26, 2005.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.softmax(np.array([[0.0, 0.0], [-np.inf, 3.0]]))
    array([[0.5, 0.5],
           [0. , 1. ]])
    """
    return _rows(FA_FUNCTION_COUNT + FA_softmax_forward, x, ABSENT, axis, out, dtype)


def softmax_backward(grad, y, /, axis=-1, out=None):
    """Gradient of `softmax` from its output: ``y * (grad - sum(grad * y))`` along an axis.

    {parameters}

    Notes
    -----
    The sum's own rounding errors are summed too. NaN in a row makes it NaN throughout; an infinite
    `grad` gives what IEEE arithmetic makes of the formula.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.softmax_backward(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
    array([ 0.25, -0.25])
    """
    return _rows(FA_FUNCTION_COUNT + FA_softmax_backward, grad, y, axis, out, None)


def log_softmax(x, /, axis=-1, out=None, *, dtype=None):
    """Logarithm of `softmax`: ``x - log(sum(exp(x)))`` along an axis.

    {parameters}

    Notes
    -----
    A row is what lies along `axis`, or with several axes all of them together. The largest element m
    is kept out of the sum: ``(x - m) - log(1 + T)``, T being the sum of the others' ``exp(x - m)``,
    so that the result is accurate where one class dominates too. -inf, as in a mask, gives -inf; a
    row of nothing but -inf, or with inf or NaN in it, is NaN throughout. A row of length 0 gives an
    empty result.
    {notes}

    References
    ----------
    .. [1] P. Blanchard, D. J. Higham, N. J. Higham, "Accurately Computing the Log-Sum-Exp and
       Softmax Functions", IMA Journal of Numerical Analysis, 41, 2021.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.log_softmax(np.array([[0.0, -50.0], [-np.inf, 3.0]]))
    array([[-1.92874985e-22, -5.00000000e+01],
           [           -inf,  0.00000000e+00]])
    """
    return _rows(FA_FUNCTION_COUNT + FA_log_softmax_forward, x, ABSENT, axis, out, dtype)


def log_softmax_backward(grad, y, /, axis=-1, out=None):
    """Gradient of `log_softmax` from its output: ``grad - exp(y) * sum(grad)`` along an axis.

    {parameters}

    Notes
    -----
    The sum's own rounding errors are summed too. NaN in a row of `grad` makes it NaN throughout; an
    infinite one gives what IEEE arithmetic makes of the formula.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.log_softmax_backward(np.array([1.0, 0.0]), np.log([0.5, 0.5]))
    array([ 0.5, -0.5])
    """
    return _rows(FA_FUNCTION_COUNT + FA_log_softmax_backward, grad, y, axis, out, None)


def glu(x, /, axis=-1, out=None, *, dtype=None):
    """Gated linear unit: the first half of x along an axis, times `sigmoid` of the second.

    Parameters
    ----------
    x : array_like
        Input, of an even number of elements along `axis`.
    axis : int, default -1
        The axis that is split.
    {out}
    {dtype}

    Returns
    -------
    ndarray or scalar
        Of the shape of `x`, half as long along `axis`.

    {raises}

    Notes
    -----
    The product is IEEE's of what `sigmoid` gives, as PyTorch's: inf times a sigmoid of 0 is NaN.
    {notes}

    References
    ----------
    .. [1] Y. N. Dauphin, A. Fan, M. Auli, D. Grangier, "Language Modeling with Gated Convolutional
       Networks", ICML 2017.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.glu(np.array([2.0, 3.0, 0.0, np.inf]))
    array([1., 3.])
    """
    return _glu(x, axis, out, dtype)


def glu_backward(grad, x, /, axis=-1, out=None):
    """Gradient of `glu`: ``grad * sigmoid(b)`` and ``grad * a * sigmoid'(b)`` for the halves a and b of x.

    Parameters
    ----------
    grad : array_like
        Gradient with respect to the output; broadcasts to half of `x`.
    x : array_like
        Input of the forward pass. A forward pass in place has overwritten it.
    axis : int, default -1
        The axis that is split.
    {out}

    Returns
    -------
    ndarray
        Of the shape of `x`.

    {raises}

    Notes
    -----
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.glu_backward(np.array([1.0]), np.array([2.0, 0.0]))
    array([0.5, 0.5])
    """
    return _glu_backward(grad, x, axis, out)


def reglu(gate, up, /, out=None, *, dtype=None):
    """Gated linear unit with `relu`: ``relu(gate) * up``.

    {parameters}

    Notes
    -----
    The product is IEEE's of what `relu` gives: 0 times inf is NaN.
    {notes}

    References
    ----------
    .. [1] N. Shazeer, "GLU Variants Improve Transformer", arXiv:2002.05202, 2020.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.reglu(np.array([-1.0, 2.0]), np.array([3.0, 3.0]))
    array([0., 6.])
    """
    return _gate("reglu", FA_relu, gate, up, out, dtype)


def reglu_backward(grad, gate, up, /, out=None):
    """Gradients of `reglu`: ``0 if gate <= 0 else grad * up``, and ``grad * relu(gate)``.

    {parameters}

    Notes
    -----
    Where `gate` is at most 0 its gradient is 0, whatever `grad` and `up` are.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.reglu_backward(np.ones(2), np.array([-1.0, 2.0]), np.array([3.0, 3.0]))
    (array([0., 3.]), array([0., 2.]))
    """
    return _gate_backward("reglu_backward", FA_relu, grad, gate, up, out)


def geglu(gate, up, /, approximate="none", out=None, *, dtype=None):
    """Gated linear unit with `gelu`: ``gelu(gate) * up``.

    {parameters}

    Notes
    -----
    The product is IEEE's of what `gelu` gives, which is 0 at -inf.
    {notes}

    References
    ----------
    .. [1] N. Shazeer, "GLU Variants Improve Transformer", arXiv:2002.05202, 2020.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.geglu(np.array([-1.0, 1.0]), np.array([2.0, 2.0]))
    array([-0.31731051,  1.68268949])
    """
    return _gate("geglu", _gelu("geglu", approximate), gate, up, out, dtype)


def geglu_backward(grad, gate, up, /, approximate="none", out=None):
    """Gradients of `geglu`: ``grad * up`` times the derivative of `gelu`, and ``grad * gelu(gate)``.

    {parameters}

    Notes
    -----
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.geglu_backward(np.ones(1), np.array([0.0]), np.array([2.0]))
    (array([1.]), array([0.]))
    """
    return _gate_backward("geglu_backward", _gelu("geglu_backward", approximate), grad, gate, up, out)


def swiglu(gate, up, /, out=None, *, dtype=None):
    """Gated linear unit with `silu`: ``silu(gate) * up``.

    {parameters}

    Notes
    -----
    The product is IEEE's of what `silu` gives, which is 0 at -inf.
    {notes}

    References
    ----------
    .. [1] N. Shazeer, "GLU Variants Improve Transformer", arXiv:2002.05202, 2020.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.swiglu(np.array([-2.0, 0.0, 2.0]), np.array([1.0, 1.0, 3.0]))
    array([-0.23840584,  0.        ,  5.28478247])
    """
    return _gate("swiglu", FA_silu, gate, up, out, dtype)


def swiglu_backward(grad, gate, up, /, out=None):
    """Gradients of `swiglu`: ``grad * up`` times the derivative of `silu`, and ``grad * silu(gate)``.

    {parameters}

    Notes
    -----
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.swiglu_backward(np.ones(1), np.array([0.0]), np.array([2.0]))
    (array([1.]), array([0.]))
    """
    return _gate_backward("swiglu_backward", FA_silu, grad, gate, up, out)


def crelu(x, /, axis=-1, out=None, *, dtype=None):
    """Concatenated rectified linear units: ``concatenate((relu(x), relu(-x)), axis)``.

    Parameters
    ----------
    x : array_like
        Input of at least one dimension.
    axis : int, default -1
        The axis along which the two lie.
    {out}
    {dtype}

    Returns
    -------
    ndarray
        Of the shape of `x`, twice as long along `axis`.

    {raises}

    Notes
    -----
    A zero keeps its sign in the first half and changes it in the second; NaN gives NaN in both.
    {notes}

    References
    ----------
    .. [1] W. Shang, K. Sohn, D. Almeida, H. Lee, "Understanding and Improving Convolutional Neural
       Networks via Concatenated Rectified Linear Units", ICML 2016.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.crelu(np.array([-1.0, 2.0]))
    array([0., 2., 1., 0.])
    """
    return _crelu(x, axis, out, dtype)


def crelu_backward(grad, x, /, axis=-1, out=None):
    """Gradient of `crelu`: that of the first half where x is above 0, minus that of the second where it is below.

    Parameters
    ----------
    grad : array_like
        Gradient with respect to the output; broadcasts to its shape.
    x : array_like
        Input of the forward pass.
    axis : int, default -1
        The axis along which the two halves lie.
    {out}

    Returns
    -------
    ndarray
        Of the shape of `x`.

    {raises}

    Notes
    -----
    The derivative at 0 is 0, whatever `grad` is; at NaN the result is the difference of the two.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.crelu_backward(np.array([1.0, 2.0, 3.0, 4.0]), np.array([-1.0, 2.0]))
    array([-3.,  2.])
    """
    return _crelu_backward(grad, x, axis, out)


def maxout(x, /, axis=-1, out=None, *, dtype=None):
    """Maximum of the pieces along an axis, and which of them it is.

    Parameters
    ----------
    x : array_like
        Input of at least one piece along `axis`.
    axis : int, default -1
        The axis along which the pieces lie.
    out : tuple of two ndarrays, optional
        Where to write the results, of their shapes; either may be None.
    {dtype}

    Returns
    -------
    y : ndarray or scalar
        Of the shape of `x` without `axis`.
    which : ndarray or scalar
        The number of the piece, of dtype int32 and the same shape: what `maxout_backward` takes.

    {raises}

    Notes
    -----
    Of equal pieces the first is the maximum, with its sign of zero; a NaN is greater than every number, and
    of several the first counts. For a layer whose units have k pieces each, reshape its last axis
    to ``(units, k)``.
    {notes}

    References
    ----------
    .. [1] I. J. Goodfellow, D. Warde-Farley, M. Mirza, A. Courville, Y. Bengio, "Maxout Networks", ICML
       2013.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.maxout(np.array([[1.0, 3.0, 3.0], [0.0, -1.0, -2.0]]))
    (array([3., 0.]), array([1, 0], dtype=int32))
    """
    return _maxout(x, axis, out, dtype)


def maxout_backward(grad, which, /, pieces, axis=-1, out=None):
    """Gradient of `maxout`: `grad` at the piece that was the maximum, 0 at the others.

    Parameters
    ----------
    grad : array_like
        Gradient with respect to the maximum; broadcasts to the shape of `which`.
    which : array_like of int
        What `maxout` returned.
    pieces : int
        How many pieces there are.
    axis : int, default -1
        The axis of the result along which they lie.
    {out}

    Returns
    -------
    ndarray
        Of the shape of `which` with `pieces` elements along `axis`.

    {raises}

    Notes
    -----
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.maxout_backward(np.array([5.0, 6.0]), np.array([1, 0]), 3)
    array([[0., 5., 0.],
           [6., 0., 0.]])
    """
    return _maxout_backward(grad, which, pieces, axis, out)


def bias_act(x, bias, /, activation="relu", axis=-1, out=None, **params):
    """Activation of a sum, in one pass: ``activation(x + bias)``.

    Parameters
    ----------
    x : array_like
        Input of any shape.
    bias : array_like or None
        One-dimensional, as long as `x` is along `axis`. None: `x` is the sum already.
    activation : str, default "relu"
        The name of an elementwise activation, one of ``fastact.activations``.
    axis : int, default -1
        The axis of `x` along which `bias` lies.
    {out}
    **params
        The activation's parameters and options by name, and `dtype`. Parameters that are arrays are taken in
        a second pass, as is what is no plain array or no floating-point number.

    Returns
    -------
    ndarray or scalar
        Of the shape of `x`, of the dtype that the activation gives for ``x + bias``.

    {raises}

    Notes
    -----
    With ``out=x`` nothing is allocated. The result is that of the activation for ``x + bias``, bit for
    bit: the sum is rounded to the common dtype of the two first, of 16 bits too.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> x = np.array([[-2.0, 0.0], [1.0, 2.0]])
    >>> fa.bias_act(x, np.array([1.0, -1.0]), "leaky_relu", negative_slope=0.25, out=x)
    array([[-0.25, -0.25],
           [ 2.  ,  1.  ]])
    """
    return _bias_act(x, bias, activation, axis, out, params)


def bias_act_backward(grad, x, bias, /, activation="relu", axis=-1, out=None, **params):
    """Gradients of `bias_act`: the activation's at ``x + bias``, and its sum over all axes but one.

    Parameters
    ----------
    grad : array_like
        Gradient with respect to the output; broadcasts to the shape of `x`.
    x : array_like
        Input of the forward pass; where that ran in place it has been overwritten.
    bias : array_like or None
        The bias of the forward pass. None: `x` is the sum already.
    activation : str, default "relu"
        The name of the activation.
    axis : int, default -1
        The axis of `x` along which `bias` lies.
    out : tuple of two ndarrays, optional
        Where to write the results; either may be None. The first may be `grad` or `x` itself.
    **params
        The activation's parameters and options by name, those of its backward function.

    Returns
    -------
    dx : ndarray or scalar
        Of the shape of `x`, of the common dtype of `grad` and ``x + bias``.
    dbias : ndarray
        Of one dimension and of the dtype of `bias` (where that is no floating-point number or None: of `dx`).

    {raises}

    Notes
    -----
    `dx` is what the activation's backward function gives for ``x + bias``, bit for bit. `dbias` is the sum of
    `dx` as it is returned, in float64 and pairwise, in one order at any instruction set, layout and
    number of threads, and rounded once.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> dx, dbias = fa.bias_act_backward(np.ones((2, 2)), np.array([[-2.0, 0.0], [1.0, 3.0]]), np.ones(2))
    >>> dx, dbias
    (array([[0., 1.],
           [1., 1.]]), array([1., 2.]))
    """
    return _bias_act_backward(grad, x, bias, activation, axis, out, params)


# --- Sparsity ------------------------------------------------------------------------------------

cdef cnp.ndarray _unmasked(str function, str name, object value):
    """Return the argument as an aligned native array that can be computed with; bool as float32."""
    if np.ma.isMaskedArray(value):
        raise parameter_error(TypeError, function, name, "is a masked array, whose mask would be lost: fill it first")
    array = as_array(function, name, value)
    dtype = np.dtype(np.float32) if array.dtype.kind == "b" else array.dtype.newbyteorder("=")
    if dtype.kind not in "iu":
        _find_bfloat16()
        if dtype.num not in [_TYPE_NUMBERS[one] for one in range(FA_DTYPE_COUNT)]:
            raise parameter_error(TypeError, function, name, f"has dtype {array.dtype}; {COMPUTABLE} can be computed with")
    return np.require(array, dtype, "A")


cdef bint _is_integer(cnp.ndarray array):
    return array.dtype.kind in "iu"


cdef bint _is_written_directly(object out, object dtype, cnp.ndarray array):
    """Can a kernel write this result? It lies on the input element by element, or apart from it."""
    return (out is not None and type(out) is np.ndarray and out.dtype == dtype and out.dtype.isnative
            and out.flags.aligned and (_operands.is_same(array, out) or not np.may_share_memory(array, out)))


cdef _relu_masked(cnp.ndarray array, cnp.ndarray passing, cnp.ndarray out, bint backward):
    """Run the kernel: a mask in C order, `array` and `out` of one shape and dtype, in any order."""
    cdef fa_masked call
    cdef int threads = 1
    call.dtype = _dtype(array)
    call.backward = backward
    call.dimensions = cnp.PyArray_NDIM(array)
    call.input = <const char *>cnp.PyArray_DATA(array)
    call.out = <char *>cnp.PyArray_DATA(out)
    call.passing = <uint8_t *>cnp.PyArray_DATA(passing)
    call.n = cnp.PyArray_SIZE(array)
    call.shape = <const Py_ssize_t *>cnp.PyArray_DIMS(array)
    call.input_steps = NULL
    call.out_steps = NULL
    if not cnp.PyArray_IS_C_CONTIGUOUS(array):
        call.input_steps = <const Py_ssize_t *>cnp.PyArray_STRIDES(array)
    if not cnp.PyArray_IS_C_CONTIGUOUS(out):
        call.out_steps = <const Py_ssize_t *>cnp.PyArray_STRIDES(out)
    if call.n == 0:
        return
    if call.n >= ELEMENTS_WORTH_THE_GIL:
        threads = _threads_here()
        with nogil:
            fa_relu_masked(&call, threads)
    else:
        fa_relu_masked(&call, 1)


cdef cnp.ndarray _bits(Py_ssize_t count):
    """Return an array for that many bits."""
    cdef cnp.npy_intp length = (count + 7) // 8
    return cnp.PyArray_EMPTY(1, &length, cnp.NPY_UINT8, 0)


cdef bint _lie_apart(object a, object b):
    """Do two contiguous arrays share no memory?"""
    cdef intptr_t a_first = <intptr_t>cnp.PyArray_DATA(<cnp.ndarray>a), b_first = <intptr_t>cnp.PyArray_DATA(<cnp.ndarray>b)
    return (a_first + cnp.PyArray_NBYTES(<cnp.ndarray>a) <= b_first
            or b_first + cnp.PyArray_NBYTES(<cnp.ndarray>b) <= a_first)


cdef bint _is_mask_of(object bits, cnp.ndarray array):
    """Is it a plain array of as many bytes as the array's bits need?"""
    return (cnp.PyArray_CheckExact(bits) and cnp.PyArray_TYPE(<cnp.ndarray>bits) == cnp.NPY_UINT8
            and cnp.PyArray_NDIM(<cnp.ndarray>bits) == 1 and cnp.PyArray_IS_C_CONTIGUOUS(<cnp.ndarray>bits)
            and cnp.PyArray_DIM(<cnp.ndarray>bits, 0) == (cnp.PyArray_SIZE(array) + 7) // 8)


cdef cnp.ndarray _masked_result(cnp.ndarray array, object out):
    """Return `out`, or a new array, where a kernel can write the result of a plain array; else None."""
    if out is None:
        return cnp.PyArray_EMPTY(cnp.PyArray_NDIM(array), cnp.PyArray_DIMS(array), cnp.PyArray_TYPE(array), 0)
    if (_dtype(out) == _dtype(array) and _same_shape(out, array) and cnp.PyArray_IS_C_CONTIGUOUS(<cnp.ndarray>out)
            and cnp.PyArray_ISWRITEABLE(<cnp.ndarray>out) and _apart_or_same(array, out)):
        return out
    return None


cdef tuple _plain_relu_mask(cnp.ndarray array, tuple out):
    """Run the kernel where every array is plain, or return None."""
    cdef cnp.ndarray y = _masked_result(array, out[0]), passing
    if y is None:
        return None
    if out[1] is None:
        passing = _bits(cnp.PyArray_SIZE(array))
    elif not (_is_mask_of(out[1], array) and cnp.PyArray_ISWRITEABLE(<cnp.ndarray>out[1])
              and _lie_apart(out[1], array) and _lie_apart(out[1], y)):
        return None
    else:
        passing = out[1]
    _relu_masked(array, passing, y, False)
    return y, passing


cdef bint _is_maskable(object array):
    return (_dtype(array) >= 0 and cnp.PyArray_IS_C_CONTIGUOUS(<cnp.ndarray>array)
            and cnp.PyArray_NDIM(<cnp.ndarray>array) > 0)


def relu_mask(x, /, out=None):
    """Rectified linear unit, and one bit an element that tells where it passes.

    The bits are all that `relu_backward_mask` needs of `x`: a 32nd of its memory in float32.

    Parameters
    ----------
    x : array_like
        Input of any shape.
    out : tuple of two ndarrays, optional
        Where to write the results; either may be None. The first may be `x` itself.

    Returns
    -------
    y : ndarray or scalar
        ``relu(x)``, of the shape, dtype and memory order of `x`.
    mask : ndarray of uint8
        ``numpy.packbits(~(x <= 0), bitorder="little")``: bit ``i % 8`` of byte ``i // 8`` is that of
        element i in C order, whatever the memory order of `x`. NaN passes; the last byte ends in zeros.

    Raises
    ------
    TypeError
        If `x` is a masked array or of no dtype that can be computed with, or `out` is no pair of arrays
        that can hold the results.
    ValueError
        If an array of `out` is of another shape or read-only.

    Notes
    -----
    float16, bfloat16 (of ml_dtypes), float32 and float64 keep their dtype, as do integers; bool gives
    float32. `y` is that of `relu` bit for bit: ``relu(-0.0)`` is ``-0.0``, and does not pass.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> y, mask = fa.relu_mask(np.array([-1.5, 0.0, 2.5, np.nan]))
    >>> y, mask
    (array([0. , 0. , 2.5, nan]), array([12], dtype=uint8))
    >>> fa.relu_backward_mask(np.ones(4), mask)
    array([0., 0., 1., 1.])
    """
    cdef cnp.ndarray array, y, passing
    y_out, mask_out = _pair("relu_mask", out)
    if _is_maskable(x):
        results = _plain_relu_mask(x, (y_out, mask_out))
        if results is not None:
            return results
    array = _unmasked("relu_mask", "x", x)
    shape, count = (<object>array).shape, cnp.PyArray_SIZE(array)
    passing = _bits(count)
    if y_out is not None:
        _operands.checked_out("relu_mask", "out[0]", y_out, shape, array.dtype)
    if mask_out is not None:
        if isinstance(mask_out, np.ndarray) and mask_out.dtype != np.uint8:
            raise parameter_error(TypeError, "relu_mask", "out[1]", f"has dtype {mask_out.dtype}, the mask uint8")
        _operands.checked_out("relu_mask", "out[1]", mask_out, (<object>passing).shape, passing.dtype)
        if (_is_written_directly(mask_out, passing.dtype, array) and mask_out.flags.c_contiguous
                and not np.may_share_memory(mask_out, array) and (y_out is None or not np.may_share_memory(mask_out, y_out))):
            passing = mask_out
    y = y_out if _is_written_directly(y_out, array.dtype, array) else np.empty_like(array, subok=False)
    if _is_integer(array):
        flat = array.reshape(-1)
        for start in range(0, count, 1 << 16):
            packed = np.packbits(flat[start : start + (1 << 16)] > 0, bitorder="little")
            passing[start // 8 : start // 8 + packed.size] = packed
        relu(array, out=y)
    else:
        _relu_masked(array, passing, y, False)
    if y_out is not None and y is not y_out:
        with np.errstate(all="ignore"):
            np.copyto(y_out, y, casting="same_kind")
    if mask_out is not None and passing is not mask_out:
        mask_out[...] = passing
    return (y_out if y_out is not None else y if shape else y[()]), (passing if mask_out is None else mask_out)


def relu_backward_mask(grad, mask, /, out=None):
    """Gradient of `relu` from the bits of `relu_mask`: ``grad`` where the bit is set, else 0.

    Parameters
    ----------
    grad : array_like
        Gradient with respect to the output, of any shape that has as many elements as there were bits.
    mask : array_like of uint8
        The second result of `relu_mask`, or any bits packed as `numpy.packbits` does with
        ``bitorder="little"``: ``ceil(grad.size / 8)`` bytes, of which the last may have bits to spare.
    out : ndarray, optional
        Where to write the result, of the shape of `grad`: `grad` itself or any other array. A new one
        by default.

    Returns
    -------
    ndarray or scalar
        Of the shape, dtype and memory order of `grad`.

    Raises
    ------
    TypeError
        If `grad` is a masked array or of no dtype that can be computed with, `mask` is not of uint8, or
        `out` cannot hold the result.
    ValueError
        If `mask` is not one-dimensional or not of as many bytes as the elements of `grad` need, or `out`
        is of another shape or read-only.

    Notes
    -----
    A selection: where the bit is not set the result is 0, whatever `grad` is. With the mask of x it is that of
    ``relu_backward(grad, x)``, bit for bit. float16, bfloat16 (of ml_dtypes), float32 and float64 keep their
    dtype, bool and integers of 8 and 16 bits give float32, wider integers float64.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.relu_backward_mask(np.array([1.0, np.inf, np.nan, 4.0]), np.array([0b1001], dtype=np.uint8))
    array([1., 0., 0., 4.])
    """
    cdef cnp.ndarray array, result, passing
    if _is_maskable(grad) and _is_mask_of(mask, grad):
        result = _masked_result(grad, out)
        if result is not None and _lie_apart(mask, result):
            _relu_masked(grad, mask, result, True)
            return result
    array = _unmasked("relu_backward_mask", "grad", grad)
    if _is_integer(array):
        array = (<object>array).astype(np.float32 if array.dtype.itemsize <= 2 else np.float64)
    bits = as_array("relu_backward_mask", "mask", mask)
    if bits.dtype != np.uint8:
        raise parameter_error(TypeError, "relu_backward_mask", "mask", f"must be of dtype uint8, not {bits.dtype}")
    shape, needed = (<object>array).shape, (cnp.PyArray_SIZE(array) + 7) // 8
    if bits.shape != (needed,):
        raise parameter_error(ValueError, "relu_backward_mask", "mask",
                              f"must be of shape ({needed},) for grad of shape {shape}, not {bits.shape}")
    if type(out) is tuple and len(out) == 1:
        out = out[0]
    if out is not None:
        _operands.checked_out("relu_backward_mask", "out", out, shape, array.dtype)
    result = out if _is_written_directly(out, array.dtype, array) else np.empty_like(array, subok=False)
    passing = bits.copy() if np.may_share_memory(bits, result) else np.ascontiguousarray(bits)
    _relu_masked(array, passing, result, True)
    if out is None:
        return result if shape else result[()]
    if result is not out:
        with np.errstate(all="ignore"):
            np.copyto(out, result, casting="same_kind")
    return out


def _compressed(cnp.ndarray array, bint has_wide_indices):
    """Return data, indices and row ends of what passes, with indices of 64 bits where needed or wanted."""
    cdef fa_compressed call
    cdef cnp.ndarray ends, data, indices
    cdef int threads = 1
    call.loop = _dtype(array)
    if _is_integer(array):
        call.loop = FA_DTYPE_COUNT + 4 * (array.dtype.kind == "u") + array.dtype.itemsize.bit_length() - 1
    call.x = <const char *>cnp.PyArray_DATA(array)
    call.rows, call.columns = (<object>array).shape
    call.row_step, call.column_step = (<object>array).strides
    ends = np.empty(call.rows + 1, np.int64)
    call.ends = <int64_t *>cnp.PyArray_DATA(ends)
    if cnp.PyArray_SIZE(array) >= ELEMENTS_WORTH_THE_GIL:
        threads = _threads_here()
    with nogil:
        fa_count_rows(&call, threads)
    has_wide_indices = has_wide_indices or max(call.rows, call.columns, call.ends[call.rows]) > 2**31 - 1
    index_dtype = np.int64 if has_wide_indices else np.int32
    data = np.empty(call.ends[call.rows], array.dtype)
    indices = np.empty(call.ends[call.rows], index_dtype)
    call.data = <char *>cnp.PyArray_DATA(data)
    call.indices = NULL if has_wide_indices else <int32_t *>cnp.PyArray_DATA(indices)
    call.wide_indices = <int64_t *>cnp.PyArray_DATA(indices) if has_wide_indices else NULL
    with nogil:
        fa_fill_rows(&call, threads)
    return data, indices, (<object>ends).astype(index_dtype, copy=False)


def relu_csr(x, /):
    """Rectified linear unit of a matrix, as a sparse array of what it does not make 0.

    Parameters
    ----------
    x : array_like
        Input of two dimensions, of any memory order.

    Returns
    -------
    scipy.sparse.csr_array
        Of the shape and dtype of `x`: what ``scipy.sparse.csr_array(numpy.maximum(x, 0))`` is, indices
        of its dtype and sorted, without a dense array in between.

    Raises
    ------
    ImportError
        If SciPy is not installed.
    TypeError
        If `x` is a masked array or of a dtype that sparse arrays cannot have: float16 and bfloat16.
    ValueError
        If `x` is not of two dimensions.

    Notes
    -----
    What is not <= 0 is stored: NaN is, 0 and -0.0 are not. float32, float64 and integers keep their dtype, bool
    gives float32.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> y = fa.relu_csr(np.array([[-1.0, 2.0, 0.0], [3.0, -4.0, 5.0]]))
    >>> y.data, y.indices, y.indptr
    (array([2., 3., 5.]), array([1, 0, 2], dtype=int32), array([0, 1, 3], dtype=int32))
    """
    cdef cnp.ndarray array = _unmasked("relu_csr", "x", x)
    if array.dtype.itemsize == 2 and not _is_integer(array):
        raise parameter_error(TypeError, "relu_csr", "x", f"has dtype {array.dtype}, which sparse arrays cannot have")
    if cnp.PyArray_NDIM(array) != 2:
        raise parameter_error(ValueError, "relu_csr", "x", f"must be of two dimensions, not of shape {(<object>array).shape}")
    try:
        from scipy.sparse import csr_array
    except ImportError as error:
        raise ImportError("relu_csr: SciPy is not installed, of which the result is an array") from error
    shape = (<object>array).shape
    if cnp.PyArray_SIZE(array) == 0:
        return csr_array(shape, dtype=array.dtype)
    return csr_array(_compressed(array, False), shape=shape)


cdef list _by_stride(cnp.ndarray array):
    """Return the axes, the last of which has the shortest steps; those of length 1 do not count."""
    strides = (<object>array).strides
    return sorted([i for i in range(cnp.PyArray_NDIM(array)) if (<object>array).shape[i] != 1],
                  key=lambda i: -abs(strides[i]))


def sparsity(y, /):
    """Share of an array's elements that are 0.

    Parameters
    ----------
    y : array_like
        Output of an activation, or any other array.

    Returns
    -------
    float
        From 0 to 1; NaN if there is no element.

    Raises
    ------
    TypeError
        If `y` is a masked array or of no dtype that can be computed with.

    Notes
    -----
    ``-0.0`` is 0; NaN is not.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.sparsity(fa.relu(np.array([-1.0, 0.0, 2.0, 3.0])))
    0.5
    """
    cdef cnp.ndarray array = _unmasked("sparsity", "y", y)
    cdef fa_living call
    cdef Py_ssize_t count = cnp.PyArray_SIZE(array)
    cdef double share
    cdef int threads = 1
    if count == 0:
        return float("nan")
    if _is_integer(array):
        return (count - int(np.count_nonzero(array))) / count
    array = (<object>array).squeeze().transpose(_by_stride((<object>array).squeeze()))
    call.dtype = _dtype(array)
    call.dimensions = cnp.PyArray_NDIM(array)
    call.y = <const char *>cnp.PyArray_DATA(array)
    call.shape = <const Py_ssize_t *>cnp.PyArray_DIMS(array)
    call.steps = NULL
    if not cnp.PyArray_IS_C_CONTIGUOUS(array):
        call.steps = <const Py_ssize_t *>cnp.PyArray_STRIDES(array)
    if count >= ELEMENTS_WORTH_THE_GIL:
        threads = _threads_here()
        with nogil:
            share = fa_share_of_zeros(&call, count, threads)
    else:
        share = fa_share_of_zeros(&call, count, 1)
    if share < 0:
        raise MemoryError
    return share


def dead_units(y, /, axis=0):
    """Tell which units of an activation's output are 0 for every sample.

    Parameters
    ----------
    y : array_like
        Output of an activation. Of its input ask ``dead_units(relu(x))``.
    axis : int, tuple of ints or None, default 0
        The axes along which the samples lie, or all: ``(0, 2, 3)`` for the channels of a batch of images.

    Returns
    -------
    ndarray of bool, or bool
        Of the shape of `y` without these axes: True where all elements are 0.

    Raises
    ------
    TypeError
        If `y` is a masked array or of no dtype that can be computed with, or `axis` no integer.
    ValueError
        If `axis` names one twice; `numpy.exceptions.AxisError`, which is one, if there is no such axis.

    Notes
    -----
    ``-0.0`` is 0; NaN is not. Of no sample at all, every unit is dead, as `numpy.all` has it.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.dead_units(np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 2.0]]))
    array([ True, False, False])
    """
    cdef cnp.ndarray array = _unmasked("dead_units", "y", y), seen
    cdef fa_living call
    cdef Py_ssize_t[3][FA_MOST_DIMENSIONS] layout
    cdef Py_ssize_t step
    cdef int threads, i
    reduced = set(_axes("dead_units", axis, cnp.PyArray_NDIM(array)))
    if cnp.PyArray_SIZE(array) == 0 or _is_integer(array):
        return ~np.any(array, axis=tuple(reduced))
    # Neighbouring axes that are both reduced or both kept become one where their steps allow it.
    shape, strides = (<object>array).shape, (<object>array).strides
    order = _by_stride(array)
    lengths, steps, kept = [], [], []
    for i in order:
        if lengths and kept[-1] == (i not in reduced) and steps[-1] == shape[i] * strides[i]:
            lengths[-1] *= shape[i]
            steps[-1] = strides[i]
        else:
            lengths.append(shape[i])
            steps.append(strides[i])
            kept.append(i not in reduced)
    if not lengths:
        lengths, steps, kept = [1], [array.dtype.itemsize], [False]
    seen_shape = [length for length, one in zip(lengths, kept) if one]
    if kept[-1]:
        seen_shape[-1] = (lengths[-1] + 63) // 64 * 8
    seen = np.zeros(seen_shape, np.uint8)
    step = 1
    for i in reversed(range(len(lengths))):
        layout[0][i], layout[1][i], layout[2][i] = lengths[i], steps[i], 0
        if kept[i]:
            layout[2][i] = step
            step *= (lengths[i] + 63) // 64 * 8 if i == len(lengths) - 1 else lengths[i]
    call.dtype = _dtype(array)
    call.dimensions = len(lengths)
    call.y = <const char *>cnp.PyArray_DATA(array)
    call.alive = <uint8_t *>cnp.PyArray_DATA(seen)
    call.shape, call.steps, call.alive_steps = layout[0], layout[1], layout[2]
    threads = _threads_here() if cnp.PyArray_SIZE(array) >= ELEMENTS_WORTH_THE_GIL else 1
    with nogil:
        fa_mark_alive(&call, threads)
    alive = np.unpackbits(seen, axis=-1, count=lengths[-1], bitorder="little") if kept[-1] else seen
    left = [i for i in order if i not in reduced]
    left += [i for i in range(len(shape)) if i not in reduced and i not in left]  # of length 1
    dead = (alive == 0).reshape([shape[i] for i in left]).transpose([left.index(i) for i in sorted(left)])
    return np.ascontiguousarray(dead) if left else dead[()]
