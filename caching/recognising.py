"""Recognising a file that was copied along with its disk: the same bytes, size and time under a new inode.

The one place that compares. Whoever finds a file that differs from its fingerprint by nothing but the inode has it read
here before anything is concluded, and the new fingerprint is kept. Other bytes are what they always were: another
program's file.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from caching import disk, journal, pace
from caching.bench import Bench
from caching.models import CachedFile
from caching.playing import Playing

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
MOST_SECONDS = 600.0
"""How long a cycle goes on beginning with another file before it does its other work."""


class Compared(NamedTuple):
    """What a reading came to: the fingerprint of what was read, and whether its bytes are those that are known."""

    print: str
    same: bool


def compare(at: disk.Place, known: str, known_hash: str, progress: disk.Progress) -> Compared | None:
    """Read a file that may be a copy of the one with the fingerprint `known`; None when nothing is to be compared.

    Nothing is when no hash is known, when the file is the known one or plainly another, or when it changes meanwhile.
    Raises what `progress` raises, FileNotFoundError, or another OSError.
    """
    look = at.look()
    if not (known_hash and look.may_be_copy_of(known)):
        return None
    found = disk.hash_of(at, look.print, progress)
    return None if found is None else Compared(look.print, same=found == known_hash)


def recognise(bench: Bench, progress: disk.Progress) -> None:
    """Before a return begins: take over the fingerprints of its files that were copied along with their disks.

    Raises Cancelled, OSError; then nothing is noted that was not compared.
    """
    operation = bench.operation
    for field, places in (("source_print", (bench.parked, bench.original)), ("target_print", (bench.copy,))):
        found = _among(places, getattr(operation, field), operation.hash, progress)
        if found:
            journal.recognise(operation, field, found)


def _among(places: tuple[disk.Place, ...], known: str, known_hash: str, progress: disk.Progress) -> str:
    """The new fingerprint of the file that was known by another; empty when it is none of these, or still the same."""
    if any(at.look().is_file(known) for at in places):
        return ""
    for at in places:
        compared = compare(at, known, known_hash, progress)
        if compared is not None and compared.same:
            return compared.print
    return ""


def nobody_is_told(total: int, done: int) -> None:
    """For comparing without an audience."""


class Copies:
    """Compares cached copies for a cycle, at the pace of all copies and as long as nothing else is more urgent.

    What it did not get to stays unknown, and the next cycle goes on with it. It changes rows, and no file.
    """

    def __init__(
        self,
        playing: Playing,
        stopped: Callable[[], bool],
        shared_pace: pace.Pace = pace.SHARED,
        tell: Callable[[int, int], None] = nobody_is_told,
    ) -> None:
        """`stopped` is asked four times a second whether the cycle shall end.

        `tell` is told four times a second at the most how many files are to be compared, as far as that is known, and
        how many were.
        """
        self.playing, self.stopped, self.pace, self.tell = playing, stopped, shared_pace, tell
        self.total = self.done = 0
        self.told_at: float | None = None
        self.ends_at = shared_pace.clock() + MOST_SECONDS
        self.looked_at: float | None = None
        self.is_over = False

    def compare(self, rows: Sequence[CachedFile], root: disk.RootDir) -> Iterator[bool | None]:
        """Whether cached copies have the bytes that were cached, which their rows then know; None: it is unknown."""
        self.total += len(rows)
        for row in rows:
            now = self.pace.clock()
            if self.told_at is None or now - self.told_at >= LOOK_SECONDS:
                self.told_at = now
                self.tell(self.total, self.done)
            yield self._compare(row, root)
            self.done += 1

    def _compare(self, row: CachedFile, root: disk.RootDir) -> bool | None:
        self.is_over = self.is_over or self.pace.clock() > self.ends_at
        if self.is_over:
            return None
        log.info("%s was copied to another disk, it seems: its bytes are compared.", row)
        try:
            with disk.place(root, row.relative) as at:
                compared = compare(at, row.cache_print, row.hash, self._progress())
        except disk.Cancelled:
            self.is_over = True
            return None
        except (OSError, disk.RefusedPathError) as error:
            log.warning("%s cannot be compared: %s", row, error)
            return None
        if compared is not None and compared.same:
            journal.recognise_file(row, "cache_print", compared.print)
        return compared.same if compared else None

    def _progress(self) -> disk.Progress:
        paid = 0

        def read(done: int) -> None:
            nonlocal paid
            self._require_going()
            fresh, paid = done - paid, done
            self.pace.keep(fresh, self.playing, self._require_going)

        return read

    def _require_going(self) -> None:
        now = self.pace.clock()
        if self.looked_at is not None and now - self.looked_at < LOOK_SECONDS:
            return
        self.looked_at = now
        conditions = self.pace.conditions()
        if conditions.mover or conditions.paused or self.stopped():
            raise disk.Cancelled
