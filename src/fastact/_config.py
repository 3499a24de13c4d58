"""What this build of fastact is and what it found on this machine."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import numpy as np

from . import _core
from ._errors import parameter_error, shown
from ._version import __version__


def get_include() -> str:
    """Return the folder of ``fastact_api.h``, for compilers of C and Cython.

    Returns
    -------
    str
        What belongs into ``include_dirs``. The header says how it is used; Cython finds
        ``from fastact cimport`` by itself.
    """
    return str(Path(__file__).parent / "include")


def show_config(mode: str = "stdout") -> dict[str, str | int | list[str]] | None:
    """Show the version, the instruction set, the number of threads, and what built it.

    Parameters
    ----------
    mode : {"stdout", "dicts"}, default "stdout"
        Print the configuration, or return it as a dictionary.

    Returns
    -------
    dict or None
        The configuration if `mode` is ``"dicts"``.

    Raises
    ------
    ValueError
        If `mode` is neither.
    """
    if not isinstance(mode, str) or mode not in ("stdout", "dicts"):
        raise parameter_error(ValueError, "show_config", "mode", f"must be 'stdout' or 'dicts', not {shown(mode)}")
    config: dict[str, str | int | list[str]] = {
        "version": __version__,
        "isa": _core.isa(),
        "available_isas": list(_core.available_isas()),
        "threads": _core._get_threads(),
        "compiler": _core._compiler(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": f"{sys.platform} {platform.machine()}",
    }
    if mode == "dicts":
        return config
    width = max(map(len, config))
    for name, value in config.items():
        print(f"{name:{width}}  {', '.join(value) if isinstance(value, list) else value}")
    return None
