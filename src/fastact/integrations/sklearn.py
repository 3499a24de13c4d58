"""fastact in scikit-learn's neural networks: its in-place activations and derivatives, replaced while asked for.

>>> import fastact.integrations.sklearn
>>> with fastact.integrations.sklearn.patched():
...     pass  # MLPClassifier and MLPRegressor fit and predict with fastact here, in every thread of the process

What is replaced is private to scikit-learn: entries of two dictionaries, which estimators read when they fit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from sklearn.neural_network import _base

import fastact as fa

__all__ = ["patch", "patched", "unpatch"]


Function: TypeAlias = Callable[..., Any]


def _in_place(forward: Function) -> Function:
    def activate(X: Any) -> None:
        forward(X, out=X)

    return activate


def _times_derivative(backward_from_output: Function) -> Function:
    def derive(Z: Any, delta: Any) -> None:
        backward_from_output(delta, Z, out=delta)

    return derive


# scikit-learn's name, and ours.
_NAMES = {"logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}

_REPLACEMENTS = [
    (
        _base.ACTIVATIONS,
        {theirs: _in_place(getattr(fa, ours)) for theirs, ours in _NAMES.items()} | {"softmax": _in_place(fa.softmax)},
    ),
    (
        _base.DERIVATIVES,
        {theirs: _times_derivative(getattr(fa, f"{ours}_backward_from_output")) for theirs, ours in _NAMES.items()},
    ),
]

_lock = threading.Lock()
_wanted_for_good = False
_blocks = 0  # how many `with patched()` are entered, in all threads
_saved: list[tuple[dict[str, Function], str, Function]] = []  # what to put back; empty: not patched


def _update() -> None:
    """Replace or put back, whichever is due; the caller holds the lock."""
    if _wanted_for_good or _blocks:
        if not _saved:
            for entries, ours in _REPLACEMENTS:
                _saved.extend((entries, name, entries[name]) for name in ours)
                entries.update(ours)
        return
    ours_by_entries = {id(entries): ours for entries, ours in _REPLACEMENTS}
    for entries, name, theirs in _saved:
        if entries[name] is ours_by_entries[id(entries)][name]:  # else somebody has replaced it since
            entries[name] = theirs
    _saved.clear()


def patch() -> None:
    """Replace scikit-learn's functions until `unpatch`, in the whole process. Twice is once."""
    global _wanted_for_good
    with _lock:
        _wanted_for_good = True
        _update()


def unpatch() -> None:
    """Put scikit-learn's functions back; inside a `patched` of any thread, when the last such block ends."""
    global _wanted_for_good
    with _lock:
        _wanted_for_good = False
        _update()


@contextmanager
def patched() -> Iterator[None]:
    """Replace scikit-learn's functions inside the block: in the whole process, until no thread is in one."""
    global _blocks
    with _lock:
        _blocks += 1
        _update()
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
            _update()
