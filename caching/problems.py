"""What needs somebody's attention now, each with its sentence and with the page where it is put right."""

from collections.abc import Iterator
from typing import Any, Literal, TypedDict

from django.utils import timezone

from caching import auditing, beginning, mover, pausing, queueing
from caching.models import Cycle, CycleState
from plexusers import remarks, sources
from plexusers.models import PlexServer, RemarkKind
from plexusers.preferences import everybody

AGAIN = "The next one begins at its time, or choose Run now when the mover is done."

Level = Literal["note", "warning", "critical"]


class Problem(TypedDict):
    """One thing to look at. `page` names where: setup, plex, mapping, mappings, policy, sources, cycle, files,
    audit or schedules.

    A note is no trouble: it tells what somebody has chosen or what passes by itself, and health stays as it is.
    """

    level: Level
    message: str
    page: str


def found(cycle: Cycle | None, stats: dict[str, Any]) -> list[Problem]:
    """Every problem, the ones to solve first first. Reads rows only."""
    setup, caches = list(_setup()), list(_caches(stats))
    # A cycle fails for want of Plex, a mapping or a disk: then the cure is told already and its error adds nothing.
    told = cycle and any(problem["message"] in cycle.error for problem in caches)
    of_cycle = [] if setup or told else list(_cycle(cycle))
    return [
        *setup,
        *caches,
        *_plex(cycle),
        *of_cycle,
        *_sources(cycle),
        *_conflicts(stats["conflicts"]),
        *_upkeep(),
        *_notes(cycle),
    ]


def health(problems: list[Problem]) -> str:
    """The worst level: healthy, warning or critical."""
    levels = {problem["level"] for problem in problems}
    return next((level for level in ("critical", "warning") if level in levels), "healthy")


def _setup() -> Iterator[Problem]:
    server = PlexServer.effective()
    if not (server.plex_url and server.plex_token):
        yield _problem("Plex is not set up yet: Cacherr needs the server's address and token.", "plex")
    waits = beginning.waits_for_go()
    if waits is None:
        yield _problem("No path mapping is set up yet: Cacherr does not know where Plex's files are.", "mapping")
    elif waits:
        yield _problem("Setup is not finished: nothing begins by itself until you have seen the preview.", "setup")


def _caches(stats: dict[str, Any]) -> Iterator[Problem]:
    for cache in stats["caches"]:
        if not cache["present"]:
            yield _problem(cache["error"], "mappings", "critical")


def _plex(cycle: Cycle | None) -> Iterator[Problem]:
    error = PlexServer.stored().last_error
    if error and not (cycle and error in cycle.error):
        yield _problem(error, "plex")


def _sources(cycle: Cycle | None) -> Iterator[Problem]:
    """What is unknown now, unless the cycle's own line tells it."""
    people = [person.user.pk for person in everybody(timezone.now()) if person.status == "active"]
    rows = (row for row in sources.troubles(people) if not (cycle and row.why and row.why in cycle.error))
    for line in sources.lines((row.source, str(row.user or ""), row.why) for row in rows):
        yield _problem(line, "sources")


def _cycle(cycle: Cycle | None) -> Iterator[Problem]:
    if cycle is None:
        return
    if cycle.state == CycleState.FAILED:
        yield _problem(f"The last cycle failed. {cycle.error}", "cycle", "critical")
    elif cycle.state == CycleState.INTERRUPTED:
        yield _problem(f"The last cycle did not come to its end. {cycle.error} Choose Run now to go on.", "cycle")
    elif cycle.error and cycle.error not in {mover.RUNNING, queueing.DRY_RUN}:  # these pass by themselves
        yield _problem(cycle.error, "sources" if cycle.state == CycleState.COMPLETED else "cycle")
    if cycle.failures:
        files = "1 file" if cycle.failures == 1 else f"{cycle.failures} files"
        yield _problem(f"{files} could not be cached or restored in the last cycle.", "cycle")


def _conflicts(count: int) -> Iterator[Problem]:
    if count:
        files = "1 cached file needs" if count == 1 else f"{count} cached files need"
        yield _problem(f"{files} a look: nothing is done with them until then.", "files")


def _upkeep() -> Iterator[Problem]:
    """What the latest audit left to look at, and a backup that failed, until the next one."""
    audit = auditing.latest()
    if audit and audit.left:
        things = "1 thing" if audit.left == 1 else f"{audit.left} things"
        yield _problem(f"The latest audit found {things} to look at. Look at each, and repair what can be.", "audit")
    backup = remarks.latest(RemarkKind.BACKUP)
    if backup and backup.warning:
        yield _problem(backup.message, "schedules")


def _notes(cycle: Cycle | None) -> Iterator[Problem]:
    for reason in pausing.holds():
        yield _problem(reason, "policy", "note")
    if cycle and cycle.error == mover.RUNNING:
        yield _problem(f"The last cycle made way for Unraid's mover. {AGAIN}", "cycle", "note")


def _problem(message: str, page: str, level: Level = "warning") -> Problem:
    return {"level": level, "message": message, "page": page}
