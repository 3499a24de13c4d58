"""Compile the C sources and a program beside this file, without Python, by any compiler and flags."""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NATIVE = ROOT / "src" / "fastact" / "_native"
FOLDER = ROOT / "build" / "reliability"
FLAGS = ("-std=gnu11", "-ffp-contract=off", "-g", "-fno-omit-frame-pointer", "-w")
INCLUDED = (NATIVE, HERE, ROOT / "tools" / "without_python")


def lacking() -> tuple[str, ...]:
    """Return the beginnings of the names of sources that this machine cannot run: not worth their minutes."""
    try:
        return () if "avx512vl" in Path("/proc/cpuinfo").read_text() else ("avx512_",)
    except OSError:
        return ()


def run(*command: object, **keywords: Any) -> subprocess.CompletedProcess[str]:
    """Run a command and return what it did; its output is text."""
    return subprocess.run([*map(str, command)], text=True, **keywords)


def program(name: str, compiler: str, *flags: str, linked: Sequence[str] = (), level: str = "-O1") -> Path:
    """Compile `name`.c with all of the library, what is newer than its object; return the path of the program."""
    folder = FOLDER / f"{name}-{Path(compiler.split()[-1]).name}-{abs(hash_of(flags)):x}"
    folder.mkdir(parents=True, exist_ok=True)
    # api.c is the one file that needs Python's headers.
    sources = [HERE / f"{name}.c", *sorted(path for path in NATIVE.glob("*.c") if path.name != "api.c")]
    headers = max(path.stat().st_mtime for place in INCLUDED for path in place.glob("*.h"))

    def compiled(source: Path) -> Path:
        to = folder / f"{source.stem}.o"
        if to.exists() and to.stat().st_mtime > max(headers, source.stat().st_mtime):
            return to
        chosen = ("-O0",) if source.name.startswith(lacking()) else (level, *flags)
        command = [*shlex.split(compiler), *FLAGS, *chosen, *(f"-I{path}" for path in INCLUDED)]
        part = to.with_suffix(".part")  # whole when it has its name
        done = run(*command, "-c", source, "-o", part, capture_output=True)
        if done.returncode:
            sys.exit(f"{compiler}: {source.name}\n{done.stderr}")
        return part.replace(to)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compiled, sources))
    done = run(
        *shlex.split(compiler), *flags, *linked, *objects, "-o", folder / name, "-lm", "-lpthread", capture_output=True
    )
    if done.returncode:
        sys.exit(f"{compiler}: {name}\n{done.stderr}")
    return folder / name


def hash_of(flags: Sequence[str]) -> int:
    """Return a number that is the same in every process."""
    return sum(ord(letter) * 31**k for k, letter in enumerate("".join(flags))) % 2**32
