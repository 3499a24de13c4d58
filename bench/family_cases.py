"""What the family's benchmarks measure: every elementwise activation of `fastact.activations`, and its data.

The table of activations is iterated, so a new one is measured as soon as it is there. This file must
not know any other implementation, and must not time anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

import fastact

from .cases import Buffers

SIZE = 4096
OPERANDS = {"forward": "x", "backward": "grad, x", "backward_from_output": "grad, y"}

# Values of the parameters without a default.
REQUIRED = {"prelu": {"weight": 0.25}, "threshold": {"threshold": 0.1, "value": 0.0}}
# Further rows of an activation whose option selects another formula.
VARIANTS = {"gelu": {"gelu tanh": {"approximate": "tanh"}}}
# Where a function has two results.
OUT = {"prelu_backward": "(out, total)"}

# How many times as fast as PyTorch on one thread each function shall be, on SIZE elements.
TARGET = 1.5
HIGH_TARGETS = {"softplus": 4.0, "mish": 4.0, "elu": 4.0, "gelu": 4.0}
# And in 16 bits, forward, as the quicker of PyTorch and NumPy.
HALVES = ("float16", "bfloat16")
HALF_TARGETS = {
    **dict.fromkeys(("relu", "sigmoid", "silu", "tanh"), 1.3),
    **dict.fromkeys(("gelu", "mish", "elu", "softplus"), 2.0),
}

# What a peer's result may differ by and still be timed: it tells a wrong spelling, not a lost digit.
RELATIVE_TOLERANCE = 1e-4
ABSOLUTE_TOLERANCE = 2e-6
HALF_TOLERANCE = 8  # in units of the format's eps: a composition rounds several times


@dataclass(frozen=True)
class Case:
    """One row: an activation with the values of its required parameters and its options."""

    label: str
    name: str
    parameters: Mapping[str, float]
    options: Mapping[str, str]

    @property
    def directions(self) -> list[str]:
        """Return the directions that the activation has."""
        record = fastact.activations[self.name]
        return [direction for direction in OPERANDS if getattr(record, direction) is not None]

    def target(self, direction: str, dtype: str) -> float | None:
        if dtype not in HALVES:
            return HIGH_TARGETS.get(self.name, TARGET)
        return HALF_TARGETS.get(self.name) if direction == "forward" else None

    def function(self, direction: str) -> str:
        """Return the public name of the function."""
        return self.name if direction == "forward" else f"{self.name}_{direction}"

    def spelling(self, direction: str, into: bool = True) -> str:
        """Return the call as a user would write it, into arrays that exist or new ones."""
        function = self.function(direction)
        given = [repr(value) for value in self.parameters.values()]
        given += [f"{name}={value!r}" for name, value in self.options.items()]
        given += [f"out={OUT.get(function, 'out')}"] if into else []
        return f"fa.{function}({', '.join([OPERANDS[direction], *given])})"

    def compute(self, direction: str, *operands: np.ndarray):
        """Return new results at any operands, for truth and for the search of slow inputs."""
        function = getattr(fastact, self.function(direction))
        return function(*operands, *self.parameters.values(), **self.options)


def _cases() -> dict[str, Case]:
    cases = {}
    for name, record in fastact.activations.items():
        parameters = REQUIRED.get(name, {})
        missing = [key for key, default in record.parameters.items() if default is None and key not in parameters]
        if record.kind != "elementwise" or missing:
            continue  # the test that every function has a row names what is left out here
        for label, options in {name: {}, **VARIANTS.get(name, {})}.items():
            cases[label] = Case(label, name, parameters, options)
    return cases


CASES = _cases()


def dtype_of(name: str) -> np.dtype:
    """Return a dtype by its name, which NumPy knows of bfloat16 only once ml_dtypes is imported."""
    if name == "bfloat16":
        import ml_dtypes  # noqa: F401
    return np.dtype(name)


class FamilyBuffers(Buffers):
    """The arrays of one size, and as truth our own float64 results, which the tests hold to their bounds."""

    def __init__(self, size: int, dtype: str = "float32"):
        super().__init__(size, dtype_of(dtype))
        self.total = np.full((), np.nan, dtype=self.dtype)
        self._tolerances = RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE
        if dtype in HALVES:
            one = np.ones((), self.dtype)
            self._tolerances = (HALF_TOLERANCE * float(np.nextafter(one, one + one) - one),) * 2

    @cached_property
    def _wide(self) -> tuple[np.ndarray, np.ndarray]:
        return self.grad.astype(np.float64), self.x.astype(np.float64)

    def _forward(self, activation: str) -> np.ndarray:
        return CASES[activation].compute("forward", self.x)

    def deviation(self, activation: str, direction: str, result) -> float:
        """Return the largest error of a result, or of each of several, in units of the tolerance."""
        case = CASES[activation]
        operands = self._wide if direction == "backward" else self._wide[1:]
        truths = case.compute(direction, *operands)
        if not isinstance(truths, tuple):
            truths, result = (truths,), (result,)
        return max(self._error(np.asarray(found), truth) for found, truth in zip(result, truths, strict=True))

    def _error(self, found: np.ndarray, truth: np.ndarray) -> float:
        summed = np.size(truth) != self.size
        if not summed and (found.shape != self.x.shape or found.dtype != self.x.dtype):
            raise ValueError(f"result is {found.dtype}{found.shape}, not {self.x.dtype} as x")
        # A sum over the array is as exact as its terms, of which it has `size`.
        relative, absolute = self._tolerances
        tolerance = absolute * (self.size if summed else 1) + relative * np.abs(truth)
        return float(np.max(np.nan_to_num(np.abs(found - truth) / tolerance, nan=np.inf)))
