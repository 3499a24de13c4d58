"""The real `numpy.ufunc` of every function, forward and backward; of functions of rows a generalised one.

Parameters are trailing operands: ``fastact.ufuncs.leaky_relu(x, negative_slope)``. The functions of
`fastact` call these for everything but plain arrays; here are what a plain function lacks:
``at``, ``outer``, ``reduce``, ``types``, and what asks for ``isinstance(f, numpy.ufunc)``.
"""

from ._core import UFUNCS

globals().update(UFUNCS)
__all__ = list(UFUNCS)
