"""Remembering how each source answered: the rows of `SourceState`, and which answers are not believed at once."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from plexusers import remarks
from plexusers.models import PlexUser, RemarkKind, SourceState, SourceStatus

FEW = 4
"""Fewer things than this may all disappear at once without anybody wondering."""


def is_suspicious(before: int, count: int) -> bool:
    """Whether so few things now, after so many before, look like a mistake rather than like news. Pure."""
    return before >= FEW and count * 2 < before


def judge(source: str, now: datetime, count: int, *, user: PlexUser | None = None) -> str:
    """Note an answer with so many things. Why it is not believed, as a sentence; empty when it is.

    What is suspiciously small is not believed before it was answered twice.
    """
    row = _row(source, user, now)
    if row.good_at is not None and not row.drops and is_suspicious(row.count, count):
        why = (
            f"Of {row.count} things {count} are left, which is not believed before it is answered again. "
            "Choose Run now to ask at once."
        )
        was_bad(source, now, why, user=user, dropped=True, stale=True)
        return why
    was_good(source, now, user=user, count=count)
    return ""


def was_good(source: str, now: datetime, *, user: PlexUser | None = None, count: int = 0) -> None:
    """The source answered well, with so many things. `now` is aware, UTC."""
    row = _row(source, user, now)
    was = row.status
    _turn(row, SourceStatus.FRESH, now)
    row.good_at, row.count, row.drops, row.why = now, count, 0, ""
    row.save()
    if was != SourceStatus.FRESH:
        remarks.note(RemarkKind.SOURCE, f"Known again: {subject(source, str(user or ''))}.")


def was_bad(
    source: str,
    now: datetime,
    why: str,
    *,
    user: PlexUser | None = None,
    dropped: bool = False,
    stale: bool = False,
) -> None:
    """The source failed, or answered what is not believed yet (`dropped`). `why` is a sentence with its cure.

    `stale`: its last good answer was kept and is still used; without one it has failed all the same.
    """
    row = _row(source, user, now)
    was = row.status
    _turn(row, SourceStatus.STALE if stale and row.good_at else SourceStatus.FAILED, now)
    row.drops = row.drops + 1 if dropped else row.drops
    row.why = why
    row.save()
    if was == SourceStatus.FRESH:
        remarks.note(RemarkKind.SOURCE, f"Not known for sure: {subject(source, str(user or ''))}. {why}", warning=True)


def forget(source: str, user: PlexUser | None = None) -> None:
    """The source is not asked any more: how it once answered is nobody's concern."""
    SourceState.objects.filter(source=source, user=user).delete()


def drops(source: str, user: PlexUser | None = None) -> int:
    """How many answers in a row were not believed."""
    row = SourceState.objects.filter(source=source, user=user).only("drops").first()
    return row.drops if row else 0


def is_due(source: str, now: datetime, age: timedelta, user: PlexUser | None = None) -> bool:
    """Whether the last answer was not good, or is older than this."""
    row = SourceState.objects.filter(source=source, user=user).first()
    return row is None or row.status != SourceStatus.FRESH or row.good_at is None or now - row.good_at >= age


def was_asked(source: str, now: datetime, age: timedelta, user: PlexUser | None = None) -> bool:
    """Whether the source was asked within this time, however it answered."""
    return SourceState.objects.filter(source=source, user=user, checked_at__gt=now - age).exists()


def is_known(source: str) -> bool:
    """Whether the source, of nobody in particular, ever gave a good answer."""
    return SourceState.objects.filter(source=source, user=None, good_at__isnull=False).exists()


def _row(source: str, user: PlexUser | None, now: datetime) -> SourceState:
    found = SourceState.objects.filter(source=source, user=user).first()
    return found or SourceState(source=source, user=user, since=now)


def _turn(row: SourceState, status: SourceStatus, now: datetime) -> None:
    if row.status != status:
        row.since = now
    row.status, row.checked_at = status, now


SUBJECTS = {
    "ondeck": "what {} has on deck",
    "watchlist": "the watchlist of {}",
    "watched": "what {} has watched",
    "feed": "the feed of friends' watchlists",
    "recent": "what came into the library lately",
    "library": "the index of the library",
    "tags": "what has the labels and genres of the rules",
    "playing": "what is playing",
    "pin": "what is pinned",
    "users": "the users",
}


def subject(source: str, who: str) -> str:
    """What a source tells of, for people. Pure."""
    return SUBJECTS.get(source, source).format(who)


def lines(failures: Iterable[tuple[str, str, str]]) -> list[str]:
    """A sentence for each reason, with all that is unknown for it; from sources, whose they are, and reasons. Pure."""
    subjects: defaultdict[str, list[str]] = defaultdict(list)
    for source, who, why in failures:
        subjects[why].append(subject(source, who))
    return [f"Not known for sure now: {', '.join(dict.fromkeys(those))}. {why}" for why, those in subjects.items()]


def troubles(people: Iterable[int]) -> list[SourceState]:
    """The sources that are not fresh, of these users (primary keys) and of nobody in particular. One query."""
    rows = SourceState.objects.exclude(status=SourceStatus.FRESH).select_related("user").order_by("since", "id")
    counting = set(people)
    return [row for row in rows if row.user is None or row.user.pk in counting]
