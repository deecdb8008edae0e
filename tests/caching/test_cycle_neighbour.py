"""Cycles of a good neighbour, in real processes: several copies at once, a pause, limits, and Unraid's mover."""

import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from plexusers.standin import StandIn
from tests.conftest import Installation, contents, tree
from tests.home import Home
from tests.serving import Served, rows, serving, unfinished
from tests.waiting import until

SIZE = 4_000_000
SLOWLY = {"CACHERR_COPY_CHUNK": "4096", "CACHERR_BANDWIDTH_LIMIT": "32KB", "CACHERR_PLACEMENT": "symlink"}
"""A film takes two minutes: more than anybody here waits for it."""
FILMS = ("Alpha", "Beta", "Gamma")
CANCELLED = "Cancelled; everything is as it was."


@pytest.fixture
def deck(home: Home, plex: StandIn, installation: Installation, tmp_path: Path) -> Home:
    """Three films on deck, and a mover that rests."""
    for title in FILMS:
        home.film(title, os.urandom(SIZE))
    installation.variables["CACHERR_MOVER_PID_FILE"] = str(tmp_path / "mover.pid")
    return home


@pytest.fixture
def pid_file(tmp_path: Path) -> Path:
    return tmp_path / "mover.pid"


@pytest.fixture
def copying(installation: Installation, deck: Home) -> Iterator[Served]:
    """A `serve` with two copies in progress."""
    with serving(installation, extra=SLOWLY) as served:
        assert served.get("/api/start-cache", method="POST", body={})[0] == 202
        until(lambda: len(installation.copies_in_progress()) == 2, "two copies")
        yield served


@pytest.fixture
def command(installation: Installation, deck: Home) -> Iterator["subprocess.Popen[str]"]:
    """A `cycle` command with two copies in progress."""
    process = installation.start("cycle", extra=SLOWLY)
    try:
        until(lambda: len(installation.copies_in_progress()) == 2, "two copies")
        yield process
    finally:
        process.kill()
        process.communicate()


def change(installation: Installation, **values: object) -> None:
    """Change settings in the row, as the admin of another process does."""
    with closing(sqlite3.connect(installation.config / "cacherr.sqlite3", timeout=20)) as database, database:
        for name, value in values.items():
            database.execute(f"UPDATE caching_cachepolicy SET {name} = ?", (value,))


def cycles(installation: Installation) -> list[tuple[str, str, int]]:
    """State, error and failures of each cycle that was no preview."""
    return rows(installation, "SELECT state, error, failures FROM caching_cycle WHERE NOT dry_run ORDER BY id")


def outcomes(installation: Installation) -> list[str]:
    return sorted(outcome for (outcome,) in rows(installation, "SELECT outcome FROM caching_operation"))


def nothing_is_left(installation: Installation) -> None:
    assert unfinished(installation) == []
    assert contents(installation.cache) == {}
    assert list(installation.directory.rglob(".cacherr.*.*")) == []


def test_no_more_than_the_limit_are_copied_at_once_by_a_real_worker(
    installation: Installation, deck: Home, copying: Served
) -> None:
    before = installation.public_files()
    status = copying.get("/api/status")[1]["data"]
    assert status["active_operations"] == 2
    assert [row["started"] for row in status["operations"]] == [True, True, False]
    assert copying.get("/api/stop-cache", method="POST")[0] == 200
    until(lambda: not unfinished(installation), "the cycle to stop")
    assert outcomes(installation) == [CANCELLED, CANCELLED, "The cycle was stopped before it began."]
    nothing_is_left(installation)
    assert installation.public_files() == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_a_command_that_copies_and_everything_is_as_it_was(
    installation: Installation, command: "subprocess.Popen[str]", number: signal.Signals
) -> None:
    command.send_signal(number)
    _, errors = command.communicate(timeout=60)
    assert command.returncode == 1, errors
    assert "Traceback" not in errors
    assert [state for state, _, _ in cycles(installation)] == ["stopped"]
    nothing_is_left(installation)


def test_a_pause_holds_copies_and_a_stop_still_ends_them(installation: Installation, copying: Served) -> None:
    assert copying.get("/api/pause", method="POST")[0] == 200
    until(lambda: rows(installation, RESTING) == [(2,)], "both copies to rest")
    done = rows(installation, "SELECT bytes_done FROM caching_operation ORDER BY id")
    data = copying.get("/api/status")[1]["data"]
    assert (data["paused"], data["running"], data["active_operations"]) == (True, True, 2)
    assert [row["speed_bytes_per_sec"] for row in data["operations"]] == [0, 0, 0]
    assert [row["eta_seconds"] for row in data["operations"]] == [None, None, None]
    assert rows(installation, "SELECT bytes_done FROM caching_operation ORDER BY id") == done
    assert copying.get("/api/stop-cache", method="POST")[0] == 200
    until(lambda: not unfinished(installation), "the cycle to stop")
    nothing_is_left(installation)


RESTING = "SELECT COUNT(*) FROM caching_operation WHERE started_at IS NOT NULL AND bytes_per_second = 0"


def test_after_a_pause_copies_go_on_from_where_they_were(installation: Installation, deck: Home) -> None:
    extra = {**SLOWLY, "CACHERR_BANDWIDTH_LIMIT": ""}
    with serving(installation, extra=extra) as served:
        assert served.get("/api/pause", method="POST")[0] == 200
        change(installation, bandwidth_limit="32KB", paused=0)
        assert served.get("/api/start-cache", method="POST", body={})[0] == 202
        (copy, *_) = until(installation.copies_in_progress, "a copy")
        inode = copy.stat().st_ino
        assert served.get("/api/pause", method="POST")[0] == 200
        until(lambda: rows(installation, RESTING) == [(2,)], "both copies to rest")
        change(installation, bandwidth_limit="")
        assert copy.stat().st_ino == inode
        assert served.get("/api/resume", method="POST")[0] == 200
        until(lambda: len(contents(installation.cache)) == 3, "all copies")
        until(lambda: not unfinished(installation), "the end of the cycle")
    assert inode in {path.stat().st_ino for path in installation.cache.rglob("*.mkv")}


def test_a_limit_that_is_lifted_counts_in_the_middle_of_a_copy(installation: Installation, deck: Home) -> None:
    with serving(installation, extra={**SLOWLY, "CACHERR_BANDWIDTH_LIMIT": ""}) as served:
        served.get("/api/resume", method="POST")  # makes the row of settings
        change(installation, bandwidth_limit="32KB")
        assert served.get("/api/start-cache", method="POST", body={})[0] == 202
        until(lambda: len(installation.copies_in_progress()) == 2, "two copies")
        change(installation, bandwidth_limit="")
        until(lambda: len(contents(installation.cache)) == 3, "all copies")


def test_a_lower_limit_holds_while_anybody_streams(installation: Installation, home: Home, deck: Home) -> None:
    watched = home.film("Delta", b"d" * 1000, on_deck=False)
    home.household.start_playing(home.owner, watched)
    extra = {"CACHERR_COPY_CHUNK": "4096", "CACHERR_BANDWIDTH_LIMIT_STREAMING": "32KB"}
    extra |= {"CACHERR_BANDWIDTH_LIMIT": "2MB"}
    with serving(installation, extra=extra) as served:
        assert served.get("/api/start-cache", method="POST", body={})[0] == 202
        until(slow_copies(installation), "both copies to be slow")
        assert len(contents(installation.cache)) <= 1
        home.household.stop_playing(home.owner)
        until(lambda: len(contents(installation.cache)) == 4, "all copies")


def slow_copies(installation: Installation) -> Callable[[], bool]:
    query = (
        "SELECT COUNT(*), SUM(bytes_per_second) FROM caching_operation"
        " WHERE state = 'planned' AND started_at IS NOT NULL AND bytes_done > 0 AND bytes_per_second > 0"
    )

    def look() -> bool:
        ((count, speed),) = rows(installation, query)
        return bool(count == 2 and speed < 64 * 1024)

    return look


def test_paused_by_the_environment_a_cycle_is_refused_and_a_preview_is_not(
    installation: Installation, deck: Home
) -> None:
    before = tree(installation.array), tree(installation.cache)
    paused = {"CACHERR_PAUSED": "true"}
    answered = installation.run("cycle", extra=paused)
    assert answered.code == 75
    assert answered.errors.strip() == "Cacherr is paused. Resume on the dashboard or unset CACHERR_PAUSED."
    assert installation.run("cycle", "--dry-run", extra=paused).code == 0
    assert (tree(installation.array), tree(installation.cache)) == before
    assert cycles(installation) == []


def test_a_cycle_begins_nothing_more_when_dry_run_is_switched_on_and_what_it_copies_comes_to_its_end(
    installation: Installation, deck: Home
) -> None:
    with serving(installation, extra={**SLOWLY, "CACHERR_BANDWIDTH_LIMIT": ""}) as served:
        served.get("/api/resume", method="POST")  # makes the row of settings
        change(installation, bandwidth_limit="32KB")
        assert served.get("/api/start-cache", method="POST", body={})[0] == 202
        until(lambda: len(installation.copies_in_progress()) == 2, "two copies")
        change(installation, dry_run=1, bandwidth_limit="")
        until(lambda: not unfinished(installation), "the cycle to stop")
        assert outcomes(installation) == ["", "", "The cycle was stopped before it began."]
        assert len(contents(installation.cache)) == 2
        until(lambda: cycles(installation)[0][0] == "stopped", "the cycle's end")
    why = "Dry run was switched on: what was not begun by then was left as it is."
    assert cycles(installation) == [("stopped", why, 0)]


def test_while_the_mover_runs_a_cycle_is_refused_and_a_preview_is_not(
    installation: Installation, deck: Home, pid_file: Path
) -> None:
    pid_file.write_text("")
    before = tree(installation.array), tree(installation.cache)
    answered = installation.run("cycle")
    assert answered.code == 75
    assert answered.errors.strip() == "Unraid's mover is running: nothing is moved until it is done."
    assert cycles(installation) == [("stopped", answered.errors.strip(), 0)]
    assert installation.run("cycle", "--dry-run").code == 0
    assert (tree(installation.array), tree(installation.cache)) == before
    pid_file.unlink()
    assert installation.run("cycle").code == 0
    assert len(contents(installation.cache)) == 3


def test_when_the_mover_begins_the_copies_in_progress_are_undone_and_the_rest_does_not_begin(
    installation: Installation, command: "subprocess.Popen[str]", pid_file: Path
) -> None:
    before = installation.public_files()
    pid_file.write_text("")
    _, errors = command.communicate(timeout=60)
    assert command.returncode == 75, errors
    running = "Unraid's mover is running: nothing is moved until it is done."
    assert errors.splitlines()[-1] == running
    assert cycles(installation) == [("stopped", running, 0)]
    assert set(outcomes(installation)) == {"Unraid's mover has begun; everything is as it was."}
    nothing_is_left(installation)
    assert installation.public_files() == before
