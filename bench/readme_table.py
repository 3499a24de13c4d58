"""The claim as Markdown for the README: `python -m bench.readme_table [--write README.md]`.

All figures come from claim.json; this file must not measure anything, nor judge it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .peers import FASTACT, OURS
from .summary import Claim
from .wording import CLAIMED_WORD, CLOSE, judge, number, platform_line, starting_points

BEGIN = "<!-- claim:begin -->"
END = "<!-- claim:end -->"
# Bold where the claim or fastact does not hold, so that nobody has to look for it.
EMPHASIS = {"faster": "", "slower": "**", "level": "*", "unknown": "*"}


def markdown(claim: Claim) -> str:
    """Return two tables, each with its caption, and the line about the machine."""
    low, high = CLOSE
    return "\n\n".join(
        (
            f"Time of {' / '.join(claim.exponentials)} over that of `relu`, by number of float32 elements "
            f"(**bold**: from {low} to {high}, what one may call {CLAIMED_WORD} times). {starting_points(claim)}",
            _ratios(claim),
            "Time of the fastest other implementation over that of fastact; backward first from `x`, then from the "
            "saved output (**bold**: fastact is slower; *italic*: the interval leaves it open):",
            _comparison(claim),
            f"Measured on {platform_line(claim.machine)}.",
        )
    )


def _rows(claim: Claim, rows: list[list[str]]) -> str:
    header = ["", *(f"{size:,}" for size in claim.sizes)]
    rule = ["---"] + ["---:"] * len(claim.sizes)
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, rule, *rows))


def _ratios(claim: Claim) -> str:
    rows = []
    for direction in claim.directions:
        verdicts = (_verdicts(claim, size, direction) for size in claim.sizes)
        rows.append([f"**{direction}: {CLAIMED_WORD} times?**", *verdicts])
        for name in claim.names(direction):
            estimates = (_estimates(claim, size, direction, name) for size in claim.sizes)
            rows.append([name, *(" / ".join(map(_ratio, both)) for both in estimates)])
    return _rows(claim, rows)


def _estimates(claim: Claim, size: int, direction: str, name: str) -> list[dict | None]:
    return [claim.ratio(size, direction, name, activation) for activation in claim.exponentials]


def _verdicts(claim: Claim, size: int, direction: str) -> str:
    """Write the verdict on fastact, once if it is the same for every exponential."""
    words = [judge(estimate) if estimate else "-" for estimate in _estimates(claim, size, direction, FASTACT)]
    return " / ".join(dict.fromkeys(words))


def _ratio(estimate: dict | None) -> str:
    if estimate is None:
        return "-"
    written = number(estimate["median"])
    return f"**{written}**" if judge(estimate) == "yes" else written


def _comparison(claim: Claim) -> str:
    return _rows(
        claim,
        [
            [f"{activation} {direction}", *(_against(claim, size, direction, activation) for size in claim.sizes)]
            for direction in claim.directions
            for activation in claim.activations
        ],
    )


def _against(claim: Claim, size: int, direction: str, activation: str) -> str:
    found = [claim.comparison(size, direction, name, activation) for name in OURS]
    found = [comparison for comparison in found if comparison]
    if not found:
        return "-"
    marks = [EMPHASIS[comparison["outcome"]] for comparison in found]
    figures = [f"{mark}{number(comparison['median'])}{mark}" for mark, comparison in zip(marks, found, strict=True)]
    # Both of ours meet the same peer: the fastest is chosen by its own time alone.
    return f"{' / '.join(figures)} {found[0]['peer']}"


def _replaced(text: str, table: str) -> str:
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"needs one {BEGIN} and after it one {END}")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.readme_table", description=__doc__)
    parser.add_argument("claim", nargs="?", type=Path, default=Path("results/claim.json"))
    parser.add_argument("--write", type=Path, metavar="README.md", help="replace its table")
    options = parser.parse_args(arguments)
    try:
        table = markdown(Claim(json.loads(options.claim.read_text(encoding="utf-8"))))
        if options.write is None:
            print(table)
        else:
            text = options.write.read_text(encoding="utf-8")
            options.write.write_text(_replaced(text, table), encoding="utf-8")
    except (OSError, ValueError) as error:
        parser.error(f"{error}")
    except KeyError as error:
        parser.error(f"{options.claim} has no entry {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
