"""Activation functions for NumPy arrays, forward and backward.

>>> import numpy as np, fastact as fa
>>> x = np.linspace(-4, 4, 5, dtype=np.float32)
>>> y = fa.sigmoid(x)
>>> dx = fa.sigmoid_backward(np.ones_like(x), x)

`fastact.activations` lists every activation with its parameters and its error bounds.
"""

from . import ufuncs
from ._buffers import buffer_pool
from ._config import get_include, show_config
from ._core import available_isas, isa
from ._table import Activation, activations, functions
from ._threads import get_num_threads, set_num_threads, threads
from ._version import __version__

globals().update(functions)

__all__ = [
    "Activation",
    "__version__",
    "activations",
    "available_isas",
    "buffer_pool",
    "get_include",
    "get_num_threads",
    "isa",
    "set_num_threads",
    "show_config",
    "threads",
    "ufuncs",
    *functions,
]

del functions
