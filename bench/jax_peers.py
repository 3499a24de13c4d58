"""JAX's spelling of every activation: what it compiles of its own functions, and of their derivatives.

Its arrays cannot be written into, so that its results are always new ones. A call is compiled once, before
it is timed, and waits for its result. This file must not time anything.
"""

from __future__ import annotations

from functools import cache

import numpy as np

THRESHOLD, LAMBDA, WEIGHT = 0.1, 0.5, 0.25
RRELU = (1 / 8 + 1 / 3) / 2

# jnp, nn and lax are JAX's; the text is what is shown.
FORWARD = {
    "relu": "nn.relu(x)",
    "relu6": "nn.relu6(x)",
    "relu_squared": "jnp.square(nn.relu(x))",
    "leaky_relu": "nn.leaky_relu(x, 0.01)",
    "rrelu": f"nn.leaky_relu(x, {RRELU!r})",
    "hardtanh": "nn.hard_tanh(x)",
    "hardsigmoid": "nn.hard_sigmoid(x)",
    "hardswish": "nn.hard_silu(x)",
    "threshold": f"jnp.where(x > {THRESHOLD}, x, 0)",
    "hardshrink": f"jnp.where(abs(x) > {LAMBDA}, x, 0)",
    "softshrink": f"x - jnp.clip(x, {-LAMBDA}, {LAMBDA})",
    "sigmoid": "nn.sigmoid(x)",
    "tanh": "jnp.tanh(x)",
    "log_sigmoid": "nn.log_sigmoid(x)",
    "elu": "nn.elu(x)",
    "celu": "nn.celu(x)",
    "selu": "nn.selu(x)",
    "softplus": "nn.softplus(x)",
    "silu": "nn.silu(x)",
    "mish": "nn.mish(x)",
    "tanhshrink": "x - jnp.tanh(x)",
    "softsign": "nn.soft_sign(x)",
    "gelu": "nn.gelu(x, approximate=False)",
    "gelu tanh": "nn.gelu(x, approximate=True)",
    "quick_gelu": "x * nn.sigmoid(1.702 * x)",
    "squareplus": "nn.squareplus(x, 4)",
    "prelu": f"jnp.where(x > 0, x, {WEIGHT} * x)",
}


def _call(label: str, operands: str) -> tuple[str]:
    return (f"{label.replace(' ', '_')}({operands}).block_until_ready()",)


# prelu's gradient of the weight has no spelling here.
SPELLINGS = {
    "forward": {label: _call(label, "x") for label in FORWARD},
    "backward": {label: _call(f"{label}_backward", "grad, x") for label in FORWARD if label != "prelu"},
}


@cache
def _compiled() -> dict[str, object]:
    import jax
    import jax.numpy as jnp
    from jax import nn

    jax.config.update("jax_enable_x64", True)
    names = {}
    for label, text in FORWARD.items():
        function = eval(f"lambda x: {text}", {"jnp": jnp, "nn": nn})

        def backward(grad, x, function=function):
            return jax.vjp(function, x)[1](grad)[0]

        name = label.replace(" ", "_")
        names |= {name: jax.jit(function), f"{name}_backward": jax.jit(backward)}
    return names


def names(arrays: dict[str, object]) -> dict[str, object]:
    """Return what the spellings read: JAX's arrays, and the compiled functions."""
    import jax.numpy as jnp

    return {**_compiled(), **{name: jnp.asarray(arrays[name]) for name in ("x", "grad") if name in arrays}}


def result(found: object) -> np.ndarray:
    """Return a result as NumPy's array."""
    return np.asarray(found)


def shown(spelling: str) -> str:
    """Return what a reader would write for a call."""
    label, _, operands = spelling.removesuffix(".block_until_ready()").partition("(")
    text = FORWARD[{"gelu_tanh": "gelu tanh"}.get(name := label.removesuffix("_backward"), name)]
    return f"jit({text})" if name == label else f"jit(vjp of {text})({operands}"


def one_thread() -> dict[str, str]:
    """Return the environment in which it starts on one thread; later it cannot be told."""
    return {"NPROC": "1", "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}
