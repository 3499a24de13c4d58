"""What a published figure has to say about where it was measured; this file must not time anything.

Each entry is None where the system does not tell: caches are found on Linux only.
"""

from __future__ import annotations

import datetime
import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path

import fastact

UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "": 1}


def machine(versions: Mapping[str, str | None]) -> dict:
    """Return CPU, caches, instruction set, compiler, date and the versions that took part."""
    config = fastact.show_config(mode="dicts")
    return {
        "cpu": _cpu(),
        "logical_cores": os.cpu_count(),
        "caches": _caches(),
        "system": f"{platform.system()} {platform.machine()}",
        **{key: config[key] for key in ("isa", "available_isas", "compiler")},
        "versions": {"python": platform.python_version(), **versions},
        "date_utc": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _cpu() -> str | None:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.M)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or None


def _caches() -> dict[str, int]:
    caches = {}
    for entry in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        try:
            level, kind, size = ((entry / name).read_text().strip() for name in ("level", "type", "size"))
        except OSError:
            continue
        found = re.fullmatch(r"(\d+)([KMG]?)", size)
        if found and kind != "Instruction":
            name = f"L{level}d" if kind == "Data" else f"L{level}"
            caches[name] = int(found[1]) * UNITS[found[2]]
    return caches
