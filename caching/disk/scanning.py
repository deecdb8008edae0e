"""Finding private names, whoever they belong to."""

import os
from collections.abc import Iterator

from caching.disk.places import DIRECTORY_FLAGS, is_private, is_snapshots
from caching.disk.roots import RootDir


def private_names(cache: RootDir, array: RootDir) -> Iterator[tuple[RootDir, bytes]]:
    """Every private name below the cache, and in the array's directories that have a twin on the cache.

    An array is never walked: that would wake all its disks. Whatever Cacherr parks there has a twin on the cache.
    """
    for directory, names in _walk(cache.fd, b""):
        yield from ((cache, name) for name in names)
        yield from ((array, name) for name in _listed(array.fd, directory))


def private_names_below(root: RootDir) -> Iterator[bytes]:
    """Every private name below a root, by walking all of it: on an array that wakes every disk."""
    for _, names in _walk(root.fd, b""):
        yield from names


def _walk(fd: int, directory: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
    found, below = [], []
    with os.scandir(fd) as entries:
        for entry in entries:
            name = os.fsencode(entry.name)
            if is_private(name):
                found.append(_join(directory, name))
            elif entry.is_dir(follow_symlinks=False) and not is_snapshots(name):
                below.append(name)
    yield directory, found
    for name in below:
        try:
            child = os.open(name, DIRECTORY_FLAGS, dir_fd=fd)
        except OSError:
            continue  # it went away or may not be read: nothing of ours can be told from it
        try:
            yield from _walk(child, _join(directory, name))
        finally:
            os.close(child)


def _listed(root: int, directory: bytes) -> list[bytes]:
    try:
        fd = os.open(directory or b".", DIRECTORY_FLAGS, dir_fd=root)
    except OSError:
        return []
    try:
        return [_join(directory, name) for name in map(os.fsencode, os.listdir(fd)) if is_private(name)]
    finally:
        os.close(fd)


def _join(directory: bytes, name: bytes) -> bytes:
    return directory + b"/" + name if directory else name
