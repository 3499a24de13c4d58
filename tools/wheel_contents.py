"""What a wheel has to contain and must not: `python -m tools.wheel_contents dist/*.whl`, and part of `make wheels`.

Of the standard library alone, for wheels of any system. How a wheel is built is said elsewhere.
"""

import re
import sys
import zipfile
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
(VERSION,) = re.findall(r'__version__ = "(.+)"', (SOURCE / "fastact" / "_version.py").read_text())
# What is data to setuptools, and would be left out of a wheel without notice.
DATA = ("py.typed", "__init__.pyi", "_core.pyi", "ufuncs.pyi", "__init__.pxd", "include/fastact_api.h")
EXTENSION = re.compile(r"fastact/_core\.[\w.-]+\.(so|pyd)")
SOURCES = (".c", ".pyx", ".o", ".obj", ".pyc", ".lib", ".exp")
MOST_BYTES = 4 * 2**20
INFORMATION = f"fastact-{VERSION}.dist-info/"


def expected() -> set[str]:
    """Return the files of the package that every wheel has, whatever the system."""
    modules = {path.relative_to(SOURCE).as_posix() for path in (SOURCE / "fastact").rglob("*.py")}
    data = {f"fastact/{name}" for name in DATA}
    information = {f"{INFORMATION}{name}" for name in ("METADATA", "WHEEL", "RECORD", "licenses/LICENSE")}
    return modules | data | information | {f"{INFORMATION}entry_points.txt"}


def machine_paths(content: bytes) -> list[str]:
    """Return the paths of folders where it was built that a compiled file contains."""
    folders = {str(ROOT), str(Path.home()), "/tmp/", "/build/"}
    return sorted(folder for folder in folders if len(folder) > 1 and folder.encode() in content)


def problems(wheel: Path) -> list[str]:
    """Return a sentence for everything that is wrong with a wheel."""
    found = []
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        found += [f"{name} is missing" for name in sorted(expected() - set(names))]
        extensions = [name for name in names if EXTENSION.fullmatch(name)]
        if len(extensions) != 1:
            found.append(f"{len(extensions)} extensions instead of one")
        for name in names:
            path = PurePosixPath(name)
            if path.parts[0] not in ("fastact", INFORMATION.rstrip("/")):
                found.append(f"{name} is outside the package")
            if path.suffix in SOURCES or "_native" in path.parts or "__pycache__" in path.parts:
                found.append(f"{name} does not belong into a wheel")
        for name in extensions:
            found += [f"{name} contains the path {path}" for path in machine_paths(archive.read(name))]
        metadata = archive.read(f"{INFORMATION}METADATA").decode() if f"{INFORMATION}METADATA" in names else ""
        if f"\nVersion: {VERSION}\n" not in metadata:
            found.append(f"the version is not {VERSION}, that of _version.py")
        needed = re.findall(r"^Requires-Dist: ((?:(?!extra ==).)*)$", metadata, re.MULTILINE)
        if needed != ["numpy>=2.0"]:
            found.append(f"it needs {needed} instead of NumPy alone")
    if wheel.stat().st_size > MOST_BYTES:
        found.append(f"it has {wheel.stat().st_size:,} bytes, more than {MOST_BYTES:,}")
    return [f"{wheel.name}: {one}" for one in found]


def summary(wheel: Path) -> str:
    """Return the sizes of a wheel in words."""
    with zipfile.ZipFile(wheel) as archive:
        files = archive.infolist()
        extension = sum(one.file_size for one in files if EXTENSION.fullmatch(one.filename))
        return (
            f"{len(files)} files, {wheel.stat().st_size:,} bytes, {sum(one.file_size for one in files):,} unpacked, "
            f"of them {extension:,} of the extension"
        )


def main() -> None:
    """Check the wheels that are named; exit with 1 where one is not as it should be."""
    wheels = [Path(name) for name in sys.argv[1:]]
    found = [problem for wheel in wheels for problem in problems(wheel)]
    print(*found, *(f"{wheel.name}: {summary(wheel)}" for wheel in wheels), sep="\n")
    sys.exit(bool(found) or not wheels)


if __name__ == "__main__":
    main()
