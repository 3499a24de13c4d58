"""Every activation of the family against PyTorch and NumPy, on inputs that hardware may find slow, and strided.

`python -m bench.family` prints the first table, with `--dtype float16 bfloat16` in 16 bits, `--slow` the
second and `--strided` the third; `--write` measures all and writes docs/performance.md. This file starts
the measuring processes and reads the command line; it must not know what is measured, nor in which words
the result is told.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from . import family_report as report
from . import half_report
from .family_cases import CASES, HALVES, SIZE
from .family_peers import FAMILY, TORCH
from .family_session import Group, Task, against_peers, by_dtype, on_layouts, on_slow_inputs, serve
from .half_peers import HALF_FAMILY
from .machine import machine
from .peers import OURS
from .processes import MeasurementError, started

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
PROCESSES = 3
ROUNDS = 30
INTERRUPTED = 130
DTYPES = ("float32", *HALVES)

Work = Callable[[Task], list[Group]]


def rows() -> list[str]:
    """Return the name of every public function with a row, without timing anything.

    A row needs values for the required parameters, and a spelling in PyTorch to be compared with.
    """
    (torch,) = (row for row in FAMILY if row.name == TORCH)
    return list(
        dict.fromkeys(
            case.function(direction)
            for label, case in CASES.items()
            for direction in case.directions
            if label in torch.spellings["forward" if direction == "forward" else "backward"]
        )
    )


def measured(
    work: Work, labels: Sequence[str], size: int, rounds: int, processes: int, dtype: str = DTYPES[0]
) -> Iterator[list[Group]]:
    """Yield each group as every process measured it.

    Each process walks over all activations, so that its memory layout and its moments differ from
    those of the next one.
    """
    by_label: dict[str, list[list[Group]]] = {label: [] for label in labels}
    begun = time.monotonic()
    total = len(labels) * processes
    for process in range(processes):
        tasks = [Task(label, size, rounds, process, dtype) for label in labels]
        for task, groups in zip(tasks, _in_a_process(work, tasks), strict=True):
            by_label[task.label].append(groups)
            done = sum(map(len, by_label.values()))
            left = (time.monotonic() - begun) * (total - done) / done
            _progress(f"{work.__name__.replace('_', ' ')}: {done} of {total}, about {left:.0f} s left")
    _progress("")
    for label in labels:
        for same in zip(*by_label[label], strict=True):
            yield list(same)


def _in_a_process(work: Work, tasks: Sequence[Task]) -> Iterator[list[Group]]:
    """Yield the result of each task; all are done by one fresh process."""
    receiver, process = started(serve, work, tasks)
    try:
        for _ in tasks:
            kind, content = receiver.recv()
            if kind == "error":
                raise MeasurementError(content)
            yield content
        process.join()
    except EOFError:
        process.join()
        raise MeasurementError(f"the process ended with code {process.exitcode}") from None
    finally:
        process.terminate()


def _progress(text: str) -> None:
    # In a log a line for each activation would be noise.
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.family", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"activations; all by default: {', '.join(CASES)}")
    parser.add_argument("--size", type=int, default=SIZE, help="elements of an array (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each process (default: %(default)s)")
    parser.add_argument("--processes", type=int, default=PROCESSES, help="one after another (default: %(default)s)")
    parser.add_argument(
        "--dtype", nargs="+", default=DTYPES[:1], choices=DTYPES, help="of the peers (default: %(default)s)"
    )
    parser.add_argument("--slow", action="store_true", help="slow inputs instead of the peers")
    parser.add_argument("--strided", action="store_true", help="strided arrays instead of the peers")
    parser.add_argument("--write", action="store_true", help="all tables, for all, into docs/performance.md")
    options = parser.parse_args(arguments)
    known = {*CASES, *(case.name for case in CASES.values())}
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"no such activation: {', '.join(unknown)}")
    if options.write and (options.names or options.slow or options.strided):
        parser.error("--write takes neither names nor --slow nor --strided: the document has all of them")
    if options.write and not all(implementation.present for implementation in HALF_FAMILY):
        parser.error("--write needs every peer: install torch, scipy and ml_dtypes")
    if min(options.size, options.rounds, options.processes) < 1:
        parser.error("--size, --rounds and --processes are at least 1")
    labels = [label for label in CASES if not options.names or {label, CASES[label].name} & set(options.names)]
    effort = labels, options.size, options.rounds, options.processes
    versions = {}
    for implementation in HALF_FAMILY:
        versions |= implementation.versions()
    described = machine(versions)
    dtypes = DTYPES if options.write else () if options.slow or options.strided else options.dtype
    peers, slow, beside, layouts = {}, None, None, None
    try:
        for dtype in dtypes:
            peers[dtype] = report.Peers(list(measured(against_peers, *effort, dtype)), options.size, dtype)
            print(f"{dtype}:\n\n{report.peers_table(peers[dtype])}\n")
        if half_report.BY_DTYPE in labels and set(HALVES) <= set(dtypes):
            of_sizes = (
                measured(by_dtype, [half_report.BY_DTYPE], size, options.rounds, options.processes)
                for size in half_report.MOST_BY_SIZE
            )
            beside = half_report.ByDtype([same for groups in of_sizes for same in groups])
            print(f"{half_report.by_dtype_table(beside)}\n")
        if options.write or options.slow:
            slow = report.Slow(list(measured(on_slow_inputs, *effort)), options.size)
            print(report.slow_tables(slow))
        if options.write or options.strided:
            layouts = half_report.Layouts(list(measured(on_layouts, *effort)), options.size)
            print(half_report.layouts_tables(layouts))
    except KeyboardInterrupt:
        print("\ninterrupted: nothing was written", file=sys.stderr)
        return INTERRUPTED
    except MeasurementError as error:
        print(f"the measurement failed: nothing was written\n{error}", file=sys.stderr)
        return 1
    print(f"\n{report.platform_line(described)}")
    faults = [fault for one in peers.values() for fault in one.faults]
    for fault in faults:
        print(f"not timed: {fault}", file=sys.stderr)
    if options.write:
        more = half_report.sections([peers[dtype] for dtype in HALVES], beside, layouts)
        DOCUMENT.write_text(report.document(described, peers[DTYPES[0]], slow) + more, encoding="utf-8")
        print(f"written: {DOCUMENT}")
    # A wrong result of ours must not go unnoticed.
    return int(any(fault.startswith(OURS) for fault in faults))


if __name__ == "__main__":
    sys.exit(main())
