"""What a list would cache, before it is saved: it is read and matched, and nothing is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cacherr.errors import OutsideError
from importlists import signing
from importlists.choosing import Chosen, choose, rule_of
from importlists.contract import Entry
from importlists.jobs import job_of, outcome
from importlists.matching import Match, match
from importlists.models import ImportList
from plexusers.models import Versions, WatchPolicy
from plexusers.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Line:
    """One position."""

    position: int
    entry: Entry
    match: Match
    chosen: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class Preview:
    """All positions, and how many of them the library has and the list would cache."""

    lines: tuple[Line, ...]
    matched: int
    chosen: int
    checked: int


def preview(row: ImportList, now: datetime) -> Preview:
    """Read the list as it is entered and match it; `now` is aware, UTC. Raises OutsideError."""
    read = outcome(job_of(row, signing.keys(now), afresh=True))
    if read.failed:
        raise OutsideError(read.failed, wait=read.wait)
    shelf = Shelf(Versions(WatchPolicy.effective().versions))
    chosen = choose(rule_of(row), read.entries, match(read.entries), shelf, now.date())
    lines = tuple(_lines(chosen))
    matched = sum(bool(line.match.keys) for line in lines)
    return Preview(lines, matched, len(chosen.selection.chosen), chosen.selection.checked)


def _lines(chosen: Chosen) -> Iterator[Line]:
    for index, (entry, found) in enumerate(zip(chosen.entries, chosen.matches, strict=True)):
        yield Line(index + 1, entry, found, index in chosen.selection.chosen, chosen.why_not(index))
