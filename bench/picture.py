"""The claim as one picture: exponential over ReLU against the size of the array.

Nothing is computed or measured here; the figures come from the published dictionary.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from .peers import FROM_OUTPUT, OURS
from .summary import Claim
from .wording import CLAIMED, CLAIMED_WORD, binary, starting_points

# Okabe and Ito's palette, told apart with any colour vision; markers help in print.
COLOURS = ("#E69F00", "#009E73", "#0072B2", "#56B4E9", "#CC79A7", "#D55E00", "#000000")
MARKERS = ("s", "^", "o", "o", "D", "v", "P")
GREY = "#666666"


def draw(claim: Claim, path: Path) -> None:
    """Write the picture in the format that the suffix of the path names."""
    with plt.rc_context({"font.size": 10, "axes.titlesize": 11}):
        figure, axes = plt.subplots(
            len(claim.directions),
            len(claim.exponentials),
            figsize=(10, 7.4),
            sharex=True,
            sharey="row",
            squeeze=False,
            layout="constrained",
        )
        styles = {
            row["name"]: {"color": COLOURS[i % len(COLOURS)], "marker": MARKERS[i % len(MARKERS)]}
            for i, row in enumerate(claim.data["implementations"])
        }
        for row, direction in zip(axes, claim.directions, strict=True):
            for panel, activation in zip(row, claim.exponentials, strict=True):
                _panel(panel, claim, direction, activation, styles)
            row[0].set_ylabel("times as long as relu")
        for panel in axes[-1]:
            panel.set_xlabel("elements (float32)")
        _legend(figure, claim, styles)
        figure.savefig(path, dpi=150, facecolor="white")
        plt.close(figure)


def _panel(panel, claim: Claim, direction: str, activation: str, styles: dict) -> None:
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_title(f"{activation} / relu, {direction}", loc="left", pad=18, fontweight="bold")
    for name in claim.names(direction):
        known = [
            (size, estimate) for size in claim.sizes if (estimate := claim.ratio(size, direction, name, activation))
        ]
        # A line without points would make the layout collapse.
        if not known:
            continue
        sizes = [size for size, _ in known]
        median, low, high = (
            np.array([estimate[key] for _, estimate in known], dtype=float) for key in ("median", "low", "high")
        )
        ours = name in OURS
        panel.fill_between(sizes, low, high, color=styles[name]["color"], alpha=0.2, linewidth=0)
        panel.plot(sizes, median, **styles[name], **_line(name), zorder=4 if ours else 3, clip_on=False)
    panel.axhline(CLAIMED, color="black", linewidth=1, linestyle=(0, (6, 3)), zorder=1)
    panel.axhline(1, color=GREY, linewidth=0.6, zorder=1)
    panel.set_xlim(min(claim.sizes) / 1.5, max(claim.sizes) * 1.5)
    panel.set_xticks(claim.sizes, [size_label(size) for size in claim.sizes])
    panel.xaxis.set_minor_locator(NullLocator())
    panel.yaxis.set_major_locator(LogLocator(subs=(1, 3)))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    panel.yaxis.set_minor_locator(NullLocator())
    panel.grid(axis="y", color="#e4e4e4", linewidth=0.6)
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)
    _caches(panel, claim, claim.group(claim.sizes[0], direction)["bytes_per_element"])


def _line(name: str) -> dict:
    ours = name in OURS
    return {
        "linewidth": 2.6 if ours else 1.4,
        "markersize": 6.5 if ours else 5,
        "linestyle": "--" if name == FROM_OUTPUT else "-",
    }


def size_label(size: int) -> str:
    """Write a size as an axis has it."""
    power = len(f"{size:d}") - 1
    if size < 10**5:
        return f"{size:,}"
    head = f"{size / 10**power:g}"
    return f"$10^{power}$" if head == "1" else f"${head}\\cdot 10^{power}$"


def _caches(panel, claim: Claim, bytes_per_element: int) -> None:
    """Mark the sizes at which the arrays of a call fill each cache."""
    low, high = panel.get_xlim()
    for name, capacity in claim.machine["caches"].items():
        elements = capacity / bytes_per_element
        if low < elements < high:
            panel.axvline(elements, color=GREY, linewidth=0.9, linestyle=":", zorder=1)
            panel.annotate(
                f"{name} {binary(capacity)}",
                (elements, 1),
                xycoords=("data", "axes fraction"),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                color=GREY,
                fontsize=8.5,
            )


def _legend(figure, claim: Claim, styles: dict) -> None:
    names = [row["name"] for row in claim.data["implementations"] if row["present"]]
    handles = [Line2D([], [], label=name, **styles[name], **_line(name)) for name in names]
    handles += [
        Line2D([], [], color="black", linestyle=(0, (6, 3)), linewidth=1, label=f"the claim: {CLAIMED_WORD} times"),
        Line2D([], [], color=GREY, linestyle=":", label="all arrays of a call fill the cache"),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=5, frameon=False)
    machine = claim.machine
    figure.supxlabel(
        f"{starting_points(claim)} Shaded: 95 % interval.\n"
        f"{machine['cpu']}, {machine['isa']}, one thread, {machine['date_utc'][:10]}",
        fontsize=8.5,
        color=GREY,
    )
