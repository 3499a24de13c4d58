"""How the elements of an array may lie in memory, whatever their values: copies that look the same."""

import numpy as np

LAYOUTS = {
    "stride 2": lambda a: np.repeat(a, 2)[::2],
    "stride 3": lambda a: np.repeat(a, 3)[::3],
    "reversed": lambda a: a[::-1].copy()[::-1],
    "misaligned": lambda a: np.frombuffer(bytearray(b"\0" + a.tobytes()), np.uint8)[1:].view(a.dtype),
    "byte-swapped": lambda a: a.astype(a.dtype.newbyteorder()),
    "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype),
}
