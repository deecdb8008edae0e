"""A proved mapping on real directories, and the operations on it: for tests inside one process."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from caching import journal, moves, proving, recovery, upkeep
from caching.models import CachedFile, CachePolicy, Kind, Operation, PathMapping
from caching.planning.values import Action, Decision, FileKey
from caching.playing import NOBODY, Playing
from caching.progress import Progress

COMBINATIONS = [
    pytest.param(("symlink", "copy", False), id="symlink-copy"),
    pytest.param(("symlink", "move", False), id="symlink-move"),
    pytest.param(("union", "copy", False), id="union-shadow"),
    pytest.param(("union", "copy", True), id="union-park"),
    pytest.param(("union", "move", False), id="union-move"),
]
"""Placement, mode, whether originals on a union are parked."""
FILM = b"Films/Alpha (2001)/Alpha (2001).mkv"
CONTENT = bytes(range(256)) * 400


@dataclass
class Ground:
    """An array, a cache, and the mapping that joins them."""

    directory: Path
    mapping: PathMapping

    park: bool = False

    @property
    def array(self) -> Path:
        return self.directory / "array"

    @property
    def cache(self) -> Path:
        return self.directory / "cache"

    def on_array(self, path: bytes = FILM) -> Path:
        return self.array / os.fsdecode(path)

    def on_cache(self, path: bytes = FILM) -> Path:
        return self.cache / os.fsdecode(path)

    def write(self, path: bytes = FILM, content: bytes = CONTENT) -> Path:
        file = self.on_array(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, ns=(10**18, 10**18 + 123_456_789))
        return file

    def plex_sees(self, path: bytes = FILM) -> bytes:
        """What opening Plex's path gives."""
        shadowed = self.mapping.proved_placement == "union" and self.on_cache(path).exists()
        return (self.on_cache(path) if shadowed else self.on_array(path)).read_bytes()

    def private_names(self) -> list[str]:
        return sorted(path.name for path in self.directory.rglob(".cacherr.*"))

    @contextmanager
    def opened(self) -> Iterator[recovery.OpenRoots]:
        with recovery.open_roots(recovery.roots_in_use([self.mapping])) as roots:
            yield roots

    def plan_caching(self, path: bytes = FILM, size: int = len(CONTENT)) -> Operation:
        decision = Decision(Action.CACHE, "x", size, "test", file=FileKey(self.mapping.cache_id or "", path))
        operation = journal.plan_caching(None, decision, self.mapping, "/plex/x")
        assert operation is not None
        return operation

    def plan_restore(self, trigger: str = "cycle") -> Operation:
        file = CachedFile.objects.select_related("array", "cache").get()
        operation = journal.plan_return(None, Kind.RESTORE, file, "test", trigger=trigger)
        assert operation is not None
        return operation

    def plan_return(self, file: CachedFile, kind: Kind = Kind.RESTORE) -> Operation:
        operation = journal.plan_return(None, kind, file, "test")
        assert operation is not None
        return operation

    def carry_out(
        self, operation: Operation, meanwhile: Callable[[], None] | None = None, playing: Playing = NOBODY
    ) -> Operation:
        """Carry an operation out; `meanwhile` happens once, while bytes are being copied."""
        progress = Meanwhile(operation, meanwhile)
        with self.opened() as roots:
            moves.carry_out(operation, roots, progress, playing)
        operation.refresh_from_db()
        return operation

    def cached(self, path: bytes = FILM) -> Operation:
        """A file, cached."""
        self.write(path)
        done = self.carry_out(self.plan_caching(path))
        assert done.state == "done", done.outcome
        return done

    def recover(self) -> upkeep.Recovered:
        return upkeep.recover()


class Meanwhile(Progress):
    """Progress that lets something else happen during a copy."""

    def __init__(self, operation: Operation, happening: Callable[[], None] | None) -> None:
        super().__init__(operation)
        self.happening = happening

    def copied(self, done: int) -> None:
        """Let it happen once, then go on as usual."""
        if self.happening is not None:
            happening, self.happening = self.happening, None
            happening()
        super().copied(done)


def make_ground(directory: Path, placement: str, mode: str = "copy", *, park: bool = False) -> Ground:
    """Empty roots with a proved mapping. `park`: originals on a union are parked."""
    CachePolicy(park_originals=park).save()
    for name in ("array", "cache"):
        (directory / name).mkdir(exist_ok=True)
    mapping = PathMapping.objects.create(
        name="test",
        plex_prefix="/plex",
        array_root=str(directory / "array"),
        cache_root=str(directory / "cache"),
        placement=placement,
        mode=mode,
    )
    return Ground(directory, proving.prove(mapping), park)


def make_ground_beside(ground: Ground) -> Ground:
    """A second mapping, with roots of its own."""
    beside = ground.directory / "beside"
    for name in ("array", "cache"):
        (beside / name).mkdir(parents=True)
    row = PathMapping.objects.create(
        name="second", plex_prefix="/second", array_root=str(beside / "array"), cache_root=str(beside / "cache")
    )
    return Ground(beside, proving.prove(row))


def put_new_disk(root: Path) -> Path:
    """An empty disk takes the place of this one, which goes into a drawer."""
    drawer = root.with_name(f"{root.name} in a drawer")
    root.rename(drawer)
    root.mkdir()
    return drawer


def parked_of(ground: Ground) -> Path:
    return next(ground.array.rglob(".cacherr.*.orig"))


def damage(path: Path) -> None:
    """Other bytes with the same size, inode and mtime, as a dying disk gives."""
    status = path.stat()
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff\x00\xff")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
