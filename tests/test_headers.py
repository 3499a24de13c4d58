"""Every header of an instruction set has every operation of the specification, on machines without the set too."""

import re
from pathlib import Path

import pytest

NATIVE = Path(__file__).parents[1] / "src" / "fastact" / "_native"
OPERATION = re.compile(r"^FA_INLINE \w+ \*?(v_\w+)\(", re.MULTILINE)


SHARED = re.compile(r'#include "(masked|to_odd|wide)\.h"')


def _operations(path):
    text = SHARED.sub(lambda found: (NATIVE / f"{found[1]}.h").read_text(), path.read_text())
    return set(OPERATION.findall(text))


@pytest.mark.parametrize("path", sorted(NATIVE.glob("vec_*.h")), ids=lambda path: path.stem)
def test_every_operation_is_there(path):
    assert len(_operations(NATIVE / "vec_scalar.h")) > 30
    assert _operations(path) == _operations(NATIVE / "vec_scalar.h")


@pytest.mark.parametrize("path", sorted(NATIVE.glob("vec_*.h")), ids=lambda path: path.stem)
def test_every_cell_of_the_build_matrix_is_there(path):
    isa = path.stem.removeprefix("vec_")
    for dtype in ("f32", "f64", "f16", "bf16"):
        assert f'#include "{path.name}"' in (NATIVE / f"{isa}_{dtype}.c").read_text()
    assert f"ISA({isa}, " in (NATIVE / "dispatch.c").read_text()
