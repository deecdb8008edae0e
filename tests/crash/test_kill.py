"""The process is really killed; what it leaves is really recovered from."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from plexusers.standin import StandIn
from tests.conftest import PROJECT, Installation, contents
from tests.environment import clean_environment
from tests.home import Home
from tests.waiting import until

SOURCE = Path(__file__).with_name("shim.c")
SLOW = {"CACHERR_COPY_CHUNK": "512"}


@pytest.mark.parametrize("placement", ["symlink", "union"])
def test_a_cycle_killed_in_the_middle_of_a_copy_is_undone_and_the_next_one_completes(
    installation: Installation, home: Home, plex: StandIn, placement: str
) -> None:
    film = os.urandom(6_000_000)
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
    assert [path.name for path in installation.cache.rglob("*")] == [".cacherr-root"]
    assert installation.run("recover", "--json", extra=extra).report["operations"] == []

    completed = installation.run("cycle", "--json", extra=extra)
    assert (completed.code, completed.report["files_cached"]) == (0, 1)
    assert contents(installation.cache) == before
    assert installation.public_files() == before


def test_a_second_instance_keeps_off_while_one_is_working(
    installation: Installation, home: Home, plex: StandIn
) -> None:
    home.film("Alpha", os.urandom(6_000_000))
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


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that counts calls and kills."""
    if shutil.which("gcc") is None:
        pytest.skip("no C compiler: apt-get install gcc libc6-dev")
    library = tmp_path_factory.mktemp("shim") / "shim.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
    return library


@pytest.mark.parametrize("placement", ["symlink", "union"])
def test_a_kill_or_an_error_at_any_call_loses_nothing(shim: Path, tmp_path: Path, placement: str) -> None:
    command = [sys.executable, "-m", "tests.crash.sweep", "--directory", str(tmp_path), "--placement", placement]
    swept = subprocess.run(
        [*command, "--every", "9"],
        env={**clean_environment(), "LD_PRELOAD": str(shim)},
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert swept.returncode == 0, swept.stderr
    assert "cache killed" in swept.stdout
