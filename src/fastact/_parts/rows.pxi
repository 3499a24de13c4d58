# Functions of whole rows: softmax and its logarithm. Included by _core.pyx.

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
        raise parameter_error(
            TypeError, name, "axis", f"must be an integer for {type(inputs[0]).__name__}, not {shown(axis)}")
    if dtype is not None:
        keywords["dtype"] = dtype
    if out is not None:
        keywords["out"] = out
    try:
        with calling_others(name, dict(zip(_input_names(function), inputs), out=out)):
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
    for (operand, value), given in zip(operands.items(), inputs):
        if not _is_real(value.dtype) or (value.dtype.kind == "f" and value.dtype.itemsize > 8):
            raise uncomputable(name, operand, given, value.dtype)
    if dtype is None:
        result = _result_dtype(function, [type(one) if is_weak else value.dtype for one, is_weak, value
                                          in zip(inputs, weak, operands.values())])
    else:
        result = dtype_of(name, dtype)
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
    axes = _operands.axes_of(name, axis, dimensions, "x" if len(arrays) == 1 else "the result")
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
