"""Seeing many files at once: whole directories, and the places of many paths. Reads only."""

import os
import stat
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from caching.disk.places import DIRECTORY_FLAGS, Kind, Look, Place, RefusedPathError, place, split
from caching.disk.roots import RootDir


@dataclass(frozen=True, slots=True)
class Listing:
    """What a directory holds: plain files with what they look like, and the names of all else."""

    files: dict[bytes, Look]
    directories: frozenset[bytes] = frozenset()
    others: frozenset[bytes] = frozenset()
    """Links, pipes and the like."""


def listing(root: RootDir, directory: bytes) -> Listing:
    """See what is in a directory below a root, b"" for the root itself; no link is followed. One scan.

    Raises FileNotFoundError, RefusedPathError, or another OSError.
    """
    files: dict[bytes, Look] = {}
    directories, others = set(), set()
    with place(root, directory + b"/-" if directory else b"-") as inside:
        fd = os.open(b".", DIRECTORY_FLAGS, dir_fd=inside.directory)
        try:
            with os.scandir(fd) as entries:
                for entry in entries:
                    name = os.fsencode(entry.name)
                    look = _look(entry)
                    if look is not None:
                        files[name] = look
                    elif entry.is_dir(follow_symlinks=False):
                        directories.add(name)
                    else:
                        others.add(name)
        finally:
            os.close(fd)
    return Listing(files, frozenset(directories), frozenset(others))


def _look(entry: "os.DirEntry[Any]") -> Look | None:
    """What a plain file looks like; None for all else, and for what has gone in the meantime."""
    try:
        if not entry.is_file(follow_symlinks=False):
            return None
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return Look.of_file(status) if stat.S_ISREG(status.st_mode) else None


def looks(root: RootDir, paths: Iterable[bytes]) -> dict[bytes, Look]:
    """What stands at each of many paths below a root; each directory is opened once.

    A path whose directory is not there is absent. One that cannot be seen for another reason is left out of the answer:
    nothing is known of it.
    """
    by_directory: dict[bytes, list[bytes]] = defaultdict(list)
    for path in paths:
        by_directory[path.rpartition(b"/")[0]].append(path)
    found: dict[bytes, Look] = {}
    for inside in by_directory.values():
        try:
            with place(root, inside[0]) as at:
                for path in inside:
                    found[path] = Place(at.directory, split(path)[-1]).look()
        except FileNotFoundError:
            found.update((path, Look(Kind.ABSENT)) for path in inside)
        except (OSError, RefusedPathError):
            continue  # unknown is not absent: its caller must not conclude anything
    return found
