"""fastact's threads for threadpoolctl, from the moment this module is imported.

>>> import fastact.integrations.threadpoolctl
>>> from threadpoolctl import threadpool_limits
>>> with threadpool_limits(limits=1, user_api="fastact"):
...     pass  # fastact.get_num_threads() is 1 here, in the whole process
"""

from __future__ import annotations

from abc import ABCMeta

import threadpoolctl

from .._version import __version__


class FastactController(threadpoolctl.LibController, metaclass=ABCMeta):
    """Reads and sets what `fastact.set_num_threads` sets."""

    user_api = "fastact"
    internal_api = "fastact"
    filename_prefixes = ("_core.",)
    check_symbols = ("fa_process_threads", "fa_set_process_threads")

    def get_num_threads(self) -> int:
        """Return the number of threads of the process."""
        return int(self.dynlib.fa_process_threads())

    def set_num_threads(self, num_threads: int) -> None:
        """Set the number of threads of the process."""
        self.dynlib.fa_set_process_threads(num_threads)

    def get_version(self) -> str:
        """Return fastact's version."""
        return __version__


threadpoolctl.register(FastactController)
