"""One spelling in three ways: as the table has it, into an array that exists; into a new one; over what it reads.

The table of peers keeps the first alone, and these rules make the others. They work on the text and do not
know any library; a result that they get wrong is found by comparing it with the truth.
"""

from __future__ import annotations

import re

from .plan import FRESH, IN_PLACE, INTO

# The overloads of an operator that write into a tensor, and that keyword.
OVERLOAD = re.compile(r"(\baten\.\w+)\.(?:grad_input|output|out)\(")
KEYWORDS = re.compile(r", (?:out|grad_input|output)=(?:out|\(out, \w+\))(?=[,)])|, buffer=\w+")
OUT = re.compile(r"\bout\b(?!=)")
# The work of a loop that returns nothing: it takes the array as its last argument.
PROCEDURE = re.compile(r"^\w+\((\w+).*, out\)$")
RESTORE = "restore[:] = source; "


def in_way(spelling: str, way: str, victim: str = "x") -> tuple[str, ...]:
    """Return the spellings in a way, of which a wrong one is possible; in place, victim is overwritten."""
    if way == INTO:
        return (spelling,)
    if way == FRESH:
        return (_fresh(spelling),)
    if way == IN_PLACE:
        return tuple(RESTORE + text for text in dict.fromkeys((_over(spelling, victim), _by_way_of(spelling, victim))))
    raise ValueError(f"no way {way!r}")


def reads(spelling: str) -> str:
    """Say what a backward pass starts from beside grad: x, y, or both."""
    return ", ".join(name for name in "xy" if re.search(rf"\b{name}\b(?!=)", spelling))


def _without_out(statement: str) -> str:
    return KEYWORDS.sub("", OVERLOAD.sub(r"\1.default(", statement))


def _fresh(spelling: str) -> str:
    """Let the first statement that writes out make it; the last result is dropped before, as by a caller."""
    if loop := PROCEDURE.match(spelling):
        return f"out = None; out = np.empty_like({loop[1]}); {spelling}; out"
    statements = spelling.split("; ")
    first = next((index for index, one in enumerate(statements) if KEYWORDS.search(one)), None)
    if first is None:
        return spelling
    statements[first] = _without_out(statements[first])
    if first == len(statements) - 1:
        return "; ".join(statements)
    statements[first] = f"out = {statements[first]}"
    ending = [] if statements[-1].startswith("(") else ["out"]
    return "; ".join(["out = None", *statements, *ending])


def _over(spelling: str, victim: str) -> str:
    return OUT.sub(victim, spelling)


def _by_way_of(spelling: str, victim: str) -> str:
    """Keep what is between in another array, and write over what is read with the last statement only."""
    *before, last = spelling.split("; ")
    kept = [OUT.sub("work", statement) for statement in before]
    if found := KEYWORDS.search(last):
        last = OUT.sub("work", last[: found.start()]) + OUT.sub(victim, last[found.start() :])
    return "; ".join([*kept, last])
