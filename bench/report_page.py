"""From the outcomes of the claims to the two files of `make report`: the page and the same numbers as JSON.

Layout and colours are in report.html.jinja. Nothing is measured or judged here.
"""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .claims.result import FAILED, FAILS, HOLDS, LEFT_OUT, ONLY_WHEN, UNDECIDED, Effort, Outcome
from .harness import Estimate
from .machine import machine
from .wording import platform_line

TEMPLATE = "report.html.jinja"
PAGE, DATA = "report.html", "report.json"
PACKAGES = ("numpy", "scipy", "sklearn", "fastact", "numexpr", "numba", "torch", "matplotlib")
# What a style sheet calls a verdict or a status.
CLASSES = {
    HOLDS: "holds",
    ONLY_WHEN: "partly",
    FAILS: "fails",
    UNDECIDED: "open",
    FAILED: "broken",
    LEFT_OUT: "open",
}


def recorded(effort: Effort, seconds: float) -> dict:
    """Return what says how and where it was measured."""
    return {
        "effort": effort.level,
        "seed": effort.seed,
        "measured_in_seconds": round(seconds, 1),
        "machine": machine({package: _version(package) for package in PACKAGES}),
    }


def _version(package: str) -> str | None:
    try:
        return importlib.import_module(package).__version__
    except ImportError:
        return None


def written(outcomes: Sequence[Outcome], record: dict, folder: Path) -> tuple[Path, Path]:
    """Write both files, and return where they are."""
    page, data = folder / PAGE, folder / DATA
    page.write_text(html(outcomes, record), encoding="utf-8")
    text = json.dumps(as_data(outcomes, record), indent=1, allow_nan=False)
    data.write_text(text + "\n", encoding="utf-8")
    return page, data


def as_data(outcomes: Sequence[Outcome], record: dict) -> dict:
    """Return what report.json holds: all of the page but the drawings."""
    return plain({**record, "claims": [_claim(outcome) for outcome in outcomes]})


def _claim(outcome: Outcome) -> dict:
    claim, result = outcome.claim, outcome.result
    found = {
        "name": outcome.name,
        "status": outcome.status,
        "reason": outcome.reason or None,
        "seconds": round(outcome.seconds, 2),
        "verdict": result.word if result else None,
    }
    if claim:
        found |= {key: getattr(claim, key) for key in ("point", "title", "stated", "sources")}
    if result:
        found |= {
            "findings": [
                {"statement": finding.statement, **asdict(finding.verdict), "sentence": finding.verdict.sentence}
                for finding in result.findings
            ],
            "setting": result.setting,
            "sentences": result.sentences,
            "tables": [asdict(table) for table in result.tables],
            "pictures": [{"title": picture.title, **picture.data} for picture in result.pictures],
        }
    return found


def plain(value):
    """Return what JSON can hold: NumPy's numbers as Python's; what is no number, or infinite, as null."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, Estimate):
        return plain(asdict(value))
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def html(outcomes: Sequence[Outcome], record: dict) -> str:
    """Return the page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cell": cell, "is_number": is_number, "class_of": CLASSES.__getitem__, "svg": Markup}
    template = environment.get_template(TEMPLATE)
    counted = [word(outcome) for outcome in outcomes]
    return template.render(
        outcomes=outcomes,
        word=word,
        counts={name: counted.count(name) for name in CLASSES if name in counted},
        record=record,
        platform=platform_line(record["machine"]),
    )


def word(outcome: Outcome) -> str:
    """Return the verdict, or why there is none."""
    return outcome.result.word if outcome.result else outcome.status


def is_number(value) -> bool:
    """Say whether a cell stands to the right."""
    return isinstance(value, (int, float, np.number, Estimate)) and not isinstance(value, bool)


def cell(value) -> str:
    """Write a cell of a table."""
    if value is None:
        return "-"
    if isinstance(value, Estimate):
        if value.low is None:
            return number(value.median)
        return f"{number(value.median)} ({number(value.low)} to {number(value.high)})"
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    return number(value) if is_number(value) else str(value)


def number(value: float) -> str:
    """Write three significant digits; integers whole; very large and small ones as powers."""
    if isinstance(value, (int, np.integer)):
        return f"{value:,}"
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if not 1e-3 <= abs(value) < 1e5:
        return f"{value:.2e}"
    digits = max(2 - math.floor(math.log10(abs(value))), 0)
    return f"{value:,.{digits}f}"
