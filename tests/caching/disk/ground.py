"""Two roots to copy between, and looking at a copy from outside: holes, page cache, threads, descriptors."""

import ctypes
import mmap
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import xxhash

from caching import disk

MB = 1024 * 1024
SOURCE, TEMPORARY = b"film.mkv", disk.private_name("test", "tmp")


def nothing(_done: int) -> None:
    """A progress that nobody watches."""


class Ground:
    """A source directory and a target directory, which may lie on different file systems."""

    def __init__(self, array: Path, cache: Path) -> None:
        self.array, self.cache = array, cache
        array.mkdir(exist_ok=True)
        cache.mkdir(exist_ok=True)

    @property
    def source(self) -> Path:
        return self.array / os.fsdecode(SOURCE)

    @property
    def temporary(self) -> Path:
        return self.cache / os.fsdecode(TEMPORARY)

    def copy(
        self, chunk: int = MB, progress: disk.Progress = nothing, *, keep_free: int = 0, rest_seconds: int = 0
    ) -> disk.Copied:
        with (
            disk.open_root(str(self.array), None) as array,
            disk.open_root(str(self.cache), None) as cache,
            disk.place(array, SOURCE) as source,
            disk.place(cache, TEMPORARY) as temporary,
        ):
            return disk.copy_verified(source, temporary, chunk, progress, rest=rest_seconds, keep_free=keep_free)

    def require_equal(self, copied: disk.Copied) -> None:
        content = self.source.read_bytes()
        assert self.temporary.read_bytes() == content
        assert copied.hash == xxhash.xxh3_128(content).hexdigest()
        assert copied.size == len(content)
        for path, fingerprint in ((self.source, copied.source_print), (self.temporary, copied.target_print)):
            assert str(disk.Fingerprint.of(path.stat())) == fingerprint


class Meanwhile:
    """A progress that does something once, when so many bytes are copied."""

    def __init__(self, work: "Work", after: int = 1) -> None:
        self.work, self.after, self.done = work, after, False

    def __call__(self, copied: int) -> None:
        if not self.done and copied >= self.after:
            self.done = True
            self.work()


class Work:
    """Something that another process does: a few lines of Python, given a path."""

    def __init__(self, lines: str, path: Path) -> None:
        self.command = [sys.executable, "-c", f"import os, sys\npath = sys.argv[1]\n{lines}", str(path)]

    def __call__(self) -> None:
        subprocess.run(self.command, check=True)


@contextmanager
def leaving_nothing_open() -> Iterator[None]:
    """Fails when the work inside leaves a thread or a descriptor behind."""
    threads, descriptors = set(threading.enumerate()), set(os.listdir("/proc/self/fd"))
    yield
    # What an earlier test began may come to its end meanwhile.
    assert set(threading.enumerate()) <= threads
    assert set(os.listdir("/proc/self/fd")) <= descriptors


def cached_bytes(path: Path) -> int:
    """How much of a file is in the page cache."""
    size = path.stat().st_size
    with path.open("r+b") as file, mmap.mmap(file.fileno(), size) as memory:
        pages = -(-size // mmap.PAGESIZE)
        seen = (ctypes.c_ubyte * pages)()
        start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        result = ctypes.CDLL(None).mincore(ctypes.c_void_p(start), ctypes.c_size_t(size), seen)
        assert result == 0
        return sum(page & 1 for page in seen) * mmap.PAGESIZE


def drop_from_cache(path: Path) -> None:
    """Forget a file's pages, so that a copy begins cold."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def write_with_holes(path: Path, size: int, data: list[tuple[int, bytes]]) -> None:
    """A file of a size with these bytes at these offsets and holes everywhere else."""
    with path.open("wb") as file:
        file.truncate(size)
        for offset, content in data:
            os.pwrite(file.fileno(), content, offset)
        os.fsync(file.fileno())
