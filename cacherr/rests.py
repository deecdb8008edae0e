"""When a host is left alone for a while: because it asks for that, or because it fails again and again. Pure."""

from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

TOO_MANY = 429
LONGEST_ASKED = 24 * 3600.0
"""Daily quotas ask for hours. What asks for more than a day is mistaken."""
LONGEST_ASKED_BY_SERVER = 300.0
"""The Plex server itself: no limit of it is known, so a proxy before it must not silence it for long."""
REFUSED_SECONDS, LONGEST_REFUSED = 60.0, 900.0
"""After 429 without a time: plex.tv's is not published, and one minute was always enough."""
FAILED_SECONDS, LONGEST_FAILED = 1.0, 300.0


@dataclass(frozen=True, slots=True)
class Rest:
    """A host is not asked before a moment."""

    until: float
    """Epoch seconds (UTC)."""
    asked: bool
    """The host asked for it; else it failed and is spared."""
    times: int = 1
    """How often in a row it asked, or failed."""


def parse_retry_after(text: str | None, now: float) -> float | None:
    """Seconds to wait by a Retry-After header: a number or an HTTP date (RFC 9110, 10.2.3); None for anything else."""
    if not text or not text.isascii():
        return None
    text = text.strip()
    if text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)


def is_failure(status: int | None) -> bool:
    """Whether nothing came of a request but the host's own trouble; None: no whole answer arrived."""
    return status is None or status >= 500


def after(
    status: int | None, wait: float | None, before: Rest | None, now: float, *, jitter: float, spare: float, local: bool
) -> Rest | None:
    """What a host's last answer means for the next request to it; None: it may be asked at once.

    `wait` is for how many seconds it asked, `jitter` a random number from 0 to 1, `spare` the share of the usual time
    for which a failing host is spared. The Plex server (`local`) rests only when it asks for it: whether somebody
    plays must be known again as soon as it is back.
    """
    refused = status == TOO_MANY
    if not refused and not is_failure(status):
        # An answer that was on its way when the host asked for quiet does not take that back.
        return before if before and before.until > now else None
    times = before.times + 1 if before and before.asked == (refused or wait is not None) else 1
    if wait is not None:
        seconds = max(min(wait, LONGEST_ASKED_BY_SERVER if local else LONGEST_ASKED), spare if refused else 0.0)
        return _longer(before, Rest(now + seconds, asked=True, times=times))
    if local or (before and before.until > now):
        return before  # several requests met the same trouble: that is one
    if refused:
        return Rest(now + _doubled(REFUSED_SECONDS, times, LONGEST_REFUSED), asked=True, times=times)
    seconds = _doubled(FAILED_SECONDS, times, LONGEST_FAILED) * (0.5 + jitter / 2) * spare
    return Rest(now + seconds, asked=False, times=times)


def _doubled(first: float, times: int, most: float) -> float:
    return float(min(first * 2 ** min(times - 1, 30), most))


def _longer(before: Rest | None, fresh: Rest) -> Rest:
    return before if before and before.until > fresh.until else fresh
