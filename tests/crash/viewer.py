"""Somebody opens Plex's path all the time, somebody else watches long, while the film comes and goes.

For a union, Plex's path is a real mergerfs mount with the cache first. Each open must succeed and show the whole film.

mergerfs looks for a file and opens it in two steps. When the name goes between them, that open fails although the other
branch has the file: about one in 150 removals under a viewer that does nothing but open, with renames alone and nothing
of Cacherr's. No order of steps on the branches prevents it. Such opens succeed when tried again at once; they are
counted apart, and there may be no more of them than removals.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.crash import acts
from tests.crash.ground import FILM, OLD, Ground
from tests.crash.images import run
from tests.crash.scenarios import Scenario
from tests.crash.stage import Counted, Stage
from tests.waiting import until

TRIES = 10_000
"""A return waits while somebody has the file open; it is tried again this often at most."""


@dataclass(frozen=True)
class Aim:
    """When enough was seen."""

    opens: int = 400_000
    trips: int = 20


class Seen(NamedTuple):
    """What a viewer has to say."""

    opens: int
    wrong: int
    lost: int
    """Opens that found nothing, and found the film when tried again at once."""
    said: str


@dataclass
class Viewer:
    """A running viewer."""

    process: subprocess.Popen[str]

    def end(self) -> Seen:
        """Let it end, and hear what it saw."""
        self.process.send_signal(signal.SIGTERM)
        out, errors = self.process.communicate(timeout=60)
        opens, wrong, lost = map(int, out.split())
        return Seen(opens, wrong, lost, errors)


def sweep(stage: Stage, scenario: Scenario, counted: Counted, aim: Aim) -> None:
    """Round trips in one combination under the eyes of two viewers, until enough was seen."""
    if scenario.kind != "cache":
        return
    stage.lay_out(scenario.combination)
    seen: list[Seen] = []
    trips = 0
    with plex_path(stage.ground) as path:
        while sum(one.opens for one in seen) < aim.opens or trips < aim.trips:
            with counted.point("rounds", f"{scenario.combination}, viewed"), ExitStack() as stack:
                viewers = [_viewer(stage, path), _viewer(stage, path, "patient")]
                for viewer in viewers:
                    stack.callback(viewer.process.kill)
                stage.runner.must(_round_trips)
                answers = [viewer.end() for viewer in viewers]
                trips, seen = trips + AT_ONCE, [*seen, *answers]
                _require_good(answers, scenario)
            if counted.failures:
                break
    counted.tried["round trips"] += trips
    counted.tried["opens"] += sum(one.opens for one in seen)
    counted.tried["wrong opens"] += sum(one.wrong for one in seen)
    counted.tried["opens that mergerfs lost"] += sum(one.lost for one in seen)


def _require_good(answers: list[Seen], scenario: Scenario) -> None:
    """No open was wrong. Only a union may lose one, and only when a name goes: once for each viewer and trip."""
    assert not any(one.wrong for one in answers), "; ".join(one.said for one in answers)
    allowed = AT_ONCE if scenario.combination.placement == "union" else 0
    lost = [one.lost for one in answers]
    assert max(lost) <= allowed, f"opens that found nothing at first: {lost}"


AT_ONCE = 5


def _round_trips() -> None:
    """Some round trips in one process, as a worker makes them."""
    for _ in range(AT_ONCE):
        _until(acts.is_cached, acts.try_to_cache)
        _until(lambda: not acts.is_cached(), acts.try_to_restore)


def _until(reached: Callable[[], bool], act: Callable[[], object]) -> None:
    """Try again while somebody has the file open; an operation that waits for that is recovered until it ends."""
    for _ in range(TRIES):
        acts.recover()
        if not acts.unfinished():
            if reached():
                return
            act()
    raise AssertionError("somebody had the film open all the time")


def _viewer(stage: Stage, path: bytes, *words: str) -> Viewer:
    expected, program = stage.directory / "expected", stage.directory / "viewer"
    if not program.exists():
        expected.write_bytes(OLD)
        run("gcc", "-O1", "-o", str(program), str(Path(__file__).with_name("viewer.c")))
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    command: list[str | bytes] = [str(program), path, str(expected), *words]
    return Viewer(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))


@contextmanager
def plex_path(ground: Ground) -> Iterator[bytes]:
    """The film's path as Plex opens it: through a real union where the placement is one."""
    if ground.combination.placement != "union":
        yield ground.original
        return
    point = os.fsencode(ground.directory / "union")
    os.makedirs(point, exist_ok=True)
    options = "category.search=ff,category.create=epff,cache.files=off"
    branches = ground.cache + b":" + ground.array
    command: list[str | bytes] = ["mergerfs", "-f", "-o", options, branches, point]
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    daemon = subprocess.Popen(command, env=environment, stderr=sys.stderr)
    try:
        until(lambda: daemon.poll() is not None or os.path.ismount(point), "the union")
        if daemon.poll() is not None:
            raise RuntimeError(f"mergerfs ended with code {daemon.returncode}: is /dev/fuse there?")
        yield point + b"/" + FILM
        run("umount", point)
    finally:
        daemon.terminate()
        daemon.wait()
