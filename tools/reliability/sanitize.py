"""Run everything under the sanitizers and valgrind: `make sanitize`.

    python -m tools.reliability.sanitize [PART ...] [--jobs N]

Parts are `extension` (the suite, the extension built with the address and undefined-behaviour sanitizers), `leaks`
(some of it with the leak detector), `kernels` (the native loops on random cases, without Python), `threads` (the pool
under the thread sanitizer) and `valgrind` (memcheck on the native loops and on every function from Python). Needs gcc
with its sanitizers; valgrind where it is installed. Logs are in build/reliability.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .build import FOLDER, ROOT, program, run

SANITIZERS = "address,undefined,float-cast-overflow"
LIBRARY = FOLDER / "lib"  # the package with a sanitized extension
TESTS = ROOT / "tests"
# Tests that are left out, files or single ones, and why.
LEFT_OUT = {
    "test_bench.py": "measures time",
    "test_report.py": "measures time",
    "test_leaks.py": "measures resident memory, of which the sanitizer keeps what is freed",
    "test_buffer_pool.py::test_memory_comes_back_at_the_end": "measures resident memory",
    "test_security.py": "is about the extension as it is built for users",
    "test_table.py::test_stubs": "reads the sources, which lie elsewhere than the extension",
}
# Where Python objects and arrays are allocated and let go of in every way.
OF_LEAKS = ("test_buffer_pool.py", "test_buffers.py", "test_errors.py", "test_parameters.py", "test_protocols.py")
# A frame of the extension in a report; CPython has files named pycore, NumPy a folder _core.
OURS = re.compile(r"fastact/_core|_native/|\bfa_\w+|__pyx_")
CASES, CASES_UNDER_VALGRIND, SECONDS_OF_THREADS = 20_000, 1500, 40


def compiler() -> str:
    """Return gcc, or what CC names."""
    return os.environ.get("CC", "gcc")


def environment(**others: str) -> dict[str, str]:
    """Return the environment of a Python that has the sanitized extension."""
    # Exceptions of C++, matplotlib's, want its library to come with the sanitizer's.
    libraries = [
        run(*compiler().split(), f"-print-file-name={name}", capture_output=True).stdout.strip()
        for name in ("libasan.so", "libstdc++.so.6")
    ]
    return os.environ | {
        "LD_PRELOAD": " ".join(libraries),
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:halt_on_error=1",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
        "PYTHONPATH": f"{LIBRARY}{os.pathsep}{ROOT}",
        "PYTHONDONTWRITEBYTECODE": "1",
        **others,
    }


def build_extension() -> None:
    """Build the package with sanitizers, by flags of the environment; at -O1, for -O3 takes several times as long."""
    flags = f"-fsanitize={SANITIZERS} -fno-sanitize-recover=all -fno-omit-frame-pointer"
    places = ["--build-base", FOLDER / "build", "--build-lib", LIBRARY]
    setup = FOLDER / "setup.py"
    text = (ROOT / "setup.py").read_text().replace('"-O3"', '"-O1"').replace('"-g0"', '"-g1"')
    if '"-O1"' not in text:
        sys.exit("setup.py has no -O3 to replace")
    setup.write_text(text)
    done = run(
        *(sys.executable, setup, "--quiet", "build", *places),
        cwd=ROOT,
        env=os.environ | {"CC": compiler(), "CFLAGS": flags, "LDFLAGS": flags},
        capture_output=True,
    )
    if done.returncode:
        sys.exit(f"the extension was not built:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    told = run(sys.executable, "-c", "import fastact; print(fastact.__file__)", env=environment(), capture_output=True)
    if not told.stdout.startswith(str(LIBRARY)):
        sys.exit(f"the sanitized extension is not imported:\n{told.stdout}{told.stderr[-3000:]}")


def pytest(path: Path, folder: Path, surroundings: dict[str, str]) -> tuple[str, bool, str, float]:
    """Run one file of tests; return its name, whether it passed, what pytest says last, and the seconds."""
    began = time.perf_counter()
    without = [f"--deselect={TESTS.relative_to(ROOT) / one}" for one in LEFT_OUT]
    done = run(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *without, path),
        cwd=ROOT,
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    (folder / f"{path.name}.log").write_text(done.stdout)
    lines = [line for line in done.stdout.splitlines() if re.search(r"(passed|failed|error|skipped)", line)]
    last = lines[-1].strip("= ") if lines else f"ended with {done.returncode}"
    return path.name, done.returncode == 0, last, time.perf_counter() - began


def run_suite(jobs: int, only: str) -> int:
    """Run the test files side by side, those that take longest first; return the number of those that failed."""
    folder = FOLDER / "suite"
    folder.mkdir(parents=True, exist_ok=True)
    files = [path for path in sorted(TESTS.glob("test_*.py")) if path.name not in LEFT_OUT]
    files = [path for path in files if not only or any(word in path.name for word in only)]
    files.sort(key=lambda path: -path.stat().st_size)
    failed = 0
    with ThreadPoolExecutor(jobs) as pool:
        for name, passed, last, seconds in pool.map(lambda path: pytest(path, folder, environment()), files):
            failed += not passed
            print(f"  {'' if passed else 'FAILED '}{name}: {last} ({seconds:.0f} s)", flush=True)
    for name, why in LEFT_OUT.items():
        print(f"  left out: {name}: {why}")
    return failed


def extension(asked: argparse.Namespace) -> int:
    """Build and run the suite."""
    build_extension()
    return run_suite(asked.jobs, asked.only)


def leaks(asked: argparse.Namespace) -> int:
    """Run some files with the leak detector; what counts is a leak with a frame of the extension in it."""
    build_extension()
    folder = FOLDER / "leaks"
    folder.mkdir(parents=True, exist_ok=True)
    options = "detect_leaks=1:allocator_may_return_null=1:fast_unwind_on_malloc=0:malloc_context_size=12:exitcode=0"
    surroundings = environment(PYTHONMALLOC="malloc", ASAN_OPTIONS=options)
    names = [name for name in OF_LEAKS if not asked.only or any(word in name for word in asked.only)]
    faults = 0
    with ThreadPoolExecutor(asked.jobs) as pool:
        for name, passed, last, seconds in pool.map(lambda name: pytest(TESTS / name, folder, surroundings), names):
            report = (folder / f"{name}.log").read_text()
            blocks = re.findall(r"(?:Direct|Indirect) leak of .*?(?:\n\n|\Z)", report, re.DOTALL)
            ours = [block for block in blocks if OURS.search(block)]
            faults += len(ours) + (not passed)
            print(f"  {name}: {last}; {len(blocks)} leaks at exit, {len(ours)} of ours ({seconds:.0f} s)", flush=True)
            print(*ours[:3], sep="\n", end="\n" if ours else "")
    return faults


def kernels(asked: argparse.Namespace) -> int:
    """Run the fuzzer's cases by gcc's sanitizers."""
    flags = (f"-fsanitize={SANITIZERS}", "-fno-sanitize-recover=all", "-DSTANDALONE")
    done = run(program("fuzz_loops", compiler(), *flags), CASES, 1, capture_output=True)
    print("  " + (done.stdout or done.stderr[-3000:]).strip())
    return done.returncode != 0


def threads(asked: argparse.Namespace) -> int:
    """Run the stress of the pool under the thread sanitizer."""
    made = program(
        "pool_stress", compiler(), "-fsanitize=thread", linked=("-Wl,--wrap=pthread_create,--wrap=malloc",), level="-O2"
    )
    options = "halt_on_error=1:die_after_fork=0"
    done = run(made, SECONDS_OF_THREADS, capture_output=True, env=os.environ | {"TSAN_OPTIONS": options})
    print("  " + (done.stdout + done.stderr[-6000:]).strip())
    return done.returncode != 0


def valgrind(asked: argparse.Namespace) -> int:
    """Run memcheck on the loops and on Python; of Python's errors those with a frame of the extension count."""
    if not shutil.which("valgrind"):
        print("  skipped: valgrind is not installed")
        return 0
    check = ["valgrind", "--quiet", "--num-callers=20", "--error-limit=no"]
    made = program("fuzz_loops", compiler(), "-DSTANDALONE")
    done = run(*check, "--error-exitcode=9", made, CASES_UNDER_VALGRIND, 1, "usual", capture_output=True)
    print("  " + (done.stdout or done.stderr[-3000:]).strip(), flush=True)
    faults = done.returncode != 0
    # Without pymalloc none of CPython's suppressions is needed.
    surroundings = os.environ | {"PYTHONMALLOC": "malloc", "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    log = FOLDER / "valgrind-python.log"
    command = [*check, f"--log-file={log}", sys.executable, "-m", "tools.reliability.every_call"]
    done = run(*command, cwd=ROOT, env=surroundings, capture_output=True)
    blocks = re.split(r"==\d+== \n", log.read_text())
    ours = [block for block in blocks if OURS.search(block)]
    print(f"  {done.stdout.strip()} from Python; {len(blocks) - 1} reports, {len(ours)} with a frame of ours")
    print(*ours[:3], done.stderr[-2000:] if done.returncode else "", sep="\n")
    return faults + len(ours) + (done.returncode != 0)


PARTS = {"kernels": kernels, "threads": threads, "valgrind": valgrind, "extension": extension, "leaks": leaks}


def main() -> None:
    """Run the parts; exit with 1 where one finds a fault."""
    parser = argparse.ArgumentParser(prog="python -m tools.reliability.sanitize", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="test files that run side by side")
    parser.add_argument("--only", nargs="*", default=(), help="words of the names of test files")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    failed = []
    for part in asked.parts or PARTS:
        began = time.perf_counter()
        print(f"{part}:", flush=True)
        if PARTS[part](asked):
            failed.append(part)
        print(f"  {part} took {time.perf_counter() - began:.0f} s", flush=True)
    if failed:
        sys.exit(f"at fault: {', '.join(failed)}")
    print("no fault")


if __name__ == "__main__":
    main()
