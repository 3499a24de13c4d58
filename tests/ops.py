"""One row an activation: its references and its special values; every test iterates the rows.

References hold for any NumPy float type wider than the one under test and are free of cancellation.
The exact ones take one number and work at whatever precision mpmath is set to. Bounds and defaults
are not here: they stand in `fastact.activations`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import mpmath
import numpy as np

import fastact as fa

INF, NAN = float("inf"), float("nan")


@dataclass(frozen=True)
class Op:
    """References of one activation, and what it gives at special points."""

    name: str
    forward: Callable
    derivative: Callable
    derivative_from_output: Callable
    exact_forward: Callable
    exact_derivative: Callable
    exact_derivative_from_output: Callable
    special: tuple[tuple[float, float], ...]  # pairs, for 0.0 and -0.0 are one key of a dict
    derivative_special: tuple[tuple[float, float], ...]
    exactly_zero: Callable[..., np.ndarray] | None = None  # where the derivative selects 0
    derivative_at_nan: float = NAN
    parameters: tuple[dict[str, float], ...] = ({},)
    outputs: tuple[float, float] = (-INF, INF)
    turns: tuple[float, ...] = (0.0,)  # where a formula changes its form, of either dtype
    out_of_domain: dict[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def record(self) -> fa.Activation:
        """Return its record in the public table."""
        return fa.activations[self.name]


def _decay(x):
    return np.exp(-np.abs(x))


def _exact_decay(x):
    return mpmath.exp(-abs(x))


OPS = (
    Op(
        "relu",
        forward=lambda x: np.where(x <= 0, 0, x),
        derivative=lambda x: np.where(x <= 0, 0, np.ones_like(x)),
        derivative_from_output=lambda y: np.where(y <= 0, 0, np.ones_like(y)),
        exact_forward=lambda x: max(x, mpmath.mpf(0)),
        exact_derivative=lambda x: mpmath.mpf(x > 0),
        exact_derivative_from_output=lambda y: mpmath.mpf(y > 0),
        special=((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (-3.0, 0.0), (3.0, 3.0)),
        derivative_special=((0.0, 0.0), (-0.0, 0.0), (INF, 1.0), (-INF, 0.0)),
        exactly_zero=lambda x: x <= 0,
        derivative_at_nan=1.0,
        outputs=(0.0, INF),
    ),
    Op(
        "leaky_relu",
        forward=lambda x, negative_slope: np.where(x < 0, negative_slope * x if negative_slope else x.dtype.type(0), x),
        derivative=lambda x, negative_slope: np.where(x > 0, 1, np.full_like(x, negative_slope)),
        derivative_from_output=lambda y, negative_slope: np.where(y > 0, 1, np.full_like(y, negative_slope)),
        exact_forward=lambda x, negative_slope: x * (negative_slope if x < 0 else 1),
        exact_derivative=lambda x, negative_slope: mpmath.mpf(1 if x > 0 else negative_slope),
        exact_derivative_from_output=lambda y, negative_slope: mpmath.mpf(1 if y > 0 else negative_slope),
        special=((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (NAN, NAN), (-4.0, -1.0), (4.0, 4.0)),
        derivative_special=((0.0, 0.25), (-0.0, 0.25), (INF, 1.0), (-INF, 0.25)),
        derivative_at_nan=0.25,
        parameters=({"negative_slope": 0.25}, {}, {"negative_slope": 0.0}, {"negative_slope": 3.0}),
        out_of_domain={"negative_slope": (NAN,)},
    ),
    Op(
        "sigmoid",
        forward=lambda x: np.where(x < 0, _decay(x), 1) / (1 + _decay(x)),
        derivative=lambda x: _decay(x) / (1 + _decay(x)) ** 2,
        derivative_from_output=lambda y: y * (1 - y),
        exact_forward=lambda x: 1 / (1 + mpmath.exp(-x)),
        exact_derivative=lambda x: _exact_decay(x) / (1 + _exact_decay(x)) ** 2,
        exact_derivative_from_output=lambda y: y * (1 - y),
        special=((0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (NAN, NAN), (1e30, 1.0), (-1e30, 0.0)),
        derivative_special=((0.0, 0.25), (-0.0, 0.25), (INF, 0.0), (-INF, 0.0), (1e30, 0.0), (-1e30, 0.0)),
        outputs=(0.0, 1.0),
        turns=(0.0, 0.3466, 17.33, 37.4, 39.2, 87.33654475, 103.97208, 104.0, 200.0, 708.3964185322641, 745.13, 746.0),
    ),
    Op(
        "tanh",
        forward=np.tanh,
        derivative=lambda x: 4 * _decay(2 * x) / (1 + _decay(2 * x)) ** 2,
        derivative_from_output=lambda y: (1 - y) * (1 + y),
        exact_forward=mpmath.tanh,
        exact_derivative=lambda x: 4 * _exact_decay(2 * x) / (1 + _exact_decay(2 * x)) ** 2,
        exact_derivative_from_output=lambda y: (1 - y) * (1 + y),
        special=((0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (NAN, NAN), (1e30, 1.0), (-1e30, -1.0)),
        derivative_special=((0.0, 1.0), (-0.0, 1.0), (INF, 0.0), (-INF, 0.0), (1e30, 0.0), (-1e30, 0.0)),
        outputs=(-1.0, 1.0),
        turns=(0.0, 2.0**-40, 0.1733, 0.75, 1.0, 9.0109, 10.0, 19.06, 20.0, 44.36142, 52.67919, 100.0, 354.89, 372.9),
    ),
)


@dataclass(frozen=True)
class Case:
    """One function of one row with one set of parameters."""

    op: Op
    direction: str
    parameters: dict[str, float]

    @property
    def function(self):
        return getattr(self.op.record, self.direction)

    @property
    def ufunc(self):
        return getattr(fa.ufuncs, self.function.__name__)

    @property
    def bound(self) -> float:
        return self.op.record.error_bounds[self.direction]

    @property
    def bound_at_any_grad(self) -> float:
        """The product with grad rounds once more; bounds from the output count that already."""
        return self.bound + (self.direction == "backward")

    @property
    def inputs(self) -> int:
        return 1 if self.direction == "forward" else 2

    @property
    def in_full(self) -> dict[str, float]:
        """Return the parameters with the defaults filled in."""
        return {**self.op.record.parameters, **self.parameters}

    def __call__(self, *inputs, **keywords):
        return self.function(*inputs, **self.parameters, **keywords)

    def by_ufunc(self, *inputs, **keywords):
        """Call the ufunc, whose parameters are operands of the input's dtype."""
        dtype = np.result_type(*inputs)
        return self.ufunc(*inputs, *(dtype.type(value) for value in self.in_full.values()), **keywords)

    def _reference(self, prefix, argument, parameters):
        name = {"forward": "forward", "backward": "derivative"}.get(self.direction, "derivative_from_output")
        return getattr(self.op, prefix + name)(argument, **parameters)

    def reference(self, argument, dtype):
        """Return f or f' in the argument's own, wider, type; parameters as `dtype` rounds them."""
        wide = argument.dtype.type
        parameters = {name: wide(dtype.type(value)) for name, value in self.in_full.items()}
        with np.errstate(all="ignore"):
            return self._reference("", argument, parameters)

    def exact(self, argument, dtype):
        """Return f or f' of one number, by mpmath."""
        parameters = {name: mpmath.mpf(float(dtype.type(value))) for name, value in self.in_full.items()}
        return self._reference("exact_", mpmath.mpf(float(argument)), parameters)

    def sample(self, rng, dtype, n):
        """Return inputs of all magnitudes and signs, among them what a network would see."""
        if self.direction == "backward_from_output":
            low, high = (np.nan_to_num(limit, posinf=50, neginf=-50) for limit in self.op.outputs)
            last = rng.uniform(low, high, n)
        else:
            bits = rng.integers(0, 2 ** (8 * dtype.itemsize), n, dtype=f"u{dtype.itemsize}")
            anything = bits.view(dtype)
            last = np.where(np.isfinite(anything) & (rng.random(n) < 0.3), anything, rng.normal(0, 5, n))
        last = last.astype(dtype)
        return (last,) if self.inputs == 1 else (rng.normal(0, 1, n).astype(dtype), last)

    def __str__(self):
        values = "-".join(f"{value:g}" for value in self.parameters.values())
        return self.function.__name__ + (f"-{values}" if values else "")


def _admitted(op, direction, parameters):
    return not (direction == "backward_from_output" and parameters.get("negative_slope") == 0)


CASES = tuple(
    Case(op, direction, parameters)
    for op in OPS
    for direction in op.record.error_bounds
    for parameters in op.parameters
    if _admitted(op, direction, parameters)
)
DTYPES = (np.dtype(np.float32), np.dtype(np.float64))
