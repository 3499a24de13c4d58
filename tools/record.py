"""The committed record of the sweep, docs/accuracy.json: one row a function, its parameters and a dtype.

Rows are plain dictionaries: errors in ULP, places as hexadecimal floats. This file measures nothing
and states no bound: those stand in `fastact.activations`.
"""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from tests.half import BOUND, HALVES
from tests.ops import CASES, DTYPES, Case

Identity: TypeAlias = tuple[str, tuple[tuple[str, float], ...], str]  # of a row: function, parameters, dtype
Row: TypeAlias = dict[str, Any]  # as the record has it
Tally: TypeAlias = dict[str, dict[str, Any]]  # counts, and peaks with their places

ROOT = Path(__file__).parents[1]
PATH = ROOT / "docs" / "accuracy.json"
NAMES = tuple(map(str, DTYPES + HALVES))
HALF_NAMES = tuple(map(str, HALVES))
DIGITS = 6  # of a recorded error; it is rounded up or down, and a re-check allows for that


@cache  # an edit during a run is not of what runs
def sources_digest() -> str:
    """Return a digest of the C sources: results of other sources are stale."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "src" / "fastact" / "_native").iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def identity(case: Case, dtype: object) -> Identity:
    """Return what tells a row from every other."""
    return case.name, tuple(case.parameters.items()), str(dtype)


def _identity_of(row: Row) -> Identity:
    return row["function"], tuple(row["parameters"].items()), row["dtype"]


def load(path: Path = PATH) -> dict[Identity, Row]:
    """Return the recorded rows by identity; none where nothing is recorded."""
    if not path.exists():
        return {}
    return {_identity_of(row): row for row in json.loads(path.read_text())}


def save(rows: dict[Identity, Row], path: Path = PATH) -> None:
    """Write rows in the order of the cases, one line each; those of no case any more are left out."""
    order = [identity(case, dtype) for dtype in NAMES for case in CASES]
    lines = [json.dumps(rows[one]) for one in order if one in rows]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")


def _peak(tally: Tally, name: str) -> tuple[float | str, str]:
    """Return a peak as the record has it; an infinite one as text, which JSON has no number for."""
    value, at = tally["peaks"].get(name, (0.0, (0.0).hex()))
    return (float(f"{value:.{DIGITS}g}") if np.isfinite(value) else str(value)), at


def row_of(case: Case, dtype: object, tally: Tally, **more: object) -> Row:
    """Return the row of a finished tally; `more` says how and where it was measured."""
    row = {"function": case.name, "parameters": case.parameters, "dtype": str(dtype), **more}
    row |= {name: tally["counts"].get(name, 0) for name in ("inputs", "misrounded")}
    row["error"], row["at"] = _peak(tally, "error")
    if "error_near_root" in tally["peaks"]:
        row["near_root"], row["near_root_at"] = _peak(tally, "error_near_root")
    if "descents" in tally["counts"]:
        row["descents"] = tally["counts"]["descents"]
        if row["descents"]:
            row["descent"], row["descent_at"] = _peak(tally, "descent")
    return row


def peer_of(tally: Tally, peer: str, version: str) -> dict[str, Any] | None:
    """Return what is recorded of a peer, or None where it has no such function."""
    if peer not in tally["peaks"]:
        return None
    error, at = _peak(tally, peer)
    one = {"error": error, "at": at, "version": version}
    name = f"{peer} misrounded"
    return {**one, "misrounded": tally["counts"][name]} if name in tally["counts"] else one


def replace(rows: dict[Identity, Row], row: Row) -> None:
    """Put a new row in the place of the old; what this run could not measure stays as it was."""
    old = rows.get(_identity_of(row), {})
    row["peers"] = {**old.get("peers", {}), **row["peers"]}
    if old.get("sources") == row["sources"]:
        row["identical"] = {**old.get("identical", {}), **row["identical"]}
    rows[_identity_of(row)] = row


def bound_of(case: Case, dtype: object) -> float:
    """Return the bound of a case in a dtype."""
    return BOUND if str(dtype) in HALF_NAMES else case.bound


def kept(case: Case, row: Row) -> bool:
    """Return whether a row keeps the bound: in ULP, and near a root of the derivative absolutely."""
    return float(row["error"]) <= bound_of(case, row["dtype"]) and float(row.get("near_root", 0)) <= 1
