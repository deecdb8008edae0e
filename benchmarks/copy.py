"""Cacherr's durable and verified copy beside cp, rsync and Python's own: `python benchmarks/copy.py --help`."""

import os
import sys

# A script's directory comes first where modules are looked for, and this one would stand in for Python's own `copy`.
sys.path.pop(0)
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import argparse
import random
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

from benchmarks.images import mounted, read_slowly
from benchmarks.measuring import MB, interleaved, show
from caching import disk

UNITS = {"KB": 1024, "MB": MB, "GB": 1024 * MB}
CHUNK = MB
SLOW = 200_000_000
SMALLEST, LARGEST = 2 * 1024, 200 * 1024
PER_DIRECTORY = 100
AT_ONCE = 16
BASELINE, BASELINE_SMALL = "cp + sync", "cp -a + sync"


def main() -> None:
    """Measure on a directory, or on images of file systems."""
    wanted = arguments()
    # Cacherr copies with idle priority: without it for the others, whatever else uses the disk would slow only Cacherr.
    with disk.idle_priority(), tempfile.TemporaryDirectory(dir=wanted.directory, prefix="cacherr-benchmark.") as work:
        if not wanted.images:
            source, target = os.path.join(work, "source"), os.path.join(work, "target")
            os.makedirs(source)
            os.makedirs(target)
            measure_all(wanted, source, target, f"in {wanted.directory}")
            return
        size = int((wanted.size + wanted.files * LARGEST * 0.6) * 1.2) + 1024 * MB
        with mounted(work, "source", "ext4", size) as source:
            for kind in wanted.images.split(","):
                with mounted(work, "target", kind, size) as target:
                    measure_all(wanted, source, target, f"from ext4 to {kind}")


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", default=tempfile.gettempdir(), help="where to work; needs three times the size")
    parser.add_argument("--size", type=size_of, default=size_of("2GB"), help="of the large file; 0: none")
    parser.add_argument("--files", type=int, default=20_000, help="how many small files; 0: none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--images", nargs="?", const="ext4,xfs", default="", metavar="ext4,xfs,btrfs",
        help="make, mount and remove images of these file systems (as root); also measures a slow source",
    )  # fmt: skip
    return parser.parse_args()


def size_of(text: str) -> int:
    """Bytes of a size such as 2GB."""
    number, unit = text[:-2], text[-2:].upper()
    return int(float(number) * UNITS[unit]) if unit in UNITS else int(text)


def measure_all(wanted: argparse.Namespace, source: str, target: str, where: str) -> None:
    """One large file, the same from a slow disk, and many small files."""
    if wanted.size:
        measure_large(wanted, source, target, where)
    if wanted.files:
        measure_small(wanted, source, target, where)


# ---- one large file -----------------------------------------------------------------------------------------------


def measure_large(wanted: argparse.Namespace, source: str, target: str, where: str) -> None:
    """A large file, as fast as it goes and from a source that is limited."""
    file, copy = os.path.join(source, "film.mkv"), os.path.join(target, "film.mkv")
    if not os.path.exists(file):
        write_random(file, wanted.size)
    methods: dict[str, Callable[[], object]] = {
        "Cacherr": lambda: copy_ours(file, copy),
        BASELINE: lambda: run(["cp", file, copy], ["sync", copy]),
        "cp": lambda: run(["cp", file, copy]),
        "rsync": lambda: run(["rsync", file, copy]),
        "shutil": lambda: shutil.copyfile(file, copy),
    }

    def clean() -> None:
        if os.path.exists(copy):
            os.unlink(copy)

    def files() -> list[str]:
        return [path for path in (file, copy) if os.path.exists(path)]

    title = f"One file of {wanted.size / MB:.0f} MB {where}"
    show(title, interleaved(wanted.rounds, methods, files, clean), wanted.size, BASELINE)
    if not wanted.images:
        return
    both = {name: methods[name] for name in ("Cacherr", BASELINE)}
    with read_slowly(source, SLOW) as slowly:
        if slowly:
            found = interleaved(wanted.rounds, both, files, clean)
            show(f"{title}, source limited to {SLOW // 1_000_000} MB/s", found, wanted.size, BASELINE)
        else:
            print("\nNo slow source: this system has no block controller to limit a disk with.")


def write_random(path: str, size: int) -> None:
    """A file that cannot be compressed."""
    with open(path, "wb") as file:
        for start in range(0, size, 16 * MB):
            file.write(os.urandom(min(16 * MB, size - start)))


def copy_ours(source: str, target: str) -> None:
    """The real thing, to a private name, then renamed, then the directory synced."""
    here, there = os.path.dirname(source), os.path.dirname(target)
    with disk.open_root(here, None) as old, disk.open_root(there, None) as new:
        copy_and_publish(old, new, os.path.basename(source), "film")
        os.fsync(new.fd)


def copy_and_publish(old: disk.RootDir, new: disk.RootDir, path: str, token: str) -> None:
    """Copy below a root and give the copy its name; the directory is not synced yet."""
    with disk.place(old, os.fsencode(path)) as original, disk.place(new, os.fsencode(path)) as copy:
        temporary = copy.sibling(disk.private_name(token, "tmp"))
        disk.copy_verified(original, temporary, CHUNK, lambda _done: None)
        disk.rename_new(temporary, copy)


def run(*commands: list[str]) -> None:
    """Run commands one after the other."""
    for command in commands:
        subprocess.run(command, check=True)


# ---- many small files ---------------------------------------------------------------------------------------------


def measure_small(wanted: argparse.Namespace, source: str, target: str, where: str) -> None:
    """Many small files: each durable and verified, one sync of the directory for all files in it."""
    old, new = os.path.join(source, "small"), os.path.join(target, "small")
    if not os.path.exists(old):
        write_small(old, wanted.files)
    size = sum(os.path.getsize(path) for path in walk(old))
    methods: dict[str, Callable[[], object]] = {
        f"Cacherr, {AT_ONCE} at once": lambda: copy_tree_ours(old, new, AT_ONCE),
        "Cacherr, one by one": lambda: copy_tree_ours(old, new, 1),
        BASELINE_SMALL: lambda: run(["cp", "-a", old, new], ["sync", "--file-system", new]),
        "cp -a": lambda: run(["cp", "-a", old, new]),
        "rsync -a": lambda: run(["rsync", "-a", f"{old}/", new]),
    }
    found = interleaved(
        wanted.rounds, methods, lambda: [*walk(old), *walk(new)], lambda: shutil.rmtree(new, ignore_errors=True)
    )
    show(f"{wanted.files} files of 2 to 200 KB {where}", found, size, BASELINE_SMALL)


def write_small(root: str, count: int) -> None:
    """Small files of random sizes, a hundred in each directory."""
    dice = random.Random(1)
    noise = os.urandom(LARGEST * 2)
    for number in range(count):
        directory = os.path.join(root, f"{number // PER_DIRECTORY:05}")
        if number % PER_DIRECTORY == 0:
            os.makedirs(directory)
        start = dice.randrange(LARGEST)
        with open(os.path.join(directory, f"{number:06}.nfo"), "wb") as file:
            file.write(noise[start : start + dice.randint(SMALLEST, LARGEST)])


def walk(root: str) -> Iterator[str]:
    """Every file below a directory."""
    for directory, _, names in os.walk(root):
        yield from (os.path.join(directory, name) for name in names)


def copy_tree_ours(source: str, target: str, at_once: int) -> None:
    """Every file synced and verified by itself, so many at once; each directory is synced after its last file."""
    os.mkdir(target)
    with ExitStack() as stack:
        crew = stack.enter_context(ThreadPoolExecutor(at_once, initializer=disk.work_in_the_background))
        old, new = (stack.enter_context(disk.open_root(path, None)) for path in (source, target))
        ended: list[Future[None]] = []
        for directory in sorted(os.listdir(source)):
            disk.make_directories(new, old, [os.fsencode(directory)])
            names = sorted(os.listdir(os.path.join(source, directory)))
            last = Countdown(len(names))
            ended += [crew.submit(copy_into, old, new, os.path.join(directory, name), last) for name in names]
        for future in ended:
            future.result()
        os.fsync(new.fd)


class Countdown:
    """Counts from a number down to nothing, in many threads."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.lock = threading.Lock()

    def is_over(self) -> bool:
        """Count one down; whether that was the last."""
        with self.lock:
            self.left -= 1
            return self.left == 0


def copy_into(old: disk.RootDir, new: disk.RootDir, path: str, last: Countdown) -> None:
    """Copy a file; with the last one of its directory, what all of them are called becomes durable."""
    copy_and_publish(old, new, path, os.path.basename(path))
    if last.is_over():
        with disk.place(new, os.fsencode(path)) as at:
            disk.sync(at)


if __name__ == "__main__":
    main()
