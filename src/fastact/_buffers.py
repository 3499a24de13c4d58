"""`buffer_pool`, under which NumPy uses large blocks of memory again. The blocks are in `_native/buffers.c`."""

from __future__ import annotations

import operator
from types import TracebackType
from typing import Any, Self, SupportsIndex

from . import _core

USUAL_BYTES = 2**28


class buffer_pool:
    """Keep the memory of large arrays for the next ones, within a ``with`` block.

    A new array of 32 MiB or more comes from the system page by page, zeroed, and goes back to it when it is
    freed, which costs more than most activations. Within the block NumPy's arrays of 1 MiB and more, those of
    every function, take the memory of such as were freed there.

    Parameters
    ----------
    max_bytes : int, default 2**28
        How much memory may be kept that no array uses.

    Raises
    ------
    TypeError
        If `max_bytes` is not an integer.
    ValueError
        If `max_bytes` is negative.

    Notes
    -----
    The pool is a memory handler (NEP 49) of this Python thread, or task, alone. Arrays own their data as ever,
    may outlive the block and be freed by any thread. What is kept is freed when the block ends.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> x = np.zeros(2**20, dtype=np.float32)
    >>> with fa.buffer_pool(max_bytes=2**26) as pool:
    ...     for _ in range(3):
    ...         y = fa.relu(x)
    ...     del y
    ...     pool.held_bytes
    8388608
    """

    def __init__(self, max_bytes: SupportsIndex = USUAL_BYTES) -> None:
        try:
            count = operator.index(max_bytes)
        except TypeError:
            raise TypeError(f"buffer_pool: max_bytes must be an integer, not {max_bytes!r}") from None
        if count < 0:
            raise ValueError(f"buffer_pool: max_bytes must be at least 0, not {count}")
        self._max_bytes = min(count, 2**62)
        self._pools: list[tuple[Any, Any]] = []

    @property
    def held_bytes(self) -> int:
        """Bytes that are kept and that no array uses."""
        return _core._held_by_pool(self._pools[-1][0]) if self._pools else 0

    def __enter__(self) -> Self:
        pool = _core._new_pool(self._max_bytes)
        before = _core._set_pool(pool)
        try:
            self._pools.append((pool, before))
        except MemoryError:
            _core._set_pool(before)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pool, before = self._pools.pop()
        try:
            _core._set_pool(before)
        finally:
            _core._close_pool(pool)
