"""Pull the plug before every call that changes something: array, cache and database each on a file system of its own.

The program is stopped at each point and the images are copied as they are; the copies are mounted, which replays the
file systems' journals, and everything that must hold after a kill must hold there. What is late differs:

- `late`: nothing is written but what the program synced;
- `metadata`: another program's fsync of an unrelated file has just committed each file system's metadata;
- `array`, `cache`, `database`: this one was synced whole at every point, the others were not.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.crash import acts
from tests.crash.ground import Combination, Ground, Tree
from tests.crash.images import Disk, Pool, mounted
from tests.crash.running import Work
from tests.crash.scenarios import Scenario
from tests.crash.stage import Bounds, Counted, Stage

VARIANTS = ("late", "metadata", "array", "cache", "database")
UNRELATED = b"/lost+found.unrelated"

Triple = tuple[str, str, str]


MEMORY = "/dev/shm"
ROOM = 4 * 1024**3


def _quickest(directory: Path) -> str:
    """Where images are kept: in memory when there is room, since a disk's own flushes would take most of the time.

    What is tested is not this file system but those inside the images.
    """
    room = os.statvfs(MEMORY) if os.path.isdir(MEMORY) else None
    return MEMORY if room and room.f_bavail * room.f_frsize > ROOM else str(directory)


class Plant:
    """Three disks with everything on them."""

    def __init__(self, stage: Stage, kind: str) -> None:
        self.stage, self.kind = stage, kind
        stage.runner.shim.shim_sync(1)
        images = Path(tempfile.mkdtemp(prefix="cacherr-crash-", dir=_quickest(stage.directory)))
        self.made = images
        (images / "pool").mkdir()
        self.pool = Pool(images / "pool")
        points = {
            "array": stage.ground.roots + b"/array",
            "cache": stage.ground.roots + b"/cache",
            "database": os.fsencode(stage.config),
        }
        self.disks = {name: Disk(images / name, point) for name, point in points.items()}

    def __enter__(self) -> "Plant":
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.made)

    def prepare(self, scenario: Scenario) -> tuple[Triple, Tree]:
        """Make the disks on which an operation could begin. Returns the images and the tree to come back to."""
        self.pool.clear()
        for disk in self.disks.values():
            disk.make(self.kind)
        with mounted(tuple(self.disks.values())):
            start = self._lay_out(scenario.combination)
            self.stage.runner.must(scenario.before)
            scenario.outside(self.stage.ground)
        return self.keep(), start

    def _lay_out(self, combination: Combination) -> Tree:
        ground = self.stage.ground = Ground(self.stage.directory, combination)
        for name, content in self.stage.empty.files.items():
            Path(self.stage.config, name).write_bytes(content)
        for disk in self.disks.values():
            Path(os.fsdecode(disk.point + UNRELATED)).write_bytes(b"unrelated")
        ground.lay_out()
        self.stage.runner.must(lambda: acts.set_up(ground))
        return ground.tree()

    def keep(self) -> Triple:
        """Keep the three images as they are."""
        array, cache, database = (self.pool.keep(disk.image) for disk in self.disks.values())
        return array, cache, database

    def take(self, images: Triple) -> None:
        """Bring three images back."""
        for name, disk in zip(images, self.disks.values(), strict=True):
            self.pool.take(name, disk.image)

    def cuts(self, work: Work, variant: str, bounds: Bounds) -> Iterator[tuple[int, str, Triple]]:
        """Do the work, and copy the images at each point: its number, its call, and the images."""
        wanted = iter(bounds.points())
        point = next(wanted, None)
        for number in self.stage.runner.stops(work):
            if point is None:
                return
            if number == point:
                self._write_back(variant)
                yield number, self.stage.runner.told.call.decode(), self.keep()
                point = next(wanted, None)

    def _write_back(self, variant: str) -> None:
        for name, disk in self.disks.items():
            if variant == "metadata":
                fd = os.open(disk.point + UNRELATED, os.O_WRONLY)
                os.pwrite(fd, os.urandom(8), 0)
                os.fsync(fd)
                os.close(fd)
            elif variant == name:
                fd = os.open(disk.point, os.O_RDONLY)
                self.stage.runner.shim.syncfs(fd)
                os.close(fd)


def sweep(stage: Stage, scenario: Scenario, bounds: Bounds, counted: Counted, kinds: tuple[str, ...]) -> None:
    """Cut the power at each point of an operation, on each kind of file system."""
    for kind in kinds:
        with Plant(stage, kind) as plant:
            images, start = plant.prepare(scenario)
            seen: set[Triple] = set()
            for variant in VARIANTS:
                plant.take(images)
                with mounted(tuple(plant.disks.values())):
                    cuts = list(plant.cuts(scenario.work, variant, bounds))
                for at, call, cut in cuts:
                    counted.tried["power cuts"] += 1
                    if cut not in seen:
                        seen.add(cut)
                        where = f"{scenario} on {kind}, cut before call {at} ({call}), written back: {variant}"
                        _examine(plant, scenario, (cut, start), where, counted)


def _examine(plant: Plant, scenario: Scenario, cut: tuple[Triple, Tree], where: str, counted: Counted) -> None:
    images, start = cut
    plant.take(images)
    with mounted(tuple(plant.disks.values())), counted.point(f"different disks ({plant.kind})", where):
        plant.stage.examine(scenario, start)
