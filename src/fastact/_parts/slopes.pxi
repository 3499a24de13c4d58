# prelu, whose weight has a gradient, and rrelu, whose slopes are drawn. Included by _core.pyx.

cdef object _along_axis(str function, object x, object weight, object axis):
    """Return a one-dimensional weight with the dimensions that let it broadcast along an axis of x."""
    if _is_foreign(x):
        shape = _operands.shape_of(function, "x", x)
    else:
        array = as_array(function, "x", x)
        if array.dtype.kind == "O":  # of no shape that it would be asked about
            raise uncomputable(function, "x", x, array.dtype)
        shape = array.shape
    weight = as_array(function, "weight", weight)
    dimensions = len(shape)
    place = _operands.axis_of(function, axis, dimensions, "x", "None or an integer")
    if weight.size == 1:
        return weight.reshape(())
    if weight.ndim != 1:
        raise parameter_error(ValueError, function, "weight",
                              f"must be a number or one-dimensional where axis is given, not of shape {weight.shape}")
    if shape[place] != weight.size:
        raise parameter_error(ValueError, function, "weight",
                              f"has {weight.size} elements, axis {axis} of x has {shape[place]}")
    return weight.reshape((-1,) + (1,) * (dimensions - 1 - place))


cdef object _call_for_first(int function, object first, object second, object parameter0, object parameter1,
                            object out, object where, object dtype, object casting, object order, object subok):
    """Call a function for the first of two results, whose place is the caller's out[0]."""
    try:
        return _call(function, first, second, parameter0, parameter1, out, where, dtype, casting, order, subok)
    except (TypeError, ValueError) as error:
        name = _public_name(function)
        if out is None or not str(error).startswith(f"{name}: out "):
            raise
        raise type(error)(f"{name}: out[0] {str(error).removeprefix(f'{name}: out ')}") from error


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
    cdef Py_ssize_t size = cnp.PyArray_ITEMSIZE(left)
    fa_sums_below(_dtype(left), cnp.PyArray_DATA(left), size, cnp.PyArray_DATA(right), size, cnp.PyArray_DATA(sums),
                  <Py_ssize_t>rows, <Py_ssize_t>length, _threads_here())
    return sums.reshape(shape)


cdef object _in_one_row(object array):
    """Return an array whose elements, in C order, are all as far from one another; a copy of what has several dimensions."""
    return array if cnp.PyArray_NDIM(<cnp.ndarray>array) == 1 else cnp.PyArray_GETCONTIGUOUS(array)


cdef inline Py_ssize_t _step(object array) noexcept:
    """Return how far they are."""
    if cnp.PyArray_NDIM(<cnp.ndarray>array) == 1:
        return cnp.PyArray_STRIDE(<cnp.ndarray>array, 0)
    return cnp.PyArray_ITEMSIZE(<cnp.ndarray>array)


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
    grad, x = _readable(grad, PY_SSIZE_T_MAX), _readable(x, PY_SSIZE_T_MAX)
    if (axis is None and (out is None or type(out) is tuple and len(out) == 2) and _number(weight, &number)
            and _dtype(grad) >= 0 and _dtype(x) == _dtype(grad) and _same_shape(grad, x) and not isnan(number)
            and cnp.PyArray_NDIM(<cnp.ndarray>x) > 0 and (out is None or not _may_share(out[0], out[1]))):
        total = cnp.PyArray_EMPTY(0, NULL, _TYPE_NUMBERS[_dtype(x)], 0)
        if out is None or out[1] is None or (_dtype(out[1]) == _dtype(x) and cnp.PyArray_NDIM(<cnp.ndarray>out[1]) == 0
                                             and cnp.PyArray_ISWRITEABLE(<cnp.ndarray>out[1])):
            left, right = _in_one_row(grad), _in_one_row(x)
            fa_sums_below(_dtype(x), cnp.PyArray_DATA(<cnp.ndarray>left), _step(left),
                          cnp.PyArray_DATA(<cnp.ndarray>right), _step(right),
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
    out, weight_out = _operands.pair("prelu_backward", out)
    shape = np.shape(as_array("prelu_backward", "weight", weight))
    aligned = weight if axis is None else _along_axis("prelu_backward", x, weight, axis)
    arrays = [as_array("prelu_backward", name, value) for name, value in (("grad", grad), ("x", x))]
    computing = _computing_dtype(function, (grad, x), None)
    if computing is None:  # refused, with a reason
        return _call_for_first(function, grad, x, aligned, ABSENT, out, True, None, SAME_KIND, KEEP_ORDER, True)
    if weight_out is not None:
        _operands.checked_out("prelu_backward", "out[1]", weight_out, shape, computing)
    copies = [array.astype(computing) if _may_share(array, out) else array for array in arrays]
    dx = _call_for_first(function, grad, x, aligned, ABSENT, out, True, None, SAME_KIND, KEEP_ORDER, True)
    left, right = [array.astype(computing, copy=False) for array in copies]
    dweight = _weight_gradient(left, right, np.shape(aligned)).reshape(shape)
    if weight_out is not None:
        np.copyto(weight_out, dweight, casting="same_kind")
        return dx, weight_out
    return dx, dweight


cdef bint _may_share(object array, object out):
    return isinstance(array, np.ndarray) and isinstance(out, np.ndarray) and np.may_share_memory(array, out)


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
    out, slope_out = _operands.pair("rrelu", out)
    with calling_others("rrelu", {"x": x, "lower": lower, "upper": upper}):
        return _rrelu_at_random(x, lower, upper, rng, out, slope_out, where, dtype, casting, order, subok)


cdef tuple _rrelu_at_random(object x, object lower, object upper, object rng, object out, object slope_out, object where,
                            object dtype, object casting, object order, object subok):
    """Return rrelu and its slopes."""
    cdef int function = FA_DIRECTIONS * FA_rrelu + FA_FORWARD
    try:
        generator = np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise parameter_error(type(error), "rrelu", "rng", f"is not what numpy.random.default_rng takes: {error}") from None
    computing = _arithmetic_dtype(_computing_dtype(function, (x,), dtype))
    if computing is None:  # refused, with a reason
        return _call_for_first(function, x, ABSENT, lower, upper, out, where, dtype, casting, order, subok), None
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
        _operands.checked_out("rrelu", "out[1]", slope_out, shape, computing)
        if slope_out.dtype != computing:  # what was rounded again would not be the slope of y
            raise parameter_error(TypeError, "rrelu", "out[1]", f"has dtype {slope_out.dtype}, the slope {computing}")
    y = _call_for_first(function, x, ABSENT, slope, slope, out, where, dtype, casting, order, subok)
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
                                  f"must be a real number or an array of them, not {shown(slope)}")
        if slopes.ndim == 0 and np.isnan(slopes):
            raise parameter_error(ValueError, "rrelu_backward", "slope", f"must be a number, not {shown(slope)}")
        shapes = [as_array("rrelu_backward", name, value).shape for name, value in (("grad", grad), ("x", x))]
        try:
            np.broadcast_shapes(*shapes, slopes.shape)
        except ValueError:
            raise ValueError("rrelu_backward: the shapes do not broadcast together: "
                             f"grad {shapes[0]}, x {shapes[1]}, slope {slopes.shape}") from None
        lower = upper = slopes
    return _call(FA_DIRECTIONS * FA_rrelu + FA_BACKWARD, grad, x, lower, upper,
                 out, where, dtype, casting, order, subok)
