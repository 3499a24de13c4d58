"""ReLU against sigmoid and tanh, forward and backward: by size, dtype, instruction set and implementation, and why."""

from __future__ import annotations

import fastact as fa

from .. import summary
from ..cases import BYTES_PER_ELEMENT
from ..harness import COPY, Estimate, Pool
from ..picture import size_label
from ..wording import CLOSE
from . import timing
from .drawing import lines, series
from .result import SMALLEST, Claim, Effort, Finding, Report, Result, Table, judged, within
from .timing import DTYPES, IN_CACHE, NAMES

EXPONENTIALS = NAMES[1:]
WORDS = {"forward": "forward", "backward": "backward from x", "backward_from_output": "backward from the output"}


def measure(effort: Effort, report: Report) -> Result:
    """Time fastact by instruction set in fresh processes, then every peer as `make claim` does."""
    smallest = effort.level == SMALLEST
    processes, sizes = effort.of(1, 1, 3), timing.sizes(smallest)
    isas = [fa.isa()] if smallest else fa.available_isas()
    options = {"rounds": effort.of(5, 8, 25), "seconds": effort.of(0.0, 0.3, 2.0)}
    runs = {}
    for process in range(processes):
        for number, isa in enumerate(isas):
            report(f"fastact, {isa}", 0.4 * (process + number / len(isas)) / processes)
            # Other instruction sets are compared where they matter, at sizes that need little time.
            of = sizes if isa == fa.isa() else timing.SOME
            runs.setdefault(isa, []).append(
                timing.in_a_process("own", isa, sizes=of, seed=effort.seed + process, **options)
            )
    generator = effort.generator()
    pools = {
        isa: {key: Pool([run[key] for run in found], generator) for key in found[0]} for isa, found in runs.items()
    }
    native = pools[fa.isa()]
    groups = []
    if not smallest:
        for process in range(processes):
            report("the other implementations", 0.4 + 0.6 * process / processes)
            seconds = effort.of(0, 14, 30)
            groups.append(timing.in_a_process("peers", process=process, seconds=seconds, rounds=effort.of(1, 8, 20)))
    peers = [
        (group["size"], group["direction"], row["implementation"], row["activation"], _estimate(row))
        for group in (summary.summarise(groups) if groups else ())
        for row in group["ratios_to_relu"]
    ]
    return Result(
        findings=(
            *(
                Finding(
                    f"Six times (5 to 7), {word}, by size",
                    judged(
                        {
                            f"{size:,} elements, {name}": _six(native["float32", size, direction].ratio(name, "relu"))
                            for size in sizes
                            for name in EXPONENTIALS
                        }
                    ),
                )
                for direction, word in WORDS.items()
            ),
            Finding(
                f"Six times forward, by dtype, at {IN_CACHE:,} elements",
                judged(
                    {
                        f"{dtype}, {name}": _six(native[dtype, IN_CACHE, "forward"].ratio(name, "relu"))
                        for dtype in DTYPES
                        for name in EXPONENTIALS
                        if (dtype, IN_CACHE, "forward") in native
                    }
                ),
            ),
            Finding(
                f"Six times forward, by instruction set, at {IN_CACHE:,} elements",
                judged(
                    {
                        f"{isa}, {name}": _six(found["float32", IN_CACHE, "forward"].ratio(name, "relu"))
                        for isa, found in pools.items()
                        for name in EXPONENTIALS
                    }
                ),
            ),
            *(
                Finding(
                    f"Six times {direction}, by implementation, at {IN_CACHE:,} elements",
                    judged(
                        {
                            f"{implementation}, {name}": _six(found)
                            for size, way, implementation, name, found in peers
                            if (size, way) == (IN_CACHE, direction)
                        }
                    ),
                )
                for direction in (("forward", "backward") if peers else ())
            ),
        ),
        setting=f"Ratios of two times of one round, 95 % bootstrap intervals, {processes} process(es) for each "
        "instruction set, one "
        "thread, results into an existing array. Implementations as in `make claim`, each in the fastest of several "
        "spellings; backward, naive NumPy and fastact start from x there, the others from the saved output.",
        sentences=tuple(_reasons(native, sizes)),
        tables=(
            Table(
                "Time over that of relu, fastact, float32",
                ("elements", *(f"{name}, {word}" for word in WORDS.values() for name in EXPONENTIALS)),
                [
                    (
                        size,
                        *(native["float32", size, way].ratio(name, "relu") for way in WORDS for name in EXPONENTIALS),
                    )
                    for size in sizes
                ],
            ),
            Table(
                "Why: forward, float32, nanoseconds an element, times a copy of the same bytes, and GB/s",
                ("elements", *(f"{name}, {unit}" for name in NAMES for unit in ("ns", "copies", "GB/s")), "copy, ns"),
                [_cost(native["float32", size, "forward"], size) for size in sizes],
            ),
            Table(
                "Time over that of relu by instruction set and dtype, fastact, forward",
                ("instruction set", "dtype", "elements", *EXPONENTIALS),
                [
                    (isa, dtype, size, *(pool.ratio(name, "relu") for name in EXPONENTIALS))
                    for isa, found in pools.items()
                    for (dtype, size, direction), pool in found.items()
                    if direction == "forward" and size in timing.SOME
                ],
            ),
            *_by_implementation(peers),
        ),
        pictures=(*_by_size(native, sizes), *_of_peers(peers)),
    )


def _estimate(row: dict) -> Estimate:
    return Estimate(row["median"], row["low"], row["high"])


def _six(found: Estimate) -> bool | None:
    return within(found, *CLOSE)


def _cost(pool: Pool, size: int) -> list:
    moved, row = BYTES_PER_ELEMENT["forward"], [size]
    for name in NAMES:
        nanoseconds = pool.time(name).median / size
        row += [nanoseconds, pool.ratio(name, COPY), moved / nanoseconds]
    return [*row, pool.time(COPY).median / size]


def _reasons(native, sizes):
    """Explain the ratios by the larger of two times: the instructions' in the first cache, and the bytes'."""
    quick = native["float32", IN_CACHE, "forward"]
    instructions = {name: quick.time(name).median / IN_CACHE for name in NAMES}
    each = ", ".join(f"{name} {time:.3g}" for name, time in instructions.items())
    yield (
        f"Where all arrays are in the first cache, instructions decide; nanoseconds an element there: {each}. ReLU "
        "is one maximum "
        "a vector, the others an exponential and a division."
    )
    for size in sizes:
        if size <= IN_CACHE:
            continue
        pool = native["float32", size, "forward"]
        # Results that are written past the caches may take less than a copy does.
        moved = min(pool.time(key).median for key in (COPY, "relu")) / size
        limits = {name: max(time, moved) for name, time in instructions.items()}
        bound = [name for name, time in instructions.items() if time <= moved]
        who = f"bytes bound {' and '.join(bound)}" if bound else "instructions bound all of them"
        ratios = ", ".join(
            f"{name} {limits[name] / limits['relu']:.2g} (measured {pool.ratio(name, 'relu').median:.2g})"
            for name in EXPONENTIALS
        )
        yield (
            f"{size:,} elements: the bytes alone take {moved:.3g} ns an element (relu or a copy, the lesser); the "
            "larger of both times lets one expect "
            f"that {who}, and "
            f"ratios of {ratios}."
        )
    call = native["float32", sizes[0], "forward"]
    calls = ", ".join(f"{call.time(name).median:.0f} ns ({name})" for name in NAMES)
    yield f"{sizes[0]} elements: a call takes {calls}."


def _by_implementation(peers):
    sizes = sorted({size for size, *_ in peers})
    for direction in ("forward", "backward") if peers else ():
        ratios = {
            (implementation, name, size): found for size, way, implementation, name, found in peers if way == direction
        }
        rows = dict.fromkeys((implementation, name) for implementation, name, _ in ratios)
        yield Table(
            f"Time over that of relu by implementation, {direction}, float32",
            ("implementation", "function", *(f"{size:,}" for size in sizes)),
            [(*key, *(ratios.get((*key, size)) for size in sizes)) for key in rows],
        )


def _ticks(sizes):
    return {size: size_label(size) for size in sizes}


def _by_size(native, sizes):
    for name in EXPONENTIALS:
        yield lines(
            f"{name} over relu, fastact, float32",
            [
                series(word, {size: native["float32", size, way].ratio(name, "relu") for size in sizes})
                for way, word in WORDS.items()
            ],
            x="elements",
            y="times as long as relu",
            log_x=True,
            log_y=True,
            ticks=_ticks(sizes),
            levels={"six": 6.0},
        )


def _of_peers(peers):
    sizes = sorted({size for size, *_ in peers})
    for name in EXPONENTIALS if peers else ():
        points = {}
        for size, way, implementation, of, found in peers:
            if (way, of) == ("forward", name):
                points.setdefault(implementation, {})[size] = found
        yield lines(
            f"{name} over relu, forward, by implementation",
            [series(implementation, some) for implementation, some in points.items()],
            x="elements",
            y="times as long as relu",
            log_x=True,
            log_y=True,
            ticks=_ticks(sizes),
            levels={"six": 6.0},
        )


CLAIM = Claim(
    point=1,
    title="Six times faster: the functions themselves",
    stated="ReLU is about six times faster to compute than sigmoid and tanh, forward and backward.",
    sources=(
        "Said in teaching; the number is often traced to A. Krizhevsky, I. Sutskever, G. E. Hinton: ImageNet "
        "classification with "
        "deep convolutional neural networks, NIPS 2012, whose six times are about epochs (see the claim about "
        "convergence)",
        "X. Glorot, A. Bordes, Y. Bengio: Deep sparse rectifier neural networks. AISTATS 2011 (computations are "
        "cheaper, as there "
        "is no exponential)",
    ),
    seconds=(30, 160),
    measure=measure,
)
