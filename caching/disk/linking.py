"""Finding symlinks in directories and below them, by their names alone: nothing else is looked at. Reads only."""

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from caching.disk.places import DIRECTORY_FLAGS, RefusedPathError, is_snapshots, place
from caching.disk.roots import RootDir


@dataclass(frozen=True, slots=True)
class Scan:
    """What leads on from a directory: links with what they point to, and directories. Paths are below the root."""

    links: dict[bytes, bytes]
    directories: tuple[bytes, ...]


NOTHING = Scan({}, ())


def scan(root: RootDir, directory: bytes) -> Scan:
    """The links and directories in a directory below a root, b"" for the root itself; no link is followed.

    Nothing of one that is not there or that nobody may look into. Raises another OSError: then nothing is known of it.
    """
    prefix = directory + b"/" if directory else b""
    try:
        with place(root, prefix + b"-") as inside:
            return _scan(inside.directory, prefix)
    except (FileNotFoundError, PermissionError, RefusedPathError):
        return NOTHING


def _scan(directory: int, prefix: bytes) -> Scan:
    links, below = {}, []
    fd = os.open(b".", DIRECTORY_FLAGS, dir_fd=directory)
    try:
        with os.scandir(fd) as entries:
            for entry in entries:
                name = os.fsencode(entry.name)
                if entry.is_symlink():
                    links[prefix + name] = _target(fd, name)
                elif entry.is_dir(follow_symlinks=False):
                    below.append(prefix + name)
    finally:
        os.close(fd)
    return Scan(links, tuple(sorted(below)))


def _target(directory: int, name: bytes) -> bytes:
    try:
        return os.readlink(name, dir_fd=directory)
    except OSError as error:
        if error.errno not in {errno.ENOENT, errno.EINVAL}:
            raise
        return b""  # it has gone in the meantime, or became a file


def links_below(root: RootDir, watch: Callable[[], None]) -> Iterator[tuple[bytes, bytes]]:
    """Every link below a root with what it points to, by walking all of it: on an array that wakes every disk.

    `watch` is called for each directory, and may raise. Raises OSError.
    """
    waiting = [b""]
    while waiting:
        watch()
        found = scan(root, waiting.pop())
        yield from found.links.items()
        waiting.extend(path for path in found.directories if not is_snapshots(os.path.basename(path)))
