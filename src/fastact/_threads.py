"""How many threads a call may use: of the process, of a context, and what the environment asks for.

The threads themselves are in `_native/threads.c`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextvars import Token
from types import TracebackType
from typing import Self, SupportsIndex

from . import _core
from ._errors import parameter_error, shown
from ._operands import integer

MOST_THREADS = 1024


def _checked(name: str, n: SupportsIndex) -> int:
    count = integer(name, "n", n)
    if not 1 <= count <= MOST_THREADS:
        raise parameter_error(ValueError, name, "n", f"must be from 1 to {MOST_THREADS}, not {shown(count)}")
    return count


def set_num_threads(n: SupportsIndex) -> int:
    """Set how many threads a call may use, in the whole process.

    Parameters
    ----------
    n : int
        From 1 to 1024; 1 at import unless the environment variable ``FASTACT_NUM_THREADS`` says otherwise,
        of which ``OMP_NUM_THREADS`` is a cap.

    Returns
    -------
    int
        The number before.

    Raises
    ------
    TypeError
        If `n` is not an integer.
    ValueError
        If `n` is out of range.

    Notes
    -----
    The threads belong to the library, start at the first call that is worth them and sleep between calls.
    How many of them a call wakes depends on how long its first elements took; small arrays are computed by
    the caller alone. Of callers that compute at the same time one has the pool and the others work alone.
    Results do not depend on the number, bit for bit.

    Examples
    --------
    >>> import fastact as fa
    >>> before = fa.set_num_threads(2)
    >>> fa.get_num_threads()
    2
    >>> fa.set_num_threads(before)
    2
    """
    return _core._set_threads(_checked("set_num_threads", n))


def get_num_threads() -> int:
    """Return how many threads a call may use here.

    Returns
    -------
    int
        What `threads` sets around the caller, else what `set_num_threads` has set.
    """
    return _core._get_threads()


class threads:
    """Set how many threads calls may use, within a ``with`` block and in its Python thread (or task) alone.

    Parameters
    ----------
    n : int
        From 1 to 1024.

    Raises
    ------
    TypeError
        If `n` is not an integer.
    ValueError
        If `n` is out of range.

    Notes
    -----
    The number is a context variable (`contextvars`). The bare ufuncs of `fastact.ufuncs`, called directly,
    cannot see it and follow `set_num_threads`.

    Examples
    --------
    >>> import fastact as fa
    >>> with fa.threads(2):
    ...     fa.get_num_threads()
    2
    """

    def __init__(self, n: SupportsIndex) -> None:
        self._count = _checked("threads", n)
        self._tokens: list[Token[int]] = []

    def __enter__(self) -> Self:
        token = _core.CONTEXT_THREADS.set(self._count)
        try:
            self._tokens.append(token)
        except MemoryError:
            _core.CONTEXT_THREADS.reset(token)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # One object may be entered by many threads and tasks at a time: the last token of this one's context is meant.
        for token in reversed(tuple(self._tokens)):
            try:
                _core.CONTEXT_THREADS.reset(token)
            except ValueError:
                continue
            self._tokens.remove(token)
            break


def _from_environment(environment: Mapping[str, str]) -> int:
    """Return what FASTACT_NUM_THREADS asks for, at most the first number in OMP_NUM_THREADS."""
    wanted = environment.get("FASTACT_NUM_THREADS", "").strip()
    if not wanted:
        return 1
    if not wanted.isdecimal() or not 1 <= int(wanted) <= MOST_THREADS:
        raise ImportError(f"FASTACT_NUM_THREADS={wanted}: must be an integer from 1 to {MOST_THREADS}")
    cap = environment.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return min(int(wanted), int(cap)) if cap.isdecimal() and int(cap) >= 1 else int(wanted)


_core._set_threads(_from_environment(os.environ))
