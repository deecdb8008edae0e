"""What the ledger notes when a playback begins: who wanted the file, or why it was not cached. Rows only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from caching import preview
from caching.ledger.missing import Evidence, why_missed
from caching.models import LIVE_STATES, CachedFile, Kind, Missed, Operation, PathMapping, Served, State
from caching.models.file_row import path_key
from caching.paths import locate


@dataclass(frozen=True, slots=True)
class Noted:
    """What is noted. `missed` and `why` are empty for what was played from the cache."""

    sources: tuple[str, ...] = ()
    missed: Missed | str = ""
    why: str = ""


def note(files: Sequence[str], served: Served, mappings: Sequence[PathMapping]) -> Noted:
    """Look at the rows for files (as Plex sees them) that somebody begins to play."""
    if served == Served.CACHE:
        return Noted(_claims(files))
    if served == Served.UNKNOWN:
        return Noted(missed=Missed.UNKNOWN, why="it is unknown where its files are")
    evidence = _evidence(files, mappings)
    missed, why = why_missed(evidence)
    return Noted(evidence.sources, missed, why)


def played_seconds(first: int, last: int, passed: timedelta) -> int:
    """How much was played: as far as the position moved (milliseconds), and no more than the time that passed.

    A pause moves nothing, a jump takes no time; of whoever went back only the time is known.
    """
    time, moved = max(0, int(passed.total_seconds())), (last - first) // 1000
    return min(time, moved) if moved > 0 else time


def _claims(files: Sequence[str]) -> tuple[str, ...]:
    rows = CachedFile.objects.filter(plex_path__in=files).values_list("sources", flat=True)
    return tuple(sorted({claim for text in rows for claim in text.split(",") if claim}))


def _evidence(files: Sequence[str], mappings: Sequence[PathMapping]) -> Evidence:
    """What the latest plan says, and what was done with the files since."""
    plan = preview.latest()
    decisions: list[dict[str, Any]] = [one for one in plan.plan if one["plex_path"] in files] if plan else []
    decision = decisions[0] if decisions else {}
    operations = [row for file in files for row in _latest_operation(file, mappings)]
    return Evidence(
        planned=plan is not None,
        action=decision.get("action", ""),
        reason=decision.get("reason", ""),
        sources=tuple(decision.get("sources", ())),
        trouble=plan.error if plan else "",
        coming=any(row.kind == Kind.CACHE and row.state in LIVE_STATES for row in operations),
        left=next((row.kind for row in operations if row.kind != Kind.CACHE and row.state == State.DONE), ""),
    )


def _latest_operation(file: str, mappings: Sequence[PathMapping]) -> Iterable[Operation]:
    place = locate(file, mappings)
    if place is None:
        return ()
    rows = Operation.objects.filter(cache_id=place[0].cache_id, path_key=path_key(place[1]))
    return rows.order_by("-id")[:1]
