"""Several real processes at once on the same roots: of one installation, and of one with a database of its own.

In each round one cycle is stopped in the middle of its copy. While it holds the locks every other process must answer
that somebody is working (exit code 75). Then the first one goes on or is killed, and several start at once, of which
one is killed at a random moment. After each round Plex's path shows the whole film; in the end, recovered and restored
by both, the tree is what it was.
"""

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crash.ground import Combination
from tests.crash.stage import Counted

if TYPE_CHECKING:
    from tests.conftest import Installation

BUSY = 75
SIZE = 48_000_000
TITLE = "Alpha"


class Crowd:
    """Two installations on the same roots, with a Plex server that wants one film cached."""

    def __init__(self, installation: "Installation", combination: Combination) -> None:
        self.chance = random.Random(str(combination))
        self.combination, self.one = combination, installation
        installation.variables |= {
            "CACHERR_PLACEMENT": combination.placement,
            "CACHERR_PARK_ORIGINALS": str(combination.park).lower(),
            "CACHERR_MINIMUM_HOLD_HOURS": "0", "CACHERR_WATCHED_GRACE_HOURS": "0",
            "CACHERR_COPY_CHUNK": "512",
            "CACHERR_PATH_MAPPINGS": _mapping(installation, combination),
            "PLEX_SOURCE": "", "REAL_SOURCE": "", "CACHE_DESTINATION": "",
        }  # fmt: skip
        self.other = {"CACHERR_CONFIG_DIR": str(installation.directory / "other-config")}
        shutil.copytree(installation.config, self.other["CACHERR_CONFIG_DIR"])

    def start(self, command: str, *, of_other: bool) -> subprocess.Popen[str]:
        """Start a command of one of the two installations."""
        return self.one.start(command, extra=self.other if of_other else None)

    def shown(self) -> bytes:
        """What Plex's path shows of the film."""
        name = f"Movies/{TITLE}/{TITLE}.mkv"
        union = self.combination.placement == "union" and (self.one.cache / name).exists()
        return ((self.one.cache if union else self.one.array) / name).read_bytes()

    def round(self, counted: Counted) -> None:
        """One meeting. Raises AssertionError."""
        first = self.start("cycle", of_other=False)
        self._until_copying(first)
        if first.poll() is None:
            first.send_signal(signal.SIGSTOP)
            others = [self.start("cycle", of_other=True), self.start("recover", of_other=False)]
            codes = [_end(process) for process in others]
            assert codes == [BUSY, BUSY], f"two that came while one was working ended with {codes}"
            counted.tried["kept off"] += len(codes)
        first.send_signal(self.chance.choice([signal.SIGKILL, signal.SIGCONT]))
        self._storm(counted)
        _end(first)

    def _until_copying(self, process: subprocess.Popen[str]) -> None:
        while process.poll() is None and not self.one.copies_in_progress():
            time.sleep(0.005)

    def _storm(self, counted: Counted) -> None:
        """Several at once, of which one is killed when it pleases chance."""
        kinds = [("cycle", False), ("cycle", True), ("recover", False), ("recover", True)]
        crowd = [self.start(command, of_other=other) for command, other in self.chance.sample(kinds, 3)]
        time.sleep(self.chance.uniform(0.5, 2))
        self.chance.choice(crowd).kill()
        codes = [_end(process) for process in crowd]
        counted.tried["processes in a crowd"] += len(codes)
        assert all(code in {0, 1, BUSY, -signal.SIGKILL} for code in codes), f"a crowd ended with {codes}"

    def settle(self) -> None:
        """Both recover and restore everything."""
        for extra in (None, self.other):
            for command in (("recover",), ("restore", "--all")):
                done = self.one.run(*command, extra=extra)
                assert done.code == 0, f"{command} ended with {done.code}: {done.output}{done.errors}"


def sweep(installation: "Installation", combination: Combination, counted: Counted, rounds: int) -> None:
    """Rounds of meetings in one combination; chance comes from a fixed seed."""
    from plexusers.standin import StandIn
    from tests.conftest import contents
    from tests.home import OWNER_TOKEN, Home

    home, film = Home(installation.array), os.urandom(SIZE)
    home.film(TITLE, film)
    before = contents(installation.array)
    with StandIn(home.household) as server:
        installation.variables |= {
            "PLEX_URL": server.url, "PLEX_TOKEN": OWNER_TOKEN,
            "CACHERR_OUTBOUND_GATEWAY": server.url, "CACHERR_PLEXTV_INTERVAL_MS": "0",
        }  # fmt: skip
        crowd = Crowd(installation, combination)
        for number in range(rounds):
            with counted.point("rounds", f"{combination}, meeting {number}"):
                crowd.round(counted)
                assert crowd.shown() == film, "Plex's path does not show the film"
                crowd.settle()
                assert crowd.shown() == film, "Plex's path does not show the film after everything"
                assert contents(installation.array) == before, "the array is not what it was"
                assert contents(installation.cache) == {}, "something is left on the cache"


def _mapping(installation: "Installation", combination: Combination) -> str:
    import json

    from tests.home import PLEX_PREFIX

    roots = {"plex": PLEX_PREFIX, "array": str(installation.array), "cache": str(installation.cache)}
    return json.dumps([{"name": "m", "placement": combination.placement, "mode": combination.mode, **roots}])


def _end(process: subprocess.Popen[str]) -> int:
    process.communicate(timeout=120)
    return process.returncode


def new_installation(directory: Path) -> "Installation":
    """Empty roots and an empty database."""
    from tests.conftest import Installation

    shutil.rmtree(directory, ignore_errors=True)
    made = Installation(directory)
    made.array.mkdir(parents=True)
    made.cache.mkdir()
    assert made.run("status", extra={"PLEX_SOURCE": "", "REAL_SOURCE": "", "CACHE_DESTINATION": ""}).code == 0
    return made
