"""Run the test suite on the AVX-512 kernels where the processor has none, by emulated intrinsics.

    python -m tools.emulate_avx512 [pytest arguments]

Copies the tree to a temporary directory, puts the functions of avx512_emulated.h in place of the
intrinsics in vec_avx512.h, lets the dispatcher believe in the set, builds, and runs the
tests with FASTACT_ISA=avx512. Nothing in the tree itself changes.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def substitute(path: Path, pattern: str, replacement: str) -> None:
    """Replace exactly one occurrence, so that a change of the source cannot go unnoticed."""
    text, count = re.subn(pattern, replacement, path.read_text())
    if count != 1:
        raise SystemExit(f"{path.name}: {pattern} occurs {count} times")
    path.write_text(text)


def main() -> None:
    """Build the emulated package and run its tests."""
    with tempfile.TemporaryDirectory() as directory:
        tree = Path(directory, "fastact")
        shutil.copytree(
            ROOT, tree, ignore=shutil.ignore_patterns(".*", "build", "*.so", "_core.c", "*.egg-info", "results")
        )
        native = tree / "src/fastact/_native"
        shutil.copy(ROOT / "tools/avx512_emulated.h", native)
        header = native / "vec_avx512.h"
        header.write_text(header.read_text().replace("_mm512_", "emulated512_"))
        substitute(header, r'#include "lane.h"\n', '#include "lane.h"\n#include "avx512_emulated.h"\n')
        substitute(header, r'FA_TARGET_BEGIN\("avx512f.*\)', 'FA_TARGET_BEGIN("fma")')
        substitute(native / "region.h", r'__asm__\("" : "\+v"\(vector\)\)', "(void)0")  # no register holds one
        substitute(native / "dispatch.c", r"return has\(FMA \| AVX \| F16C, AVX2 \| AVX512F.*", "return 1;")
        substitute(tree / "setup.py", '"-O3"', '"-O1"')  # the plain loops take minutes to optimise
        build = [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace", "--parallel", str(os.cpu_count())]
        subprocess.run(build, cwd=tree, check=True)
        environment = {**os.environ, "FASTACT_ISA": "avx512", "PYTHONPATH": str(tree / "src")}
        tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *sys.argv[1:]]
        sys.exit(subprocess.run(tests, cwd=tree, env=environment).returncode)


if __name__ == "__main__":
    main()
