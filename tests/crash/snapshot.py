"""Keeping files and database as they are, and bringing them back thousands of times.

Hard links would keep the inodes, but mode `move` looks at their number. So files are made anew, and the fingerprints
in the journal, in the manifests and in attributes are given the new inodes.
"""

import os
import re
import shutil
import sqlite3
from pathlib import Path
from typing import NamedTuple

from tests.crash.ground import Ground, Tree, read, write

DATABASE = "cacherr.sqlite3"
TABLES = ("caching_operation", "caching_cachedfile")


class Kept(NamedTuple):
    """A name as it was."""

    status: os.stat_result
    content: bytes
    xattrs: dict[str, bytes]


class Snapshot:
    """Roots and configuration at one moment, in memory."""

    def __init__(self, ground: Ground, config: Path) -> None:
        self.ground, self.config = ground, config
        self.files = {
            path.name: path.read_bytes() for path in config.iterdir() if not path.name.endswith((".lock", "-shm"))
        }
        self.names = dict(_walk(ground.roots))

    def load(self) -> dict[int, int]:
        """Bring everything back. Returns the new inode of each old one."""
        shutil.rmtree(self.ground.roots, ignore_errors=True)
        os.mkdir(self.ground.roots)
        prints: dict[bytes, bytes] = {}
        inodes: dict[int, int] = {}
        made: dict[int, bytes] = {}
        for name, kept in self.names.items():
            path = os.path.join(self.ground.roots, name)
            old = kept.status.st_ino
            if old in made and not os.path.isdir(made[old]):
                os.link(made[old], path, follow_symlinks=False)
                continue
            made[old] = path
            _make(path, kept)
            inodes[old] = os.lstat(path).st_ino
            tail = b":%d:%d" % (kept.status.st_size, kept.status.st_mtime_ns)
            prints[b"%d" % old + tail] = b"%d" % inodes[old] + tail
        self._load_config(prints)
        self._renumber_files(prints)
        return inodes

    def _load_config(self, prints: dict[bytes, bytes]) -> None:
        for path in self.config.iterdir():
            path.unlink()
        for name, content in self.files.items():
            (self.config / name).write_bytes(content)
        with sqlite3.connect(self.config / DATABASE) as database:
            database.execute("PRAGMA synchronous=OFF")
            for table in TABLES:
                for column in _prints_of(database, table):
                    rows = database.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} != ''").fetchall()
                    for (old,) in rows:
                        new = prints.get(old.encode(), b"gone:" + old.encode()).decode()
                        database.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (new, old))
        database.close()

    def _renumber_files(self, prints: dict[bytes, bytes]) -> None:
        """Fingerprints that are written in the roots themselves."""
        for name, kept in self.names.items():
            path = os.path.join(self.ground.roots, name)
            if os.path.basename(name) == b".cacherr-manifest":
                write(path, _renumbered(kept.content, prints))
            for attribute, value in kept.xattrs.items():
                if (changed := _renumbered(value, prints)) != value:
                    os.setxattr(path, attribute, changed)


def renumbered(tree: Tree, inodes: dict[int, int]) -> Tree:
    """A tree that was seen before its snapshot was brought back, with the inodes of now."""
    return {name: entry._replace(inode=inodes.get(entry.inode, entry.inode)) for name, entry in tree.items()}


def _prints_of(database: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[1].endswith("_print")]


def _renumbered(text: bytes, prints: dict[bytes, bytes]) -> bytes:
    return re.sub(rb"\d+:\d+:\d+", lambda found: prints.get(found[0], found[0]), text)


def _walk(roots: bytes) -> list[tuple[bytes, Kept]]:
    """Every name, directories before what is in them."""
    found = []
    for directory, names, files in os.walk(roots):
        for name in (*names, *files):
            path = os.path.join(directory, name)
            found.append((os.path.relpath(path, roots), _keep(path)))
    return found


def _keep(path: bytes) -> Kept:
    status = os.lstat(path)
    if os.path.islink(path):
        return Kept(status, os.readlink(path), {})
    content = b"" if os.path.isdir(path) else read(path)
    return Kept(status, content, {name: os.getxattr(path, name) for name in os.listxattr(path)})


def _make(path: bytes, kept: Kept) -> None:
    status = kept.status
    if (status.st_mode & 0o170000) == 0o120000:
        os.symlink(kept.content, path)
        os.lchown(path, status.st_uid, status.st_gid)
    else:
        if (status.st_mode & 0o170000) == 0o040000:
            os.mkdir(path)
        else:
            write(path, kept.content)
        os.chown(path, status.st_uid, status.st_gid)
        os.chmod(path, status.st_mode & 0o7777)
        for name, value in kept.xattrs.items():
            os.setxattr(path, name, value)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)
