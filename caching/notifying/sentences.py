"""What is told of cycles, operations and playbacks, in words."""

from collections.abc import Sequence

from caching.models import Cycle, CycleState, Kind, NoticeEvent, NoticeLevel, Operation, Playback, Served
from caching.notifying.values import Facts, Happening
from caching.planning.sizes import readable

MOST_FINDINGS = 20

ENDS = {
    CycleState.COMPLETED: "The cycle is done",
    CycleState.STOPPED: "The cycle was stopped",
    CycleState.FAILED: "The cycle failed",
}
DONE = {Kind.CACHE: "Cached", Kind.RESTORE: "Restored to the array", Kind.EVICT: "Evicted to make room"}
SERVED = {
    Served.CACHE: "It comes from the cache.",
    Served.ARRAY: "It comes from the array.",
    Served.UNKNOWN: "It is unknown where its file lies.",
}


def cycle_summary(cycle: Cycle) -> Happening | None:
    """What a cycle moved; None when that is nothing.

    A cycle that fails, or meets the same stubborn file every hour, is a trouble that lasts, and told once as such.
    """
    if not (cycle.files_cached or cycle.files_restored):
        return None
    failed = cycle.state == CycleState.FAILED
    level = NoticeLevel.FAILURE if failed else NoticeLevel.WARNING if cycle.failures else NoticeLevel.SUCCESS
    title = ENDS.get(CycleState(cycle.state), "The cycle is over")
    return Happening(NoticeEvent.CYCLE, level, title, (cycle.error,) if cycle.error else (), _counts(cycle))


def _counts(cycle: Cycle) -> Facts:
    found = (
        ("Cached", cycle.files_cached, f" ({readable(cycle.bytes_cached)})"),
        ("Brought back", cycle.files_restored, ""),
        ("Not done", cycle.failures, ""),
    )
    return tuple((name, files(count) + more) for name, count, more in found if count)


def moved(operation: Operation) -> Happening:
    """A file came to the cache or left it."""
    lines = (f"Because of: {operation.reason}.",) if operation.reason else ()
    size = (("Size", readable(operation.bytes_total)),)
    title = f"{DONE[Kind(operation.kind)]}: {operation.title or operation.file_name}"
    return Happening(NoticeEvent.ACTIVITY, NoticeLevel.INFO, title, lines, size)


def in_conflict(operation: Operation, outcome: str) -> Happening:
    """A file that nothing is done with until a person has looked."""
    title = f"Conflict: {operation.title or operation.file_name}"
    return Happening(NoticeEvent.ERRORS, NoticeLevel.FAILURE, title, (outcome,))


def playback(row: Playback) -> Happening:
    """Somebody began to play something."""
    title = f"{row.user or row.who or 'Somebody'} plays {row.title}"
    lines = [SERVED[Served(row.served)], f"Not cached because {row.missed_why}." if row.missed_why else ""]
    return Happening(NoticeEvent.ACTIVITY, NoticeLevel.INFO, title, tuple(filter(None, lines)))


def audited(findings: Sequence[str]) -> Happening | None:
    """What an audit left for a person to look at; None when that is nothing."""
    if not findings:
        return None
    count = "1 thing" if len(findings) == 1 else f"{len(findings)} things"
    title = f"The audit found {count} to look at"
    return Happening(NoticeEvent.WARNINGS, NoticeLevel.WARNING, title, tuple(findings[:MOST_FINDINGS]))


def files(count: int) -> str:
    """`1 file`, `2 files`."""
    return "1 file" if count == 1 else f"{count} files"
