"""The claim as tables for a terminal of 100 columns; nothing is computed or measured here."""

from __future__ import annotations

from collections.abc import Callable

from rich import box
from rich.console import Console
from rich.table import Table

from .harness import COPY
from .peers import OURS
from .summary import Claim
from .wording import CLAIMED_WORD, duration, interval, number, platform_line, ratio, starting_points, unit, verdict

# How each outcome of fastact against its fastest peer is coloured, and marked where colour is lost.
STYLES = {"slower": "bold red", "level": "yellow", "unknown": "dim", "faster": "none"}
MARKS = {"slower": "loses ", "level": "level ", "unknown": "", "faster": ""}


def show(claim: Claim, console: Console) -> None:
    """Print everything; the verdicts come last, where a reader's terminal stands."""
    for direction in claim.directions:
        console.rule(direction)
        console.print(_times(claim, direction))
        console.print(_ratios(claim, direction))
        console.print(_comparison(claim, direction))
    console.rule(f"Does an exponential take {CLAIMED_WORD} times as long as relu?")
    for size in claim.sizes:
        console.print(f"- {verdict(claim, size)}", highlight=False)
    console.print(f"\n{platform_line(claim.machine)}", style="dim", highlight=False)
    for name in claim.absent():
        console.print(f"{name}: absent", style="yellow")
    for fault in claim.faults():
        console.print(f"not timed: {fault}", style="red", markup=False)


def _table(claim: Claim, title: str, labels: int, head: Callable[[int], str]) -> Table:
    table = Table(
        title=title,
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
        title_justify="left",
        caption_justify="left",
    )
    for _ in range(labels):
        table.add_column("", no_wrap=True)
    for size in claim.sizes:
        table.add_column(head(size), justify="right", no_wrap=True)
    return table


def _name(implementation: str) -> str:
    return f"[bold]{implementation}[/bold]" if implementation in OURS else implementation


def _times(claim: Claim, direction: str) -> Table:
    table = _table(claim, f"{direction}: time", 2, lambda size: f"{size:,}\n{unit(size)}")
    copies = [duration(claim.cell(size, direction, COPY), size) for size in claim.sizes]
    table.add_row("", "np.copyto", *copies, end_section=True)
    names = claim.names(direction)
    for activation in claim.activations:
        for name in names:
            table.add_row(
                activation if name == names[0] else "",
                _name(name),
                *(duration(claim.cell(size, direction, name, activation), size) for size in claim.sizes),
                end_section=name == names[-1],
            )
    return table


def _ratios(claim: Claim, direction: str) -> Table:
    title = f"{direction}: time over that of relu, same implementation (95 % interval)"
    table = _table(claim, title, 1, lambda size: f"{size:,}")
    for activation in claim.exponentials:
        table.add_row(f"{activation} / relu", style="italic")
        names = claim.names(direction)
        for name in names:
            estimates = (claim.ratio(size, direction, name, activation) for size in claim.sizes)
            table.add_row(_name(name), *map(ratio, estimates), end_section=name == names[-1])
    return table


def _comparison(claim: Claim, direction: str) -> Table:
    title = f"{direction}: time of the fastest peer over that of fastact (above 1: fastact is faster)"
    table = _table(claim, title, 1, lambda size: f"{size:,}")
    if direction == "backward":
        table.caption = starting_points(claim)
    for ours in (name for name in claim.names(direction) if name in OURS):
        table.add_row(_name(ours))
        for activation in claim.activations:
            found = (claim.comparison(size, direction, ours, activation) for size in claim.sizes)
            table.add_row(activation, *map(_against, found), end_section=activation == claim.activations[-1])
    return table


def _against(found: dict | None) -> str:
    if not found:
        return "-"
    style = STYLES[found["outcome"]]
    return f"[{style}]{number(found['median'])} {found['peer']}\n{MARKS[found['outcome']]}{interval(found)}[/{style}]"
