"""One process's stage: where scenarios are set up, brought back and looked at; and what is counted of them."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.crash import acts
from tests.crash.ground import OLD, SEED, Combination, Ground, Tree, copies, differences, require_whole
from tests.crash.running import Runner
from tests.crash.scenarios import Scenario
from tests.crash.snapshot import Snapshot, renumbered


@dataclass(frozen=True)
class Bounds:
    """Which points are tried."""

    first: int = 1
    last: int = sys.maxsize
    every: int = 1

    def points(self) -> Iterator[int]:
        """The numbers of the calls, until the caller has seen the last one."""
        for point in count(self.first, self.every):
            if point > self.last:
                return
            yield point


class StoppedError(Exception):
    """The first failure was all that was asked for."""


@dataclass
class Counted:
    """What a part has tried, and what it has found."""

    stops_at_first: bool = False

    tried: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @contextmanager
    def point(self, kind: str, where: str) -> Iterator[None]:
        """One point: counted, and when something does not hold, kept with its place."""
        self.tried[kind] += 1
        try:
            yield
        except AssertionError as error:
            self.fail(f"{where}: {error}")

    def require(self, where: str, problem: str) -> None:
        """A run that was not disturbed has had no problem of its own."""
        if problem:
            self.fail(f"{where}: {problem}")

    def fail(self, sentence: str) -> None:
        """Keep a failure and show it at once."""
        self.failures.append(sentence)
        sys.stderr.write(f"FAILED {sentence}\n")
        if self.stops_at_first:
            raise StoppedError

    def line(self, part: str) -> str:
        """The counts in one line."""
        tried = ", ".join(f"{number:,} {kind}" for kind, number in self.tried.items())
        return f"{part}: {tried}; {len(self.failures)} failed"


class Stage:
    """A directory with roots and a configuration, in a process that has loaded Django."""

    def __init__(self, directory: Path, config: Path) -> None:
        self.directory, self.config = directory, config
        self.ground = Ground(directory, Combination("symlink", "copy"))
        os.makedirs(self.ground.roots, exist_ok=True)
        self.runner = Runner.of(self.ground.roots, config)
        self.empty = Snapshot(self.ground, config)
        self.start: Tree = {}
        """The tree before anything was cached."""

    def prepare(self, scenario: Scenario) -> Snapshot:
        """Set a scenario up until its operation could begin."""
        self.lay_out(scenario.combination)
        self.runner.must(scenario.before)
        scenario.outside(self.ground)
        return Snapshot(self.ground, self.config)

    def lay_out(self, combination: Combination) -> None:
        """An array with a film, an empty cache, and a proved mapping."""
        self.ground = Ground(self.directory, combination)
        self.empty.load()
        self.ground.lay_out()
        self.runner.must(lambda: acts.set_up(self.ground))
        self.start = self.ground.tree()

    def load(self, snapshot: Snapshot) -> Tree:
        """Bring a snapshot back. Returns the tree that everything must lead back to."""
        return renumbered(self.start, snapshot.load())

    def examine(self, scenario: Scenario, start: Tree) -> None:
        """Everything that must hold after a crash or an error. Raises AssertionError."""
        self.require_kept(scenario)
        self.runner.must(lambda: self._recover_and_go_on(scenario, start))

    def require_kept(self, scenario: Scenario) -> None:
        """At every instant: Plex's path shows the whole file, and nothing has gone too early."""
        require_whole(self.ground, {OLD, scenario.shown})
        assert self.ground.plex_sees() == scenario.shown, "Plex's path shows another version"
        tree = {name: entry for name, entry in self.ground.tree().items() if name != b"array/" + SEED}
        if scenario.keeps_original:
            linked = [entry for entry in tree.values() if entry.links == 2 and entry.content == OLD]
            assert len(linked) == 1, "the original is gone although the mode keeps it"
        elif scenario.combination.mode == "copy" and not copies(tree, OLD):
            assert scenario.is_whole(tree), "the old file went before the new one had its place"

    def _recover_and_go_on(self, scenario: Scenario, start: Tree) -> None:
        acts.recover()
        self.require_kept(scenario)
        once = self.ground.tree()
        acts.require_orderly(self.ground)
        assert scenario.leaves_no_directory(once), "a directory that was made on the array is left"
        acts.recover()
        changed = differences(once, self.ground.tree())
        assert not changed, f"a second recovery changed something: {changed}"
        for act in scenario.after:
            act()
            self.require_kept(scenario)
        end = {name: scenario.compared(name, entry) for name, entry in self.ground.tree().items()}
        changed = differences(scenario.ends_at(start), end)
        assert not changed, f"it did not lead back to the start: {changed}"
