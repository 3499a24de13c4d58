"""Is 'ReLU is six times faster than sigmoid and tanh' true? `python -m bench.claim` measures it.

This file starts the measuring processes, shows their progress, and writes claim.json and claim.png;
it must not know what is measured, how, or in which words the result is told.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from . import progress, summary, tables
from .peers import OURS
from .processes import MeasurementError, started
from .session import Plan, session

# Seconds that all processes together may measure, their number, and the limits of rounds in each.
FULL = {"seconds": 100, "processes": 3, "most_rounds": 40, "least_rounds": 2}
QUICK = {"seconds": 15, "processes": 1, "most_rounds": 15, "least_rounds": 1}
REPORT_EVERY = 0.5
WIDTH = 120  # in a file or a pipe; narrower would cut intervals
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.claim", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one process, few rounds: a trial")
    parser.add_argument("--output", type=Path, default="results", metavar="DIR", help="where files go")
    options = parser.parse_args(arguments)
    try:
        options.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"argument --output: cannot make that folder: {error}")
    try:
        claim = summary.Claim(_measure(options.quick))
    except KeyboardInterrupt:
        print("interrupted: nothing was written", file=sys.stderr)
        return INTERRUPTED
    except MeasurementError as error:
        print(f"the measurement failed: nothing was written\n{error}", file=sys.stderr)
        return 1
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    tables.show(claim, console)
    _write(claim, options.output, console)
    return _status(claim)


def _measure(quick: bool) -> dict:
    effort = QUICK if quick else FULL
    begun = time.monotonic()
    machine, measured = {}, []
    with _progress(effort["seconds"]) as report:
        for process in range(effort["processes"]):
            now = time.monotonic()
            left = begun + effort["seconds"] - now
            plan = Plan(
                process=process,
                deadline=now + left / (effort["processes"] - process),
                most_rounds=effort["most_rounds"],
                least_rounds=effort["least_rounds"],
            )
            machine, groups = _process(plan, f"process {process + 1} of {effort['processes']}", report)
            measured.append(groups)
    return {
        "question": "How many times does sigmoid or tanh take as long as relu?",
        "effort": {"quick": quick, **effort},
        "measured_in_seconds": round(time.monotonic() - begun, 1),
        "machine": machine,
        "protocol": summary.PROTOCOL,
        "implementations": summary.implementations(machine["versions"]),
        "groups": summary.summarise(measured),
    }


def _process(plan: Plan, name: str, report: Callable[[str], None]):
    """Measure everything once in a fresh process, and return the machine and the groups."""
    receiver, process = started(session, plan)
    where = name
    try:
        while True:
            report(where)
            if not receiver.poll(REPORT_EVERY):
                continue
            kind, content = receiver.recv()
            if kind == "result":
                process.join()
                return content
            if kind == "error":
                raise MeasurementError(content)
            size, direction = content
            where = f"{name}: {size:,} elements, {direction}"
    except EOFError:
        process.join()
        raise MeasurementError(f"the process ended with code {process.exitcode}") from None
    finally:
        process.terminate()


@contextmanager
def _progress(seconds: float) -> Iterator[Callable[[str], None]]:
    """Show where the work is, and how long it may last, as the budget says."""
    begun = time.monotonic()
    with progress.shown() as show:

        def report(where):
            done = time.monotonic() - begun
            show(where, min(done / seconds, 1), seconds - done)

        yield report


def _write(claim: summary.Claim, folder: Path, console: Console) -> None:
    # matplotlib is imported here because each measuring process imports this module again.
    from .picture import draw

    data, picture = folder / "claim.json", folder / "claim.png"
    data.write_text(json.dumps(claim.data, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    draw(claim, picture)
    console.print(f"written: {data}, {picture}", soft_wrap=True)


def _status(claim: summary.Claim) -> int:
    """Return 1 when a result of fastact was wrong, so that a build cannot overlook it."""
    faults = (fault for group in claim.data["groups"] for fault in group["faults"])
    return int(any(fault["implementation"] in OURS for fault in faults))


if __name__ == "__main__":
    sys.exit(main())
