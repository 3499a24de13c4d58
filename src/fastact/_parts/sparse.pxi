# What a relu leaves at 0: masks, sparse matrices, shares of zeros, dead units. Included by _core.pyx.

cdef cnp.ndarray _unmasked(str function, str name, object value):
    """Return the argument as an aligned native array that can be computed with; bool as float32."""
    if np.ma.isMaskedArray(value):
        raise parameter_error(TypeError, function, name, "is a masked array, whose mask would be lost: fill it first")
    array = as_array(function, name, value)
    dtype = np.dtype(np.float32) if array.dtype.kind == "b" else array.dtype.newbyteorder("=")
    if dtype.kind not in "iu":
        _find_bfloat16()
        if dtype.num not in [_TYPE_NUMBERS[one] for one in range(FA_DTYPE_COUNT)]:
            raise uncomputable(function, name, value, array.dtype)
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
    if _is_maskable(x) and (out is None or (type(out) is tuple and len(out) == 2)):
        results = _plain_relu_mask(x, (None, None) if out is None else out)
        if results is not None:
            return results
    y_out, mask_out = _operands.pair("relu_mask", out)
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
    reduced = set(_operands.axes_of("dead_units", axis, cnp.PyArray_NDIM(array), "y"))
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
