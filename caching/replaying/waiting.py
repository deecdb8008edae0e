"""Replays as rows: asked for by page or API, computed one after the other in a thread beside the worker.

A replay of two years takes a minute or more. The worker's own threads are for cycles and the minute's upkeep, without
which Cacherr would be taken for dead; the web's are for people.
"""

import logging
import threading
import time
from dataclasses import dataclass, field

from django.db import connection
from django.utils import timezone

from cacherr.errors import BusyError, CacherrError, RefusedError
from caching import lock, stopping
from caching.models import Replay, ReplayState
from caching.replaying import comparing
from caching.replaying.comparing import Asked

log = logging.getLogger(__name__)

LOCK = "replay"
KEPT = 20
"""So many replays are remembered."""
MOST_WAITING = 5
NOTE_SECONDS = 0.5
LONGEST_REST = 0.05
"""It rests as long as it works, a few milliseconds each: whoever copies or answers in this process comes first."""
CUT_SHORT = "It was cut short by the end of Cacherr. Ask for it again."


class _GivenUpError(Exception):
    """Nobody waits for this replay any more."""


def request(asked: Asked, by: str) -> Replay:
    """Ask for a replay. The oldest ones are forgotten. Raises RefusedError when too many wait."""
    if Replay.objects.filter(state=ReplayState.QUEUED).count() >= MOST_WAITING:
        raise RefusedError(f"{MOST_WAITING} replays wait already.", "Wait until one of them is done, or remove it.")
    row = Replay.objects.create(
        source=asked.source, days=asked.days, sets=[dict(one) for one in asked.sets], others=asked.others,
        asked_by=by[:200],
    )  # fmt: skip
    row.refresh_from_db(fields=["asked_at"])
    old = Replay.objects.exclude(state__in=(ReplayState.QUEUED, ReplayState.RUNNING)).order_by("-id")[KEPT:]
    Replay.objects.filter(pk__in=[one.pk for one in old]).delete()
    return row


def start() -> None:
    """Compute what waits, in a thread of its own, unless another one is at it."""
    if Replay.objects.filter(state__in=(ReplayState.QUEUED, ReplayState.RUNNING)).exists():
        threading.Thread(target=_run_quietly, name="replay", daemon=True).start()


def _run_quietly() -> None:
    try:
        run_waiting()
    except BusyError:
        pass  # whoever computes takes the next one, too
    finally:
        connection.close()


def run_waiting() -> int:
    """Compute all that waits, the oldest first: how many. Raises BusyError when somebody else is at it."""
    count = 0
    with lock.held(LOCK):
        # Whoever holds the lock is the only one at work: what seems to run was cut short.
        _end(Replay.objects.filter(state=ReplayState.RUNNING).first(), error=CUT_SHORT)
        while not stopping.requested() and (row := _next()):
            count += 1
            try:
                _compute(row)
            except _GivenUpError:
                log.info("The replay %d was given up.", row.pk)
    return count


def _next() -> Replay | None:
    """Claim the oldest one that waits."""
    row = Replay.objects.filter(state=ReplayState.QUEUED).order_by("id").first()
    if row is None:
        return None
    Replay.objects.filter(pk=row.pk, state=ReplayState.QUEUED).update(state=ReplayState.RUNNING)
    return row


@dataclass(slots=True)
class _Note:
    """Keeps the row in step with the work, and the work out of others' way."""

    row: Replay
    noted: float = field(default_factory=time.monotonic)
    rested: float = field(default_factory=time.monotonic)

    def tell(self, share: float) -> None:
        """Rest a little, and note now and then how much is done. Raises _GivenUpError when nobody waits for it."""
        time.sleep(min(time.monotonic() - self.rested, LONGEST_REST))
        if stopping.requested():
            raise _GivenUpError
        self.rested = time.monotonic()
        if self.rested - self.noted >= NOTE_SECONDS:
            self.noted = self.rested
            if not Replay.objects.filter(pk=self.row.pk).update(progress=int(100 * share)):
                raise _GivenUpError  # somebody removed it


def _compute(row: Replay) -> None:
    try:
        asked = comparing.asked(row.source, row.days, row.sets, others=row.others)
        report = comparing.compare(asked, _Note(row).tell)
    except CacherrError as error:
        _end(row, error=str(error))
    except _GivenUpError:
        _end(row, error=CUT_SHORT)
        raise
    else:
        _end(row, report=report)


def _end(row: Replay | None, *, error: str = "", report: comparing.Data | None = None) -> None:
    if row is None:
        return
    done = {"state": ReplayState.COMPLETED, "progress": 100, "report": report} if report else {}
    failed = {"state": ReplayState.FAILED, "error": error}
    Replay.objects.filter(pk=row.pk).update(finished_at=timezone.now(), **(done or failed))
