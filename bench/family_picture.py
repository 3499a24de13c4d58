"""The results as two pictures: time per element against size, and the ratio to the best peer as a map.

They are drawn as SVG of moderate size, the same bytes for the same results. Nothing is computed or measured here.
"""

from __future__ import annotations

import math
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import TwoSlopeNorm
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from .family_results import Results, ratio_of
from .markdown import WORDS
from .picture import COLOURS, GREY, MARKERS, size_label

# A handful from the cheapest to the dearest, in the order of the legend.
SHOWN = ("relu", "leaky_relu", "tanh", "sigmoid", "silu", "gelu", "mish")
DIRECTIONS = ("forward", "backward", "backward_from_output")
# Colours end at so many times as fast, or as slow.
MOST = 8.0
STYLE = {"font.size": 10, "axes.titlesize": 11, "svg.fonttype": "none", "svg.hashsalt": "fastact"}


def _saved(figure, path: Path) -> None:
    figure.savefig(path, facecolor="white", metadata={"Date": None} if path.suffix == ".svg" else None)
    if path.suffix == ".svg":  # which git keeps, and files there are ASCII
        path.write_bytes(path.read_text(encoding="utf-8").encode("ascii", "xmlcharrefreplace"))
    plt.close(figure)


def _machine(results: Results) -> str:
    machine = results.machine
    return f"{machine['cpu']}, {machine['isa']}, one thread, float32, out=; {machine['date_utc'][:10]}"


def draw_times(results: Results, path: Path) -> None:
    """Draw nanoseconds an element against the size, with those of np.copyto."""
    rows = results.of()
    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(1, 2, figsize=(10, 4.6), sharey=True, layout="constrained")
        for panel, direction in zip(panels, DIRECTIONS[:2], strict=True):
            of = [row for row in rows if row.direction == direction]
            sizes = sorted({row.size for row in of})
            for index, name in enumerate(SHOWN):
                found = {row.size: row.ns.median / row.size for row in of if row.function == name}
                if not found:
                    continue
                style = {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)]}
                panel.plot(list(found), list(found.values()), label=name, linewidth=1.6, markersize=5, **style)
            copies = [
                np.median([row.ns.median / row.copies.median for row in of if row.size == size]) for size in sizes
            ]
            times = np.array(copies) / np.array(sizes)
            panel.plot(sizes, times, label="np.copyto", color=GREY, linewidth=2.4, linestyle="--")
            _axes(panel, sizes)
            panel.set_title(direction, loc="left", fontweight="bold")
        panels[0].set_ylabel("ns an element")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=8, frameon=False)
        figure.supxlabel(f"elements\n{_machine(results)}", fontsize=8.5, color=GREY)
        _saved(figure, path)


def _axes(panel, sizes) -> None:
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xticks(sizes, [size_label(size) for size in sizes])
    panel.xaxis.set_minor_locator(NullLocator())
    panel.yaxis.set_major_locator(LogLocator(subs=(1, 3)))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    panel.yaxis.set_minor_locator(NullLocator())
    panel.grid(axis="y", color="#e4e4e4", linewidth=0.6)
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)


def draw_peers(results: Results, path: Path) -> None:
    """Draw the best peer's time over ours, functions by sizes; backward from x against one that reads x."""
    rows = results.of()
    names = list(dict.fromkeys(row.function for row in rows))
    sizes = sorted({row.size for row in rows})
    by_key = {(row.function, row.direction, row.size): row for row in rows}
    # The bar of more than 50 colours would be an image.
    colours = plt.get_cmap("PuOr_r", 48)
    norm = TwoSlopeNorm(0, -math.log2(MOST), math.log2(MOST))
    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(
            1, len(DIRECTIONS), figsize=(11, 1.6 + 0.27 * len(names)), sharey=True, layout="constrained", squeeze=False
        )
        for panel, direction in zip(panels[0], DIRECTIONS, strict=True):
            ratios = np.full((len(names), len(sizes)), np.nan)
            for row, name in enumerate(names):
                for column, size in enumerate(sizes):
                    found = by_key.get((name, direction, size))
                    if found and (value := ratio_of(found, "alike")) is not None:
                        ratios[row, column] = value
                        panel.text(
                            column,
                            row,
                            f"{value:.1f}" if value < 10 else f"{value:.0f}",
                            ha="center",
                            va="center",
                            fontsize=8,
                            color="white" if abs(math.log2(value)) > 2.3 else "black",
                        )
            edges = np.arange(len(sizes) + 1) - 0.5, np.arange(len(names) + 1) - 0.5
            mesh = panel.pcolormesh(*edges, np.ma.masked_invalid(np.log2(ratios)), cmap=colours, norm=norm)
            panel.set_xlim(-0.5, len(sizes) - 0.5)
            panel.set_ylim(len(names) - 0.5, -0.5)
            panel.set_xticks(range(len(sizes)), [size_label(size) for size in sizes], fontsize=8.5)
            panel.set_yticks(range(len(names)), names)
            panel.tick_params(length=0)
            panel.spines[:].set_visible(False)
            panel.set_title(WORDS[direction], loc="left", fontweight="bold")
        bar = figure.colorbar(mesh, ax=panels[0], shrink=0.6, pad=0.01)
        powers = range(-int(math.log2(MOST)), int(math.log2(MOST)) + 1)
        bar.set_ticks(list(powers), labels=[f"{2.0**power:g}" for power in powers])
        bar.outline.set_visible(False)
        figure.suptitle("How many times as long the best peer takes (above 1 we are faster)", fontsize=11)
        figure.supxlabel(f"elements\n{_machine(results)}", fontsize=8.5, color=GREY)
        _saved(figure, path)
