"""Backups: the database and its key, together in a directory of their own below the configuration directory.

SQLite's own way of copying (https://www.sqlite.org/backup.html) gives a copy of one moment while others go on writing.
PostgreSQL is left to its own tools: `pg_dump` is not part of Cacherr, and half a backup would be worse than none.
"""

import os
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from cacherr.errors import CacherrError, RefusedError

DIRECTORY = "backups"
DATABASE, KEY = "cacherr.sqlite3", "secret_key"
NAMED = re.compile(r"\d{4}-\d{2}-\d{2}_\d{2}-\d{2}-\d{2}")
UNFINISHED = ".unfinished"
PATIENCE_SECONDS = 20.0


class BackupError(CacherrError):
    """A backup could not be made; those made before are as they were."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup."""

    name: str
    """The time it was made at, in the time zone of the settings."""
    path: Path
    size: int
    """Bytes."""
    has_key: bool
    """False: the key is in the environment, and is to be kept by its owner."""


def is_possible() -> bool:
    """Whether Cacherr makes backups of its database itself."""
    return connection.vendor == "sqlite"


def make(now: datetime, keep: int) -> Backup:
    """Make a backup, check it, and remove the oldest ones beyond `keep`. Raises RefusedError, BackupError.

    `now` is the local time that gives the name.
    """
    if not is_possible():
        raise RefusedError(
            "Cacherr does not copy a PostgreSQL database.",
            "Let pg_dump make a copy, and keep the file secret_key of the configuration directory with it.",
        )
    home = _home()
    unfinished = home / UNFINISHED
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(unfinished, ignore_errors=True)  # what a crash left
        unfinished.mkdir(mode=0o700)
        _copy_database(unfinished / DATABASE)
        _copy_key(unfinished / KEY)
        _sync(unfinished)
        made = unfinished.rename(_free_name(home, now))
        _sync(home)
        for old in everything()[keep:]:
            if old.path != made:  # its name may be an older one's, when clocks were set back
                shutil.rmtree(old.path)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise BackupError(
            f"No backup could be made in {home}: {reason}.", "Look whether there is room and whether it can be written."
        ) from error
    return _described(made)


def everything() -> list[Backup]:
    """The finished backups, the latest first."""
    home = _home()
    names = sorted((one.name for one in home.glob("*") if NAMED.match(one.name)), reverse=True)
    return [_described(home / name) for name in names]


def _home() -> Path:
    return Path(settings.CONFIG_DIR) / DIRECTORY


def _described(path: Path) -> Backup:
    size = sum(file.stat().st_size for file in path.iterdir())
    return Backup(path.name, path, size, (path / KEY).exists())


def _free_name(home: Path, now: datetime) -> Path:
    """Two in one second, or clocks set back, must not meet."""
    name = f"{now:%Y-%m-%d_%H-%M-%S}"
    number = 1
    path = home / name
    while path.exists():
        number += 1
        path = home / f"{name}_{number:03}"
    return path


def _copy_database(target: Path) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    address = f"file:{quote(str(connection.settings_dict['NAME']))}?mode=ro"
    # A connection of its own: one that is writing cannot be copied from.
    with (
        closing(sqlite3.connect(address, uri=True, timeout=PATIENCE_SECONDS)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy, progress=_never_wait_again)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without companions
        found = [row[0] for row in copy.execute("PRAGMA quick_check(1)")]
        if found != ["ok"]:
            raise sqlite3.DatabaseError(f"the copy is not sound: {found[0]}")


def _never_wait_again(status: int, remaining: int, total: int) -> None:  # noqa: ARG001 - sqlite3's own signature
    """Python would try again for ever."""
    if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        raise sqlite3.OperationalError("the database is locked")


def _copy_key(target: Path) -> None:
    source = Path(settings.CONFIG_DIR) / KEY
    if source.exists():
        shutil.copyfile(source, target)
        target.chmod(0o600)


def _sync(directory: Path) -> None:
    """Bring a directory and its files to the disk."""
    for path in [*(one for one in directory.iterdir() if one.is_file()), directory]:
        opened = os.open(path, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
