"""How figures are written: numbers, intervals, sizes in bytes, and the verdict on the claim.

Every sentence is chosen by the numbers that it quotes; this file must hold no result.
"""

from __future__ import annotations

from .cases import BYTES_PER_ELEMENT
from .peers import FASTACT, FROM_OUTPUT
from .summary import Claim

CLAIMED = 6
CLAIMED_WORD = "six"
# What a reader would still call 'six times'.
CLOSE = (5, 7)
# A function that takes no longer than this many copies is held back by memory, not by arithmetic.
NEAR_A_COPY = 1.5
PER_CALL_UP_TO = 4096


def number(value: float) -> str:
    """Write a time or a ratio with two significant digits, or as an integer from 10 on."""
    return f"{value:#.2g}" if value < 9.95 else f"{value:,.0f}"


def ratio(estimate: dict | None) -> str:
    """Write a ratio with its interval, if it has one."""
    if estimate is None:
        return "-"
    median = number(estimate["median"])
    return median if estimate["low"] is None else f"{median} ({interval(estimate)})"


def interval(estimate: dict) -> str:
    """Write the interval, or a question mark where the rounds were too few for one."""
    return "?" if estimate["low"] is None else f"{number(estimate['low'])}-{number(estimate['high'])}"


def unit(size: int) -> str:
    return "ns/call" if size <= PER_CALL_UP_TO else "ns/element"


def duration(cell: dict | None, size: int) -> str:
    """Write the time of a cell in the unit of its size."""
    if cell is None:
        return "-"
    median = cell["ns"]["median"]
    return f"{median:,.0f}" if size <= PER_CALL_UP_TO else number(median / size)


def binary(size: float) -> str:
    """Write a number of bytes: 512 KiB, 1.5 MiB."""
    for name in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.3g} {name}"
        size /= 1024
    return f"{size:.3g} GiB"


def platform_line(machine: dict, threads: str = "one thread") -> str:
    """Write CPU, instruction set, compiler, versions, threads and date on one line."""
    caches = ", ".join(f"{name} {binary(size)}" for name, size in machine["caches"].items())
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if version)
    return (
        f"{machine['cpu'] or 'unknown CPU'} ({machine['logical_cores']} logical cores; "
        f"{caches or 'caches unknown'}), instruction set {machine['isa']}, {machine['compiler']}; {versions}; "
        f"{threads}; {machine['date_utc'][:10]}"
    )


def starting_points(claim: Claim) -> str:
    """Say what each backward pass reads: the derivative costs an exponential only from x."""
    return f"Backward, {' and '.join(claim.backward_from_x())} start from x, the others from the saved output."


def verdict(claim: Claim, size: int) -> str:
    """Say in one sentence whether 'six times' is true of fastact at one size, and why."""
    return (
        f"{size:,} elements: forward {_answer(claim, size, 'forward')}; "
        f"backward {_answer(claim, size, 'backward')}{_from_output(claim, size)}; {_why(claim, size)}."
    )


def _answer(claim: Claim, size: int, direction: str) -> str:
    """Judge the claim by the ratios of fastact: 'yes (sigmoid 6.7 (6.6-6.9), tanh ...)'."""
    judged: dict[str, list[str]] = {}
    for name in claim.exponentials:
        estimate = claim.ratio(size, direction, FASTACT, name)
        if estimate:
            judged.setdefault(judge(estimate), []).append(f"{name} {ratio(estimate)}")
    return " and ".join(f"{word} ({', '.join(figures)})" for word, figures in judged.items()) or "not measured"


def judge(estimate: dict) -> str:
    """Say whether a ratio is what one may call six times; undecided if only its interval reaches that."""
    low, high = CLOSE
    if low <= estimate["median"] <= high:
        return "yes"
    if estimate["low"] is not None and estimate["low"] <= high and estimate["high"] >= low:
        return "undecided"
    return "no, less" if estimate["median"] < low else "no, more"


def _from_output(claim: Claim, size: int) -> str:
    estimates = [claim.ratio(size, "backward", FROM_OUTPUT, name) for name in claim.exponentials]
    if not all(estimates):
        return ""
    return f", from the saved output {' and '.join(number(estimate['median']) for estimate in estimates)}"


def _why(claim: Claim, size: int) -> str:
    """Explain the forward ratio: a copy of the same bytes shows what memory alone would cost."""
    cells = {name: claim.cell(size, "forward", FASTACT, name) for name in ("relu", *claim.exponentials)}
    if not all(cells.values()):
        return "not all of fastact was measured"
    if size == min(claim.sizes):
        called = ", ".join(f"{name} {cell['ns']['median']:,.0f} ns" for name, cell in cells.items())
        return f"the call is most of the time ({called})"
    relu, *rest = (cell["copies"]["median"] for cell in cells.values())
    copies = ", ".join(f"{name} {number(cell['copies']['median'])}" for name, cell in cells.items())
    if max(rest) <= NEAR_A_COPY:
        why = "all of them wait for memory, which hides the arithmetic"
    elif relu <= NEAR_A_COPY:
        why = "relu costs no more than a copy of the same bytes, arithmetic bounds the exponentials"
    else:
        why = "arithmetic decides, for relu too"
    return f"{why} (times np.copyto: {copies}); {_place(claim, size)}"


def _place(claim: Claim, size: int) -> str:
    working = size * BYTES_PER_ELEMENT["forward"]
    for name, capacity in claim.machine["caches"].items():
        if working <= capacity:
            return f"x and out ({binary(working)}) are in {name}"
    return f"x and out ({binary(working)}) fit no known cache"
