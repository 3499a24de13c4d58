"""Compile the C sources for systems that are not at hand, with the clang of the package `ziglang`.

    python -m tools.compile_elsewhere [target ...]

Every warning is an error. Nothing that is compiled here is run, and nothing of Python is compiled: the sources of
src/fastact/_native need no header of it.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

NATIVE = Path(__file__).parents[1] / "src" / "fastact" / "_native"
TARGETS = (
    "aarch64-macos",
    "x86_64-macos",
    "x86_64-windows-gnu",
    "aarch64-windows-gnu",
    "x86_64-linux-musl",
    "aarch64-linux-musl",
)
# As setup.py, at a level that takes half the time. The table leaves fields of its rows out.
WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers")
FLAGS = ("-std=c11", "-O1", "-ffp-contract=off", "-g0", *WARNINGS)


def failure(target: str, source: Path) -> str | None:
    """Compile one file; return what the compiler says where it refuses."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "ziglang",
            "cc",
            "-target",
            target,
            *FLAGS,
            "-c",
            str(source),
            "-o",
            f"{folder}/o",
        ]
        done = subprocess.run(command, capture_output=True, text=True)
    return f"{target}: {source.name}\n{done.stderr}" if done.returncode else None


def main() -> None:
    """Compile each source for each target; exit with 1 where one is refused."""
    parser = argparse.ArgumentParser(prog="python -m tools.compile_elsewhere", description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", default=TARGETS, help="as clang's -target of Zig has it")
    targets = parser.parse_args().targets
    if importlib.util.find_spec("ziglang") is None:
        sys.exit("compile_elsewhere needs the package ziglang: pip install ziglang")
    # api.c is the one file that needs Python's headers.
    sources, began, refused = (
        sorted(path for path in NATIVE.glob("*.c") if path.name != "api.c"),
        time.perf_counter(),
        0,
    )
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for target in targets:
            failures = list(filter(None, pool.map(lambda source, target=target: failure(target, source), sources)))
            refused += len(failures)
            print(*failures, sep="\n", end="\n" if failures else "")
            print(f"{target}: {len(sources) - len(failures)} of {len(sources)} files compiled, none run", flush=True)
    asked = subprocess.run([sys.executable, "-m", "ziglang", "version"], capture_output=True, text=True)
    print(
        f"{'FAILED' if refused else 'passed'}: {len(sources)} files for {len(targets)} targets, {refused} refused; "
        f"clang of ziglang {asked.stdout.strip()}; {time.perf_counter() - began:.0f} s"
    )
    sys.exit(bool(refused))


if __name__ == "__main__":
    main()
