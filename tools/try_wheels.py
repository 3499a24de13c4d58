"""Install a wheel for every Python of this machine, as a new user does, and run the suite on it: `make test-wheels`.

    python -m tools.try_wheels [--only 3.13,3.14t] [--numpy newest,lowest] [--built FOLDER] [pytest's arguments ...]

Each wheel is built from the sdist, unless it lies in FOLDER, and the suite is that of the sdist; it runs in an empty
folder, so that the package is the installed one. How a wheel is built is said in `wheels.py`.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any

from tools import wheel_contents, wheels

PYTHONS = ("3.11", "3.12", "3.13", "3.13t", "3.14", "3.14t", "3.15", "3.15t")
# The lowest that has a wheel for a Python: NumPy 2.0 knows those up to 3.12 only.
LOWEST = ("2.0.*", "2.1.*", "2.2.*", "2.3.*", "2.4.*", "2.5.*")
ONLY_WHEELS = ("--only-binary", ":all:")


def python_of(version: str) -> str | None:
    """Return the path of a Python: on the PATH, of pyenv, or of those that uv has installed; None if there is none."""
    found = [shutil.which(f"python{version}")]
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    pattern = f"{version.rstrip('t')}.*{'t' if version.endswith('t') else '[0-9]'}/bin/python{version}"
    found += sorted(map(str, root.glob(pattern)))
    if shutil.which("uv"):
        command = ["uv", "python", "find", "--no-project", "--no-python-downloads", version]
        found.append(subprocess.run(command, capture_output=True, text=True, cwd="/").stdout.strip())
    for python in filter(None, found):
        asked = [python, "-c", "import sys; print('%d.%d%s' % (*sys.version_info[:2], 't' * ('t' in sys.abiflags)))"]
        if subprocess.run(asked, capture_output=True, text=True).stdout.strip() == version:
            return python
    return None


class Environment:
    """A fresh environment of a Python, in a folder that is thrown away."""

    def __init__(self, python: str, folder: Path) -> None:
        wheels.run(python, "-m", "venv", folder)
        self.programs = folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.programs / "python"

    def install(self, *packages: str | Path) -> bool:
        """Install packages that need no compiler; return whether there are such."""
        command = [self.python, "-m", "pip", "install", "--quiet", *ONLY_WHEELS, *packages]
        return subprocess.run(command, capture_output=True).returncode == 0

    def said(self, code: str) -> str:
        """Return what a program prints."""
        return wheels.run(self.python, "-c", code, cwd=self.programs.parent).strip()


def as_a_new_user(environment: Environment, wheel: Path, readme: Path) -> Any:
    """Install the wheel with no compiler in reach, and run the README's examples."""
    code = "import doctest, sys; sys.exit(doctest.testfile(sys.argv[1], module_relative=False,"
    code += " optionflags=doctest.NORMALIZE_WHITESPACE).failed)"
    bare = {"PATH": str(environment.programs), "HOME": os.environ.get("HOME", "/"), "CC": "/no/compiler"}
    wheels.run(environment.python, "-m", "pip", "install", "--quiet", *ONLY_WHEELS, wheel, env=bare)
    wheels.run(environment.python, "-c", code, readme, env=bare, cwd=environment.programs.parent)


def install_for_tests(environment: Environment, wheel: Path, numpy: list[str], extras: list[str]) -> list[str]:
    """Install what the suite uses, at best all of it; return what there is no wheel of."""
    if environment.install(wheel, *extras, *numpy):
        return []
    if not environment.install(wheel, *numpy):
        return ["numpy"]
    return [one for one in extras if not environment.install(one, *numpy)]


def suite(environment: Environment, sources: Path, arguments: list[str], without_gil: bool) -> tuple[str, bool]:
    """Run the tests of the sdist in an empty folder; return pytest's last line and whether it passed."""
    with tempfile.TemporaryDirectory() as empty:
        command = [environment.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", sources / "pyproject.toml"]
        command += ["--rootdir", sources, "-n", "auto", "--dist", "loadfile"]
        command += [sources / one if one.startswith("tests") else one for one in arguments or ["tests"]]
        # Packages of the suite that do not declare what this one does would have the GIL come back.
        variables = os.environ | ({"PYTHON_GIL": "0"} if without_gil else {})
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, cwd=empty, env=variables)
    lines = done.stdout.strip().splitlines()
    if done.returncode:
        print(done.stdout[-8000:], done.stderr[-8000:], sep="\n")
    return (lines[-1] if lines else done.stderr.strip()[-200:]), done.returncode == 0


def tried(version: str, python: str, sdist: Path, sources: Path, asked: argparse.Namespace) -> list[tuple[str, bool]]:
    """Build, install, test with each NumPy; return a line and whether it passed for each."""
    extras = tomllib.loads((sources / "pyproject.toml").read_text())["project"]["optional-dependencies"]["test"]
    lines = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        tag = f"cp{version.replace('.', '').rstrip('t')}-cp{version.replace('.', '')}"
        found = sorted(asked.built.glob(f"*-{tag}-*.whl")) if asked.built else []
        wheel = found[0] if found else wheels.make_wheel(python, sdist, folder)
        problems = wheel_contents.problems(wheel)
        as_a_new_user(Environment(python, folder / "user"), wheel, sources / "README.md")
        lines.append((f"{wheel.name}: installs and runs the README's examples without a compiler", not problems))
        for number, which in enumerate(asked.numpy.split(",")):
            began, environment = time.perf_counter(), Environment(python, folder / f"tests{number}")
            choice = ["numpy"]
            if which == "lowest":
                choice = next(([f"numpy=={one}"] for one in LOWEST if environment.install(f"numpy=={one}")), ["numpy"])
            lacking = install_for_tests(environment, wheel, choice, extras)
            found = environment.said(
                "import numpy, fastact, sys; print(numpy.__version__, fastact.__file__, not getattr(sys,"
                " '_is_gil_enabled', lambda: True)())"
            ).split()
            if not Path(found[1]).is_relative_to(folder):
                sys.exit(f"{found[1]} is not the installed package")
            result, passed = suite(environment, sources, asked.arguments, version.endswith("t"))
            lines.append(
                (
                    f"  NumPy {found[0]}{', without a GIL' if found[2] == 'True' else ''}"
                    f"{', lacking ' + ' '.join(lacking) if lacking else ''}: {result}; "
                    f"{time.perf_counter() - began:.0f} s",
                    passed,
                )
            )
    return [(f"Python {version}: {line}" if i == 0 else line, passed) for i, (line, passed) in enumerate(lines)]


def main() -> None:
    """Try each Python that there is; exit with 1 where a suite fails."""
    parser = argparse.ArgumentParser(prog="python -m tools.try_wheels", description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(PYTHONS), help="versions of Python, a t for those without a GIL")
    parser.add_argument("--numpy", default="newest,lowest", help="which NumPy to run the suite with")
    parser.add_argument("--built", type=Path, help="a folder with wheels that need not be built")
    parser.add_argument("arguments", nargs="*", help="pytest's, instead of the whole suite")
    asked = parser.parse_args()
    every = []
    with tempfile.TemporaryDirectory() as temporary:
        sdist = wheels.make_sdist(Path(temporary))
        with tarfile.open(sdist) as archive:
            # Of our own making; Python 3.11 knows filters from 3.11.4 on.
            filters: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            archive.extractall(temporary, **filters)
        sources = Path(temporary, sdist.name.removesuffix(".tar.gz"))
        for version in asked.only.split(","):
            python = python_of(version)
            lines = [(f"Python {version}: absent", True)]
            if python:
                lines = tried(version, python, sdist, sources, asked)
            every += lines
            print(*(line for line, _ in lines), sep="\n", flush=True)
    failures = sum(not passed for _, passed in every)
    print(f"{'FAILED' if failures else 'passed'}: {len(every)} lines, {failures} failed")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
