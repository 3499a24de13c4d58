"""Every formula as the element of a loop, for the loops of numba_kernels.py; it needs no other file.

v is the element of x, y that of the saved output, g that of grad, and f makes a constant of the array's own
type, so that nothing in float32 runs in float64. tanh is the library's: the shorter 2 / (1 + exp(-2 v)) - 1
loses the digits of small v.
"""

import math

RRELU = (1 / 8 + 1 / 3) / 2
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805
ROOT_HALF, ROOT_TAU = 2**-0.5, math.tau**-0.5
GELU = 2 * 0.7978845608028654  # 0.5 * (1 + tanh(u)) is 1 / (1 + exp(-2 u))

SIGMOID = "f(1) / (f(1) + math.exp(-v))"
SOFTPLUS = "max(v, f(0)) + math.log1p(math.exp(-abs(v)))"
LEAKY = "v if v > f(0) else f({0}) * v"
LEAKY_BACKWARD = "g if {1} > f(0) else f({0}) * g"
ELU = "v if v > f(0) else math.expm1(v)"
GELU_TANH = f"f(1) / (f(1) + math.exp(-v * (f({GELU}) + f({GELU * 0.044715}) * v * v)))"

FORWARD = {
    "relu": "v if v > f(0) else f(0)",
    "relu6": "min(max(v, f(0)), f(6))",
    "relu_squared": "max(v, f(0)) * max(v, f(0))",
    "leaky_relu": LEAKY.format(0.01),
    "prelu": LEAKY.format(0.25),
    "rrelu": LEAKY.format(RRELU),
    "hardtanh": "min(max(v, f(-1)), f(1))",
    "hardsigmoid": f"min(max(v * f({1 / 6}) + f(0.5), f(0)), f(1))",
    "hardswish": f"v * min(max(v * f({1 / 6}) + f(0.5), f(0)), f(1))",
    "threshold": "v if v > f(0.1) else f(0)",
    "hardshrink": "v if abs(v) > f(0.5) else f(0)",
    "softshrink": "v - min(max(v, f(-0.5)), f(0.5))",
    "sigmoid": SIGMOID,
    "tanh": "math.tanh(v)",
    "log_sigmoid": "min(v, f(0)) - math.log1p(math.exp(-abs(v)))",
    "elu": ELU,
    "celu": ELU,
    "selu": f"f({SELU_SCALE}) * v if v > f(0) else f({SELU_ALPHA * SELU_SCALE}) * math.expm1(v)",
    "softplus": SOFTPLUS,
    "silu": "v / (f(1) + math.exp(-v))",
    "mish": f"v * math.tanh({SOFTPLUS})",
    "tanhshrink": "v - math.tanh(v)",
    "softsign": "v / (f(1) + abs(v))",
    "gelu": f"v * f(0.5) * (f(1) + math.erf(v * f({ROOT_HALF})))",
    "gelu tanh": f"v * {GELU_TANH}",
    "quick_gelu": "v / (f(1) + math.exp(f(-1.702) * v))",
    "squareplus": "f(0.5) * (v + math.sqrt(v * v + f(4)))",
}
# A local before the result: what the derivative needs twice.
BACKWARD = {
    "relu": "g if v > f(0) else f(0)",
    "relu6": "g if f(0) < v and v < f(6) else f(0)",
    "relu_squared": "f(2) * g * max(v, f(0))",
    "leaky_relu": LEAKY_BACKWARD.format(0.01, "v"),
    "rrelu": LEAKY_BACKWARD.format(RRELU, "v"),
    "hardtanh": "g if f(-1) < v and v < f(1) else f(0)",
    "hardsigmoid": f"g * f({1 / 6}) if f(-3) < v and v < f(3) else f(0)",
    "hardswish": f"f(0) if v <= f(-3) else (g if v >= f(3) else g * (v * f({1 / 3}) + f(0.5)))",
    "threshold": "g if v > f(0.1) else f(0)",
    "hardshrink": "g if abs(v) > f(0.5) else f(0)",
    "softshrink": "g if abs(v) > f(0.5) else f(0)",
    "sigmoid": f"s = {SIGMOID}; g * s * (f(1) - s)",
    "tanh": "s = math.tanh(v); g * (f(1) - s * s)",
    "log_sigmoid": "g / (f(1) + math.exp(v))",
    "elu": "g if v > f(0) else g * math.exp(v)",
    "celu": "g if v > f(0) else g * math.exp(v)",
    "selu": f"g * f({SELU_SCALE}) if v > f(0) else g * f({SELU_ALPHA * SELU_SCALE}) * math.exp(v)",
    "softplus": "g / (f(1) + math.exp(-v))",
    "silu": f"s = {SIGMOID}; g * s * (f(1) + v * (f(1) - s))",
    "mish": f"t = math.tanh({SOFTPLUS}); g * (t + v * (f(1) - t * t) / (f(1) + math.exp(-v)))",
    "tanhshrink": "s = math.tanh(v); g * s * s",
    "softsign": "s = f(1) + abs(v); g / (s * s)",
    "gelu": f"g * (f(0.5) * (f(1) + math.erf(v * f({ROOT_HALF}))) + v * f({ROOT_TAU}) * math.exp(f(-0.5) * v * v))",
    "gelu tanh": f"s = {GELU_TANH}; g * (s + v * s * (f(1) - s) * (f({GELU}) + f({3 * GELU * 0.044715}) * v * v))",
    "quick_gelu": "s = f(1) / (f(1) + math.exp(f(-1.702) * v)); g * s * (f(1) + f(1.702) * v * (f(1) - s))",
    "squareplus": "g * f(0.5) * (f(1) + v / math.sqrt(v * v + f(4)))",
}
FROM_OUTPUT = {
    "relu": "g if y > f(0) else f(0)",
    "relu6": "g if f(0) < y and y < f(6) else f(0)",
    "relu_squared": "f(2) * g * math.sqrt(y)",
    "leaky_relu": LEAKY_BACKWARD.format(0.01, "y"),
    "hardtanh": "g if f(-1) < y and y < f(1) else f(0)",
    "hardsigmoid": f"g * f({1 / 6}) if f(0) < y and y < f(1) else f(0)",
    "hardshrink": "g if y != f(0) else f(0)",
    "softshrink": "g if y != f(0) else f(0)",
    "sigmoid": "g * (y * (f(1) - y))",
    "tanh": "g * (f(1) - y * y)",
    "log_sigmoid": "-g * math.expm1(y)",
    "elu": "g if y > f(0) else g * (y + f(1))",
    "celu": "g if y > f(0) else g * (y + f(1))",
    "selu": f"g * f({SELU_SCALE}) if y > f(0) else g * (y + f({SELU_ALPHA * SELU_SCALE}))",
    "softplus": "-g * math.expm1(-y)",
    "softsign": "s = f(1) - abs(y); g * s * s",
}

FORMULAS = {"forward": FORWARD, "backward": BACKWARD, "backward_from_output": FROM_OUTPUT}
READS = {"forward": "x", "backward": "grad, x", "backward_from_output": "grad, y"}


def loop(label: str, direction: str) -> str:
    """Return the name of a loop."""
    return f"{label.replace(' ', '_')}_{direction}"


# How each is called.
SPELLINGS = {
    direction: {label: (f"{loop(label, direction)}({READS[direction]}, out)",) for label in formulas}
    for direction, formulas in FORMULAS.items()
}
