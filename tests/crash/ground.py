"""The scene of every part: an array with one film, a cache, and what must hold of them at every instant."""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

OLD = bytes(range(256)) * 12
"""What the film's file holds."""
NEW = bytes(reversed(range(256))) * 13
"""What another program replaces it with."""
THIRD = b"third" * 700
"""What yet another program writes, in the middle of an operation."""

DIRECTORY = b"Films/A \xff (2001)"
FILM = DIRECTORY + b"/A \xff (2001).mkv"
RENAMED_DIRECTORY = b"Films/B \xff (2002)"
RENAMED = RENAMED_DIRECTORY + b"/B \xff (2002).mkv"
"""What another program renames the film to while it is cached."""
BESIDE = DIRECTORY + b"/poster.jpg"
SEED = b"Seeds/A.mkv"
"""A hard link to the film, as a torrent client keeps one. Mode `move` skips such files, so only `copy` has it."""

NOT_COMPARED = {b".cacherr-manifest", b"lost+found", b"lost+found.unrelated"}
"""The manifest is only ever appended to; the others belong to file systems and to what tests them."""

OWNER = (1234, 2345) if os.geteuid() == 0 else (os.geteuid(), os.getegid())


@dataclass(frozen=True)
class Combination:
    """How a mapping is set: what the protocol does differs in each of these."""

    placement: str
    mode: str
    park: bool = False
    vanishes: bool = False
    """Whether another program removes the film's directory on the array once nothing is in it."""

    def __str__(self) -> str:
        return f"{self.placement}/{self.mode}" + "/park" * self.park + "/vanishes" * self.vanishes


COMBINATIONS = {
    str(combination): combination
    for combination in (
        Combination("symlink", "copy"),
        Combination("symlink", "move"),
        Combination("union", "copy"),
        Combination("union", "copy", park=True),
        Combination("union", "move"),
        Combination("union", "move", vanishes=True),
    )
}


class Entry(NamedTuple):
    """What one name stands for. Directories' inodes and times are nobody's business and are 0."""

    mode: int
    owner: tuple[int, int]
    inode: int
    links: int
    mtime_ns: int
    content: bytes
    """A file's bytes, a link's target."""
    xattrs: tuple[tuple[str, bytes], ...]


Tree = dict[bytes, Entry]


@dataclass(frozen=True)
class Ground:
    """The directories of one scenario."""

    directory: Path
    combination: Combination

    @property
    def roots(self) -> bytes:
        return os.fsencode(self.directory / "roots")

    @property
    def array(self) -> bytes:
        return self.roots + b"/array"

    @property
    def cache(self) -> bytes:
        return self.roots + b"/cache"

    @property
    def original(self) -> bytes:
        """A: the file's place on the array."""
        renamed = self.array + b"/" + RENAMED
        return renamed if os.path.lexists(renamed) else self.array + b"/" + FILM

    @property
    def copy(self) -> bytes:
        """C: the file's place on the cache."""
        return self.cache + b"/" + FILM

    def plex_path(self) -> bytes:
        """The name that opening Plex's path leads to now: the place on the cache comes first in a union."""
        shadowed = self.combination.placement == "union" and os.path.lexists(self.copy)
        return self.copy if shadowed else self.original

    def plex_sees(self) -> bytes:
        """What opening Plex's path gives now. Raises AssertionError when there is nothing."""
        try:
            return read(self.plex_path())
        except OSError as error:
            raise AssertionError(f"Plex's path cannot be opened: {error.strerror}") from error

    def lay_out(self) -> None:
        """An array with one film and what stands beside it, and an empty cache."""
        os.makedirs(self.cache, exist_ok=True)
        for path in (DIRECTORY, b"Seeds"):
            os.makedirs(self.array + b"/" + path, exist_ok=True)
        os.chmod(self.array + b"/" + DIRECTORY, 0o750)
        write(self.original, OLD)
        if not self.combination.vanishes:
            write(self.array + b"/" + BESIDE, b"poster")
        os.chown(self.original, *OWNER)
        os.chmod(self.original, 0o640)
        os.setxattr(self.original, "user.from", b"disc")
        os.utime(self.original, ns=(10**18, 10**18 + 7))
        if self.combination.mode == "copy":
            os.link(self.original, self.array + b"/" + SEED)

    def tree(self) -> Tree:
        """Every name below the roots."""
        found = {}
        for directory, names, files in os.walk(self.roots):
            names[:] = [name for name in names if name not in NOT_COMPARED]
            for name in (*names, *files):
                path = os.path.join(directory, name)
                if name not in NOT_COMPARED:
                    found[os.path.relpath(path, self.roots)] = entry(path)
        return found


def vanish(root: bytes) -> bool:
    """Remove the film's directories where nothing is in them, as movers do. Whether there was one."""
    removed = False
    for directory in (DIRECTORY, os.path.dirname(DIRECTORY)):
        try:
            os.rmdir(root + b"/" + directory)
        except OSError:
            break
        removed = True
    return removed


def rename(ground: Ground) -> None:
    """Move the film's name into another directory, as programs do that name films after a pattern."""
    old, directory = ground.original, ground.array + b"/" + RENAMED_DIRECTORY
    os.mkdir(directory)
    os.chmod(directory, 0o750)
    os.rename(old, ground.array + b"/" + RENAMED)


def entry(path: bytes) -> Entry:
    """One name, links not followed."""
    status = os.lstat(path)
    owner, mode = (status.st_uid, status.st_gid), status.st_mode
    if os.path.isdir(path) and not os.path.islink(path):
        return Entry(mode, owner, 0, 0, 0, b"", ())
    if os.path.islink(path):
        return Entry(mode, owner, status.st_ino, 1, status.st_mtime_ns, os.readlink(path), ())
    xattrs = tuple((name, os.getxattr(path, name)) for name in sorted(os.listxattr(path)))
    return Entry(mode, owner, status.st_ino, status.st_nlink, status.st_mtime_ns, read(path), xattrs)


def read(path: bytes) -> bytes:
    """A file's content."""
    with open(path, "rb") as file:
        return file.read()


def write(path: bytes, content: bytes) -> None:
    """Write a file as any other program does."""
    with open(path, "wb") as file:
        file.write(content)


def replace(path: bytes, content: bytes = NEW) -> None:
    """Put a new file in a name's place by one rename, as programs that import films do."""
    temporary = os.path.dirname(path) + b"/import.partial"
    write(temporary, content)
    os.replace(temporary, path)


def is_private(path: bytes) -> bool:
    """Whether a name is one of Cacherr's private ones."""
    return os.path.basename(path).startswith(b".cacherr.")


def copies(tree: Tree, content: bytes) -> list[bytes]:
    """The names of different files that hold this content."""
    return list({entry.inode: name for name, entry in tree.items() if entry.content == content}.values())


def require_whole(ground: Ground, allowed: Collection[bytes]) -> None:
    """Plex's path and every public name of the film show a complete version."""
    assert ground.plex_sees() in allowed, f"Plex's path shows {described(ground.plex_sees())}"
    for path in (ground.original, ground.copy):
        if os.path.exists(path):
            assert read(path) in allowed, f"{path!r} shows {described(read(path))}"


def described(content: bytes) -> str:
    """A content in a few words."""
    known = {OLD: "the old file", NEW: "the new file", THIRD: "an outside program's file", b"": "an empty file"}
    kind = "a part of the old file" if OLD.startswith(content) else "something unknown"
    return f"{known.get(content, kind)} ({len(content)} bytes)"


def differences(one: Tree, other: Tree) -> str:
    """What two trees do not have in common, as text; empty when they are the same."""
    return "; ".join(_differences(one, other))


def _differences(one: Tree, other: Tree) -> Iterator[str]:
    for name in sorted(one.keys() | other.keys()):
        before, after = one.get(name), other.get(name)
        if before is None or after is None:
            yield f"{name!r} {'is new' if before is None else 'is gone'}"
        elif before != after:
            fields = [field for field in Entry._fields if getattr(before, field) != getattr(after, field)]
            yield f"{name!r} differs in {', '.join(fields)}"
