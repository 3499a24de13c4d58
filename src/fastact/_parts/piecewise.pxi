# Piecewise linear activations but those of a learnt or drawn slope. Included by _core.pyx.

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
