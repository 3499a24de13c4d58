# What gates, pieces and biases share: operands of any layout, and the call; and how an elementwise function takes
# arrays of several dimensions that no kernel can walk over by itself. Included by _core.pyx.

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
        array = as_array(name, operand, np.ma.getdata(value) if isinstance(value, np.ma.MaskedArray) else value)
        if not _is_real(array.dtype) or (array.dtype.kind == "f" and array.dtype.itemsize > 8):
            raise uncomputable(name, operand, value, array.dtype)
        given.append(type(value) if type(value) in (int, float) else array.dtype)
        arrays[operand] = array
    if dtype is None:
        return arrays, _float_dtype(name, given)
    result = dtype_of(name, dtype)
    if not _is_real(result) or result.kind in "biu" or _float_dtype(name, [result]) != result:
        raise TypeError(f"{name}: dtype {result} is not one of those that the result can have")
    for operand, array in arrays.items():
        if not np.can_cast(array.dtype, result, "same_kind"):
            raise TypeError(f"{name}: {operand} has dtype {array.dtype}, which does not cast to {result}")
    return arrays, result


cdef inline Py_ssize_t _magnitude(Py_ssize_t step) noexcept:
    return -step if step < 0 else step


cdef bint _load(fa_fused_call *call, tuple arrays, bint is_ordered):
    """Describe arrays of one shape to C, axes merged where that is possible; False where too many are left.

    An ordered call keeps the order of the axes and the last of them by itself.
    """
    cdef int count = len(arrays), dimensions = cnp.PyArray_NDIM(<cnp.ndarray>arrays[0]), last = dimensions - 1
    cdef int found = 0, i, k, axis
    cdef int order[FA_MOST_DIMENSIONS]
    cdef Py_ssize_t length
    cdef bint merges
    for axis in range(dimensions):
        i = axis
        while not is_ordered and i > 0 and (_magnitude(cnp.PyArray_STRIDE(<cnp.ndarray>arrays[count - 1], order[i - 1]))
                                            < _magnitude(cnp.PyArray_STRIDE(<cnp.ndarray>arrays[count - 1], axis))):
            order[i] = order[i - 1]
            i -= 1
        order[i] = axis
    for k in range(count):
        call.operands[k] = NULL if arrays[k] is None else <char *>cnp.PyArray_DATA(<cnp.ndarray>arrays[k])
    for i in range(dimensions):
        axis = order[i]
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


cdef bint _is_in_c_order(object array) noexcept:
    """Do strides not grow from axis to axis, and is none 0? A ufunc's new result is then in C order, whatever else it reads."""
    cdef int axis
    cdef Py_ssize_t step, before = -1
    for axis in range(cnp.PyArray_NDIM(<cnp.ndarray>array)):
        if cnp.PyArray_DIM(<cnp.ndarray>array, axis) == 1:
            continue
        step = _magnitude(cnp.PyArray_STRIDE(<cnp.ndarray>array, axis))
        if step == 0 or 0 <= before < step:
            return False
        before = step
    return True


cdef bint _may_meet(object out, object array) noexcept:
    """Might two arrays of one shape share memory, other than element by element?"""
    cdef int axis
    cdef bint same = cnp.PyArray_DATA(<cnp.ndarray>out) == cnp.PyArray_DATA(<cnp.ndarray>array)
    for axis in range(cnp.PyArray_NDIM(<cnp.ndarray>out)):
        same &= cnp.PyArray_STRIDE(<cnp.ndarray>out, axis) == cnp.PyArray_STRIDE(<cnp.ndarray>array, axis)
    return not same and not _apart(out, array)


cdef bint _meets_itself(fa_fused_call *call, int result) noexcept:
    """Might elements of a result share memory? Its axes are sorted."""
    cdef int axis = call.dimensions - 1
    cdef Py_ssize_t reach = fa_sizes[call.dtype]
    while axis >= 0:
        if _magnitude(call.steps[result][axis]) < reach and call.shape[axis] > 1:
            return True
        reach += (call.shape[axis] - 1) * _magnitude(call.steps[result][axis])
        axis -= 1
    return False


cdef object _walked_over(int function, int dtype, object first, object second, const double *parameters, object out):
    """Run a kernel over blocks of operands of one shape and dtype; None where the ufunc knows better."""
    cdef fa_fused_call call
    cdef int i, inputs = fa_input_count(function)
    if out is None:
        if not (_is_in_c_order(first) or (inputs == 2 and _is_in_c_order(second))):
            return None
        out = cnp.PyArray_EMPTY(cnp.PyArray_NDIM(<cnp.ndarray>first), cnp.PyArray_DIMS(<cnp.ndarray>first),
                                _TYPE_NUMBERS[dtype], 0)
    elif _dtype(out) != dtype or not cnp.PyArray_ISWRITEABLE(<cnp.ndarray>out) or not _same_shape(first, out):
        return None
    elif _may_meet(out, first) or (inputs == 2 and _may_meet(out, second)):
        return None
    _set_up(&call, FA_ELEMENTWISE + function % FA_DIRECTIONS, function // FA_DIRECTIONS, dtype)
    for i in range(fa_parameter_count(function)):
        call.parameters[i] = parameters[i]
    if not _load(&call, (first, out) if inputs == 1 else (first, second, out), False) or _meets_itself(&call, inputs):
        return None
    _compute(&call, cnp.PyArray_SIZE(<cnp.ndarray>first))
    return out


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
