"""Where a file has data and where it has holes, so that a copy has them in the same places."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

WINDOW = 16 * 1024 * 1024
"""Bytes that are written before they are verified as one; no piece lies in two windows."""
ZEROS = memoryview(bytes(1024 * 1024))


class Piece(NamedTuple):
    """A part of a file that is handled at once: bytes from `start` to before `end`."""

    start: int
    end: int
    has_data: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """The size of a file, and its ranges of data in order; what is between and behind them are holes."""

    size: int
    data: tuple[tuple[int, int], ...]

    @property
    def bytes_of_data(self) -> int:
        """What a copy needs on its disk, in bytes."""
        return sum(end - start for start, end in self.data)

    @property
    def is_dense(self) -> bool:
        """Whether there are no holes."""
        return self.bytes_of_data == self.size

    def pieces(self, chunk: int) -> Iterator[Piece]:
        """All of the file in order, in pieces of at most `chunk` bytes of data."""
        at = 0
        for start, end in self.data:
            yield from _cut(at, start, len(ZEROS), has_data=False)
            yield from _cut(start, end, chunk, has_data=True)
            at = end
        yield from _cut(at, self.size, len(ZEROS), has_data=False)


def _cut(start: int, end: int, longest: int, *, has_data: bool) -> Iterator[Piece]:
    while start < end:
        to = min(end, start + longest, start - start % WINDOW + WINDOW)
        yield Piece(start, to, has_data)
        start = to


def layout_of(descriptor: int, size: int) -> Layout:
    """The layout of an open file. Where the file system does not tell, all of it is data. Raises OSError."""
    data: list[tuple[int, int]] = []
    at = 0
    try:
        while at < size:
            hole = os.lseek(descriptor, at, os.SEEK_HOLE)
            if hole > at:
                data.append((at, min(hole, size)))
            at = os.lseek(descriptor, hole, os.SEEK_DATA) if hole < size else size
    except OSError as error:
        if error.errno in {errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS}:
            return Layout(size, ((0, size),) if size else ())
        if error.errno != errno.ENXIO:  # which says that nothing but a hole follows
            raise
    return Layout(size, tuple(data))
