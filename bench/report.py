"""Every claim made of ReLU, measured: `make report`, or `python -m bench.report`.

It writes results/report.html, a page that needs no other file, and results/report.json with the same numbers. This file
starts each claim in a process of its own, shows the progress, and keeps what came of it; it must not know what is
measured, nor in which words the result is told.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from . import progress
from .claims import NAMES, load
from .claims.result import FAILED, FULL, LEFT_OUT, MEASURED, QUICK, Claim, Effort, NotMeasuredError, Outcome, Report
from .processes import MeasurementError, started

INTERRUPTED = 130
REPORT_EVERY = 0.5
# Small products on several threads of BLAS wait for each other, and times of one thread are what is compared.
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

Work = Callable[[str, Effort, Report], Outcome]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write both files, and return 1 if a claim failed."""
    # Here, so that each measuring process need not; and first, so that what is missing is told before all is measured.
    from .report_page import recorded, written

    options = _options(arguments)
    # Each process reads them when it starts.
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    effort = Effort(QUICK if options.quick else FULL, options.seed)
    begun = time.monotonic()
    try:
        outcomes = measured(options.only, effort)
    except KeyboardInterrupt:
        print("interrupted: nothing was written", file=sys.stderr)
        return INTERRUPTED
    record = recorded(effort, time.monotonic() - begun)
    for outcome in outcomes:
        word = outcome.result.word if outcome.result else outcome.status
        print(f"{outcome.name:18} {word:16} {outcome.seconds:6.1f} s")
        if outcome.status == FAILED:
            print(outcome.reason, file=sys.stderr)
    paths = written(outcomes, record, options.output)
    print(f"written: {', '.join(map(str, paths))}; {record['measured_in_seconds']:.0f} s in all")
    return int(any(outcome.status == FAILED for outcome in outcomes))


def _options(arguments):
    parser = argparse.ArgumentParser(prog="python -m bench.report", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer seeds and rounds: a trial, in three minutes")
    parser.add_argument("--only", type=_names, default=NAMES, metavar="NAMES", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("results"), metavar="DIR", help="where files go")
    options = parser.parse_args(arguments)
    if options.seed < 0:
        parser.error("argument --seed: it must not be negative")
    try:
        options.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"argument --output: cannot make that folder: {error}")
    return options


def _names(text: str) -> tuple[str, ...]:
    chosen = [name.strip() for name in text.split(",")]
    if unknown := [name for name in chosen if name not in NAMES]:
        raise argparse.ArgumentTypeError(f"no claim is called {', '.join(unknown)}; there are {', '.join(NAMES)}")
    return tuple(name for name in NAMES if name in chosen)


def measured(names: Sequence[str], effort: Effort, work: Work | None = None) -> list[Outcome]:
    """Return the outcome of each claim; progress counts what claims say of their seconds, at the pace so far."""
    work = work or in_a_process
    costs = [_cost(name, effort) for name in names]
    outcomes, begun, total = [], time.monotonic(), sum(costs) or 1
    with progress.shown() as show:
        for number, (name, cost) in enumerate(zip(names, costs, strict=True)):
            before = sum(costs[:number])

            def tell(where, part, name=name, cost=cost, before=before, number=number):
                done = before + min(part, 1.0) * cost
                # Costs say more than the pace of the first seconds, hence the fifth of the whole beside both.
                pace = (time.monotonic() - begun + total / 5) / (done + total / 5)
                show(f"{number + 1} of {len(names)}: {name}, {where}", done / total, pace * (total - done))

            tell("starting", 0.0)
            outcomes.append(work(name, effort, tell))
    return outcomes


def _cost(name: str, effort: Effort) -> float:
    try:
        return float(load(name).seconds[effort.level == FULL])
    except Exception:  # it will be told as a failure when its turn comes
        return 1.0


def in_a_process(name: str, effort: Effort, show: Report) -> Outcome:
    """Measure one claim in a fresh process, so that no crash takes the others along."""
    begun = time.monotonic()
    receiver, process = started(_serve, name, effort)
    where, part = "starting", 0.0
    try:
        while True:
            if receiver.poll(REPORT_EVERY):
                kind, content = receiver.recv()
                if kind == "outcome":
                    return content
                where, part = content
            show(where, part)
    except (EOFError, OSError):
        process.join()
        error = MeasurementError(f"the process ended with code {process.exitcode}")
        return failed(name, error, time.monotonic() - begun)
    finally:
        process.terminate()
        process.join()


def _serve(sender, name: str, effort: Effort) -> None:
    last = 0.0

    def tell(where, part):
        nonlocal last
        if (now := time.monotonic()) - last > REPORT_EVERY:
            last = now
            sender.send(("progress", (where, part)))

    sender.send(("outcome", here(name, effort, tell)))


def here(name: str, effort: Effort, show: Report) -> Outcome:
    """Measure one claim in this process; whatever it raises is its outcome."""
    begun, claim = time.monotonic(), None
    try:
        claim = load(name)
        result = claim.measure(effort, show)
    except NotMeasuredError as reason:
        return Outcome(name, LEFT_OUT, time.monotonic() - begun, claim, reason=str(reason))
    except Exception as error:
        return failed(name, error, time.monotonic() - begun, claim)
    return Outcome(name, MEASURED, time.monotonic() - begun, claim, result)


def failed(name: str, error: Exception, seconds: float, claim: Claim | None = None) -> Outcome:
    """Return the outcome of a claim that raised."""
    reason = "".join(traceback.format_exception(error)).rstrip()
    if claim is None:
        try:
            claim = load(name)
        except Exception:  # the reason is the same
            claim = None
    return Outcome(name, FAILED, seconds, claim, reason=reason)


if __name__ == "__main__":
    sys.exit(main())
