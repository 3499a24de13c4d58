"""docs/accuracy.md, from the record of the sweep: `python -m tools.accuracy_table` writes it anew.

Words and layout only; whatever can be measured stands in the record.
"""

from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias

from tests.half import BOUND
from tests.ops import CASES, Case
from tests.ulp import REACH

from . import measure, peers, record

PATH = record.PATH.with_suffix(".md")

INTRODUCTION = """\
# The largest errors found

Written by `make sweep ARGS=--write`; `tests/test_sweep_record.py` evaluates every worst point listed here again.

The error of a result is |result - true| / ulp(true), a real number, where ulp(t) = 2**(max(floor(log2 |t|), -126) -
23) in float32 and 2**(max(floor(log2 |t|), -1022) - 52) in float64: subnormal results count in units of 2**-149 and
2**-1074. A true value beyond the largest finite counts as infinite, NaN for NaN is no error. Derivatives are taken at
`grad = 1`; at any other grad whose product does not overflow the bound of a derivative is 1 more. The forms from the
output are compared with the derivative as a formula of the output given, not with the derivative at `x`. Parameters
not named have their defaults; the true value is that of the parameter as the dtype rounds it, in 16 bits as float32
does. `gelu_tanh` is `gelu(x, approximate="tanh")`.

Within {reach} of a root of a derivative an absolute error of 2**-24 (float64: 2**-53) is enough instead. The largest
error is then that outside these neighbourhoods; the column "near a root" has the largest absolute error inside, in
that unit, of the results that break the bound in ULP. It is empty for functions without such roots.

"Not correctly rounded" counts results more than half an ULP off. "Descends" counts the inputs whose result is above
that of the next larger input though the function never descends, with the largest such step in ULP; it is empty where
a function is not monotone.

float32: over all 2**32 inputs, NaN and infinities included, or one in as many as the column "inputs" says, against
formulas in float64 free of cancellation. The other libraries, where they have the function: over one in {stride} of
the finite inputs; derivatives by autograd.

float64, which cannot be walked: points uniform over the bit patterns, as many over the magnitudes from 2**-30 to
2**11, and the neighbourhoods of every zero, root and turn of a formula and of both ends of the format; every point
against {bits} bits. The other libraries at the same points.

float16 and bfloat16: over all finite inputs of the 65,536, in ULP of the format itself, 2**(max(floor(log2 |t|), -14) -
10) and 2**(max(floor(log2 |t|), -126) - 7). The bound of every function is {half_bound}, near a root too. Where float64
cannot tell whether a result is the correctly rounded one, exact arithmetic does. Beside the largest error of another
library stands in parentheses how many of its results are not correctly rounded; NumPy's bfloat16 is that of ml_dtypes,
a result in a wider type, which SciPy gives, is rounded to the format, and PyTorch's `prelu` has its weight in it.
"""
Rows: TypeAlias = dict[record.Identity, record.Row]
PLACES = {"float32": 9, "float64": 17, "float16": 5, "bfloat16": 4}  # digits that tell a number from its neighbours


def _number(value: float | str, digits: int = 4) -> str:
    number = float(value)
    return "0" if number == 0 else f"{number:.{digits}f}" if number < 1000 else f"{number:.2g}"


def _at(place: str, dtype: str) -> str:
    return f"{float.fromhex(place):.{PLACES[dtype]}g}"


def _label(row: record.Row) -> str:
    values = ", ".join(f"{name}={value:g}" for name, value in row["parameters"].items())
    return row["function"] + (f"({values})" if values else "")


def _inputs(row: record.Row) -> str:
    if row["dtype"] == "float64":
        return f"{row['inputs']:,}"
    return "all" if row["stride"] == 1 else f"1 in {row['stride']}"


def _descends(row: record.Row) -> str:
    if "descents" not in row:
        return ""
    return f"{row['descents']:,}" + (f" ({_number(row['descent'])})" if row["descents"] else "")


def _peer(row: record.Row, peer: str) -> str:
    one = row["peers"].get(peer)
    if not one:
        return ""
    return _number(one["error"]) + (f" ({one['misrounded']:,})" if "misrounded" in one else "")


def _cells(case: Case, row: record.Row) -> Iterator[str]:
    error = _number(row["error"]) if record.kept(case, row) else f"**{_number(row['error'])}**"
    yield _label(row)
    if row["dtype"] not in record.HALF_NAMES:
        yield from (f"{case.bound:g}", _inputs(row))
    yield error
    yield _at(row["at"], row["dtype"]) if float(row["error"]) else ""
    yield f"{row['misrounded']:,}"
    if row["dtype"] not in record.HALF_NAMES:
        yield _number(row["near_root"], 2) if "near_root" in row else ""
    if row["dtype"] == "float32":
        yield _descends(row)
    yield from (_peer(row, peer) for peer in peers.PEERS)


def _table(rows: Rows, dtype: str) -> Iterator[str]:
    half = dtype in record.HALF_NAMES
    heads = ["function", *([] if half else ["bound", "inputs"]), "largest error", "at", "not correctly rounded"]
    heads += [*([] if half else ["near a root"]), *(["descends"] if dtype == "float32" else []), *peers.PEERS]
    yield f"| {' | '.join(heads)} |"
    yield "|---|" + "---:|" * (len(heads) - 1)
    for case in CASES:
        row = rows.get(record.identity(case, dtype))
        if row:
            yield f"| {' | '.join(_cells(case, row))} |"


def _identical(rows: Rows) -> Iterator[str]:
    """Say over how many inputs the other instruction sets gave the same bits."""
    found = Counter((one, stride) for row in rows.values() for one, stride in row["identical"].items())
    for (isa, stride), number in sorted(found.items()):
        part = "all" if stride == 1 else f"one in {stride} of"
        yield f"The {isa} kernels gave the same bits at {part} the float32 inputs, in {number} rows."


def _versions(rows: Rows) -> str:
    used = {(peer, one["version"]) for row in rows.values() for peer, one in row["peers"].items()}
    return ", ".join(" ".join(one) for one in sorted(used))


def text(rows: Rows) -> str:
    """Return the page."""
    lines = [
        INTRODUCTION.format(reach=REACH, stride=measure.PEERS_STRIDE, bits=measure.BITS, half_bound=BOUND),
    ]
    measured = Counter(row["measured"] for row in rows.values())
    lines += [f"Measured on {place}: {number} rows.  " for place, number in sorted(measured.items())]
    lines += [*_identical(rows), f"The other libraries: {_versions(rows)}." if _versions(rows) else ""]
    for dtype in record.NAMES:
        lines += ["", f"## {dtype}", "", *_table(rows, dtype)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page from the record."""
    PATH.write_text(text(record.load()))


if __name__ == "__main__":
    main()
