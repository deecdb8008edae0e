"""Real `serve` processes for tests: started, watched, asked over HTTP and WebSocket, and ended."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import Installation
from tests.waiting import until

API_KEY = "key-of-the-tests"
READY = re.compile(r"Cacherr is ready: http://[^:]+:(\d+)")


@dataclass
class Served:
    """One `serve` process with everything that it wrote."""

    process: subprocess.Popen[str]
    log: Path

    @property
    def text(self) -> str:
        """What it wrote so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def port(self) -> int:
        """Where it listens; waits until it does."""

        def look() -> int:
            assert self.process.poll() is None, self.text
            found = READY.search(self.text)
            return int(found[1]) if found else 0

        return until(look, "serve to be ready")

    def get(self, path: str, *, method: str = "GET", body: object = None) -> tuple[int, dict[str, Any]]:
        """Status and JSON of an answer; asked with the API key."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-Api-Key": API_KEY, "Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end: the exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)

    @property
    def is_anybody_left(self) -> bool:
        """Whether a process lives that it started, itself included."""
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True


@contextmanager
def serving(installation: Installation, *arguments: str, extra: Mapping[str, str] | None = None) -> Iterator[Served]:
    """`serve` on a free port, in a process group of its own; killed at the end when it still lives."""
    with tempfile.NamedTemporaryFile(dir=installation.directory, prefix="serve-", suffix=".log") as log:
        process = installation.start(
            "serve", "--port", "0", *arguments, extra={"CACHERR_API_KEY": API_KEY, **(extra or {})},
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        served = Served(process, Path(log.name))
        try:
            yield served
        finally:
            if served.is_anybody_left:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)


def rows(installation: Installation, query: str) -> list[tuple[Any, ...]]:
    """What a query finds in the installation's own database, whether or not anybody is using it."""
    with closing(sqlite3.connect(installation.config / "cacherr.sqlite3", timeout=20)) as database:
        return database.execute(query).fetchall()


def unfinished(installation: Installation) -> list[tuple[Any, ...]]:
    """Cycles and operations that look as if somebody were at work."""
    return [
        *rows(installation, "SELECT 'cycle', id, state FROM caching_cycle WHERE state IN ('queued', 'running')"),
        *rows(
            installation,
            "SELECT 'operation', id, state FROM caching_operation"
            " WHERE state IN ('planned', 'verified', 'published', 'swapped')",
        ),
    ]


def in_the_middle_of_a_copy(installation: Installation) -> bool:
    """Whether bytes have arrived on the cache and the copy has no public name yet."""
    return bool(installation.copies_in_progress())
