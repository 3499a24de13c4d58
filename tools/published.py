"""What the committed pages and records say was measured: times of docs/performance.md, errors of docs/accuracy.json.

For the pages of functions, which type no figure. This file must not measure or format anything, and needs no package.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
PERFORMANCE, ACCURACY = DOCS / "performance.md", DOCS / "accuracy.json"
# The sections that are read, and a column of their table of times: "4,096, ns/call", "65,536, ns/element".
SECTION = re.compile(r"(\w+), into an array that exists, one thread")
TIME = re.compile(r"([\d,]+), (ns/call|ns/element)")
COPY = "np.copyto"

Cells = dict[str, str]  # by column


@dataclass(frozen=True)
class Costs:
    """Times as the page has them: text by (function, direction), column, dtype; and what it says of the machine."""

    machine: str
    columns: tuple[str, ...]
    times: dict[str, dict[tuple[str, str], Cells]]

    def of(self, name: str) -> list[tuple[str, str, str, Cells]]:
        """Return the lines of one function: what it is called there, direction, dtype, and text by column."""
        forms = [
            (label, direction, dtype, cells)
            for dtype, rows in self.times.items()
            for (label, direction), cells in rows.items()
            if label == name or label.startswith(f"{name} ") or label.startswith(f"{name}(")
        ]
        order = list(dict.fromkeys((label, direction) for label, direction, *_ in forms))
        return sorted(forms, key=lambda line: order.index(line[:2]))

    def copies(self, dtype: str) -> Cells:
        """Return the line of a copy of as many elements."""
        return self.times.get(dtype, {}).get((COPY, ""), {})


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _tables(lines: Sequence[str]) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Yield the head and the lines of each Markdown table."""
    table: list[list[str]] = []
    for line in [*lines, ""]:
        if line.startswith("|"):
            table.append(_cells(line))
        elif table:
            yield table[0], table[2:]
            table = []


def costs(path: Path = PERFORMANCE) -> Costs | None:
    """Return the times on the page of performance, or None where there are none."""
    if not path.exists():
        return None
    text = path.read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.M)
    times: dict[str, dict[tuple[str, str], Cells]] = {}
    columns: dict[str, int] = {}
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        found = SECTION.fullmatch(title.strip())
        if not found:
            continue
        for head, lines in _tables(body.splitlines()):
            sizes = {column: TIME.fullmatch(column) for column in head[2:]}
            if sizes and None not in sizes.values():
                columns |= {column: int(size[1].replace(",", "")) for column, size in sizes.items() if size}
                times[found[1]] = {
                    (label, direction): dict(zip(sizes, cells, strict=True)) for label, direction, *cells in lines
                }
    paragraph = next((one for one in parts[0].split("\n\n") if "do not edit." in one), "")
    machine = re.sub(r"[*`]+", "", " ".join(paragraph.partition("do not edit.")[2].split()))
    return Costs(machine, tuple(sorted(columns, key=columns.__getitem__)), times) if times else None


def errors(path: Path = ACCURACY) -> dict[tuple[str, str], float]:
    """Return the largest error recorded of each function and dtype, over all parameters that were tried."""
    found: dict[tuple[str, str], float] = {}
    for row in json.loads(path.read_text(encoding="utf-8")) if path.exists() else ():
        key = row["function"], row["dtype"]
        found[key] = max(found.get(key, 0.0), float(row["error"]))
    return found
