# x times something that rises from 0 to 1, and the algebraic activations. Included by _core.pyx.

def silu(x, /, beta=1.0, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Sigmoid linear unit, also called swish: ``x / (1 + exp(-beta * x))``.

    {parameters}

    Notes
    -----
    With `beta` above 0 the result is 0 at -inf and inf at inf; with `beta` below 0, -inf at
    -inf and 0 at inf; with `beta` 0 it is ``x / 2``. The sign of zero stays; NaN gives NaN. The
    bound holds down the whole tail, in which with beta 1 float32 results are subnormal below
    x = -91.86 and 0 below -108.67 (float64: -714.97 and -751.76).
    {notes}

    References
    ----------
    .. [1] S. Elfwing, E. Uchibe, K. Doya, "Sigmoid-Weighted Linear Units for Neural Network
       Function Approximation in Reinforcement Learning", Neural Networks, 107, 2018.
    .. [2] P. Ramachandran, B. Zoph, Q. V. Le, "Searching for Activation Functions",
       arXiv:1710.05941, 2017.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.silu(np.array([-100.0, 0.0, 2.0]))
    array([-3.72007598e-42,  0.00000000e+00,  1.76159416e+00])
    """
    return _call(FA_DIRECTIONS * FA_silu + FA_FORWARD, x, ABSENT, beta, ABSENT,
                 out, where, dtype, casting, order, subok)


def silu_backward(grad, x, /, beta=1.0, out=None, *,
                  where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `silu`: ``grad * s * (1 + beta * x * (1 - s))``, ``s = sigmoid(beta * x)``.

    {parameters}

    Notes
    -----
    The derivative is 1/2 at 0 and its root is at beta * x = -1.2784645; where beta * x goes to
    -inf it goes to 0, and to 1 at the other end. `grad` multiplies it before the power of two
    is applied, so that a large `grad` meets a derivative that alone would be subnormal at full
    precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.silu_backward(np.ones(3), np.array([-100.0, 0.0, np.inf]))
    array([-3.68287522e-42,  5.00000000e-01,  1.00000000e+00])
    """
    return _call(FA_DIRECTIONS * FA_silu + FA_BACKWARD, grad, x, beta, ABSENT,
                 out, where, dtype, casting, order, subok)


def mish(x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Self-regularised non-monotonic activation: ``x * tanh(log(1 + exp(x)))``.

    {parameters}

    Notes
    -----
    0 at -inf and inf at inf; the sign of zero stays; NaN gives NaN. The bound holds down the
    whole tail, in which float32 results are subnormal below x = -91.86 and 0 below -108.67
    (float64: -714.97 and -751.76).
    {notes}

    References
    ----------
    .. [1] D. Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", BMVC 2020.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.mish(np.array([-100.0, 0.0, 2.0]))
    array([-3.72007598e-42,  0.00000000e+00,  1.94395896e+00])
    """
    return _call(FA_DIRECTIONS * FA_mish + FA_FORWARD, x, ABSENT, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def mish_backward(grad, x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `mish`: ``grad * (t + x * (1 - t**2) * sigmoid(x))``, ``t = tanh(softplus(x))``.

    {parameters}

    Notes
    -----
    The derivative is 0 at -inf, 0.6 at 0 and 1 at inf; its root is at -1.1924312. `grad`
    multiplies it before the power of two is applied, so that a large `grad` meets a derivative
    that alone would be subnormal at full precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.mish_backward(np.ones(3), np.array([-100.0, 0.0, np.inf]))
    array([-3.68287522e-42,  6.00000000e-01,  1.00000000e+00])
    """
    return _call(FA_DIRECTIONS * FA_mish + FA_BACKWARD, grad, x, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def tanhshrink(x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """What the hyperbolic tangent takes away: ``x - tanh(x)``.

    {parameters}

    Notes
    -----
    +-inf at +-inf, NaN at NaN; the sign of zero stays. The difference is formed without
    cancellation: next to 0 it is ``x**3 / 3``, in float32 subnormal below abs(x) = 3.27e-13 and
    0 below 1.28e-15 (float64: 4.05e-103 and 1.94e-108).
    {notes}

    References
    ----------
    .. [1] PyTorch contributors, "Tanhshrink", PyTorch documentation of ``torch.nn``,
       https://docs.pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.tanhshrink(np.array([-np.inf, 0.0, 0.0001]))
    array([          -inf, 0.00000000e+00, 3.33333332e-13])
    """
    return _call(FA_DIRECTIONS * FA_tanhshrink + FA_FORWARD, x, ABSENT, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def tanhshrink_backward(grad, x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `tanhshrink`: ``grad * tanh(x)**2``.

    {parameters}

    Notes
    -----
    The derivative is 0 at 0 and 1 at +-inf; `grad` multiplies it before the power of two is
    applied, so that a large `grad` meets a derivative that alone would be subnormal (below
    abs(x) = 2**-63 in float32, 2**-511 in float64) at full precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.tanhshrink_backward(np.ones(3), np.array([-np.inf, 0.0, 0.0001]))
    array([1.00000000e+00, 0.00000000e+00, 9.99999993e-09])
    """
    return _call(FA_DIRECTIONS * FA_tanhshrink + FA_BACKWARD, grad, x, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def softsign(x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Sign approached as a quotient: ``x / (1 + abs(x))``.

    {parameters}

    Notes
    -----
    +-1 at +-inf, NaN at NaN; the sign of zero stays.
    {notes}

    References
    ----------
    .. [1] J. Turian, J. Bergstra, Y. Bengio, "Quadratic Features and Deep Architectures for
       Chunking", NAACL-HLT 2009.
    .. [2] X. Glorot, Y. Bengio, "Understanding the Difficulty of Training Deep Feedforward
       Neural Networks", AISTATS 2010.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.softsign(np.array([-np.inf, 0.0, 3.0]))
    array([-1.  ,  0.  ,  0.75])
    """
    return _call(FA_DIRECTIONS * FA_softsign + FA_FORWARD, x, ABSENT, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def softsign_backward(grad, x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `softsign`: ``grad / (1 + abs(x))**2``.

    {parameters}

    Notes
    -----
    The derivative is 1 at 0 and 0 at +-inf only; `grad` multiplies it before the power of two
    is applied, so that a large `grad` meets a derivative that alone would be subnormal (beyond
    abs(x) = 2**63 in float32, 2**511 in float64) at full precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.softsign_backward(np.ones(2), np.array([0.0, 3.0]))
    array([1.    , 0.0625])
    """
    return _call(FA_DIRECTIONS * FA_softsign + FA_BACKWARD, grad, x, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def softsign_backward_from_output(grad, y, /, out=None, *,
                                  where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `softsign` from its output: ``grad * (1 - abs(y))**2``.

    {parameters}

    Notes
    -----
    The bound is against this formula at the `y` given. `y` itself has lost what distinguishes
    it from +-1: the relative error grows in proportion to abs(x), and in float32 the gradient
    is 0 from about abs(x) = 2**25 on, where `softsign_backward` still gives 8.9e-16.
    {notes}
    """
    return _call(FA_DIRECTIONS * FA_softsign + FA_BACKWARD_FROM_OUTPUT, grad, y, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


cdef int _gelu(str function, object approximate) except -1:
    """Return the row of the form of gelu."""
    if isinstance(approximate, str):
        if approximate == "none":
            return FA_gelu
        if approximate == "tanh":
            return FA_gelu_tanh
    raise parameter_error(ValueError, function, "approximate", f"must be 'none' or 'tanh', not {shown(approximate)}")


def gelu(x, /, approximate="none", out=None, *,
         where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gaussian error linear unit: ``x * (1 + erf(x / sqrt(2))) / 2``.

    {parameters}

    Notes
    -----
    ``approximate="tanh"`` gives ``x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2``, a
    function of its own that differs by up to 4.8e-4. 0 at -inf and inf at inf, NaN at NaN; the sign
    of zero stays. The bound holds down the whole tail: float32 results are subnormal below -13.15
    and 0 below -14.4 (tanh form: -10.1 and -10.8).
    {notes}

    References
    ----------
    .. [1] D. Hendrycks, K. Gimpel, "Gaussian Error Linear Units (GELUs)", arXiv:1606.08415, 2016.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.gelu(np.array([-1.0, 0.0, 1.0, np.inf]))
    array([-0.15865525,  0.        ,  0.84134475,         inf])
    """
    return _call(FA_DIRECTIONS * _gelu("gelu", approximate) + FA_FORWARD, x, ABSENT, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def gelu_backward(grad, x, /, approximate="none", out=None, *,
                  where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `gelu`: ``grad * (Phi(x) + x * phi(x))``, the normal distribution and its density.

    {parameters}

    Notes
    -----
    That of the tanh form where `approximate` says so. 0 at -inf, 1 at inf, NaN at NaN. The derivative's
    root, near -0.75, is kept: around it the error is relative too.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.gelu_backward(np.ones(2), np.array([0.0, np.inf]))
    array([0.5, 1. ])
    """
    return _call(FA_DIRECTIONS * _gelu("gelu_backward", approximate) + FA_BACKWARD, grad, x, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def quick_gelu(x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Logistic approximation of `gelu`: ``x / (1 + exp(-1.702 * x))``.

    {parameters}

    Notes
    -----
    0 at -inf and inf at inf; the sign of zero stays; NaN gives NaN. 1.702 is the float64 next
    to it, in every dtype. The bound holds down the whole tail, in which float32 results are
    subnormal below x = -53.66 and 0 below -63.53 (float64: -419.77 and -441.38).
    {notes}

    References
    ----------
    .. [1] D. Hendrycks, K. Gimpel, "Gaussian Error Linear Units (GELUs)", arXiv:1606.08415,
       2016.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.quick_gelu(np.array([-50.0, 0.0, 2.0]))
    array([-5.50186075e-36,  0.00000000e+00,  1.93565862e+00])
    """
    return _call(FA_DIRECTIONS * FA_quick_gelu + FA_FORWARD, x, ABSENT, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def quick_gelu_backward(grad, x, /, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `quick_gelu`: ``grad * s * (1 + 1.702 * x * (1 - s))``.

    {parameters}

    Notes
    -----
    ``s`` is ``sigmoid(1.702 * x)``. The derivative is 0 at -inf, 1/2 at 0 and 1 at inf; its
    root is at -0.7511543. `grad` multiplies it before the power of two is applied, so that a
    large `grad` meets a derivative that alone would be subnormal at full precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.quick_gelu_backward(np.ones(2), np.array([0.0, np.inf]))
    array([0.5, 1. ])
    """
    return _call(FA_DIRECTIONS * FA_quick_gelu + FA_BACKWARD, grad, x, ABSENT, ABSENT,
                 out, where, dtype, casting, order, subok)


def squareplus(x, /, b=4.0, out=None, *, where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Algebraic form of `softplus`: ``(x + sqrt(x**2 + b)) / 2``.

    {parameters}

    Notes
    -----
    0 at -inf and inf at inf, NaN at NaN. The sum is formed without cancellation and the square
    without overflow: far below 0 the result is ``b / (4 * abs(x))``, with b 4 subnormal below
    x = -2**126 in float32 (-2**1022 in float64) and never 0 but at -inf. With b 0 it is
    ``max(0, x)``.
    {notes}

    References
    ----------
    .. [1] J. T. Barron, "Squareplus: A Softplus-Like Algebraic Rectifier", arXiv:2112.11687,
       2021.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.squareplus(np.array([-1.5, 0.0, 1.5]))
    array([0.5, 1. , 2. ])
    """
    return _call(FA_DIRECTIONS * FA_squareplus + FA_FORWARD, x, ABSENT, b, ABSENT,
                 out, where, dtype, casting, order, subok)


def squareplus_backward(grad, x, /, b=4.0, out=None, *,
                        where=True, dtype=None, casting="same_kind", order="K", subok=True):
    """Gradient of `squareplus`: ``grad * (1 + x / sqrt(x**2 + b)) / 2``.

    {parameters}

    Notes
    -----
    The derivative is 0 at -inf, 1/2 at 0 with `b` above 0, and 1 at inf; far below 0 it is
    ``b / (4 * x**2)``. `grad` multiplies it before the power of two is applied, so that a large
    `grad` meets a derivative that alone would be subnormal (with b 4 below x = -2**63 in
    float32, -2**511 in float64) at full precision. NaN at NaN.
    {notes}

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.squareplus_backward(np.ones(3), np.array([-1.5, 0.0, 1.5]))
    array([0.2, 0.5, 0.8])
    """
    return _call(FA_DIRECTIONS * FA_squareplus + FA_BACKWARD, grad, x, b, ABSENT,
                 out, where, dtype, casting, order, subok)
