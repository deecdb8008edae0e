"""Directories on one side that mirror those of the other."""

import os
from collections.abc import Iterable

from caching.disk.places import RefusedPathError, place, split
from caching.disk.roots import RootDir


def missing_directories(root: RootDir, relative: bytes) -> list[bytes]:
    """The parents of `relative` that the root does not have yet, outermost first."""
    parents = split(relative)[:-1]
    missing: list[bytes] = []
    for depth in range(1, len(parents) + 1):
        directory = b"/".join(parents[:depth])
        if missing or not _is_there(root, directory):
            missing.append(directory)
    return missing


def _is_there(root: RootDir, directory: bytes) -> bool:
    with place(root, directory) as at:
        try:
            os.stat(at.name, dir_fd=at.directory, follow_symlinks=False)
        except FileNotFoundError:
            return False
    return True


def make_directories(root: RootDir, like: RootDir, directories: Iterable[bytes]) -> list[bytes]:
    """Make directories, outermost first, with the owner and mode of their twins below `like`, durably.

    Returns those that were made: one that another program has made meanwhile stays as it is. Raises FileNotFoundError
    when another program removes one, or its twin; RefusedPathError, OSError.
    """
    made = []
    for directory in directories:
        with place(root, directory) as at, place(like, directory) as twin:
            try:
                os.mkdir(at.name, 0o700, dir_fd=at.directory)
            except FileExistsError:
                continue
            mirror(at.directory, at.name, twin.directory, twin.name)
            os.fsync(at.directory)
        made.append(directory)
    return made


def mirror(directory: int, name: bytes, twin_directory: int, twin: bytes) -> None:
    """Give a directory that was just made the owner and mode of another one, durably."""
    wanted = os.stat(twin, dir_fd=twin_directory, follow_symlinks=False)
    fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        made = os.fstat(fd)
        if (made.st_uid, made.st_gid) != (wanted.st_uid, wanted.st_gid):
            try:
                os.fchown(fd, wanted.st_uid, wanted.st_gid)
            except PermissionError:
                pass  # the mode below decides who may use it; a foreign owner is reported by the doctor
        os.fchmod(fd, wanted.st_mode & 0o7777)
        os.fsync(fd)
    finally:
        os.close(fd)


def remove_directory(root: RootDir, directory: bytes) -> bool:
    """Remove a directory when it is empty; an absent one counts as removed.

    False when it holds something, or is none any more, or a link is on the way to it.
    """
    try:
        with place(root, directory) as at:
            os.rmdir(at.name, dir_fd=at.directory)
            os.fsync(at.directory)
    except FileNotFoundError:
        return True
    except (OSError, RefusedPathError):
        return False  # not empty, or in use: whoever uses it may keep it
    return True
