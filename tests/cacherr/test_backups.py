"""Backups of a real database in a real directory: complete, private, checked, and no more than are to be kept."""

import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from cacherr import backups
from cacherr.backups import BackupError
from cacherr.errors import RefusedError
from caching import backing_up
from caching.models import CachePolicy
from plexusers import remarks
from plexusers.models import PlexUser, Remark, RemarkKind
from tests.conftest import Installation

pytestmark = pytest.mark.django_db(transaction=True)  # what is not committed is in no backup

NOON = datetime(2026, 11, 24, 12)
sqlite_only = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL is left to its own tools")


@pytest.fixture
def config(settings: Settings, tmp_path: Path) -> Path:
    settings.CONFIG_DIR = tmp_path
    (tmp_path / "secret_key").write_text("the key")
    return tmp_path


def told() -> Remark:
    found = remarks.latest(RemarkKind.BACKUP)
    assert found is not None
    return found


def titles(backup: backups.Backup) -> list[str]:
    with closing(sqlite3.connect(f"file:{backup.path}/cacherr.sqlite3?mode=ro", uri=True)) as copy:
        return [row[0] for row in copy.execute("SELECT title FROM plexusers_plexuser ORDER BY id")]


@sqlite_only
def test_a_backup_has_the_rows_of_its_moment_and_the_key_and_is_its_owners_alone(config: Path) -> None:
    PlexUser.objects.create(plex_id=2, kind="main", title="Alex")
    made = backups.make(NOON, 7)
    PlexUser.objects.update(title="Somebody else")
    assert made.path == config / "backups/2026-11-24_12-00-00"
    assert titles(made) == ["Alex"]
    assert (made.path / "secret_key").read_text() == "the key"
    assert sorted(one.name for one in made.path.iterdir()) == ["cacherr.sqlite3", "secret_key"]
    assert made.size == sum(one.stat().st_size for one in made.path.iterdir())
    modes = {stat.S_IMODE(one.stat().st_mode) for one in made.path.iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o700


@sqlite_only
def test_the_oldest_leave_and_what_a_crash_left_is_cleared_away(config: Path) -> None:
    (config / "backups/.unfinished").mkdir(parents=True)
    (config / "backups/.unfinished/cacherr.sqlite3").write_text("half")
    (config / "backups/holiday").mkdir()
    for hours in range(4):
        backups.make(NOON + timedelta(hours=hours), 2)
    assert [one.name for one in backups.everything()] == ["2026-11-24_15-00-00", "2026-11-24_14-00-00"]
    assert sorted(one.name for one in (config / "backups").iterdir())[-1] == "holiday"
    assert not (config / "backups/.unfinished").exists()


@sqlite_only
def test_two_at_the_same_time_of_the_clock_are_two_and_a_clock_set_back_loses_nothing_new(config: Path) -> None:
    backups.make(NOON, 7)
    assert backups.make(NOON, 7).name == "2026-11-24_12-00-00_002"
    earlier = backups.make(NOON - timedelta(days=1), 1)
    assert earlier.path.exists()


@sqlite_only
def test_without_a_key_of_its_own_the_backup_says_so(config: Path) -> None:
    (config / "secret_key").unlink()
    assert not backups.make(NOON, 7).has_key


@sqlite_only
def test_a_backup_that_fails_says_why_leaves_the_others_and_is_told_until_one_works(config: Path) -> None:
    good = backing_up.back_up()
    home = config / "backups"
    home.rename(config / "away")
    home.write_text("a file is in the way")
    with pytest.raises(BackupError, match=r"No backup could be made in .*backups: .+ Look whether there is room"):
        backing_up.back_up()
    assert told().warning
    home.unlink()
    (config / "away").rename(home)
    assert backups.everything() == [good]
    backing_up.back_up()
    assert not told().warning


@sqlite_only
def test_the_setting_says_how_many_are_kept(config: Path) -> None:
    CachePolicy(backups_kept=1).save()
    backing_up.back_up()
    second = backing_up.back_up()
    assert backups.everything() == [second]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite is copied")
def test_postgresql_is_left_to_its_own_tools_and_the_schedule_does_not_complain(config: Path) -> None:
    with pytest.raises(RefusedError, match="pg_dump"):
        backups.make(NOON, 7)
    backing_up.back_up_if_possible()
    assert not Remark.objects.filter(kind=RemarkKind.BACKUP).exists()


@pytest.fixture
def writer(installation: Installation) -> Iterator[threading.Event]:
    """Somebody who writes to the installation's database again and again, until the event is set."""
    installation.run("status")
    path, done = installation.config / "cacherr.sqlite3", threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(path, timeout=60)) as database:
            # SQLite's lock goes to whoever asks first: without a moment between two rows, others might wait for ever.
            while not done.wait(0.001):
                database.execute(
                    "INSERT INTO plexusers_remark (kind, warning, message, at) VALUES ('pin', 0, 'x', '2026-01-01')"
                )
                database.commit()

    thread = threading.Thread(target=write)
    thread.start()
    yield done
    done.set()
    thread.join()


def test_the_command_copies_a_database_that_is_written_to_and_the_copy_can_be_started_from(
    installation: Installation, writer: threading.Event
) -> None:
    if "DATABASE_URL" in installation.variables:
        pytest.skip("PostgreSQL is left to its own tools")
    answered = installation.run("backup", "--json")
    assert answered.code == 0, answered.errors
    assert answered.report["key"]
    writer.set()
    copied = Path(str(answered.report["path"]))
    for name in ("cacherr.sqlite3-wal", "cacherr.sqlite3-shm"):
        (installation.config / name).unlink(missing_ok=True)
    for name in ("cacherr.sqlite3", "secret_key"):
        (installation.config / name).write_bytes((copied / name).read_bytes())
    assert installation.run("status", "--json").code == 0
