"""The committed record of the sweep: complete, within the bounds, and still what the code gives at its worst points."""

import flint
import numpy as np
import pytest

import fastact as fa
from tools import accuracy_table, measure, record

from .half import BOUND, HALVES
from .half import measure as measure_all_numbers
from .ops import CASES, DTYPES
from .ulp import Exact, absolute_error, within_bound

ROWS = record.load()
SWEPT = [(case, dtype) for case in CASES for dtype in DTYPES + HALVES if record.identity(case, dtype) in ROWS]
PLACES = {"error": "at", "near_root": "near_root_at"}
AGAIN = "run `make sweep` of this function with --write"


def _row(case, dtype):
    return ROWS[record.identity(case, dtype)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_function_is_recorded(case):
    for dtype in DTYPES + HALVES:
        row = ROWS.get(record.identity(case, dtype))
        assert row, f"no record of {case} {dtype}; {AGAIN}"
        assert record.kept(case, row)


def test_every_activation_has_cases_to_record():
    assert {case.op.record.name for case in CASES} == {
        name for name, record in fa.activations.items() if record.kind == "elementwise"
    }


@pytest.fixture(scope="module")
def worst_points():
    """Return every row's worst points, what is recorded of them, and their exact values."""
    found = []
    for case, dtype in SWEPT:
        if dtype in HALVES:
            continue  # measured again in full
        row = _row(case, dtype)
        named = [name for name in ("error", "near_root") if float(row.get(name, 0))]
        if named:
            x = np.array([float.fromhex(row[PLACES[name]]) for name in named], dtype)
            with flint.ctx.workprec(measure.BITS):
                found.append((case, row, named, x, Exact([case.exact(float(one), dtype) for one in x], dtype)))
    return found


def test_worst_points(worst_points, isa):
    """As large an error as recorded, but for the rounding of the record, and no larger."""
    for case, row, named, x, true in worst_points:
        error = true.error(case(*measure.inputs_of(case, x)))
        where = f"{case} {row['dtype']}: {error} ULP at {x}"
        assert within_bound(error, true.spacing, x, measure.roots_of(case), case.bound).all(), where
        absolute = absolute_error(error, true.spacing, x.dtype)
        for name, found in zip(named, np.where(np.equal(named, "near_root"), absolute, error), strict=True):
            assert found <= float(row[name]) * 1.00001 + 0.00001, f"{where}; {name} {row[name]} recorded; {AGAIN}"


def test_bits_are_those_swept(isa):
    """Over a slice, in 16 bits all; other bits make the record stale, and are for a minor version and its CHANGELOG."""
    changed = [str(case) for case, dtype in SWEPT if measure.checksum(case, dtype) != _row(case, dtype)["bits"]]
    assert not changed, f"other bits than recorded: {changed}; {AGAIN}"


def test_every_number_of_16_bits(case, half, each_isa):
    """All are correctly rounded, as recorded, and the largest error is that of the record."""
    row = _row(case, half)
    for name in each_isa():
        found = measure_all_numbers(case, half)
        assert (found.error <= BOUND, found.misrounded) == (True, 0), f"{name}: {found}"
        assert (found.inputs, found.misrounded) == (row["inputs"], row["misrounded"]), f"{name}; {AGAIN}"
        assert abs(found.error - float(row["error"])) <= 0.00001, f"{name}; {AGAIN}"


def test_the_page_is_that_of_the_record():
    assert accuracy_table.PATH.read_text() == accuracy_table.text(ROWS), "run python -m tools.accuracy_table"
