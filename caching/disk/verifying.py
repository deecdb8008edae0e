"""Reading a copy back from its disk and comparing it with what was read from the source."""

import errno
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

import xxhash

from caching.disk import calls, direct, priority
from caching.disk.copy_failures import Cancelled, CopyFailedError
from caching.disk.layout import WINDOW
from caching.disk.places import Place

REREAD_BYTES = 1024 * 1024
WAITING_WINDOWS = 2
"""So many windows may wait for being verified before the writer waits: the memory they take is bounded."""
PATIENCE = 0.2
"""Seconds after which a waiting writer looks whether it shall stop."""


class Rereading:
    """Reads a copy back, front to back, as far as it is asked to."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.at = 0
        self.hash = xxhash.xxh3_128()

    def compare(self, end: int, digest: bytes, between: Callable[[], None]) -> None:
        """Read on up to `end` and compare the hash of everything so far with that of the source.

        `between` is called now and then and may raise. Raises CopyFailedError, OSError.
        """
        memory = direct.buffer(min(REREAD_BYTES, end - self.at))
        while self.at < end:
            wanted = min(len(memory), end - self.at)
            got = min(direct.read_into(self.descriptor, memory, self.at, wanted), wanted)
            if got == 0:
                break
            self.hash.update(memory[:got])
            self.at += got
            between()
        if self.hash.digest() != digest:
            raise CopyFailedError(
                "What was read back from the disk is not what was written.",
                "Check the disk and the memory of this machine. The original is untouched.",
            )


class Trailing:
    """Verifies a copy window by window in a second thread, while the first one goes on writing."""

    def __init__(self, descriptor: int) -> None:
        self._rereading = Rereading(descriptor)
        self._written = 0
        self._stop = threading.Event()
        self._pending: deque[Future[None]] = deque()
        self._thread = ThreadPoolExecutor(1, "verifying", initializer=priority.become, initargs=(calls.IDLE,))

    def written(self, end: int, digest: bytes, between: Callable[[], None]) -> None:
        """The copy is written up to `end`, the end of a window; `digest` is the hash of all of it.

        May wait for earlier windows, and calls `between` meanwhile. Raises CopyFailedError, OSError, and what `between`
        raises.
        """
        self._pending.append(self._thread.submit(self._verify, self._written, end, digest))
        self._written = end
        self.wait(WAITING_WINDOWS, between)

    def wait(self, left: int, between: Callable[[], None]) -> None:
        """Wait until at most so many windows are not verified yet. Calls and raises as `written` does."""
        while len(self._pending) > left:
            if wait([self._pending[0]], PATIENCE).done:
                self._pending.popleft().result()
            else:
                between()

    def close(self) -> None:
        """End the thread, at once when windows are left."""
        self._stop.set()
        self._thread.shutdown(cancel_futures=True)

    def _verify(self, start: int, end: int, digest: bytes) -> None:
        _wait_for_disk(self._rereading.descriptor, start, end - start)
        os.posix_fadvise(self._rereading.descriptor, start, end - start, os.POSIX_FADV_DONTNEED)
        self._rereading.compare(end, digest, self._require_going)

    def _require_going(self) -> None:
        if self._stop.is_set():
            raise Cancelled


def _wait_for_disk(descriptor: int, start: int, length: int) -> None:
    try:
        calls.sync_file_range(descriptor, start, length)
    except OSError as error:
        if error.errno not in {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ESPIPE}:
            raise
        os.fdatasync(descriptor)


@contextmanager
def trailing(temporary: Place, writer: int, size: int) -> Iterator[Trailing | None]:
    """What verifies a copy behind its writer. None where that is not worth a thread, or cannot read past the cache."""
    descriptor = _open_past_cache(temporary, writer) if size > WINDOW else None
    if descriptor is None:
        yield None
        return
    try:
        behind = Trailing(descriptor)
        try:
            yield behind
        finally:
            behind.close()
    finally:
        os.close(descriptor)


def _open_past_cache(temporary: Place, writer: int) -> int | None:
    """A second descriptor of the copy: errors of its disk are told to each of them, so the last fsync hears of all."""
    flags = os.O_RDONLY | os.O_DIRECT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        descriptor = os.open(temporary.name, flags, dir_fd=temporary.directory)
    except OSError as error:
        if error.errno == errno.EINVAL:
            return None
        raise
    if not os.path.sameopenfile(descriptor, writer):
        os.close(descriptor)
        raise CopyFailedError("Somebody put another file in the place of the unfinished copy.", "It is left alone.")
    return descriptor


def compare_all(writer: int, size: int, digest: bytes, between: Callable[[], None]) -> None:
    """Read a synced copy back at once and compare. Raises CopyFailedError, OSError, and what `between` raises."""
    os.posix_fadvise(writer, 0, 0, os.POSIX_FADV_DONTNEED)
    direct.switch(writer, on=True)
    Rereading(writer).compare(size, digest, between)
