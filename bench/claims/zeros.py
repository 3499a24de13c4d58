"""The bytes of a matrix with zeros, by format. This file must not know any network."""

from __future__ import annotations

VALUE, INDEX = 4, 4  # bytes of a float32 and of an int32


def stored(rows: int, columns: int, zeros: float) -> dict[str, float]:
    """Return the bytes of a float32 matrix by format: a bitmap has one bit an element beside the other values."""
    elements = rows * columns
    others = elements * (1 - zeros)
    return {
        "dense": VALUE * elements,
        "bitmap": elements / 8 + VALUE * others,
        "CSR": (VALUE + INDEX) * others + INDEX * (rows + 1),
    }
