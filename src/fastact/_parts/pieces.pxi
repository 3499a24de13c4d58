# crelu, of two pieces, and maxout, of any number. Included by _core.pyx.

cdef object _crelu(object x, object axis, object out, object dtype):
    cdef fa_fused_call call
    out = _operands.single("crelu", out)
    if _is_xarray((x,)):
        _refuse_out("crelu", (out,))
        return _applied("crelu", (x,), axis, 1, {} if dtype is None else {"dtype": dtype})
    if _is_foreign(x) or _is_foreign(out):
        _refuse_out("crelu", (out,))
        keywords = {} if dtype is None else {"dtype": dtype}
        place = _operands.axis_of("crelu", axis, len(_operands.shape_of("crelu", "x", x)))
        with calling_others("crelu", {"x": x}):
            return np.concatenate([_by_ufunc(FA_relu, FA_FORWARD, (one,), keywords) for one in (x, np.negative(x))],
                                  axis=place)
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
        shape = _operands.shape_of("crelu_backward", "x", x)
        _operands.shape_of("crelu_backward", "grad", grad)
        place = _operands.axis_of("crelu_backward", axis, len(shape))
        first, second = _operands.part(grad, place, None, shape[place]), _operands.part(grad, place, shape[place], None)
        with calling_others("crelu_backward", {"grad": grad, "x": x}):
            return np.subtract(_by_ufunc(FA_relu, FA_BACKWARD, (first, x), {}),
                               _by_ufunc(FA_relu, FA_BACKWARD, (second, np.negative(x)), {}))
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
        place = _operands.axis_of("maxout", axis, len(_operands.shape_of("maxout", "x", x)))
        with calling_others("maxout", {"x": x}):
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
    pieces = _operands.integer("maxout_backward", "pieces", pieces)
    if not 0 < pieces < 2**31:
        raise parameter_error(
            ValueError, "maxout_backward", "pieces", f"must be above 0 and fit int32, not {shown(pieces)}")
    if any([_is_foreign(one) for one in (grad, which, out)]):
        _refuse_out("maxout_backward", (out,))
        which = which if _is_foreign(which) else as_array("maxout_backward", "which", which)
        dimensions = len(_operands.shape_of("maxout_backward", "which", which)) + 1
        place = _operands.axis_of("maxout_backward", axis, dimensions, "the result")
        with calling_others("maxout_backward", {"grad": grad, "which": which}):
            none = np.multiply(grad, 0)
            return np.stack([np.where(np.equal(which, k), grad, none) for k in range(pieces)], axis=place)
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
    place = _operands.axis_of("maxout_backward", axis, which.ndim + 1, "the result")
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
