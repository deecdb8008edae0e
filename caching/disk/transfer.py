"""Moving a file's bytes into its copy: holes stay holes, the hash is made on the way, the page cache stays small."""

import os
from collections.abc import Callable
from functools import partial

import xxhash

from caching.disk import calls, direct
from caching.disk.copy_failures import SourceChangedError
from caching.disk.layout import WINDOW, ZEROS, Layout
from caching.disk.verifying import Trailing

Progress = Callable[[int], None]
"""Called with the bytes copied so far, after each chunk; may raise Cancelled."""

DIRECT_FROM = 256 * 1024
"""Smaller writes than this many bytes are better gathered in memory by the kernel than sent to the disk one by one."""


def transfer(
    reader: int, writer: int, layout: Layout, chunk: int, *, progress: Progress, behind: Trailing | None
) -> "xxhash.xxh3_128":
    """Copy all bytes into a file that has its room already; their hash, with holes as zeros. Nothing is synced yet.

    Raises SourceChangedError when the source is shorter than its layout, OSError, and what `progress` and `behind`
    raise.
    """
    large = layout.size > WINDOW
    if large:
        os.posix_fadvise(reader, 0, 0, os.POSIX_FADV_SEQUENTIAL)
    target = direct.Writer(writer, direct=large and chunk >= DIRECT_FROM and chunk % direct.BLOCK == 0)
    memory, digest = direct.buffer(min(chunk, layout.size, WINDOW)), xxhash.xxh3_128()
    for start, end, has_data in layout.pieces(chunk):
        block = (memory if has_data else ZEROS)[: end - start]
        if has_data:
            if direct.read_into(reader, block, start, len(block)) < len(block):
                raise SourceChangedError("The file became shorter while it was copied.", "It is tried again later.")
            target.write(block, start)
        digest.update(block)
        progress(end)
        if large and (end % WINDOW == 0 or end == layout.size):
            _window_is_done(reader, end, digest.digest(), partial(progress, end), behind)
    return digest


def _window_is_done(reader: int, end: int, digest: bytes, between: Callable[[], None], behind: Trailing | None) -> None:
    start = (end - 1) // WINDOW * WINDOW
    os.posix_fadvise(reader, start, end - start, os.POSIX_FADV_DONTNEED)
    if behind is not None:
        behind.written(end, digest, between)


def reserve(writer: int, layout: Layout) -> None:
    """Room for a large file in one piece; for one with holes its length, so that the last may be a hole.

    Raises OSError, also when there is not so much room.
    """
    if not layout.is_dense:
        os.ftruncate(writer, layout.size)
    elif layout.size > WINDOW:
        calls.fallocate(writer, layout.size)
