# The activation of a sum, in one pass. Included by _core.pyx.

cdef int _activation_named(str name, object activation, dict parameters) except -1:
    """Return the row of an activation, the form of gelu taken out of the parameters."""
    if not isinstance(activation, str):
        raise parameter_error(TypeError, name, "activation", f"must be the name of an activation, not {shown(activation)}")
    rows = [row[0] for row in TABLE]
    if activation not in rows or activation == "gelu_tanh":
        known = ", ".join([row for row in rows if row != "gelu_tanh"])
        raise parameter_error(ValueError, name, "activation", f"must be one of {known}, not {shown(activation)}")
    refused = [one for one in ("where", "casting", "order", "subok", "dtype") if one in parameters]
    if refused:
        raise TypeError(f"{name}: {activation} has no parameter {refused[0]!r}")
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
            with called_by(name, _public_name(function)):
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
        with calling_others(name, {"x": x, "bias": bias}):
            return x + bias  # its dimensions have names, or it has been given the right ones
    if not isinstance(x, np.ndarray) and not _is_foreign(x):
        x = as_array(name, "x", x)
    if not isinstance(bias, np.ndarray):
        bias = as_array(name, "bias", bias)
    aligned, _ = _along(name, bias, _operands.shape_of(name, "x", x), axis)
    with np.errstate(all="ignore"):
        try:
            total = np.add(x, aligned)
        except TypeError:  # 16-bit formats that have no sum of their own
            operands, result = _float_operands(name, {"x": x, "bias": aligned}, None)
            total = np.add(operands["x"].astype(result), operands["bias"].astype(result))
    return total


cdef object _activated(str name, object activation, int row, str suffix, tuple operands, dict parameters):
    """Call the activation's own function, with what it takes by name."""
    if not parameters and row not in (FA_prelu, FA_threshold) and any([_is_foreign(one) and not isinstance(one, np.ma.MaskedArray) for one in operands]):
        with calling_others(name, dict(zip(("grad", "x") if suffix else ("x",), operands))):
            return _by_ufunc(row, FA_BACKWARD if suffix else FA_FORWARD, operands, {})
    function = _public_function(row, suffix)
    try:
        with called_by(name, function.__name__):
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
    sums = np.empty(fa_fused_sums(call), np.float64)  # said, for without it NumPy 2.4 keeps a reference to the dtype
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
        dimensions = len(_operands.shape_of(name, "dx", dx))
        place = _operands.axis_of(name, axis, dimensions)
        return dx, dx.sum(axis=tuple([i for i in range(dimensions) if i != place]))
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
