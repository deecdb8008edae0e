"""Recognising a file that was copied along with its disk: the same bytes, size and time under a new inode.

The one place that compares. Whoever finds a file that differs from its fingerprint by nothing but the inode has it read
here before anything is concluded, and the new fingerprint is kept. Other bytes are what they always were: another
program's file.
"""

from typing import NamedTuple

from caching import disk, journal
from caching.bench import Bench


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
