"""The process is really killed; what it leaves is really recovered from."""

import os
import shutil
import signal

import pytest

from plexusers.standin import StandIn
from tests.conftest import Installation, contents
from tests.home import Home
from tests.waiting import until

FILM_BYTES = 48_000_000
"""Enough to be met in the middle of its copy; and so large that a second thread verifies it meanwhile."""
SLOW = {"CACHERR_COPY_CHUNK": "512"}


@pytest.mark.parametrize("placement", ["symlink", "union"])
def test_a_cycle_killed_in_the_middle_of_a_copy_is_undone_and_the_next_one_completes(
    installation: Installation, home: Home, plex: StandIn, placement: str
) -> None:
    film = os.urandom(FILM_BYTES)
    home.film("Alpha", film)
    before = installation.public_files()
    extra = {**SLOW, "CACHERR_PLACEMENT": placement}
    process = installation.start("cycle", extra=extra)
    copying = until(installation.copies_in_progress, "a copy")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert copying[0].exists()
    assert installation.public_files() == before, "the original is untouched"
    assert contents(installation.cache) == {}, "nothing partial has a public name"

    recovered = installation.run("recover", "--json", extra=extra)
    assert recovered.code == 0
    assert [row["state"] for row in recovered.report["operations"]] == ["aborted"]
    assert recovered.report["interrupted_cycles"] == 1
    assert {path.name for path in installation.cache.rglob("*")} == {".cacherr-manifest", ".cacherr-root"}
    assert installation.run("recover", "--json", extra=extra).report["operations"] == []

    completed = installation.run("cycle", "--json", extra=extra)
    assert (completed.code, completed.report["files_cached"]) == (0, 1)
    assert contents(installation.cache) == before
    assert installation.public_files() == before


def test_a_second_instance_keeps_off_while_one_is_working(
    installation: Installation, home: Home, plex: StandIn
) -> None:
    home.film("Alpha", os.urandom(FILM_BYTES))
    process = installation.start("cycle", extra=SLOW)
    until(installation.copies_in_progress, "a copy")
    process.send_signal(signal.SIGSTOP)  # so that it is still working when the others have started
    same = installation.run("cycle")
    shutil.copytree(installation.config, installation.directory / "other-config")
    other = installation.run("cycle", extra={"CACHERR_CONFIG_DIR": str(installation.directory / "other-config")})
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (same.code, other.code) == (75, 75)
    assert "Another instance" in other.errors
