# The ufuncs: their loops, what is promoted to what, bfloat16 once there is one. Included by _core.pyx.

# bfloat16 has a number once ml_dtypes has been imported, which is never our doing. It is the one number here that is
# written after the import, once and as the last step of _find_bfloat16; a reader without a lock that does not see it
# yet takes the ufunc's way, where the promoter waits for the lock.
_FINDING = threading.RLock()
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


cdef _find_bfloat16(bint waits=False):
    """Add loops for bfloat16, once there is such a dtype; if another thread is about to, `waits` for it."""
    if _TYPE_NUMBERS[FA_BF16_INDEX] != cnp.NPY_NOTYPE and not waits:
        return
    module = sys.modules.get("ml_dtypes")
    if hasattr(module, "bfloat16"):
        with _FINDING:
            _add_bfloat16(np.dtype(module.bfloat16).num)


cdef _add_bfloat16(int number):
    cdef int function, i, inputs, operands
    cdef int types[FA_MOST_OPERANDS]
    if _TYPE_NUMBERS[FA_BF16_INDEX] != cnp.NPY_NOTYPE:
        return
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
    _find_bfloat16(waits=True)
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
