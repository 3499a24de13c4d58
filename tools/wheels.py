"""Build the sdist and a wheel, the same bytes whenever they are of the same files, and check both: `make wheels`.

    python -m tools.wheels [--python PATH] [--twice] [--sdist-only] [--out FOLDER]

The wheel is built from the sdist, in an environment of its own. Runs where `make wheels` has installed the tools
that it calls; what belongs into a wheel is said in `wheel_contents.py`, and no test is run here.
"""

import argparse
import gzip
import hashlib
import importlib.util
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import zipfile
from pathlib import Path
from typing import Any

from tools import wheel_contents

ROOT = Path(__file__).parents[1]
# The oldest glibc that is linked against: that of manylinux2014, of which pip on any Linux in use has heard.
GLIBC = "2.17"


def run(*command: object, **keywords: Any) -> str:
    """Run a program; leave with its output where it fails."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, **keywords)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def is_checkout() -> bool:
    """Return whether this is a clone, and not an unpacked sdist."""
    return (ROOT / ".git").exists()


def epoch() -> int:
    """Return the time that every file in the archives has: that of the commit."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    if is_checkout():
        return int(run("git", "log", "-1", "--format=%ct", cwd=ROOT))
    return int((ROOT / "pyproject.toml").stat().st_mtime)


def environment() -> dict[str, str]:
    """Return the variables under which everything is built.

    gcc compiles, for its code is the quicker one; Zig's linker has the symbols of old glibcs, which gcc's has not.
    """
    variables = os.environ | {"SOURCE_DATE_EPOCH": str(epoch()), "PYTHONHASHSEED": "0"}
    variables["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    if platform.libc_ver()[0] == "glibc" and importlib.util.find_spec("ziglang") and "LDSHARED" not in os.environ:
        target = f"{platform.machine()}-linux-gnu.{GLIBC}"
        variables["LDSHARED"] = f"{sys.executable} -m ziglang cc -target {target} -shared -s"
    return variables


def normalised(archive: Path, moment: int) -> None:
    """Write a tar.gz again: sorted, of one time, of nobody, with the permissions of a fresh clone."""
    members = {}
    with tarfile.open(archive) as source:
        for one in source.getmembers():
            file = source.extractfile(one)
            members[one.name] = (one, file.read() if file else None)
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as target:
        for _, (one, data) in sorted(members.items()):
            one.mtime, one.uid, one.gid, one.uname, one.gname, one.pax_headers = moment, 0, 0, "", "", {}
            one.mode = 0o755 if one.isdir() or one.mode & 0o100 else 0o644
            target.addfile(one, None if data is None else io.BytesIO(data))
    with archive.open("wb") as file, gzip.GzipFile("", "wb", 9, file, moment) as packed:
        packed.write(content.getvalue())


def normalised_wheel(path: Path, moment: int) -> None:
    """Write a wheel again: sorted, of one time, without folders, which auditwheel leaves with the time of the build."""
    with zipfile.ZipFile(path) as source:
        members = [(one, source.read(one)) for one in source.infolist() if not one.is_dir()]
    members.sort(key=lambda member: (".dist-info/" in member[0].filename, member[0].filename))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for one, data in members:
            fresh = zipfile.ZipInfo(one.filename, time.gmtime(moment)[:6])
            fresh.external_attr = (0o100755 if one.external_attr >> 16 & 0o100 else 0o100644) << 16
            target.writestr(fresh, data, zipfile.ZIP_DEFLATED)


def make_sdist(folder: Path) -> Path:
    """Build the sdist of the files that git knows, as they are now; return its path."""
    with tempfile.TemporaryDirectory() as temporary:
        if is_checkout():
            for name in run("git", "ls-files", "-z", cwd=ROOT).split("\0"):
                if name and (ROOT / name).is_file():
                    (Path(temporary) / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(ROOT / name, Path(temporary) / name)
        else:
            shutil.copytree(ROOT, temporary, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".venv", "dist", "*.so"))
        run(sys.executable, "-m", "build", "--sdist", "--outdir", folder, temporary, env=environment())
    (archive,) = folder.glob("*.tar.gz")
    normalised(archive, epoch())
    return archive


def make_wheel(python: str | Path, sdist: Path, folder: Path) -> Path:
    """Build a wheel from an sdist for a Python, and label it with the oldest system that it runs on.

    Cython writes where it found NumPy's declarations into the extension: what it is built with lies at one place
    relative to the source, and not in an environment of pip's, whose name is another every time.
    """
    with tempfile.TemporaryDirectory() as temporary:
        own, raw, unpacked = Path(temporary, "environment"), Path(temporary, "raw"), Path(temporary, "source")
        shutil.unpack_archive(sdist, unpacked, filter="data")
        (source,) = unpacked.iterdir()
        requirements = tomllib.loads((source / "pyproject.toml").read_text())["build-system"]["requires"]
        run(python, "-m", "venv", own)
        of_it = own / ("Scripts" if os.name == "nt" else "bin") / "python"
        run(of_it, "-m", "pip", "install", *requirements)
        options = ("--no-deps", "--no-build-isolation", "--wheel-dir", raw)
        run(of_it, "-m", "pip", "wheel", *options, source, env=environment())
        (wheel,) = raw.glob("*.whl")
        if sys.platform == "linux":
            run(sys.executable, "-m", "auditwheel", "repair", "--wheel-dir", Path(temporary), wheel, env=environment())
            (wheel,) = Path(temporary).glob("*.whl")
        normalised_wheel(wheel, epoch())
        return Path(shutil.move(wheel, folder / wheel.name))


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Build and check; exit with 1 where something does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tools.wheels", description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="the Python that the wheel is for")
    parser.add_argument("--twice", action="store_true", help="build everything twice and compare the bytes")
    parser.add_argument("--sdist-only", action="store_true", help="build and check the sdist, and no wheel")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="the folder to write to, emptied before")
    asked, began = parser.parse_args(), time.perf_counter()
    shutil.rmtree(asked.out, ignore_errors=True)
    asked.out.mkdir(parents=True)
    if is_checkout() and run("git", "status", "--porcelain", cwd=ROOT):
        print("There are changes that are not committed: these archives are of no commit.")

    def built(folder: Path) -> list[Path]:
        sdist = make_sdist(folder)
        return [sdist] if asked.sdist_only else [sdist, make_wheel(asked.python, sdist, folder)]

    files = built(asked.out)
    failures = 0
    for path in files:
        print(f"{path.name}: {path.stat().st_size:,} bytes, SHA-256 {digest(path)}")
    for wheel in files[1:]:
        problems = wheel_contents.problems(wheel)
        failures += len(problems)
        print(*problems, f"{wheel.name}: {wheel_contents.summary(wheel)}", sep="\n")
        print(run(sys.executable, "-m", "check_wheel_contents", wheel).strip())
    print(run(sys.executable, "-m", "twine", "check", "--strict", *files).strip())
    if is_checkout():
        print(run(sys.executable, "-m", "check_manifest", ROOT, env=environment()).strip())
    if asked.twice:
        with tempfile.TemporaryDirectory() as temporary:
            again = {path.name: digest(path) for path in built(Path(temporary))}
        other = [path.name for path in files if again.get(path.name) != digest(path)]
        failures += len(other)
        print(f"built again: {', '.join(other)} differ" if other else "built again: the same bytes")
    print(f"{'FAILED' if failures else 'passed'}: {len(files)} files, {time.perf_counter() - began:.0f} s")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
