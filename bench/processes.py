"""How a benchmark starts a measuring process of its own: what the two command lines share. It measures nothing."""

from __future__ import annotations

import multiprocessing
import signal


class MeasurementError(Exception):
    """A measuring process failed; the text is its own traceback."""


def started(target, *arguments):
    """Start `target(sender, *arguments)` in a fresh process; return the receiver and the process."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(sender, *arguments), daemon=True)
    # An interrupt reaches the whole foreground group: only this process may answer it.
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, handler)
    sender.close()
    return receiver, process
