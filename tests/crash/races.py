"""Another program acts before each call that changes something, while Cacherr is stopped there.

What is demanded, for each actor at each point:

- *at every later call of the operation* Plex's path shows one complete version: one of those before or the actor's;
  only a file that was made anew after it was deleted from every branch of a union may be out of sight for one call: no
  system call removes a name on condition, so what came in the instant since the last look is taken, seen, given back;
- *in the end* (recovered twice, restored unless in conflict, recovered again) the actor's bytes have a public name, or
  a private one that `status` shows; an upgrade, a re-creation and an appended tail are what Plex's path shows;
- what was shown before is still there (the hard link does not count), unless Plex's path showed the very file that the
  actor replaced, removed or wrote to: then it gave it up itself;
  The same holds for whoever replaces the recorded copy of a cached film: that is an upgrade, and new bytes win;
- where the film's directory has vanished, others also remove empty directories and make it anew: nothing is lost by it;
- nothing is unfinished, `status` knows every private name on disk, and the second recovery changes nothing.

Deleting through a union removes the file from every branch, as mergerfs does it; a new file goes to the first branch
that has its directory.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from tests.crash import acts
from tests.crash.ground import (
    FILM,
    OLD,
    SEED,
    THIRD,
    Ground,
    copies,
    described,
    differences,
    is_private,
    read,
    rename,
    replace,
    require_whole,
    vanish,
    write,
)
from tests.crash.scenarios import Scenario
from tests.crash.stage import Bounds, Counted, Stage


class Left(NamedTuple):
    """What an actor left."""

    content: bytes
    shown: bool
    """Whether Plex's path must show it in the end."""
    gave_up: bool
    """Whether it is the actor itself that took away what was shown."""
    may_blink: bool = False
    """Whether nothing else stands at Plex's path, so that it may be out of sight for one call."""


@dataclass(frozen=True)
class Actor:
    """An outside program; it answers None where it finds nothing to do."""

    name: str
    act: Callable[[Ground], Left | None]


def upgrade(ground: Ground) -> Left:
    """Replace the file through Plex's path by one rename."""
    replace(ground.plex_path(), THIRD)
    return Left(THIRD, shown=True, gave_up=True)


def recreate(ground: Ground) -> Left:
    """Delete the file through Plex's path, then write it anew."""
    union, original = ground.combination.placement == "union", ground.original
    for path in (ground.copy, original) if union else (original,):
        if os.path.lexists(path):
            os.unlink(path)
    first = union and os.path.isdir(os.path.dirname(ground.copy))
    write(ground.copy if first else original, THIRD)
    return Left(THIRD, shown=True, gave_up=True, may_blink=union)


def append(ground: Ground) -> Left:
    """Write a tail to the file through Plex's path."""
    with open(ground.plex_path(), "ab") as file:
        file.write(b"appended")
    return Left(ground.plex_sees(), shown=True, gave_up=True)


def occupy_copy(ground: Ground) -> Left | None:
    """Put another file at the cached copy's name while nothing is there."""
    return _occupy(ground.copy)


def occupy_original(ground: Ground) -> Left | None:
    """Put another file at the original's name while nothing is there."""
    return _occupy(ground.original)


def _occupy(path: bytes) -> Left | None:
    if os.path.lexists(path) or not os.path.isdir(os.path.dirname(path)):
        return None
    write(path, THIRD)
    return Left(THIRD, shown=False, gave_up=False)


def replace_copy(ground: Ground) -> Left | None:
    """Replace the cached copy on the cache itself."""
    if not os.path.lexists(ground.copy):
        return None
    was_shown = os.path.samefile(ground.plex_path(), ground.copy)
    replace(ground.copy, THIRD)
    return Left(THIRD, shown=False, gave_up=was_shown)


def shift(ground: Ground) -> Left | None:
    """Give the film's name another one, and its old name to another file, as when episodes get new numbers."""
    old = ground.original
    if ground.combination.placement == "union" or not old.endswith(FILM) or not os.path.lexists(old):
        return None
    rename(ground)
    write(old, THIRD)
    return Left(THIRD, shown=False, gave_up=False)


def remove_empty(ground: Ground) -> Left | None:
    """Remove the film's directory wherever nothing is in it."""
    removed = [vanish(root) for root in (ground.array, ground.cache)]
    return _left_alone(ground) if any(removed) else None


def make_directory(ground: Ground) -> Left | None:
    """Make the film's directory on the array, as for a file that is about to be imported."""
    if os.path.isdir(os.path.dirname(ground.original)):
        return None
    os.makedirs(os.path.dirname(ground.original))
    return _left_alone(ground)


def _left_alone(ground: Ground) -> Left:
    return Left(ground.plex_sees(), shown=True, gave_up=False)


ACTORS = (
    Actor("upgrades", upgrade),
    Actor("deletes and re-creates", recreate),
    Actor("appends", append),
    Actor("occupies C", occupy_copy),
    Actor("occupies A", occupy_original),
    Actor("replaces C", replace_copy),
    Actor("renames A and gives its name away", shift),
)
MOVERS = (
    Actor("removes empty directories", remove_empty),
    Actor("makes the directory", make_directory),
)


def sweep(stage: Stage, scenario: Scenario, bounds: Bounds, counted: Counted) -> None:
    """Every actor at each point of an operation."""
    snapshot = stage.prepare(scenario)
    actors = (*ACTORS, *MOVERS) if scenario.combination.vanishes else ACTORS
    for at in bounds.points():
        for actor in actors:
            stage.load(snapshot)
            if not _race(stage, scenario, at, actor, counted):
                return


def _race(stage: Stage, scenario: Scenario, at: int, actor: Actor, counted: Counted) -> bool:
    """Let one actor act before one call. False when the operation has no such call any more."""
    stops = stage.runner.stops(scenario.work, at)
    if next(stops, None) is None:
        return False
    call = stage.runner.told.call.decode()
    left = actor.act(stage.ground)
    if left is None:
        stops.close()
        return True
    if actor.act is replace_copy and scenario.kind != "cache":
        left = left._replace(gave_up=True)
    with counted.point("races", f"{scenario}, an outside program {actor.name} before call {at} ({call})"):
        blinks = 0
        for _ in stops:
            if left.may_blink and not os.path.lexists(stage.ground.plex_path()):
                blinks += 1
                assert blinks == 1, "what another program had just made was out of sight for more than one call"
                continue
            require_whole(stage.ground, {OLD, scenario.shown, left.content})
        require_whole(stage.ground, {OLD, scenario.shown, left.content})
        stage.runner.must(lambda: _recover_and_look(stage, scenario.shown, left))
    return True


def _recover_and_look(stage: Stage, before: bytes, left: Left) -> None:
    acts.recover()
    once = stage.ground.tree()
    acts.recover()
    changed = differences(once, stage.ground.tree())
    assert not changed, f"a second recovery changed something: {changed}"
    _look(stage.ground, before, left, "after recovery")
    if not acts.is_in_conflict():
        acts.try_to_restore()
        acts.recover()
        _look(stage.ground, before, left, "after the restore that follows")


def _look(ground: Ground, before: bytes, left: Left, when: str) -> None:
    acts.require_finished()
    report = acts.status()
    assert not report["unknown_private_names"], f"{when}: unknown private names {report['unknown_private_names']}"
    known = {os.fsencode(name) for row in (*report["files"], *report["conflicts"]) for name in row["private"]}
    tree = {name: entry for name, entry in ground.tree().items() if name != b"array/" + SEED}
    kept = {name: entry for name, entry in tree.items() if not is_private(name) or ground.roots + b"/" + name in known}
    assert copies(kept, left.content), f"{when}: the outside program's bytes are lost"
    assert left.gave_up or copies(kept, before), f"{when}: what was shown before is lost"
    if left.shown:
        shown = ground.plex_sees()
        assert shown == left.content, f"{when}: Plex's path shows {described(shown)}"
    assert read(ground.plex_path()) in {before, left.content}, f"{when}: Plex's path shows something else"
