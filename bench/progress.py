"""Where a long measurement is and how long it may last, on standard error. It measures nothing.

On a terminal this is a bar, elsewhere one line whenever the place changes: in a log more would be noise.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def _left(seconds: float) -> str:
    minutes, rest = divmod(round(max(seconds, 0)), 60)
    return f"about {minutes} min {rest} s left" if minutes else f"about {rest} s left"


@contextmanager
def shown() -> Iterator[Callable[[str, float, float], None]]:
    """Yield what is to be called with the place, the part that is done, and the seconds that are left."""
    # Whoever only imports the benchmarks, as the tests do, needs no rich.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        told = None

        def line(where, done, seconds):
            nonlocal told
            if told != where:
                told = where
                print(f"{where}, {_left(seconds)}", file=sys.stderr, flush=True)

        yield line
        return
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}")
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as bar:
        task = bar.add_task("", total=1, left="")

        def show(where, done, seconds):
            bar.update(task, completed=done, description=where, left=_left(seconds), refresh=True)

        yield show
