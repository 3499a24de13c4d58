# Gates: an activation of one operand times another. Included by _core.pyx.

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
        into = keywords if out is None else dict(keywords, out=out)
        with calling_others(name, {"gate": gate, "up": up, "out": out}):
            return np.multiply(_by_ufunc(activation, FA_FORWARD, (gate,), keywords), up, **into)
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
        with calling_others(name, {"grad": grad, "gate": gate, "up": up}):
            return (_by_ufunc(activation, FA_BACKWARD, (np.multiply(grad, up), gate), {}),
                    np.multiply(grad, _by_ufunc(activation, FA_FORWARD, (gate,), {})))
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
    shape = _operands.shape_of(name, "x", x)
    axis = _operands.axis_of(name, axis, len(shape))
    length = shape[axis]
    if length % 2:
        raise ValueError(f"{name}: x has {length} elements along axis {axis}, which do not split into two halves")
    return _operands.part(x, axis, None, length // 2), _operands.part(x, axis, length // 2, None), axis


cdef object _glu(object x, object axis, object out, object dtype):
    out = _operands.single("glu", out)
    if _is_xarray((x,)):
        _refuse_out("glu", (out,))
        return _applied("glu", (x,), axis, 1, {} if dtype is None else {"dtype": dtype})
    if _is_foreign(x) or _is_foreign(out):
        first, second, _ = _halves("glu", x if _is_foreign(x) else as_array("glu", "x", x), axis)
        keywords = {} if dtype is None else {"dtype": dtype}
        into = keywords if out is None else dict(keywords, out=out)
        with calling_others("glu", {"x": x, "out": out}):
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
        first, second, place = _halves("glu_backward", x if _is_foreign(x) else as_array("glu_backward", "x", x), axis)
        with calling_others("glu_backward", {"grad": grad, "x": x}):
            parts = [np.multiply(grad, _by_ufunc(FA_sigmoid, FA_FORWARD, (second,), {})),
                     _by_ufunc(FA_sigmoid, FA_BACKWARD, (np.multiply(grad, first), second), {})]
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
