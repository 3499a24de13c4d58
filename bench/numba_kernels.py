"""The loops a Numba user would write, and nothing else; only the table of peers imports this file.

Signatures are explicit: compilation happens at import, and the contiguous layout lets LLVM
vectorise the loops without an exponential. Constants are float32, so nothing runs in float64.
tanh is the library's: the shorter 2 / (1 + exp(-2 x)) - 1 loses the digits of small x.
"""

import math

import numpy as np
from numba import njit

from . import cases

ZERO = np.float32(0)
ONE = np.float32(1)
SLOPE = np.float32(cases.SLOPE)

forward = njit("void(f4[::1], f4[::1])", error_model="numpy", cache=True)
backward = njit("void(f4[::1], f4[::1], f4[::1])", error_model="numpy", cache=True)


@forward
def relu(x, out):
    for i in range(x.size):
        v = x[i]
        out[i] = v if v > ZERO else ZERO


@forward
def leaky_relu(x, out):
    for i in range(x.size):
        v = x[i]
        out[i] = v if v > ZERO else SLOPE * v


@forward
def sigmoid(x, out):
    for i in range(x.size):
        out[i] = ONE / (ONE + math.exp(-x[i]))


@forward
def tanh(x, out):
    for i in range(x.size):
        out[i] = math.tanh(x[i])


@backward
def relu_backward(grad, y, out):
    for i in range(y.size):
        out[i] = grad[i] if y[i] > ZERO else ZERO


@backward
def leaky_relu_backward(grad, y, out):
    for i in range(y.size):
        out[i] = grad[i] if y[i] > ZERO else SLOPE * grad[i]


@backward
def sigmoid_backward(grad, y, out):
    for i in range(y.size):
        out[i] = grad[i] * (y[i] * (ONE - y[i]))


@backward
def tanh_backward(grad, y, out):
    for i in range(y.size):
        out[i] = grad[i] * (ONE - y[i] * y[i])
