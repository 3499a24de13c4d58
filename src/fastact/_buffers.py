"""`buffer_pool`, under which NumPy uses large blocks of memory again. The blocks are in `_native/buffers.c`."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self, SupportsIndex

from . import _core
from ._errors import parameter_error, shown
from ._operands import integer

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
        count = integer("buffer_pool", "max_bytes", max_bytes)
        if count < 0:
            raise parameter_error(ValueError, "buffer_pool", "max_bytes", f"must be at least 0, not {shown(count)}")
        self._max_bytes = min(count, 2**62)
        # Each pool with the handler before it: one object may be entered by many threads and tasks at a time.
        self._entered: list[tuple[Any, Any]] = []

    @property
    def held_bytes(self) -> int:
        """Bytes that are kept and that no array uses."""
        return sum(_core._held_by_pool(pool) for pool, _ in self._entered[-1:])

    def __enter__(self) -> Self:
        pool = _core._new_pool(self._max_bytes)
        before = _core._set_pool(pool)
        try:
            self._entered.append((pool, before))
        except MemoryError:
            _core._set_pool(before)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        entry, current = self._entered[-1], _core._current_pool()
        if entry[0] is not current:
            for one in self._entered:
                if one[0] is current:
                    entry = one
        self._entered.remove(entry)
        pool, before = entry
        try:
            _core._set_pool(before)
        finally:
            _core._close_pool(pool)
