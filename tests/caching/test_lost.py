"""A lost database and a lost cache disk, as a person meets them: by commands, in processes of their own."""

import os
import signal

import pytest

from plexusers.standin import StandIn
from tests.conftest import Installation, contents, tree
from tests.home import Home
from tests.waiting import until

MODES = [
    pytest.param({"CACHERR_PLACEMENT": "symlink"}, id="symlink-copy"),
    pytest.param({"CACHERR_PLACEMENT": "symlink", "COPY_TO_CACHE": "false"}, id="symlink-move"),
    pytest.param({"CACHERR_PLACEMENT": "union"}, id="union-shadow"),
    pytest.param({"CACHERR_PLACEMENT": "union", "CACHERR_PARK_ORIGINALS": "true"}, id="union-park"),
    pytest.param({"CACHERR_PLACEMENT": "union", "COPY_TO_CACHE": "false"}, id="union-move"),
]


def lose_database(installation: Installation) -> None:
    for path in installation.config.glob("*.sqlite3*"):
        path.unlink()


@pytest.mark.parametrize("variables", MODES)
def test_a_lost_database_is_rebuilt_from_the_disks(
    installation: Installation, home: Home, plex: StandIn, variables: dict[str, str]
) -> None:
    installation.variables |= variables | {"CACHERR_MINIMUM_HOLD_HOURS": "0", "CACHERR_WATCHED_GRACE_HOURS": "0"}
    film = home.film("Alpha", b"a" * 50_000)
    start = tree(installation.array)
    installation.run("cycle")
    before = installation.run("status", "--json").report["files"]
    lose_database(installation)
    assert installation.run("status", "--json").report["files"] == []
    rebuilt = installation.run("recover", "--rebuild", "--json")
    assert (rebuilt.code, rebuilt.report["rebuilt_files"]) == (0, ["Movies/Alpha/Alpha.mkv"]), rebuilt.errors
    after = installation.run("status", "--json").report
    assert (after["files"], after["unknown_private_names"]) == (before, [])
    home.finish(film)
    assert installation.run("cycle").code == 0
    end = tree(installation.array)
    end.pop(".cacherr-root")
    assert end == start
    assert contents(installation.cache) == {}


@pytest.mark.parametrize("variables", MODES)
def test_a_database_that_was_lost_in_the_middle_of_a_copy_leaves_nothing_behind(
    installation: Installation, home: Home, plex: StandIn, variables: dict[str, str]
) -> None:
    installation.variables |= variables
    home.film("Alpha", os.urandom(6_000_000))
    start = tree(installation.array)
    process = installation.start("cycle", extra={"CACHERR_COPY_CHUNK": "512"})
    until(installation.copies_in_progress, "a copy")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    lose_database(installation)
    (partial,) = installation.copies_in_progress()
    assert installation.run("recover").code == 0
    assert partial.exists(), "without being told, nothing unknown is touched"
    assert installation.run("status", "--json").report["unknown_private_names"] == [str(partial)]
    rebuilt = installation.run("recover", "--rebuild", "--json")
    assert rebuilt.report["rebuilt_operations"] == ["Movies/Alpha/Alpha.mkv"]
    assert not list(installation.cache.rglob(".cacherr.*"))
    assert [path.name for path in installation.cache.iterdir() if path.is_dir()] == []
    end = tree(installation.array)
    end.pop(".cacherr-root")
    assert end == start


def test_a_dead_cache_disk_is_rescued_from(installation: Installation, home: Home, plex: StandIn) -> None:
    home.film("Alpha", b"a" * 50_000)
    start = tree(installation.array)
    installation.run("cycle")
    assert installation.run("rescue").output == "Every cache is there: nothing to rescue.\n"
    installation.cache.rename(installation.directory / "dead")
    installation.cache.mkdir()
    assert installation.run("cycle").code == 4
    rescued = installation.run("rescue", "--json")
    assert (rescued.code, [row["state"] for row in rescued.report["operations"]]) == (0, ["done"])
    end = tree(installation.array)
    end.pop(".cacherr-root")
    assert end == start
    assert list(installation.cache.iterdir()) == []
    again = installation.run("rescue", "--json")
    assert (again.code, again.report["caches"]) == (4, [str(installation.cache)]), "there was nothing left to rescue"
    assert [one["path"] for one in again.report["absent"]] == [str(installation.cache)]

    installation.cache.rmdir()
    (installation.directory / "dead").rename(installation.cache)
    back = installation.run("cycle", "--json")
    assert back.code == 0, back.output
    assert [row["operation_type"] for row in back.report["operations"]] == ["restore"]
    assert installation.run("cycle", "--json").report["files_cached"] == 1


def test_after_a_rescue_a_new_disk_at_the_old_path_is_proved_and_used(
    installation: Installation, home: Home, plex: StandIn
) -> None:
    home.film("Alpha", b"a" * 50_000)
    installation.run("cycle")
    installation.cache.rename(installation.directory / "dead")
    installation.cache.mkdir()
    refused = installation.run("prove", "--json")
    assert (refused.code, list(installation.cache.iterdir())) == (1, [])
    assert "cacherr rescue" in refused.report["mappings"][0]["error"]
    assert installation.run("rescue").code == 0
    assert installation.run("cycle").code == 4, "only a person's word takes a new disk on"
    proved = installation.run("prove")
    assert proved.code == 0, proved.output
    assert "environment: symlink" in proved.output
    assert "Another disk is at" in proved.output
    again = installation.run("cycle", "--json")
    assert (again.code, again.report["files_cached"]) == (0, 1), again.output
    assert (installation.cache / "Movies" / "Alpha" / "Alpha.mkv").read_bytes() == b"a" * 50_000


def test_only_path_mappings_in_force_can_be_proved(installation: Installation, home: Home, plex: StandIn) -> None:
    assert installation.run("prove", "environment", "--json").report["mappings"][0]["proved"]
    unknown = installation.run("prove", "nowhere")
    assert (unknown.code, "nowhere" in unknown.errors) == (2, True)


@pytest.mark.parametrize("command", ["recover", "rescue"])
def test_an_absent_disk_is_told_although_there_was_nothing_to_do(
    installation: Installation, home: Home, plex: StandIn, command: str
) -> None:
    home.film("Alpha", b"a" * 50_000)
    installation.run("cycle")
    assert installation.run(command).code == 0
    installation.array.rename(installation.directory / "away")
    told = installation.run(command)
    assert told.code == 4
    assert f"{installation.array} is not there" in told.output
    reported = installation.run(command, "--json")
    assert (reported.code, reported.report["success"]) == (4, False)
    assert [(one["path"], "Mount it" in one["cure"]) for one in reported.report["absent"]] == [
        (str(installation.array), True)
    ]
