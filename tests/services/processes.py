"""Child processes that serve for as long as a test run takes."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 30
STOP_SECONDS = 10
PORT_ATTEMPTS = 3


class MissingError(Exception):
    """A service cannot be had; the text says why."""


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def unprivileged_user() -> pwd.struct_passwd | None:
    """Whom to become when this is root, as PostgreSQL refuses to run as root; None when there is nobody to become."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known.get("nobody")


@contextmanager
def scratch_folder(owner: pwd.struct_passwd | None = None) -> Iterator[Path]:
    """A private temporary folder, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="cacherr-test-"))
    try:
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def spawn(
    command: Sequence[str | Path], folder: Path, user: pwd.struct_passwd | None = None
) -> subprocess.Popen[bytes]:
    """Start a server that writes to `folder/log`.

    It gets a session of its own, so that Ctrl-C in the terminal reaches the tests first and their services last.
    """
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )


def stop(process: subprocess.Popen[bytes], with_signal: signal.Signals) -> None:
    """End a server, by force when it does not listen."""
    process.send_signal(with_signal)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def answers_in_time(process: subprocess.Popen[bytes], answers: Callable[[], bool]) -> bool:
    """Wait until the server answers; False when it ended before, or needs too long."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if answers():
            return True
        time.sleep(0.05)
    return False


def last_words(folder: Path) -> str:
    """The last line a server wrote, to explain why it does not serve."""
    lines = (folder / "log").read_text(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "it wrote nothing"
