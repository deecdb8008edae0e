"""axe-core, the script that looks for barriers on a page: https://github.com/dequelabs/axe-core."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.processes import MissingError

PACKAGE = Path(__file__).with_name("axe")
SCRIPT = PACKAGE / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_SECONDS = 120


def answers(path: str) -> bool:
    """Whether there is a script at this path."""
    return os.path.isfile(path)


@contextmanager
def running() -> Iterator[str]:
    """The path of the script, taken from npm's registry the first time. Raises MissingError."""
    if not SCRIPT.exists():
        _install()
    yield str(SCRIPT)


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise MissingError("no npm found to get axe-core with")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    try:
        done = subprocess.run(
            command, cwd=PACKAGE, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise MissingError("npm's registry does not answer") from error
    if done.returncode or not SCRIPT.exists():
        lines = (done.stderr or done.stdout).strip().splitlines() or ["npm says nothing"]
        raise MissingError(f"npm cannot get axe-core: {lines[-1]}")
