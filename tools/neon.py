"""Compile the C sources for aarch64, run them under QEMU, and compare every bit with those of x86-64: `make test-neon`.

    python -m tools.neon [--compiler "COMMAND"] [--emulator "COMMAND"]

What is run stands in `without_python/check.c`: every operation of the vocabulary, every function of elements and of
rows in the four formats, the points of docs/accuracy.json. Needs the standard library only, and no Python for aarch64.
"""

import argparse
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
NATIVE = ROOT / "src" / "fastact" / "_native"
CHECK = Path(__file__).parent / "without_python" / "check.c"
FLAGS = ("-std=c11", "-ffp-contract=off", "-g0", "-w", f"-I{NATIVE}")
FORMATS = ("float64", "bfloat16", "float16", "float32", "integers")  # those that take longest first
LACKING = 2  # what check.c returns where the machine lacks an instruction set
SHOWN = 6  # differing results of an item
MISSING = """make test-neon needs {}.
On Debian and Ubuntu: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"""


def arguments() -> argparse.Namespace:
    """Return what the command line asks for; leave where a program is missing."""
    parser = argparse.ArgumentParser(prog="python -m tools.neon", description=__doc__.splitlines()[0])
    parser.add_argument("--compiler", default="aarch64-linux-gnu-gcc", help="a C compiler for aarch64 Linux")
    parser.add_argument("--emulator", default="qemu-aarch64", help="what runs its programs")
    asked = parser.parse_args()
    programs = [os.environ.get("CC", "cc"), asked.compiler, asked.emulator]
    missing = [shlex.split(one)[0] for one in programs if not shutil.which(shlex.split(one)[0])]
    if missing:
        sys.exit(MISSING.format(" and ".join(missing)))
    if platform.machine() not in ("x86_64", "AMD64"):
        sys.exit("make test-neon compares with x86-64 and runs there only; elsewhere `make test` runs NEON itself.")
    return asked


def build(pool: ThreadPoolExecutor, compiler: list[str], folder: Path, *flags: str) -> Callable[[], str]:
    """Start compiling check.c and all sources; return a function that waits and links."""
    folder.mkdir()

    def one(source: Path) -> Path:
        done = folder / f"{source.stem}.o"
        run = subprocess.run([*compiler, *FLAGS, *flags, "-c", source, "-o", done], capture_output=True, text=True)
        if run.returncode:
            sys.exit(f"{shlex.join(compiler)}: {source.name}\n{run.stderr}")
        return done

    # api.c is the one file that needs Python's headers.
    sources = sorted(
        [CHECK, *(path for path in NATIVE.glob("*.c") if path.name != "api.c")],
        key=lambda path: "f32" not in path.name and "f64" not in path.name,
    )
    objects = [pool.submit(one, source) for source in sources]

    def linked() -> str:
        command = [*compiler, *flags, *(str(done.result()) for done in objects)]
        command += ["-o", str(folder / "check"), "-lm", "-lpthread"]
        subprocess.run(command, check=True)
        return str(folder / "check")

    return linked


def write_points(path: Path) -> int:
    """Write the places of the largest errors, ours and others', as check.c reads them; return how many."""
    lines = set()
    for row in json.loads((ROOT / "docs" / "accuracy.json").read_text()):
        function = " ".join([row["function"], *(f"{name}={value!r}" for name, value in row["parameters"].items())])
        places = [row[name] for name in ("at", "near_root_at", "descent_at") if name in row]
        places += [peer["at"] for peer in row["peers"].values()]
        lines |= {(row["dtype"], function, place) for place in places if place}
    path.write_text("".join(f"{dtype} {place} {function}\n" for dtype, function, place in sorted(lines)))
    return len(lines)


class Run:
    """What a program told of one instruction set in one format."""

    def __init__(self, program: list[str], isa: str, dtype: str, points: Path) -> None:
        self.command = [*program, isa, dtype, str(points)]
        self.name = f"{isa} {dtype}"
        began = time.perf_counter()
        done = subprocess.run(self.command, capture_output=True, text=True)
        self.seconds = time.perf_counter() - began
        self.lacking = done.returncode == LACKING
        self.errors = done.stderr
        lines = [line.split("\t") for line in done.stdout.splitlines()]
        finished = lines and lines[-1][0] == "total"
        self.results, self.checks, self.failures = map(int, lines.pop()[1:]) if finished else (0, 0, 1)
        self.items = {item: tuple(rest) for item, *rest in lines}
        if not (finished or self.lacking):
            self.errors += f"{shlex.join(self.command)}: ended with {done.returncode}\n"

    def shown(self, item: str) -> list[str]:
        """Return an item's results in full."""
        return subprocess.run([*self.command, item], capture_output=True, text=True).stdout.splitlines()


def compared(expected: Run, run: Run) -> int:
    """Print how a run differs from the expected one; return in how many items."""
    different = [item for item in expected.items | run.items if expected.items.get(item) != run.items.get(item)]
    for item in different[:SHOWN]:
        print(f"{run.name}: {item} has other bits than {expected.name} of x86-64")
        pairs = zip(expected.shown(item), run.shown(item), strict=False)
        for ours, other in [(ours, other) for ours, other in pairs if ours != other][:SHOWN]:
            print(f"  {ours}, not {other}")
    return len(different)


def main() -> None:
    """Build, run, compare; exit with 1 where anything differs."""
    asked, began = arguments(), time.perf_counter()
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(os.cpu_count()) as pool:
        folder, points = Path(directory), Path(directory, "points")
        count = write_points(points)
        # aarch64 as the package is built; of x86-64, whose bits the suite knows, what compiles in half the time.
        arm = build(pool, shlex.split(asked.compiler), folder / "aarch64", "-O3", "-static")
        x86 = build(pool, shlex.split(os.environ.get("CC", "cc")), folder / "x86-64", "-O1")
        programs = {"aarch64": [*shlex.split(asked.emulator), arm()], "x86-64": [x86()]}
        print(f"compiled in {time.perf_counter() - began:.0f} s", flush=True)
        plan = [("aarch64", "neon"), ("aarch64", "scalar"), ("x86-64", "scalar"), ("x86-64", "avx2")]
        runs = {
            (machine, isa, dtype): pool.submit(Run, programs[machine], isa, dtype, points)
            for machine, isa in plan
            for dtype in FORMATS
        }
        different = failures = results = checks = 0
        for (machine, _, dtype), future in runs.items():
            run = future.result()
            if run.lacking:
                print(f"{machine} {run.name}: this machine lacks the instruction set")
                continue
            print(run.errors, end="")
            different += compared(runs["x86-64", "scalar", dtype].result(), run)
            failures += run.failures
            results, checks = results + run.results * (machine == "aarch64"), checks + run.checks
            print(f"{machine} {run.name}: {run.results} results, {run.seconds:.0f} s", flush=True)
        items = sum(len(runs["aarch64", "neon", dtype].result().items) for dtype in FORMATS)
    print(
        f"{'FAILED' if different or failures else 'passed'}: {results} results of aarch64 in {items} sets, {count} "
        f"points of docs/accuracy.json among them, {different} sets differ from x86-64; {checks} checks within a "
        f"machine, {failures} failed; {time.perf_counter() - began:.0f} s"
    )
    sys.exit(bool(different or failures))


if __name__ == "__main__":
    main()
