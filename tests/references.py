"""What every function is, over float64 arrays that hold float32 numbers; free of cancellation.

`name`, `name_derivative` and, where there is one, `name_derivative_from_output`, of an array and the
parameters as float64 numbers. NaN gives NaN from a function, infinity its limit from all of them.
The walk over all 2**32 float32 inputs goes by these: where float32 can hold the result they are off
by at most 1e-14 of it (gelu_tanh's tail 3e-14, for its exponent is itself rounded), or 1e-15
absolutely next to a root. What holds to any precision is in exact.py; data is in ops.py.
"""

import numpy as np
from scipy.special import erfcx

GELU_CUBIC = 0.044715
QUICK_GELU_SLOPE = 1.702
ROOT_HALF = np.sqrt(0.5)
ROOT_TWO_OVER_PI = np.sqrt(2 / np.pi)
FAR = 800.0  # exp(-FAR) is 0 in float64


def _decay(x):
    return np.exp(-np.abs(x))


def _scaled(slope, x):
    """Return slope * x, which for slope 0 is 0 at infinity too."""
    return slope * x if slope else np.where(np.isnan(x), x, 0.0)


def _times_vanishing(x, factor):
    """Return x * factor, and 0 where the factor has vanished, faster than x grew."""
    return np.where(factor == 0, 0.0, x * factor)


def _logistic(z):
    decay = _decay(z)
    return np.where(z < 0, decay, 1) / (1 + decay)


def _logistic_slope(z):
    decay = _decay(z)
    return decay / (1 + decay) ** 2


def _folded(x, below):
    """Return f'(x) from f'(-|x|), where f(x) - f(-x) = x."""
    return np.where(x < 0, below, 1 - below)


def relu(x):
    return np.where(x <= 0, 0.0, x)


def relu_derivative(x):
    return np.where(x <= 0, 0.0, 1.0)


relu_derivative_from_output = relu_derivative


def relu6(x):
    return hardtanh(x, 0.0, 6.0)


def relu6_derivative(x):
    return hardtanh_derivative(x, 0.0, 6.0)


relu6_derivative_from_output = relu6_derivative


def relu_squared(x):
    return np.where(x <= 0, 0.0, x * x)


def relu_squared_derivative(x):
    return np.where(x <= 0, 0.0, 2 * x)


def relu_squared_derivative_from_output(y):
    return 2 * np.sqrt(y)


def leaky_relu(x, slope):
    return np.where(x < 0, _scaled(slope, x), x)


def leaky_relu_derivative(x, slope):
    return np.where(x > 0, 1.0, slope)


leaky_relu_derivative_from_output = leaky_relu_derivative


def hardtanh(x, low, high):
    return np.minimum(np.maximum(x, low), high)


def hardtanh_derivative(x, low, high):
    return np.where((x <= low) | (x >= high), 0.0, 1.0)


hardtanh_derivative_from_output = hardtanh_derivative


def hardsigmoid(x, slope, offset, dtype):
    return hardtanh(_scaled(slope, x) + offset, 0.0, 1.0)


def hardsigmoid_derivative(x, slope, offset, dtype):
    """Round the product to `dtype`: 1/6 of 3 is 1/2 then, and the breakpoints are where one expects them."""
    product = _scaled(slope, x).astype(dtype).astype(np.float64)
    return np.where((product <= -offset) | (product >= 1 - offset), 0.0, slope)


def hardsigmoid_derivative_from_output(y, slope, offset, dtype):
    return np.where((y <= 0) | (y >= 1), 0.0, slope)


def hardswish(x):
    return np.where(x <= -3, 0.0, np.where(x < 3, x * (x + 3) / 6, x))


def hardswish_derivative(x):
    return np.where(x <= -3, 0.0, np.where(x < 3, (2 * x + 3) / 6, 1.0))


def threshold(x, limit, value):
    return np.where(x <= limit, value, x)


def threshold_derivative(x, limit, value):
    return np.where(x <= limit, 0.0, 1.0)


def hardshrink(x, lambd):
    return np.where(np.abs(x) <= lambd, 0.0, x)


def hardshrink_derivative(x, lambd):
    return np.where(np.abs(x) <= lambd, 0.0, 1.0)


hardshrink_derivative_from_output = hardshrink_derivative  # a lambd below 0 passes 0 as well


def softshrink(x, lambd):
    return np.where(np.abs(x) <= lambd, 0.0, x - np.copysign(lambd, x))


def softshrink_derivative(x, lambd):
    return np.where(np.abs(x) <= lambd, 0.0, 1.0)


def softshrink_derivative_from_output(y, lambd):
    return np.where(y == 0, 0.0, 1.0)


def sigmoid(x):
    return _logistic(x)


def sigmoid_derivative(x):
    return _logistic_slope(x)


def sigmoid_derivative_from_output(y):
    return y * (1 - y)


def tanh(x):
    return np.tanh(x)


def tanh_derivative(x):
    return 4 * _logistic_slope(2 * x)


def tanh_derivative_from_output(y):
    return (1 - y) * (1 + y)


def log_sigmoid(x):
    return np.minimum(x, 0) - np.log1p(_decay(x))


def log_sigmoid_derivative(x):
    return _logistic(-x)


def log_sigmoid_derivative_from_output(y):
    return -np.expm1(y)


def elu(x, alpha):
    return selu(x, alpha, 1.0)


def elu_derivative(x, alpha):
    return selu_derivative(x, alpha, 1.0)


def elu_derivative_from_output(y, alpha):
    return selu_derivative_from_output(y, alpha, 1.0)


def celu(x, alpha):
    return np.where(x > 0, x, alpha * np.expm1(x / alpha))


def celu_derivative(x, alpha):
    return np.where(x > 0, 1.0, np.exp(x / alpha))


def celu_derivative_from_output(y, alpha):
    return np.where(y > 0, 1.0, (y + alpha) / alpha)


def selu(x, alpha, scale):
    return scale * np.where(x > 0, x, alpha * np.expm1(x))


def selu_derivative(x, alpha, scale):
    return scale * np.where(x > 0, 1.0, alpha * np.exp(x))


def selu_derivative_from_output(y, alpha, scale):
    return np.where(y > 0, scale, y + scale * alpha)


def softplus(x, beta):
    z = beta * x
    return (np.maximum(z, 0) + np.log1p(_decay(z))) / beta


def softplus_derivative(x, beta):
    return _logistic(beta * x)


def softplus_derivative_from_output(y, beta):
    return -np.expm1(-beta * y)


def silu(x, beta):
    return _times_vanishing(x, _logistic(_scaled(beta, x)))


def silu_derivative(x, beta):
    z = _scaled(beta, x)
    a = np.minimum(np.abs(z), FAR)
    w = np.exp(-a)
    return _folded(z, w * ((1 - a) + w) / (1 + w) ** 2)


def quick_gelu(x):
    return silu(x, QUICK_GELU_SLOPE)


def quick_gelu_derivative(x):
    return silu_derivative(x, QUICK_GELU_SLOPE)


def mish(x):
    w = _decay(x)
    below = w * (w + 2) / (w * (w + 2) + 2)
    above = (1 + 2 * w) / (1 + 2 * w * (1 + w))
    return _times_vanishing(x, np.where(x < 0, below, above))


def mish_derivative(x):
    x = np.clip(x, -FAR, FAR)
    w = _decay(x)
    below = w * (4 * (x + 1) + w * (4 * x + 6 + w * (4 + w))) / (2 + w * (2 + w)) ** 2
    above = (1 + w * (4 + w * (4 * x + 6 + w * 4 * (x + 1)))) / (1 + 2 * w * (1 + w)) ** 2
    return np.where(x < 0, below, above)


def tanhshrink(x):
    """Take x - tanh(x) near 0 from tanh(x) = x / (1 + u / k), k = 3 + u / (5 + u / (7 + ...)), u = x**2."""
    u = np.minimum(x * x, 1)
    k = 17.0
    for odd in range(15, 1, -2):
        k = odd + u / k
    return np.where(np.abs(x) < 1, x * (u / (k + u)), x - np.tanh(x))


def tanhshrink_derivative(x):
    return np.tanh(x) ** 2


def softsign(x):
    return np.copysign(1 / (1 + 1 / np.abs(x)), x)


def softsign_derivative(x):
    return 1 / (1 + np.abs(x)) ** 2


def softsign_derivative_from_output(y):
    return (1 - np.abs(y)) ** 2


def gelu(x):
    a = np.minimum(np.abs(x), FAR)
    below = np.exp(-a * a / 2) * erfcx(a * ROOT_HALF) / 2
    return _times_vanishing(x, _folded(x, below))


def gelu_derivative(x):
    a = np.minimum(np.abs(x), FAR)
    return _folded(x, np.exp(-a * a / 2) * (erfcx(a * ROOT_HALF) - a * ROOT_TWO_OVER_PI) / 2)


def gelu_tanh(x):
    return _times_vanishing(x, _logistic(2 * ROOT_TWO_OVER_PI * x * (1 + GELU_CUBIC * x * x)))


def gelu_tanh_derivative(x):
    a = np.minimum(np.abs(x), FAR)
    steepness = 2 * ROOT_TWO_OVER_PI
    w = np.exp(-steepness * a * (1 + GELU_CUBIC * a * a))
    growth = steepness * a * (1 + 3 * GELU_CUBIC * a * a)
    return _folded(x, w * ((1 - growth) + w) / (1 + w) ** 2)


def squareplus(x, b):
    root = np.sqrt(x * x + b)
    return np.where(x < 0, b / (root + np.abs(x)), root + x) / 2


def squareplus_derivative(x, b):
    """For b = 0, where the function is max(x, 0), give what every other b gives at 0."""
    if b == 0:
        return np.heaviside(x, 0.5)
    root = np.sqrt(x * x + b)
    return _folded(x, b / (root * (root + np.abs(x))) / 2)
