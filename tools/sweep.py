"""Walk every float32 input and every 16-bit one of every function; measure float64 at points against exact references.

    python -m tools.sweep [activation or function ...] [--isa NAME ...] [--check-isa] [--write]

Finished pieces are kept in results/sweep.jsonl and not measured again, unless a C source, a bound or a
version of a library beside ours has changed: an interrupted run goes on where it was. References are no part of
that: after a change of one, --restart. What is measured stands in `measure.py`, what is recorded in `record.py`.
"""

import argparse
import datetime
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from tqdm import tqdm

import fastact as fa
from bench.machine import machine
from fastact import _core
from tests.ops import CASES, Case

from . import accuracy_table, measure, peers, record

PIECE = 2**26  # float32 inputs
POINTS = 2**15  # float64 points a piece
OTHER_STRIDE = 97  # a prime: for parameters other than the defaults, and for the scalar kernels
# Nanoseconds an input, for the estimate of the time left; only their ratios matter.
COST = {"float32": 16, "others": 200, "identical": 3, "scalar": 30, "float64": 8_000, "half": 1_000}
Piece: TypeAlias = tuple[Any, ...]  # what is measured, and its limits
STATE = record.ROOT / "results" / "sweep.jsonl"


class State:
    """The tallies of finished pieces, one line each, of the present C sources."""

    def __init__(self, path: Path, restart: bool) -> None:
        self._path, self._digest = path, record.sources_digest()
        path.parent.mkdir(exist_ok=True)
        self._tallies: dict[str, record.Tally] = {}
        if restart:
            path.unlink(missing_ok=True)
        for line in path.read_text().splitlines() if path.exists() else ():
            try:
                digest, key, tally = json.loads(line)
            except ValueError:  # the last line of a run that was killed
                continue
            if digest == self._digest:
                self._tallies[json.dumps(key)] = tally

    def get(self, key: list[Any]) -> record.Tally | None:
        return self._tallies.get(json.dumps(key))

    def add(self, key: list[Any], tally: record.Tally) -> None:
        with self._path.open("a") as file:
            print(json.dumps([self._digest, key, tally]), file=file)


@dataclass
class Row:
    """One function with its parameters, a dtype and an instruction set: what is left of it, and its tally."""

    index: int
    dtype: str
    isa: str
    stride: int
    checked: dict[str, int]  # the other instruction sets and the stride over which each is compared
    before: record.Row | None = None  # the recorded row of the same bits, whose errors stand: nothing else is measured
    left: int = 0
    faults: list[str] = field(default_factory=list)
    tally: record.Tally = field(default_factory=lambda: {"counts": {}, "peaks": {}})

    @property
    def case(self) -> Case:
        return CASES[self.index]

    def pieces(self, points: int) -> Iterator[tuple[Piece, int]]:
        """Yield what is to be measured and its cost."""
        if self.dtype == "float64":
            yield ("float64", self.isa, 0, 0), 10_000 * COST["float64"]
            for seed, start in enumerate(range(0, points, POINTS), start=1):
                count = min(POINTS, points - start)
                yield ("float64", self.isa, seed, count), count * COST["float64"]
            return
        if self.dtype in record.HALF_NAMES:
            yield ("half", self.isa, self.dtype), 2**16 * COST["half"]
            return
        for isa, stride in self.checked.items():
            cost = COST["scalar" if "scalar" in (isa, self.isa) else "identical"]
            yield from self._walks(("identical", self.isa, isa), stride, cost)
        if self.before:
            return
        yield from self._walks(("float32", self.isa), self.stride, COST["float32"])
        yield from self._walks(("others",), max(self.stride, measure.PEERS_STRIDE), COST["others"])

    @staticmethod
    def _walks(what: Piece, stride: int, cost: int) -> Iterator[tuple[Piece, int]]:
        for start in range(0, 2**32, PIECE * stride):
            end = min(start + PIECE * stride, 2**32)
            yield (*what, start, end, stride), (end - start) // stride * cost

    def key(self, piece: Piece) -> list[Any]:
        """Return what a piece is known by in the state."""
        alone = piece[0] in ("float32", "identical")
        return [*record.identity(self.case, self.dtype), self.case.bound, {} if alone else peers.versions(), *piece]

    def differs(self) -> int:
        return self.tally["counts"].get("different", 0)

    def recorded(self) -> record.Row:
        """Return the finished row as the record has it."""
        _core._use_isa(self.isa)
        if self.before:
            swept_by = next((isa for isa in self.checked if f", {isa}," in self.before["measured"]), self.isa)
            strides = {**self.checked, self.isa: self.checked.get(swept_by, 1)}
            del strides[swept_by]
            if self.before["sources"] == record.sources_digest():  # a finer comparison of the same kernels stands
                for isa, stride in self.before["identical"].items():
                    strides[isa] = min(stride, strides.get(isa, stride))
            return {**self.before, "identical": {} if self.differs() else strides}
        about = machine({})
        place = ", ".join(str(part) for part in (about["cpu"], self.isa, about["compiler"]) if part)
        row = record.row_of(
            self.case,
            self.dtype,
            self.tally,
            stride=self.stride,
            measured=f"{place}, NumPy {np.__version__}, {datetime.datetime.now(datetime.UTC):%Y-%m-%d}",
            sources=record.sources_digest(),
            bits=measure.checksum(self.case, np.dtype(self.dtype)),
        )
        found = {peer: record.peer_of(self.tally, peer, version) for peer, version in peers.versions().items()}
        row["peers"] = {peer: one for peer, one in found.items() if one}
        row["identical"] = {} if self.differs() else self.checked
        return row


def _line(row: Row, recorded: record.Row, kept: bool) -> str:
    at = float.fromhex(recorded["at"])
    bound, verdict = record.bound_of(row.case, row.dtype), "kept" if kept else "BROKEN"
    words = [
        f"{row.case!s:36} {row.dtype} {row.isa:7} {recorded['error']!s:>9} ULP at {at:<16.9g}",
        f"bound {bound:g} {verdict}, {recorded['misrounded']} not correctly rounded",
    ]
    if "near_root" in recorded:
        words.append(f", {recorded['near_root']:.3g} of the absolute bound near a root")
    if recorded.get("descents"):
        words.append(f", {recorded['descents']} descents, by {recorded['descent']:.3g} ULP at most")
    if row.differs():
        at = row.tally["peaks"]["different"][1]
        words.append(f", BITS DIFFER at {row.differs()} inputs, as at {float.fromhex(at):.9g}")
    for peer, one in recorded["peers"].items():
        words.append(f", {peer} {one['error']}" + (f" ({one['misrounded']})" if "misrounded" in one else ""))
    return " ".join(words).replace(" ,", ",")


def sweep(rows: list[Row], points: int, workers: int, state: State, finished: Callable[[Row], None]) -> None:
    """Measure what is not in the state, all rows in one pool; `finished` is called with each finished row."""
    queue, done, total = [], 0, 0
    for row in rows:
        for piece, cost in row.pieces(points):
            total += cost
            tally = state.get(json.loads(json.dumps(row.key(piece))))
            if tally:
                row.tally = measure.merge(row.tally, tally)
                done += cost
            else:
                row.left += 1
                queue.append((row, piece, cost))
    layout = "{desc} {percentage:5.1f}%|{bar}| {elapsed} gone, {remaining} left"
    with (
        ProcessPoolExecutor(workers, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)) as pool,
        tqdm(total=total, initial=done, desc="sweep", bar_format=layout, smoothing=0.02, dynamic_ncols=True) as bar,
    ):
        for row in rows:
            if not row.left:
                finished(row)
        try:
            futures = {
                pool.submit(measure.measure, piece[0], row.index, *piece[1:]): (row, piece, cost)
                for row, piece, cost in queue
            }
            for future in as_completed(futures):
                row, piece, cost = futures.pop(future)
                try:
                    tally = future.result()
                except Exception as fault:  # one function's reference must not end a run of hours
                    row.faults.append(f"{piece}: {type(fault).__name__}: {fault}")
                else:
                    state.add(row.key(piece), tally)
                    row.tally = measure.merge(row.tally, tally)
                row.left -= 1
                bar.set_description(f"{row.case} {row.dtype}", refresh=False)
                bar.update(cost)
                if not row.left:
                    finished(row)
        except BaseException:  # Ctrl-C too: what is running is finished, not kept
            pool.shutdown(cancel_futures=True)
            raise


def _is_default(case: Case) -> bool:
    """Return whether a case stands for its function: the defaults, or the first row where there are none."""
    alike = [one for one in CASES if one.name == case.name]
    return case is next((one for one in alike if one.in_full == one.op.record.parameters), alike[0])


def _recorded_bits(rows: accuracy_table.Rows, index: int) -> record.Row | None:
    """Return the row of a function in float32 where the record has it with the bits that it gives."""
    row = rows.get(record.identity(CASES[index], "float32"))
    return row if row and row["bits"] == measure.checksum(CASES[index], np.dtype("float32")) else None


def _rows(arguments: argparse.Namespace, chosen: list[int], recorded: accuracy_table.Rows) -> Iterator[Row]:
    if arguments.bits_only:
        for index in chosen:
            before = _recorded_bits(recorded, index)
            if not before:
                sys.exit(f"{CASES[index]} has other bits than recorded, or no record: sweep it first")
            stride = max(arguments.stride, before["stride"])
            others = [isa for isa in fa.available_isas() if isa != arguments.isa[0]]
            strides = {isa: max(stride, OTHER_STRIDE if isa == "scalar" else 1) for isa in others}
            yield Row(index, "float32", arguments.isa[0], stride, strides, before)
        return
    for isa in arguments.isa:
        for index in chosen:
            whole = arguments.all_parameters or _is_default(CASES[index])
            stride = arguments.stride if whole else max(arguments.stride, OTHER_STRIDE)
            others = [other for other in fa.available_isas() if arguments.check_isa and other != isa]
            slow = {other: max(stride, OTHER_STRIDE if "scalar" in (isa, other) else 1) for other in others}
            if "float32" in arguments.dtype:
                yield Row(index, "float32", isa, stride, slow)
            if "float64" in arguments.dtype and arguments.float64:
                yield Row(index, "float64", isa, 1, {})
            for dtype in record.HALF_NAMES:
                if dtype in arguments.dtype:
                    yield Row(index, dtype, isa, 1, {})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.sweep", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="name", help="activations or functions; default: all")
    parser.add_argument("--isa", nargs="+", default=[fa.isa()], choices=fa.available_isas())
    parser.add_argument("--dtype", nargs="+", default=record.NAMES, choices=record.NAMES)
    parser.add_argument("--float64", type=int, default=10**6, metavar="POINTS", help="for each function; 0: none")
    parser.add_argument("--stride", type=int, default=1, metavar="N", help="one in N float32 inputs, for a quick look")
    parser.add_argument(
        "--all-parameters", action="store_true", help=f"walk them all, not one in {OTHER_STRIDE} beside the defaults"
    )
    parser.add_argument(
        "--check-isa",
        action="store_true",
        help=f"compare the bits of every other instruction set; of scalar at one in {OTHER_STRIDE} inputs",
    )
    parser.add_argument(
        "--bits-only",
        action="store_true",
        help="of functions whose bits are those recorded, whose errors stand, do nothing but --check-isa in float32",
    )
    parser.add_argument(
        "--write", action="store_true", help="put the rows in docs/accuracy.json and write docs/accuracy.md"
    )
    parser.add_argument("--restart", action="store_true", help="forget what earlier runs have finished")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes; default: one a processor")
    return parser


def main() -> None:
    """Parse the command line and sweep."""
    parser = _parser()
    arguments = parser.parse_args()
    names = [{case.op.name, case.function.__name__, case.name} for case in CASES]
    unknown = set(arguments.names).difference(*names)
    if unknown:
        parser.error(f"no activation or function is called {', '.join(sorted(unknown))}")
    native = record.ROOT / "src" / "fastact" / "_native"
    if Path(_core.__file__).stat().st_mtime < max(path.stat().st_mtime for path in native.iterdir()):
        print("warning: the extension is older than its sources; build it first", file=sys.stderr)
    wanted = set(arguments.names)
    chosen = [index for index, each in enumerate(names) if not wanted or wanted & each]
    recorded, broken = record.load(), []

    def finished(row: Row) -> None:
        if row.faults:
            broken.append(row)
            tqdm.write(f"{row.case!s:36} {row.dtype} {row.isa:7} NOT MEASURED: {row.faults[0]}")
            return
        one = row.recorded()
        kept = record.kept(row.case, one)
        if row.differs() or not kept:
            broken.append(row)
        if row.isa == arguments.isa[0]:
            record.replace(recorded, one)
        tqdm.write(_line(row, one, kept))

    rows = list(_rows(arguments, chosen, recorded))
    try:
        sweep(rows, arguments.float64, arguments.workers, State(STATE, arguments.restart), finished)
    except KeyboardInterrupt:
        sys.exit("interrupted; the same command goes on from here")
    if arguments.write:
        record.save(recorded)
        accuracy_table.main()
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
