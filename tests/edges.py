"""Arrays that end, or begin, where the next byte cannot be touched; for POSIX. No test is here."""

import ctypes
import mmap

import numpy as np

PAGE = mmap.PAGESIZE
NOTHING, READ, READ_AND_WRITE = 0, 1, 3


class Guarded:
    """Some pages of memory between two that no one may read or write."""

    def __init__(self, size):
        libc = ctypes.CDLL(None, use_errno=True)
        self._protect = libc.mprotect
        self._protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        self.size = -(-size // PAGE) * PAGE
        self._map = mmap.mmap(-1, self.size + 2 * PAGE)
        self._keeper = ctypes.c_char.from_buffer(self._map)
        self._first = ctypes.addressof(self._keeper)
        self.protect(NOTHING, -PAGE, PAGE)
        self.protect(NOTHING, self.size, PAGE)
        self._all = np.frombuffer((ctypes.c_uint8 * self.size).from_address(self._first + PAGE), np.uint8)

    def protect(self, how, offset=0, size=None):
        """Let the pages be read, written or neither."""
        start = self._first + PAGE + offset
        if self._protect(start, self.size if size is None else size, how) != 0:
            raise OSError(ctypes.get_errno(), "mprotect")

    def close(self):
        """Let go of the memory, which no array may use any more."""
        self.protect(READ_AND_WRITE, -PAGE, self.size + 2 * PAGE)

    def array(self, n, dtype, at_end=True):
        """Return an array of n elements that touches one end; whatever the memory held is in it."""
        size = n * dtype.itemsize
        return (self._all[self.size - size :] if at_end else self._all[:size]).view(dtype)

    def copy(self, values, at_end=True):
        """Return a copy of a one-dimensional array that touches one end."""
        copied = self.array(values.size, values.dtype, at_end)
        copied[...] = values
        return copied
