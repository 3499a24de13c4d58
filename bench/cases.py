"""What is measured: sizes, activations, directions, their data and the float64 truth about them.

Every benchmark takes its cases from here. This file must not know any implementation, and must
not time anything.
"""

from __future__ import annotations

from functools import cache

import numpy as np

SIZES = (16, 4096, 65_536, 1_000_000, 16_000_000)
DIRECTIONS = ("forward", "backward")
ACTIVATIONS = ("relu", "leaky_relu", "sigmoid", "tanh")
EXPONENTIALS = ("sigmoid", "tanh")

# Forward reads x and writes y; backward reads grad and x (or y) and writes dx; float32 each.
BYTES_PER_ELEMENT = {"forward": 8, "backward": 12}

SEED = 0
SLOPE = 0.01
RELATIVE_TOLERANCE = 1e-5
ABSOLUTE_TOLERANCE = 1e-6

# Of a long result a sample is compared: a prime step reaches every position of a vector register.
WHOLE_UP_TO = 131_072
STEP = 997

# Longer arrays repeat this many values: it saves preparation, and no predictor learns so many.
PERIOD = 1_000_000


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


FORWARD = {
    "relu": lambda x: np.where(x > 0, x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, SLOPE * x),
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
}
DERIVATIVE = {
    "relu": lambda x: np.where(x > 0, 1, 0),
    "leaky_relu": lambda x: np.where(x > 0, 1, SLOPE),
    "sigmoid": lambda x: _sigmoid(x) * _sigmoid(-x),
    "tanh": lambda x: 1 / np.cosh(x) ** 2,
}


class Buffers:
    """The arrays of one size: inputs, output and temporaries, all of one dtype and all touched.

    x and grad are standard normal, so the sign is random, as it is before an activation in a
    network. Arrays are allocated as NumPy does it for everyone: no alignment is arranged.
    """

    def __init__(self, size: int, dtype: np.dtype | type = np.float32):
        self.dtype = np.dtype(dtype)
        generator = np.random.default_rng(SEED)
        self.size = size
        self.x, self.grad = (
            self._repeat(part) for part in generator.standard_normal((2, min(size, PERIOD)), dtype=np.float32)
        )
        # np.full writes each page; np.zeros would map all of them to one page of the kernel's.
        self.zeros = np.full(size, 0, dtype=self.dtype)
        self.out = np.full(size, np.nan, dtype=self.dtype)
        self.temporary = np.full(size, np.nan, dtype=self.dtype)
        self.mask = np.full(size, True)
        self.y = cache(self._forward)

    def _forward(self, activation: str) -> np.ndarray:
        return self._repeat(FORWARD[activation](self.x[:PERIOD].astype(np.float64)))

    def _repeat(self, values: np.ndarray) -> np.ndarray:
        return np.resize(values.astype(self.dtype), self.size)

    def deviation(self, activation: str, direction: str, result) -> float:
        """Return the largest error of a result in units of the tolerance; above 1 it is wrong."""
        result = np.asarray(result)
        if result.shape != self.x.shape or result.dtype != self.x.dtype:
            raise ValueError(f"result is {result.dtype}{result.shape}, not {self.x.dtype} as x")
        if self.size <= WHOLE_UP_TO:
            where = np.arange(self.size)
        else:
            ends = np.arange(64)
            where = np.concatenate((ends, np.arange(0, self.size, STEP), self.size - 1 - ends))
        x = self.x[where].astype(np.float64)
        truth = FORWARD[activation](x) if direction == "forward" else self.grad[where] * DERIVATIVE[activation](x)
        error = np.abs(result[where] - truth)
        tolerance = ABSOLUTE_TOLERANCE + RELATIVE_TOLERANCE * np.abs(truth)
        return float(np.max(np.nan_to_num(error / tolerance, nan=np.inf)))
