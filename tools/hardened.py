"""What a built extension asks of the system: its segments and what it imports from the C library, read by readelf.

`python -m tools.hardened` checks the extension that is imported, `python -m tools.hardened some.whl other.so` those.
Of ELF only, which is Linux. Nothing here runs the extension.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

# Of the C library: the environment, files, the network, other programs, memory that may become code.
FORBIDDEN = re.compile(
    r"(secure_)?getenv|(un)?setenv|putenv|environ|(f|fd|fre)?open(at)?(64)?|creat|opendir|p?read(v|64)?|write|socket|connect"
    r"|bind|listen|accept4?|send(to|msg)?|recv(from|msg)?|getaddrinfo|gethostby\w+|system|popen|v?fork|exec\w+|posix_spawnp?"
    r"|dl(m)?open|mprotect|ptrace|gets|strcpy_|sprintf|mktemp|tmpnam"
)


def _readelf(option: str, path: Path) -> str:
    command = ["readelf", "--wide", option, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env={"LC_ALL": "C"}).stdout


def segment_troubles(headers: str, dynamic: str) -> list[str]:
    """Return what is wrong with the program headers and the dynamic section, as readelf prints them."""
    flags: dict[str, list[str]] = {}
    for kind, letters in re.findall(r"^ +(\w+) +(?:0x\w+ +){5}([RWE ]{3}) ", headers, re.MULTILINE):
        flags.setdefault(kind, []).append(letters)
    troubles = []
    if "GNU_STACK" not in flags or "E" in flags["GNU_STACK"][0]:
        troubles.append("the stack is executable")
    if any("W" in letters and "E" in letters for letters in flags.get("LOAD", ["WE"])):
        troubles.append("a segment is writeable and executable")
    if "GNU_RELRO" not in flags:
        troubles.append("relocations stay writeable: no GNU_RELRO")
    if not re.search(r"\(BIND_NOW\)|\(FLAGS(_1)?\).*\b(BIND_)?NOW\b", dynamic):
        troubles.append("the table of imported functions stays writeable: no BIND_NOW")
    if "(TEXTREL)" in dynamic:
        troubles.append("code is relocated in place: TEXTREL")
    return troubles


def imported(symbols: str) -> set[str]:
    """Return the names that the dynamic symbols, as readelf prints them, leave to other libraries."""
    return {name.partition("@")[0] for name in re.findall(r" UND +(\S+)", symbols)}


def troubles(path: Path) -> list[str]:
    """Return what is wrong with a shared library."""
    found = segment_troubles(_readelf("--program-headers", path), _readelf("--dynamic", path))
    names = imported(_readelf("--dyn-syms", path))
    return found + [f"it imports {name}" for name in sorted(names) if FORBIDDEN.fullmatch(name)]


def libraries(path: Path, folder: Path) -> list[Path]:
    """Return the shared libraries of a wheel, taken out into a folder; of a library itself."""
    if path.suffix != ".whl":
        return [path]
    with zipfile.ZipFile(path) as wheel:
        return [Path(wheel.extract(name, folder)) for name in wheel.namelist() if re.search(r"\.so(\.\d+)*$", name)]


def main(arguments: list[str]) -> int:
    """Check the libraries and print what is found."""
    if not arguments:
        from fastact import _core

        arguments = [str(_core.__file__)]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in [library for argument in arguments for library in libraries(Path(argument), Path(folder))]:
            found = troubles(path)
            wrong += len(found)
            print(f"{path.name}: {'; '.join(found) or 'no executable stack, RELRO, BIND_NOW, no writeable code'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
