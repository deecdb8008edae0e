"""Wishes that are too old to count, by the owner's days for their source."""

from collections.abc import Iterable, Mapping, Sequence

from caching.planning.values import FileKey, Want

DAY = 86400
SINCE = {
    "ondeck": "last watched",
    "watchlist": "put on the watchlist",
    "feed": "put on a watchlist",
    "list": "first seen on the list",
}


def alive(
    wants: Sequence[Want], expiry: Iterable[tuple[str, int]], now: int
) -> tuple[Sequence[Want], dict[FileKey, str]]:
    """The wishes that count, and why each file's other wishes count no more. Of no known age is not expired."""
    seconds = bounds(expiry)
    if not seconds:
        return wants, {}
    counting: list[Want] = []
    expired: dict[FileKey, str] = {}
    for want in wants:
        most = seconds.get(want.source)
        if most is None or want.since is None or now - want.since <= most:
            counting.append(want)
        else:
            reason = f"expired: {SINCE.get(want.source, 'first wanted')} more than {most // DAY} days ago"
            expired[want.file] = min(reason, expired.get(want.file, reason))
    return counting, expired


def bounds(expiry: Iterable[tuple[str, int]]) -> dict[str, int]:
    """By source, after how many seconds its wishes count no more; without those that always count."""
    return {source: most for source, most in expiry if most}


def expires_at(wants: Iterable[Want], seconds: Mapping[str, int]) -> int | None:
    """When the last of these wishes is expired, by the `bounds`; None when one of them never is."""
    ends = 0
    for want in wants:
        if want.since is None or want.source not in seconds:
            return None
        ends = max(ends, want.since + seconds[want.source])
    return ends
