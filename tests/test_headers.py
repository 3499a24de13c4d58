"""Every header of an instruction set has every operation of the specification, on machines without the set too."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NATIVE = ROOT / "src" / "fastact" / "_native"
OPERATION = re.compile(r"^FA_INLINE \w+ \*?(v_\w+)\(", re.MULTILINE)


SHARED = re.compile(r'#include "(masked|products|to_odd|wide)\.h"')


def _whole(path):
    """Return the header with those that it shares with others."""
    return SHARED.sub(lambda found: (NATIVE / f"{found[1]}.h").read_text(), path.read_text())


def _operations(path):
    return set(OPERATION.findall(_whole(path)))


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


def test_every_avx512_intrinsic_is_emulated():
    used, emulator = _whole(NATIVE / "vec_avx512.h"), (ROOT / "tools" / "avx512_emulated.h").read_text()
    names, there = set(re.findall(r"_mm512_(\w+)", used)), set()
    for short, suffixes in (("F", ("ps", "pd")), ("I", ("epi32", "epi64"))):
        names |= {
            f"{name}_{suffix}" for name in re.findall(rf"\b{short}\((?!name\))(\w+)\)", used) for suffix in suffixes
        }
    for suffix in ("ps", "pd"):
        there |= set(re.findall(r"emulated512_(\w+)", emulator.replace("##S##", suffix).replace("##S", suffix)))
    assert len(names) > 80
    assert names <= there


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
def test_the_program_that_is_run_without_python_fits_the_sources():
    check = ROOT / "tools" / "without_python" / "check.c"
    flags = ("-std=c11", "-fsyntax-only", "-Werror")
    run = subprocess.run(["cc", *flags, f"-I{NATIVE}", check], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
