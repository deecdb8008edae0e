"""Kill the process, or fail a call, at every point of an operation; recover; look.

    LD_PRELOAD=shim.so python -m tests.crash.sweep --directory D [--placement symlink|union] [--every N]

Django is loaded once; each run is a fork of its own, so that thousands of runs take seconds. What is checked after
each: Plex's path shows the whole file before any recovery; afterwards nothing private is left but journaled parked
originals, a second recovery changes nothing, and after running again and restoring the tree is what it was.
"""

import argparse
import ctypes
import errno
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

CONTENT = bytes(range(256)) * 12
PATH = b"Films/A \xff (2001)/A \xff (2001).mkv"
ERRORS = (errno.EIO, errno.ENOSPC, errno.EROFS, errno.EACCES)


@dataclass(frozen=True)
class Ground:
    """The directories of one scenario."""

    directory: Path
    placement: str

    @property
    def roots(self) -> Path:
        return self.directory / "roots"

    @property
    def original(self) -> Path:
        return Path(os.fsdecode(os.fsencode(self.roots / "array") + b"/" + PATH))

    @property
    def copy(self) -> Path:
        return Path(os.fsdecode(os.fsencode(self.roots / "cache") + b"/" + PATH))

    def plex_sees(self) -> bytes:
        """What opening Plex's path gives now."""
        shown = self.copy if self.placement == "union" and self.copy.exists() else self.original
        return shown.read_bytes()

    def lay_out(self) -> None:
        """An array with one film, an empty cache, an empty database."""
        shutil.rmtree(self.roots, ignore_errors=True)
        self.original.parent.mkdir(parents=True)
        self.original.write_bytes(CONTENT)
        os.utime(self.original, ns=(10**18, 10**18 + 7))
        (self.roots / "cache").mkdir(parents=True)

    def tree(self) -> dict[str, tuple[int, int, int, str]]:
        """Every name below the roots with what identifies it; directories' times are nobody's business."""
        found = {}
        for path in sorted(self.roots.rglob("*")):
            status = path.lstat()
            link = os.readlink(path) if path.is_symlink() else ""
            plain = not path.is_dir() or path.is_symlink()
            key = str(path.relative_to(self.roots))
            found[key] = (status.st_mode, status.st_ino if plain else 0, status.st_mtime_ns if plain else 0, link)
        return found


class Sweep:
    """All points of one operation for one placement."""

    def __init__(self, ground: Ground, config: Path, every: int) -> None:
        self.ground, self.config, self.every = ground, config, every
        self.shim = ctypes.CDLL(None)
        self.runs = 0

    def forked(self, work: Callable[[], None], at: int = 0, error: int = 0) -> bool:
        """Do something in a process of its own; armed to die or fail at a call. True when it came to its end."""
        child = os.fork()
        if child == 0:
            code = 1
            try:
                if at:
                    roots, journal = os.fsencode(self.ground.roots), os.fsencode(self.config)
                    self.shim.shim_arm(ctypes.c_long(at), error, roots, journal)
                work()
                code = 2 if at and self.shim.shim_counted() < at else 0
            except BaseException:  # noqa: BLE001 - a child must never come back into the parent's code
                traceback.print_exc()
            os._exit(code)
        self.runs += 1
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 1:
            raise AssertionError("the operation raised an error of its own")
        return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 2

    def save(self) -> None:
        """Keep files and database as they are now."""
        for name in ("saved-roots", "saved-config"):
            shutil.rmtree(self.ground.directory / name, ignore_errors=True)
        os.rename(self.ground.roots, self.ground.directory / "saved-roots")
        shutil.copytree(self.config, self.ground.directory / "saved-config")
        self.load()

    def load(self) -> None:
        """Bring files and database back: hard links keep inode, time and owner, the journal's fingerprints hold."""
        shutil.rmtree(self.ground.roots, ignore_errors=True)
        shutil.copytree(self.ground.directory / "saved-roots", self.ground.roots, symlinks=True, copy_function=os.link)
        shutil.rmtree(self.config)
        shutil.copytree(self.ground.directory / "saved-config", self.config)

    def points(self, work: Callable[[], None], error: int = 0) -> Iterator[int]:
        """Run `work` from the saved state once for each point, dying there; the caller looks at what is left."""
        at = 1
        while True:
            self.load()
            if self.forked(work, at, error):
                return
            yield at
            at += self.every

    def examine(self, where: str, after: Callable[[], None], start: dict[str, tuple[int, int, int, str]]) -> None:
        """Everything that must hold after a crash or an error."""
        assert self.ground.plex_sees() == CONTENT, f"{where}: Plex's path does not show the film before recovery"
        self.forked(recover)
        assert self.ground.plex_sees() == CONTENT, f"{where}: Plex's path does not show the film after recovery"
        once = self.ground.tree()
        self.forked(lambda: require_orderly(self.ground, where))
        self.forked(recover)
        assert self.ground.tree() == once, f"{where}: a second recovery changed something"
        self.forked(after)
        assert self.ground.tree() == start, f"{where}: a round trip did not lead back to the start"


def recover() -> None:
    from caching import upkeep

    upkeep.recover()


def require_orderly(ground: Ground, where: str) -> None:
    """Nothing is unfinished, and no private name is on disk but parked originals of cached files."""
    from caching.models import LIVE_STATES, CachedFile, MadeDirectory, Operation

    live = list(Operation.objects.filter(state__in=LIVE_STATES).values("kind", "state", "outcome"))
    assert not live, f"{where}: an operation is unfinished: {live}"
    assert not Operation.objects.filter(state="conflict").exists(), f"{where}: an operation ended as a conflict"
    known = {bytes(name) for name in CachedFile.objects.values_list("original_name", flat=True)}
    private = {os.fsencode(path.name) for path in ground.roots.rglob(".cacherr.*")}
    assert private == known - {b""}, f"{where}: private names on disk: {private}, journaled: {known}"
    if not CachedFile.objects.exists():
        left = [bytes(path) for path in MadeDirectory.objects.values_list("path", flat=True)]
        assert not left, f"{where}: directories that were made are left: {left}"


def set_up(ground: Ground) -> None:
    """A proved mapping."""
    from caching import proving
    from caching.models import PathMapping

    roots = {"array_root": str(ground.roots / "array"), "cache_root": str(ground.roots / "cache")}
    proving.prove(PathMapping.objects.create(name="m", plex_prefix="/plex", placement=ground.placement, **roots))


def cache() -> None:
    """Cache the film, if it is not cached."""
    from caching import journal, moves, recovery
    from caching.models import CachedFile, PathMapping
    from caching.planning.values import Action, Decision, FileKey
    from caching.progress import Progress

    mapping = PathMapping.objects.select_related("array", "cache").get()
    if CachedFile.objects.exists():
        return
    decision = Decision(Action.CACHE, "film", len(CONTENT), "test", file=FileKey(mapping.cache_id or "", PATH))
    with recovery.open_roots(recovery.roots_in_use([mapping])) as roots:
        operation = journal.plan_caching(None, decision, mapping, "/plex/film")
        assert operation is not None
        moves.carry_out(operation, roots, Progress(operation))


def restore() -> None:
    """Bring the film back, if it is cached."""
    from caching import journal, moves, recovery
    from caching.models import CachedFile, Kind, PathMapping
    from caching.progress import Progress

    file = CachedFile.objects.select_related("array", "cache").first()
    if file is None:
        return
    with recovery.open_roots(recovery.roots_in_use(PathMapping.objects.all())) as roots:
        operation = journal.plan_return(None, Kind.RESTORE, file, "test")
        assert operation is not None
        moves.carry_out(operation, roots, Progress(operation))


def round_trip() -> None:
    """Cache, then restore."""
    cache()
    restore()


def sweep(directory: Path, config: Path, placement: str, every: int) -> dict[str, int]:
    """Sweep both operations and their recoveries. Returns how many points were tried of each kind."""
    ground = Ground(directory, placement)
    ground.lay_out()
    swept = Sweep(ground, config, every)
    swept.forked(lambda: set_up(ground))
    start = ground.tree()
    counts: dict[str, int] = {}
    for name, before, work in (("cache", lambda: None, cache), ("restore", cache, restore)):
        swept.forked(before)
        swept.save()
        for at in swept.points(work):
            swept.examine(f"{placement} {name} killed at call {at}", round_trip, start)
            counts[f"{name} killed"] = counts.get(f"{name} killed", 0) + 1
        for error in ERRORS:
            for at in swept.points(work, error):
                swept.examine(f"{placement} {name} {errno.errorcode[error]} at call {at}", round_trip, start)
                counts[f"{name} failed"] = counts.get(f"{name} failed", 0) + 1
        counts[f"{name} recovery killed"] = _sweep_recovery(swept, work, f"{placement} {name}", start)
        swept.load()
    counts["runs"] = swept.runs
    return counts


def _sweep_recovery(
    swept: Sweep, work: Callable[[], None], name: str, start: dict[str, tuple[int, int, int, str]]
) -> int:
    """Kill the operation at each point, then its recovery at each point."""
    count, first = 0, 1
    while True:
        second = 1
        while True:
            swept.load()
            if swept.forked(work, first):
                return count
            if swept.forked(recover, second):
                break
            swept.examine(f"{name} killed at {first}, its recovery at {second}", round_trip, start)
            count += 1
            second += swept.every
        first += swept.every


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--placement", choices=["symlink", "union"], default="symlink")
    parser.add_argument("--every", type=int, default=1, help="try every n-th point only")
    options = parser.parse_args()
    config = options.directory / "config"
    os.environ.update(
        {"CACHERR_CONFIG_DIR": str(config), "CACHERR_COPY_CHUNK": "1024", "DJANGO_SETTINGS_MODULE": "cacherr.settings"}
    )
    import logging

    import django

    django.setup()
    logging.disable(logging.CRITICAL)
    from django.db import connection

    from cacherr.commands import require_database

    require_database()
    connection.close()
    counts = sweep(options.directory, config, options.placement, options.every)
    sys.stdout.write(f"{options.placement}: " + ", ".join(f"{key} {value}" for key, value in counts.items()) + "\n")


if __name__ == "__main__":
    main()
