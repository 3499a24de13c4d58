# Sigmoid, tanh and the exponential linear units. Included by _core.pyx.

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
