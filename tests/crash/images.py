"""File systems in image files: mounted through loop devices, copied as a power cut would leave them.

The file behind a loop device holds exactly what the file system has sent to its device; what is only in memory is not
in it. Mounts belong to a mount namespace of this process's own: they end with it, however it ends.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import xxhash

MAKERS = {
    "ext4": ("mkfs.ext4", "-q", "-F"),
    "xfs": ("mkfs.xfs", "-q", "-f"),
    "btrfs": ("mkfs.btrfs", "-q", "-f"),
}
SIZE = 300 * 1024 * 1024
"""The least that mkfs.xfs accepts; the files are sparse."""
STEP = 1 << 20


@dataclass(frozen=True)
class Disk:
    """An image and where it is mounted."""

    image: Path
    point: bytes

    def make(self, kind: str) -> None:
        """A new, empty file system."""
        with self.image.open("wb") as file:
            file.truncate(SIZE)
        run(*MAKERS[kind], str(self.image))


def run(*command: str | bytes) -> None:
    """Run a program of the system's, without the shim. Raises RuntimeError with what it said."""
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command!r}: {done.stderr.decode(errors='replace').strip()}")


@contextmanager
def mounted(disks: tuple[Disk, ...]) -> Iterator[None]:
    """Mount disks, replaying their journals; unmount them in any case."""
    with ExitStack() as stack:
        for disk in disks:
            os.makedirs(disk.point, exist_ok=True)
            run("mount", "-o", "loop", str(disk.image), disk.point)
            stack.callback(run, "umount", disk.point)
        yield


@dataclass(frozen=True)
class Pool:
    """Images by their content, so that equal ones are kept and looked at once."""

    directory: Path

    def keep(self, image: Path) -> str:
        """Keep an image as it is at this instant. Returns its name in the pool."""
        while True:
            # A file system's own threads may write meanwhile: then it is not the image of one instant.
            name = digest(image)
            kept = self.directory / name
            if not kept.exists():
                copy_sparse(image, kept)
            if digest(kept) == name == digest(image):
                return name
            kept.unlink()

    def take(self, name: str, image: Path) -> None:
        """Bring a kept image back."""
        image.unlink(missing_ok=True)
        copy_sparse(self.directory / name, image)

    def clear(self, keep: frozenset[str] = frozenset()) -> None:
        """Forget every image but these."""
        for path in self.directory.iterdir():
            if path.name not in keep:
                path.unlink()


def _blocks(fd: int) -> Iterator[tuple[int, bytes]]:
    """The parts of a sparse file that are not holes or zeros, with their offsets."""
    offset, end = 0, os.fstat(fd).st_size
    while offset < end:
        try:
            offset = os.lseek(fd, offset, os.SEEK_DATA)
        except OSError:
            return  # nothing but a hole is left
        hole = os.lseek(fd, offset, os.SEEK_HOLE)
        while offset < hole:
            block = os.pread(fd, min(STEP, hole - offset), offset)
            if block.count(0) != len(block):
                yield offset, block
            offset += len(block)


def digest(image: Path) -> str:
    """A digest of an image's content."""
    state, fd = xxhash.xxh3_128(), os.open(image, os.O_RDONLY)
    try:
        for offset, block in _blocks(fd):
            state.update(b"%d:" % offset)
            state.update(block)
    finally:
        os.close(fd)
    return state.hexdigest()


def copy_sparse(source: Path, target: Path) -> None:
    """Copy an image without its holes."""
    reader = os.open(source, os.O_RDONLY)
    writer = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.ftruncate(writer, os.fstat(reader).st_size)
        for offset, block in _blocks(reader):
            os.pwrite(writer, block, offset)
    finally:
        os.close(reader)
        os.close(writer)
