"""Reading and writing past the page cache, where the file system can, and otherwise through it."""

import errno
import fcntl
import mmap
import os
import threading

BLOCK = 4096
"""What offsets, lengths and addresses must be multiples of for direct access, in bytes."""

_own = threading.local()


def buffer(size: int) -> memoryview:
    """Memory at an address that direct access takes. It belongs to the calling thread and is used again next time."""
    kept: memoryview | None = getattr(_own, "buffer", None)
    wanted = -(-max(size, 1) // BLOCK) * BLOCK
    if kept is None or len(kept) < wanted:
        kept = _own.buffer = memoryview(mmap.mmap(-1, wanted))
    return kept[:wanted]


def switch(descriptor: int, *, on: bool) -> bool:
    """Turn direct access on or off for an open file; whether it is on now."""
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_DIRECT if on else 0)
    except OSError:
        return False
    return on


def read_into(descriptor: int, view: memoryview, offset: int, wanted: int) -> int:
    """Read at least `wanted` bytes into the view, unless the file ends before; how many were read. Raises OSError.

    The view may be longer: direct access takes whole blocks only.
    """
    done = 0
    while done < wanted:
        try:
            got = os.preadv(descriptor, [view[done:]], offset + done)
        except OSError as error:
            if error.errno != errno.EINVAL or not _is_direct(descriptor):
                raise
            switch(descriptor, on=False)
            continue
        if got == 0:
            break
        done += got
    return done


def _is_direct(descriptor: int) -> bool:
    return bool(fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_DIRECT)


class Writer:
    """Writes a file front to back. Direct access is given up for good where it is not possible."""

    def __init__(self, descriptor: int, *, direct: bool) -> None:
        self.descriptor = descriptor
        self.direct = direct and switch(descriptor, on=True)

    def write(self, view: memoryview, offset: int) -> None:
        """Write all of the view. Raises OSError."""
        while view:
            if self.direct and (offset | len(view)) % BLOCK:
                self.direct = switch(self.descriptor, on=False)
            try:
                done = os.pwrite(self.descriptor, view, offset)
            except OSError as error:
                if not (self.direct and error.errno == errno.EINVAL):
                    raise
                self.direct = switch(self.descriptor, on=False)
                continue
            view, offset = view[done:], offset + done
