"""What is done with the zeros of an activation's output: counted, found dead, stored. One line each, to be exchanged.

This file must not know any network.
"""

from __future__ import annotations

import numpy as np

VALUE, INDEX = 4, 4  # bytes of a float32 and of an int32


def share_of_zeros(y: np.ndarray) -> float:
    """Return the share of elements that are 0."""
    return float(np.mean(y == 0))


def dead(y: np.ndarray) -> np.ndarray:
    """Return for each unit whether it is 0 for every sample."""
    return (y == 0).all(axis=0)


def as_csr(x: np.ndarray):
    """Return relu(x) in compressed sparse rows."""
    from scipy.sparse import csr_array

    return csr_array(np.maximum(x, 0))


def stored(rows: int, columns: int, zeros: float) -> dict[str, float]:
    """Return the bytes of a float32 matrix by format: a bitmap has one bit an element beside the other values."""
    elements = rows * columns
    others = elements * (1 - zeros)
    return {
        "dense": VALUE * elements,
        "bitmap": elements / 8 + VALUE * others,
        "CSR": (VALUE + INDEX) * others + INDEX * (rows + 1),
    }
