"""Every function of fastact against its peers: `make bench`, or `python -m bench`.

Every function and direction is measured as plan.py says, by default with what slow inputs and strided arrays cost.
Results go to results/bench.json, with the page and pictures that they make; --write puts these into docs/ too. This
file starts the measuring processes and reads the command line; it must not know what is measured, nor in which words
the result is told.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from . import family_report as report
from . import family_results, plan, progress
from .around_cases import AROUND
from .family_cases import CASES
from .family_layouts import LAYOUTS_BY_SIZE
from .family_peers import FAMILY, TORCH
from .family_session import Group, against_peers, around, by_dtype, on_layouts, on_slow_inputs, serve
from .half_peers import HALF_FAMILY
from .layouts_report import BY_DTYPE, MOST_BY_SIZE
from .machine import machine
from .peers import OURS
from .plan import ONE, Task
from .processes import MeasurementError, started

DOCS = Path(__file__).parent.parent / "docs"
RESULTS = "bench.json"
PAGE = "performance.md"
INTERRUPTED = 130
# The part of the whole in which the estimate of the time that is left learns from what has passed.
TRUST = 0.05

# What the page says beside the peers: processes, and rounds in each. The largest of a thousand ratios is that of
# slow inputs: where a process' arrays lie must not decide it.
PROCESSES = {"around": 2, "by_dtype": 2, "slow": 4, "layouts": 2}
ROUNDS = 15
AROUND_SECONDS = 2.0
SECTIONS = ("peers", "around", "by_dtype", "slow", "layouts")
QUICK_SECTIONS = SECTIONS[:1]

Work = Callable[[Task], list[Group]]
Job = tuple[str, Work, list[Task]]  # a section's work in one process


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
            if any(label in torch.spellings[of] for of in _passes(direction))
        )
    )


def _passes(direction: str) -> tuple[str, ...]:
    # A peer may have the derivative from the other of x and y only.
    return ("forward",) if direction == "forward" else ("backward", "backward_from_output")


def jobs(parts: tuple[plan.Part, ...], sections: Sequence[str], labels: list[str]) -> list[Job]:
    """Return the work of every process, one after another."""
    found: list[Job] = []
    if "peers" in sections:
        found += [("peers", against_peers, tasks) for _, tasks in plan.tasks(parts, labels)]
    for process in range(max(PROCESSES.values())):
        wanted = [section for section in sections if process < PROCESSES.get(section, 0)]
        if "around" in wanted and len(labels) == len(CASES):
            tasks = [Task(label, process=process, rounds=ROUNDS, seconds=AROUND_SECONDS) for label in AROUND]
            found.append(("around", around, tasks))
        if "by_dtype" in wanted and BY_DTYPE in labels:
            sizes = [Task(BY_DTYPE, size=size, process=process, rounds=ROUNDS) for size in MOST_BY_SIZE]
            found.append(("by_dtype", by_dtype, sizes))
        for section, work, sizes in (("slow", on_slow_inputs, (plan.L1,)), ("layouts", on_layouts, LAYOUTS_BY_SIZE)):
            if section in wanted:
                tasks = [Task(label, size=size, process=process, rounds=ROUNDS) for label in labels for size in sizes]
                found.append((section, work, tasks))
    return found


def measured(found: Sequence[Job]) -> dict[str, dict[tuple, list[Group]]]:
    """Return by section and key each group as every process measured it.

    Each process walks over all its activations, so that its memory layout and its moments differ from
    those of the next one.
    """
    groups: dict[str, dict[tuple, list[Group]]] = {}
    total = sum(task.cost for *_, tasks in found for task in tasks)
    begun, done = time.monotonic(), 0.0
    with progress.shown() as show:
        show("starting", 0, total)
        for number, (section, work, tasks) in enumerate(found, 1):
            for task, same in zip(tasks, _in_a_process(work, tasks), strict=True):
                for group in same:
                    groups.setdefault(section, {}).setdefault(group.key, []).append(group)
                done += task.cost
                # Costs are about seconds, which at first says more than what has passed: some compile then.
                pace = (time.monotonic() - begun + TRUST * total) / (done + TRUST * total)
                left = pace * (total - done)
                show(f"{number} of {len(found)}: {_place(section, task)}", done / total, left)
    return groups


def _place(section: str, task: Task) -> str:
    if section != "peers":
        return section.replace("_", " ")
    return f"{task.size:,} {task.dtype}, {task.way}{'' if task.threads == ONE else ', all threads'}"


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


def collected(groups: dict[str, dict[tuple, list[Group]]], effort: dict) -> dict:
    """Return what bench.json holds."""
    versions = {}
    for implementation in HALF_FAMILY:
        versions |= implementation.versions()
    faults = dict.fromkeys(
        fault for same in groups.get("peers", {}).values() for group in same for fault in group.faults
    )
    data = {section: family_results.summarised(section, same.values()) for section, same in groups.items()}
    return {
        "effort": effort,
        "machine": machine(versions),
        "threads": plan.all_threads(),
        "protocol": family_results.PROTOCOL,
        "peers": [row.name for row in FAMILY if row.present and row.name not in OURS],
        "faults": list(faults),
        "rows": data.pop("peers", []),
        **data,
    }


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small part of the plan, few rounds: a trial")
    parser.add_argument("--only", metavar="NAME,...", default="", help=f"activations: {', '.join(CASES)}")
    parser.add_argument("--sections", metavar="NAME,...", help=f"of the page: {', '.join(SECTIONS)}")
    parser.add_argument("--output", type=Path, default=Path("results"), metavar="DIR", help="where files go")
    parser.add_argument("--read", type=Path, metavar="FILE", help="results to write anew instead of measuring")
    parser.add_argument("--write", action="store_true", help="page and pictures into docs/ too; takes the whole plan")
    options = parser.parse_args(arguments)
    only = {name.strip() for name in options.only.split(",") if name.strip()}
    if unknown := sorted(only - {*CASES, *(case.name for case in CASES.values())}):
        parser.error(f"no such activation: {', '.join(unknown)}")
    options.labels = [label for label in CASES if not only or {label, CASES[label].name} & only]
    default = QUICK_SECTIONS if options.quick else SECTIONS
    options.sections = tuple(options.sections.split(",")) if options.sections else default
    if unknown := [name for name in options.sections if name not in SECTIONS]:
        parser.error(f"no such section: {', '.join(unknown)}")
    if "peers" not in options.sections:
        parser.error("--sections needs peers, of which the page tells first")
    if options.write and not options.read and (options.quick or only or options.sections != SECTIONS):
        parser.error("--write takes neither --quick nor --only nor --sections: the page has all of them")
    needed = [row.name for row in HALF_FAMILY if not row.present and row.name in (TORCH, "NumPy/SciPy")]
    if options.write and not options.read and needed:
        parser.error(f"--write needs {', '.join(needed)}")
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        options.data = family_results.load(options.read) if options.read else None
    except (OSError, ValueError) as error:
        parser.error(str(error))
    return options


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    data = options.data
    if data is None:
        begun = time.monotonic()
        effort = {"quick": options.quick, "only": options.labels, "sections": list(options.sections)}
        try:
            groups = measured(jobs(plan.QUICK if options.quick else plan.FULL, options.sections, options.labels))
        except KeyboardInterrupt:
            print("\ninterrupted: nothing was written", file=sys.stderr)
            return INTERRUPTED
        except MeasurementError as error:
            print(f"the measurement failed: nothing was written\n{error}", file=sys.stderr)
            return 1
        data = collected(groups, {**effort, "seconds": round(time.monotonic() - begun)})
        (options.output / RESULTS).write_text(family_results.written(data), encoding="utf-8")
        data = family_results.load(options.output / RESULTS)
    return _told(data, [options.output, *([DOCS] if options.write else [])])


def _told(data: dict, folders: Sequence[Path]) -> int:
    # matplotlib is imported here because each measuring process imports this module again.
    from . import family_picture

    results = family_results.Results(data)
    print(report.terminal(results))
    for fault in data["faults"]:
        print(f"not timed: {fault}", file=sys.stderr)
    for folder in folders:
        (folder / PAGE).write_text(report.document(data), encoding="utf-8")
        family_picture.draw_times(results, folder / report.PICTURES["time"])
        family_picture.draw_peers(results, folder / report.PICTURES["peers"])
        print(f"written: {folder / PAGE}")
    # A wrong result of ours must not go unnoticed.
    return int(any(fault.startswith(OURS) for fault in data["faults"]))


if __name__ == "__main__":
    sys.exit(main())
