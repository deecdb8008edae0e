"""The owner's settings as the planner takes them: rules, and the bounds of each cache in bytes."""

from caching import disk
from caching.models import CachePolicy, PathMapping
from caching.planning.sizes import parse_size
from caching.planning.values import Eviction, Rules, Storage
from plexusers.models import WatchPolicy

HOUR, DAY = 3600, 86400


def rules(policy: CachePolicy) -> Rules:
    """What holds for every file."""
    days = {
        "ondeck": policy.ondeck_expiry_days,
        "watchlist": policy.watchlist_expiry_days,
        "feed": policy.watchlist_expiry_days,
        "list": policy.list_expiry_days,
    }
    return Rules(
        minimum_hold=policy.minimum_hold_hours * HOUR,
        watched_grace=WatchPolicy.effective().watched_grace_hours * HOUR,
        associated_files=policy.associated_files,
        eviction=Eviction(policy.eviction_mode),
        threshold_percent=policy.eviction_threshold_percent,
        target_percent=policy.eviction_target_percent,
        expiry=tuple((source, most * DAY) for source, most in days.items()),
    )


def storage(
    cache: str, mapping: PathMapping, policy: CachePolicy, room: disk.Space, *, coming: int, pending: int
) -> Storage:
    """One cache with its bounds. `coming` and `pending` are bytes of files on their way to it."""
    return Storage(
        cache=cache,
        total=room.total,
        free=room.free,
        limit=limit(mapping, policy, room.total),
        minimum_free=_bytes(policy.min_free_space, room.total) or 0,
        reserve=_bytes(policy.reserve, room.total) or 0,
        file_system=room.file_system,
        coming=coming,
        pending=pending,
    )


def stays_free(policy: CachePolicy, total: int) -> int:
    """How much of a cache's file system always stays free."""
    return max(_bytes(policy.min_free_space, total) or 0, _bytes(policy.reserve, total) or 0)


def limit(mapping: PathMapping | None, policy: CachePolicy, total: int) -> int | None:
    """How much Cacherr's files may fill of a cache: the smaller of the mapping's own limit and everybody's."""
    own = _bytes(mapping.cache_limit, total) if mapping else None
    known = [most for most in (own, _bytes(policy.cache_limit, total)) if most is not None]
    return min(known, default=None)


def _bytes(text: str, total: int) -> int | None:
    size = parse_size(text)
    return size.of(total) if size else None
