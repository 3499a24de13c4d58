"""What every function is at one finite number, to whatever precision flint is set to.

The names are those of references.py; the argument and the parameters are exact `arb` numbers. A
million float64 arguments a function are confirmed by these, at 200 bits: nothing may cancel in
proportion to an exponent, and exponentials beyond exp(+-100000) are 0 or simply very large.
"""

import numpy as np
from flint import arb

GELU_CUBIC = arb(0.044715)  # the nearest float64, as 1.702
QUICK_GELU_SLOPE = arb(1.702)
ZERO, ONE = arb(0), arb(1)
FAR = arb(100_000)


def _exp(z):
    if z < -FAR:
        return ZERO
    return (FAR if z > FAR else z).exp()


def _expm1(z):
    if z < -FAR:
        return -ONE
    return (FAR if z > FAR else z).expm1()


def _logistic(z):
    e = _exp(-abs(z))
    return (e if z < 0 else ONE) / (1 + e)


def _logistic_slope(z):
    e = _exp(-abs(z))
    return e / (1 + e) ** 2


def _log1p_exp(z):
    e = _exp(-abs(z)).log1p()
    return z + e if z > 0 else e


def _one_if(condition):
    return ONE if condition else ZERO


def relu(x):
    return x if x > 0 else ZERO


def relu_derivative(x):
    return _one_if(x > 0)


relu_derivative_from_output = relu_derivative


def relu6(x):
    return hardtanh(x, ZERO, arb(6))


def relu6_derivative(x):
    return hardtanh_derivative(x, ZERO, arb(6))


relu6_derivative_from_output = relu6_derivative


def relu_squared(x):
    return x * x if x > 0 else ZERO


def relu_squared_derivative(x):
    return 2 * x if x > 0 else ZERO


def relu_squared_derivative_from_output(y):
    return 2 * y.sqrt()


def leaky_relu(x, slope):
    return slope * x if x < 0 else x


def leaky_relu_derivative(x, slope):
    return ONE if x > 0 else slope


leaky_relu_derivative_from_output = leaky_relu_derivative


def hardtanh(x, low, high):
    return low if x < low else high if x > high else x


def hardtanh_derivative(x, low, high):
    return _one_if(low < x < high)


hardtanh_derivative_from_output = hardtanh_derivative


def hardsigmoid(x, slope, offset, dtype):
    return hardtanh(slope * x + offset, ZERO, ONE)


def hardsigmoid_derivative(x, slope, offset, dtype):
    with np.errstate(over="ignore"):
        product = arb(float(dtype.type(float(slope)) * dtype.type(float(x))))
    return slope if -offset < product < 1 - offset else ZERO


def hardsigmoid_derivative_from_output(y, slope, offset, dtype):
    return slope if 0 < y < 1 else ZERO


def hardswish(x):
    return ZERO if x <= -3 else x if x >= 3 else x * (x + 3) / 6


def hardswish_derivative(x):
    return ZERO if x <= -3 else ONE if x >= 3 else (2 * x + 3) / 6


def threshold(x, limit, value):
    return x if x > limit else value


def threshold_derivative(x, limit, value):
    return _one_if(x > limit)


def hardshrink(x, lambd):
    return x if abs(x) > lambd else ZERO


def hardshrink_derivative(x, lambd):
    return _one_if(abs(x) > lambd)


hardshrink_derivative_from_output = hardshrink_derivative


def softshrink(x, lambd):
    return x - lambd if x > lambd else x + lambd if x < -lambd else ZERO


def softshrink_derivative(x, lambd):
    return _one_if(abs(x) > lambd)


def softshrink_derivative_from_output(y, lambd):
    return _one_if(y != 0)


def sigmoid(x):
    return _logistic(x)


def sigmoid_derivative(x):
    return _logistic_slope(x)


def sigmoid_derivative_from_output(y):
    return y * (1 - y)


def tanh(x):
    return x.tanh()


def tanh_derivative(x):
    return 4 * _logistic_slope(2 * x)


def tanh_derivative_from_output(y):
    return (1 - y) * (1 + y)


def log_sigmoid(x):
    return -_log1p_exp(-x)


def log_sigmoid_derivative(x):
    return _logistic(-x)


def log_sigmoid_derivative_from_output(y):
    return -_expm1(y)


def elu(x, alpha):
    return x if x > 0 else alpha * _expm1(x)


def elu_derivative(x, alpha):
    return ONE if x > 0 else alpha * _exp(x)


def elu_derivative_from_output(y, alpha):
    return ONE if y > 0 else y + alpha


def celu(x, alpha):
    return x if x > 0 else alpha * _expm1(x / alpha)


def celu_derivative(x, alpha):
    return ONE if x > 0 else _exp(x / alpha)


def celu_derivative_from_output(y, alpha):
    return ONE if y > 0 else (y + alpha) / alpha


def selu(x, alpha, scale):
    return scale * elu(x, alpha)


def selu_derivative(x, alpha, scale):
    return scale * elu_derivative(x, alpha)


def selu_derivative_from_output(y, alpha, scale):
    return scale if y > 0 else y + scale * alpha


def softplus(x, beta):
    return _log1p_exp(beta * x) / beta


def softplus_derivative(x, beta):
    return _logistic(beta * x)


def softplus_derivative_from_output(y, beta):
    return -_expm1(-beta * y)


def silu(x, beta):
    return x * _logistic(beta * x)


def silu_derivative(x, beta):
    """By sigmoid(z) * (1 + z * sigmoid(-z)); two numbers cancel next to the root only."""
    z = beta * x
    return _logistic(z) * (1 + z * _logistic(-z))


def quick_gelu(x):
    return silu(x, QUICK_GELU_SLOPE)


def quick_gelu_derivative(x):
    return silu_derivative(x, QUICK_GELU_SLOPE)


def _tanh_of_softplus(x):
    """Return ((1 + exp(x))**2 - 1) / ((1 + exp(x))**2 + 1)."""
    e = _exp(-abs(x))
    if x < 0:
        return e * (e + 2) / (e * (e + 2) + 2)
    return (1 + 2 * e) / (1 + 2 * e + 2 * e * e)


def mish(x):
    return x * _tanh_of_softplus(x)


def mish_derivative(x):
    """By t + x * (1 - t**2) * sigmoid(x), where 1 - t**2 = 4 q**2 / (q**2 + 1)**2 for q = 1 + exp(x)."""
    e = _exp(-abs(x))
    if x < 0:
        square = (1 + e) ** 2
        complement = 4 * square / (square + 1) ** 2
    else:
        square = (1 + e) ** 2  # this and what follows times exp(-2 x)
        complement = 4 * square * e * e / (square + e * e) ** 2
    return _tanh_of_softplus(x) + x * complement * _logistic(x)


def tanhshrink(x):
    """Near 0 from tanh(x) = x / (1 + u / k), k = 3 + u / (5 + u / (7 + ...)), u = x**2."""
    if abs(x) > 2.0**-12:
        return x - x.tanh()
    u = x * x
    k = 3 + u / (5 + u / (7 + u / (9 + u / (11 + u / (13 + u / (15 + u / 17))))))
    return x * u / (k + u)


def tanhshrink_derivative(x):
    return x.tanh() ** 2


def softsign(x):
    return x / (1 + abs(x))


def softsign_derivative(x):
    return 1 / (1 + abs(x)) ** 2


def softsign_derivative_from_output(y):
    return (1 - abs(y)) ** 2


def _normal_tail(a):
    """Return the integral of the normal density beyond a >= 0."""
    return ZERO if a > 1000 else (a * arb(0.5).sqrt()).erfc() / 2


def gelu(x):
    below = _normal_tail(abs(x))
    return x * below if x < 0 else x - x * below


def gelu_derivative(x):
    a = abs(x)
    below = _normal_tail(a) - a * _exp(-a * a / 2) / (2 * arb.pi()).sqrt()
    return below if x < 0 else 1 - below


def gelu_tanh(x):
    return x * _logistic((8 / arb.pi()).sqrt() * x * (1 + GELU_CUBIC * x * x))


def gelu_tanh_derivative(x):
    steepness, square = (8 / arb.pi()).sqrt() * x, x * x
    z = steepness * (1 + GELU_CUBIC * square)
    return _logistic(z) * (1 + steepness * (1 + 3 * GELU_CUBIC * square) * _logistic(-z))


def squareplus(x, b):
    root = (x * x + b).sqrt()
    return b / (root - x) / 2 if x < 0 else (root + x) / 2


def squareplus_derivative(x, b):
    if b == 0:
        return ONE / 2 if x == 0 else _one_if(x > 0)
    root = (x * x + b).sqrt()
    below = b / (root * (root + abs(x))) / 2
    return below if x < 0 else 1 - below
