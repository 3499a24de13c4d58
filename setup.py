"""One extension: the Cython file and every C file beside it. Metadata is in pyproject.toml.

Instruction sets are enabled by pragma in the C sources and chosen at run time: no flag here names one.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from glob import glob

import numpy
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# Many a Python asks for -g, which makes the extension ten times as large: -g0 takes it back.
GCC_AND_CLANG = ["-O3", "-ffp-contract=off", "-std=c11", "-g0"]
# The linker's table of addresses is read-only once filled in, and the stack runs no code.
HARDENED = ["-Wl,-z,relro,-z,now,-z,noexecstack"]
# NAN of the Windows SDK from 10.0.26100 on is a function call unless asked, which no table can be initialised with.
MSVC = ["/O2", "/fp:precise", "/std:c11", "/Zc:preprocessor", "/D_UCRT_NOISY_NAN"]


class BuildInParallel(build_ext):
    """Compile the files of the one extension side by side, which setuptools does for extensions only."""

    def build_extensions(self):
        compile_some = self.compiler.compile

        def compile_all(sources, *args, **keywords):
            # MSVC's compiler object sets itself up at its first file.
            with ThreadPoolExecutor(1 if sys.platform == "win32" else os.cpu_count()) as pool:
                parts = pool.map(lambda source: compile_some([source], *args, **keywords), sources)
                return [name for part in parts for name in part]

        self.compiler.compile = compile_all
        super().build_extensions()


setup(
    cmdclass={"build_ext": BuildInParallel},
    ext_modules=[
        Extension(
            "fastact._core",
            ["src/fastact/_core.pyx", *sorted(glob("src/fastact/_native/*.c"))],
            depends=[
                *glob("src/fastact/_parts/*.pxi"),
                *glob("src/fastact/_native/*.h"),
                "src/fastact/include/fastact_api.h",
            ],
            include_dirs=[numpy.get_include(), "src/fastact"],
            define_macros=[(name, "NPY_2_0_API_VERSION") for name in ("NPY_NO_DEPRECATED_API", "NPY_TARGET_VERSION")],
            extra_compile_args=MSVC if sys.platform == "win32" else GCC_AND_CLANG,
            extra_link_args=HARDENED if sys.platform == "linux" else [],
            libraries=[] if sys.platform == "win32" else ["m"],
        )
    ],
)
