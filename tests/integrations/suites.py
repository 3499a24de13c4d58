"""The clients' own tests, run with fastact in them: `python -m tests.integrations.suites [client ...]`.

Not part of `make test`, which would take minutes longer. Each suite runs in a process of its own, in which this
module is a pytest plugin that puts fastact in before the client's tests are imported.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

CLIENT = "FASTACT_SUITE"  # the environment variable by which the plugin knows whose tests these are


def put_into_sklearn():
    import fastact.integrations.sklearn

    fastact.integrations.sklearn.patch()


def put_into_thinc():
    import thinc.api
    import thinc.backends
    from thinc.api import registry

    from fastact.integrations.thinc import FastactOps

    class NumpyOps(FastactOps):
        """Under Thinc's name, so that every test and every model has it."""

        name = "numpy"

    registry.ops.register("NumpyOps", func=NumpyOps)
    thinc.api.NumpyOps = thinc.backends.NumpyOps = thinc.backends.numpy_ops.NumpyOps = NumpyOps


# The client, how fastact gets in, which of its modules hold the tests, and further arguments for pytest.
SUITES = {
    "sklearn": (put_into_sklearn, ["sklearn.neural_network.tests"], []),
    "thinc": (put_into_thinc, ["thinc.tests.backends.test_ops", "thinc.tests.layers"], []),
}


def pytest_configure(config):
    """Put fastact in: pytest calls this before it imports a test."""
    client = os.environ.get(CLIENT)
    if client:
        SUITES[client][0]()


def run(client: str) -> int:
    """Run a client's tests and return pytest's exit code."""
    _, modules, arguments = SUITES[client]
    files = [
        str(Path(spec.origin).parent if spec.submodule_search_locations else spec.origin)
        for spec in map(importlib.util.find_spec, modules)
    ]
    command = [sys.executable, "-m", "pytest", "-q", "-p", __spec__.name, "-p", "no:cacheprovider"]
    # Up to the client's package, whose conftest.py has the fixtures.
    command += ["--confcutdir", str(Path(importlib.util.find_spec(client).origin).parent)]
    root = Path(__file__).parents[2]
    paths = os.pathsep.join(str(path) for path in (root, root / "src"))
    environment = os.environ | {CLIENT: client, "PYTHONPATH": paths}
    return subprocess.run([*command, *arguments, *files], cwd="/", env=environment, check=False).returncode


if __name__ == "__main__":
    codes = {client: run(client) for client in sys.argv[1:] or SUITES}
    for client, code in codes.items():
        print(f"{client}: {'passed' if code == 0 else f'failed (pytest ended with {code})'}")
    sys.exit(any(codes.values()))
