"""Compile the C sources and a program beside this file, without Python, by any compiler and flags."""

import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NATIVE = ROOT / "src" / "fastact" / "_native"
FOLDER = ROOT / "build" / "reliability"
FLAGS = ("-std=gnu11", "-ffp-contract=off", "-g", "-fno-omit-frame-pointer", "-w")
INCLUDED = (NATIVE, HERE, ROOT / "tools" / "without_python")


def run(*command, **keywords):
    """Run a command and return what it did; its output is text."""
    return subprocess.run([*map(str, command)], text=True, **keywords)


def program(name, compiler, *flags, linked=(), level="-O1"):
    """Compile `name`.c with all of the library; return the path of the program, or leave with the compiler's words."""
    folder = FOLDER / f"{name}-{Path(compiler.split()[-1]).name}-{abs(hash_of(flags)):x}"
    folder.mkdir(parents=True, exist_ok=True)
    # api.c is the one file that needs Python's headers.
    sources = [HERE / f"{name}.c", *sorted(path for path in NATIVE.glob("*.c") if path.name != "api.c")]

    def compiled(source):
        to = folder / f"{source.stem}.o"
        command = [*shlex.split(compiler), *FLAGS, level, *flags, *(f"-I{path}" for path in INCLUDED)]
        done = run(*command, "-c", source, "-o", to, capture_output=True)
        if done.returncode:
            sys.exit(f"{compiler}: {source.name}\n{done.stderr}")
        return to

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compiled, sources))
    done = run(
        *shlex.split(compiler), *flags, *linked, *objects, "-o", folder / name, "-lm", "-lpthread", capture_output=True
    )
    if done.returncode:
        sys.exit(f"{compiler}: {name}\n{done.stderr}")
    return folder / name


def hash_of(flags):
    """Return a number that is the same in every process."""
    return sum(ord(letter) * 31**k for k, letter in enumerate("".join(flags))) % 2**32
