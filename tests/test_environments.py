"""No floating-point environment reaches a kernel, on whatever thread, and none is left otherwise than it was found."""

import ast
import os
import platform
import subprocess
import sys

import pytest

NAMES = (
    *("flushing", "rounding up", "rounding down", "rounding to zero", "flags raised"),
    *("trapping", "trapping, by feenableexcept", "trapping, flags raised", "all"),
)
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64",
    reason="the control register is reached by machine code for x86-64, traps are enabled by glibc",
)


@pytest.mark.parametrize("name", NAMES)
def test_every_family(name):
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-m", "tests.environments", name],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=os.path.dirname(os.path.dirname(__file__)),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    counts = ast.literal_eval(done.stdout)
    assert min(counts.values()) >= 6, counts
