"""The log kept in files, so that a page can show it: all processes of an installation write to the same few files.

A line is a JSON object, appended by one write: the kernel keeps the lines of several processes apart, and a traceback
stays in its entry. When the newest file is full, whoever notices turns it over under a lock; the others see that the
name leads to another file and follow. Nothing is ever read or written by the database, and trouble with these files
is nobody's trouble: every line goes to standard error as well.
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

NAME = "cacherr.log"
MOST_BYTES = 1024 * 1024
MOST_FILES = 5
MOST_CHARACTERS = 8000
"""Of one entry."""
LEVELS = ("debug", "info", "warning", "error", "critical")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log."""

    time: str
    """ISO 8601, UTC, with milliseconds."""
    level: str
    """One of LEVELS."""
    logger: str
    message: str
    """With the traceback, when there is one."""
    process: int


def directory(config: Path) -> Path:
    """Where the files are."""
    return config / "logs"


class LogbookHandler(logging.Handler):
    """Writes to the files. Makes them when the first line comes."""

    def __init__(self, path: str, most_bytes: int = MOST_BYTES, most_files: int = MOST_FILES) -> None:
        """`path` is the directory; about so many bytes are kept in each of so many files."""
        super().__init__()
        self.directory, self.most_bytes, self.most_files = Path(path), most_bytes, most_files
        self.file: int | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line. A disk that is full or away costs the line, nothing else."""
        try:
            self._write(_line(record, self.format(record)))
        except OSError:
            self._let_go()
        except Exception:  # noqa: BLE001 - logging's own way: a line that cannot be made must not stop the work
            self.handleError(record)

    def close(self) -> None:
        """Let go of the file."""
        self._let_go()
        super().close()

    def _write(self, line: bytes) -> None:
        file = self._opened()
        os.write(file, line)
        if os.fstat(file).st_size >= self.most_bytes:
            self._turn_over()

    def _opened(self) -> int:
        """The newest file; another process may have turned it over meanwhile."""
        path = self.directory / NAME
        if self.file is not None and not _is_same(path, self.file):
            self._let_go()
        if self.file is None:
            self._make_directory()
            self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            _leave_to_owner(path)
        return self.file

    def _make_directory(self) -> None:
        """Never the configuration directory itself: where that is gone, nothing is kept."""
        try:
            self.directory.mkdir(mode=0o700)
        except FileExistsError:
            return
        _leave_to_owner(self.directory)

    def _turn_over(self) -> None:
        self._let_go()
        lock = os.open(self.directory / f"{NAME}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if (self.directory / NAME).stat().st_size >= self.most_bytes:  # nobody else was faster
                for newer, older in reversed(list(pairwise(paths(self.directory, self.most_files)))):
                    if newer.exists():
                        newer.replace(older)
        finally:
            os.close(lock)

    def _let_go(self) -> None:
        if self.file is not None:
            os.close(self.file)
            self.file = None


def _leave_to_owner(path: Path) -> None:
    """What a command run by root makes belongs to whom Cacherr runs as: the directory's owner."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def _is_same(path: Path, file: int) -> bool:
    try:
        named, opened = path.stat(), os.fstat(file)
    except FileNotFoundError:
        return False
    return (named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino)


def _line(record: logging.LogRecord, text: str) -> bytes:
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    cut = text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]} … (cut)"
    entry = {"t": time, "l": record.levelname.lower(), "n": record.name, "m": cut, "p": record.process}
    return json.dumps(entry).encode("ascii") + b"\n"


def paths(where: Path, most: int = MOST_FILES) -> list[Path]:
    """The files, the newest first, whether or not there are so many."""
    return [where / NAME, *(where / f"{NAME}.{number}" for number in range(1, most))]


def parsed(line: bytes) -> Entry | None:
    """A line as an entry; None for what a full disk or another program left of one."""
    try:
        found: dict[str, Any] = json.loads(line)
        level = found["l"] if found["l"] in LEVELS else "info"
        return Entry(str(found["t"]), level, str(found["n"]), str(found["m"]), int(found["p"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def entries(where: Path) -> Iterator[Entry]:
    """All entries, the latest first."""
    for path in paths(where):
        try:
            lines = path.read_bytes().splitlines()
        except OSError:
            continue
        for line in reversed(lines):
            if entry := parsed(line):
                yield entry


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries somebody wants to see."""

    level: str = "debug"
    """At least so bad."""
    search: str = ""
    """Plain text, whatever its case."""
    since: str = ""
    """Not before this moment, as `Entry.time` writes it."""

    def __call__(self, entry: Entry) -> bool:
        """Whether an entry is one of them."""
        if LEVELS.index(entry.level) < LEVELS.index(self.level) or entry.time < self.since:
            return False
        wanted = self.search.casefold()
        return not wanted or wanted in entry.message.casefold() or wanted in entry.logger.casefold()


def moment(at: datetime) -> str:
    """A moment as entries write theirs. `at` is aware."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


class Tail:
    """What is appended from now on."""

    def __init__(self, where: Path) -> None:
        self.path = where / NAME
        self.inode, self.place = self._now()
        self.rest = b""

    def _now(self) -> tuple[int, int]:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return 0, 0
        return status.st_ino, status.st_size

    def has_grown(self) -> bool:
        """Whether there is something to read: costs a look at the file's size."""
        return self._now() != (self.inode, self.place)

    def read(self) -> list[Entry]:
        """What came since the last time, also at the end of a file that was turned over meanwhile."""
        inode, size = self._now()
        found = self.rest
        if inode != self.inode:
            before = self.path.with_name(f"{NAME}.1")
            found += _read(before, self.place) if _inode(before) == self.inode else b""
            self.inode, self.place = inode, 0
        elif size < self.place:
            self.place = 0  # somebody emptied it
        fresh = _read(self.path, self.place)
        self.place += len(fresh)
        whole, _, self.rest = (found + fresh).rpartition(b"\n")
        return [entry for line in whole.splitlines() if (entry := parsed(line))]


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def _read(path: Path, start: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read()
    except FileNotFoundError:
        return b""
