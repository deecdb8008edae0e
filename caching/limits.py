"""The owner's settings as the planner takes them: rules, limits, and the bounds of each cache in bytes."""

from collections.abc import Iterable

from caching import disk
from caching.models import CacheLimit, CachePolicy, PathMapping
from caching.planning.sizes import parse_size
from caching.planning.values import Eviction, Limit, Rules, Storage
from plexusers import deck, watchlists
from plexusers.models import PlexUser, WatchPolicy

HOUR, DAY = 3600, 86400


def rules(policy: CachePolicy, storages: Iterable[Storage]) -> Rules:
    """What holds for every file. Limits may be shares of these storages together."""
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
        only_included=policy.only_included,
        limits=of_holders(together(storages)),
    )


def of_holders(total: int) -> tuple[Limit, ...]:
    """The limits of users and libraries; `total` is the size of all caches together. Two queries."""
    rows = list(CacheLimit.objects.select_related("user", "library"))
    found = [_limit(row, total, section=row.library.key) for row in rows if row.library]
    by_user = {row.user.pk: row for row in rows if row.user}
    by_kind = {row.kind: row for row in rows if row.kind}
    for user in PlexUser.objects.all() if by_user or by_kind else ():
        row = by_user.get(user.pk) or by_kind.get(user.kind)
        if row is not None and (row.files is not None or parse_size(row.size)):
            found.append(_limit(row, total, user=user))
    return tuple(found)


def _limit(row: CacheLimit, total: int, *, user: PlexUser | None = None, section: str = "") -> Limit:
    label = f"{user}'s limit" if user else f"the limit of the library {row.library}"
    claims = frozenset({deck.claim_of(user), watchlists.claim_of(user)} if user else ())
    return Limit(label, _bytes(row.size, total), row.files, claims, section)


def together(storages: Iterable[Storage]) -> int:
    """The size of all file systems with caches, each once."""
    return sum({one.file_system or one.cache: one.total for one in storages}.values())


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
