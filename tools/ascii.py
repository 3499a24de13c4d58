"""Sources are ASCII: `python -m tools.ascii` says where one is not, of all files that git tracks or of those given."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def others(text: bytes) -> list[tuple[int, int]]:
    """Return line and column of the bytes that are not ASCII, the first of each line; none of what is no text."""
    if b"\0" in text:
        return []
    found = []
    for number, line in enumerate(text.split(b"\n"), 1):
        column = next((i for i, byte in enumerate(line, 1) if byte > 127), 0)
        if column:
            found.append((number, column))
    return found


def main(arguments: list[str]) -> int:
    """Print the places and return 1 if there are any."""
    names = arguments or subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    places = [f"{name}:{line}:{column}" for name in names if name for line, column in others(Path(name).read_bytes())]
    print("\n".join(places), end="\n" if places else "")
    return 1 if places else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
