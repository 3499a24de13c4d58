"""One extension: the Cython file and every C file beside it. Metadata is in pyproject.toml.

Instruction sets are enabled by pragma in the C sources and chosen at run time: no flag here names one.
"""

import sys
from glob import glob

import numpy
from setuptools import Extension, setup

# Many a Python asks for -g, which makes the extension ten times as large: -g0 takes it back.
GCC_AND_CLANG = ["-O3", "-ffp-contract=off", "-std=c11", "-g0"]
MSVC = ["/O2", "/fp:precise", "/std:c11", "/Zc:preprocessor"]

setup(
    ext_modules=[
        Extension(
            "fastact._core",
            ["src/fastact/_core.pyx", *sorted(glob("src/fastact/_native/*.c"))],
            depends=glob("src/fastact/_native/*.h"),
            include_dirs=[numpy.get_include(), "src/fastact"],
            define_macros=[(name, "NPY_2_0_API_VERSION") for name in ("NPY_NO_DEPRECATED_API", "NPY_TARGET_VERSION")],
            extra_compile_args=MSVC if sys.platform == "win32" else GCC_AND_CLANG,
            libraries=[] if sys.platform == "win32" else ["m"],
        )
    ]
)
