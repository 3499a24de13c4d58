"""Pictures of the report as SVG that follows the page: its colours in light and dark, its width on any screen.

matplotlib draws with colours that stand for others; in the SVG they become variables of the page's style sheet.
Nothing is measured or judged here.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import NullLocator

from ..harness import Estimate
from .result import Picture

# What stands for a colour of the page, and which.
INK, GRID = "#123450", "#123451"
SERIES = tuple(f"#12346{index}" for index in range(8))
VARIABLES = {INK: "var(--ink)", GRID: "var(--grid)"} | {
    colour: f"var(--series-{index})" for index, colour in enumerate(SERIES)
}
MARKERS = "os^Dv<>P"
DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)))
# Narrow, so that letters stay readable when a phone scales it.
SIZE = (5.4, 3.7)
STYLE = {
    "font.size": 10.5,
    "axes.titlesize": 11,
    "legend.fontsize": 9.5,
    "svg.fonttype": "none",
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.labelcolor": INK,
    "grid.color": GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
MARKS_UP_TO = 16


@dataclass(frozen=True)
class Series:
    """One line: points, and the ends of their intervals where there are any."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float | None] | None = None
    high: Sequence[float | None] | None = None


def series(name: str, points: Mapping[float, Estimate | float]) -> Series:
    """Return a line through estimates (or plain numbers) by their x."""
    found = [y if isinstance(y, Estimate) else Estimate(float(y), None, None) for y in points.values()]
    return Series(name, list(points), *([getattr(one, key) for one in found] for key in ("median", "low", "high")))


def lines(
    title: str,
    drawn: Sequence[Series],
    *,
    x: str,
    y: str,
    log_x: bool = False,
    log_y: bool = False,
    ticks: Mapping[float, str] | None = None,
    levels: Mapping[str, float] | None = None,
    limits: tuple[float | None, float | None] = (None, None),
) -> Picture:
    """Draw lines with bands for intervals; `levels` are named horizontal lines."""
    with plt.rc_context({**STYLE, "svg.hashsalt": title}):
        figure, panel = plt.subplots(figsize=SIZE, layout="constrained")
        panel.set_xscale("log" if log_x else "linear")
        panel.set_yscale("log" if log_y else "linear")
        for index, line in enumerate(drawn):
            # Curves may lie on each other: with marks or without, one must show through the other.
            marked = len(line.x) <= MARKS_UP_TO
            style = {"color": SERIES[index % len(SERIES)], "linestyle": "-" if marked else DASHES[index % len(DASHES)]}
            if marked:
                style |= {"marker": MARKERS[index % len(MARKERS)], "markersize": 4.5}
            values = np.array(line.y, dtype=float)
            values = np.where(values > 0, values, np.nan) if log_y else values
            panel.plot(line.x, values, label=line.name, linewidth=1.8, **style)
            if line.low is not None:
                low, high = np.array(line.low, dtype=float), np.array(line.high, dtype=float)
                panel.fill_between(line.x, low, high, color=style["color"], alpha=0.2, linewidth=0)
        for name, level in (levels or {}).items():
            panel.axhline(level, color=INK, linewidth=0.9, linestyle=(0, (6, 3)))
            panel.annotate(name, (1, level), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=8.5)
        if ticks:
            panel.set_xticks(list(ticks), list(ticks.values()))
            panel.xaxis.set_minor_locator(NullLocator())
        panel.set_ylim(*limits)
        panel.set_xlabel(x)
        panel.set_ylabel(y)
        panel.grid(axis="y", linewidth=0.6)
        panel.set_axisbelow(True)
        if len(drawn) > 1:
            figure.legend(loc="outside upper left", ncols=3, frameon=False)
        return Picture(title, _svg(figure, title), {"x": x, "y": y, "series": [asdict(line) for line in drawn]})


def bars(title: str, groups: Mapping[str, Mapping[str, Estimate | float]], *, x: str, log_x: bool = False) -> Picture:
    """Draw horizontal bars with their intervals: group, then name, then value."""
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    rows = sum(len(group) + 0.6 for group in groups.values())
    with plt.rc_context({**STYLE, "svg.hashsalt": title}):
        figure, panel = plt.subplots(figsize=(SIZE[0], 1.1 + 0.21 * rows), layout="constrained")
        panel.set_xscale("log" if log_x else "linear")
        at, ticks, labelled = 0.0, [], set()
        for group in groups.values():
            ticks.append(at + (len(group) - 1) / 2)
            for name, value in group.items():
                found = value if isinstance(value, Estimate) else Estimate(float(value), None, None)
                label = None if name in labelled else name
                labelled.add(name)
                panel.barh(at, found.median, height=0.86, color=SERIES[names.index(name) % len(SERIES)], label=label)
                if found.low is not None:
                    panel.plot([found.low, found.high], [at, at], color=INK, linewidth=1.2)
                at += 1
            at += 0.6
        panel.set_yticks(ticks, list(groups))
        panel.tick_params(axis="y", length=0)
        panel.invert_yaxis()
        panel.set_xlabel(x)
        panel.grid(axis="x", linewidth=0.6)
        panel.set_axisbelow(True)
        if len(names) > 1:
            figure.legend(loc="outside upper left", ncols=3, frameon=False)
        data = {
            group: {name: asdict(value) if isinstance(value, Estimate) else value for name, value in found.items()}
            for group, found in groups.items()
        }
        return Picture(title, _svg(figure, title), {"x": x, "groups": data})


def _svg(figure, title: str) -> str:
    buffer = io.StringIO()
    figure.savefig(
        buffer, format="svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
    )
    plt.close(figure)
    return inline(buffer.getvalue(), title)


def inline(text: str, title: str) -> str:
    """Make a file's SVG fit to stand beside others in HTML: no prolog, no fixed size, identifiers of its own."""
    prefix = re.sub(r"\W+", "-", title.lower()).strip("-")
    body = text[text.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.S)
    head, rest = body.split(">", 1)
    box = re.search(r'viewBox="[^"]*"', head)[0]
    rest = re.sub(r'\bid="', f'id="{prefix}-', rest)
    rest = re.sub(r'(?:xlink:)?href="#', f'href="#{prefix}-', rest)
    rest = rest.replace("url(#", f"url(#{prefix}-")
    for colour, variable in VARIABLES.items():
        rest = rest.replace(colour, variable)
    label = title.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return f'<svg {box} role="img" aria-label="{label}">{rest}'
