"""How much of each limit is used up by what is cached now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cacherr.errors import CacherrError
from caching import claims, gather, limits, mappings
from caching.models import CachedFile, CacheLimit, CachePolicy
from caching.planning.limiting import Limits
from caching.planning.values import Limit
from caching.rulebook.subjects import sections_of
from plexusers.deck import claim_of
from plexusers.models import PlexUser


@dataclass(frozen=True, slots=True)
class Used:
    """How much one user or one library uses of a limit. Bytes."""

    holder: str
    size: int
    files: int


def used(rows: Iterable[CacheLimit]) -> dict[int, tuple[Used, ...]]:
    """How much of limits is used up, by primary key: of a type's, by each user for whom it is in force."""
    asked = list(rows)
    amounts = _amounts(limits.of_holders(_total())) if asked else {}
    people = list(PlexUser.objects.select_related("cache_limit")) if asked else []
    return {row.pk: tuple(_of_row(row, amounts, people)) for row in asked}


def _of_row(row: CacheLimit, amounts: Mapping[Limit, tuple[int, int]], people: list[PlexUser]) -> Iterable[Used]:
    if row.library is not None:
        found = [(str(row.library), limit) for limit in amounts if limit.section == row.library.key]
    else:
        held = [user for user in people if user == row.user or (row.kind == user.kind and not _has_own(user))]
        found = [(str(user), limit) for user in held for limit in amounts if claim_of(user) in limit.claims]
    return (Used(holder, *amounts[limit]) for holder, limit in found)


def _has_own(user: PlexUser) -> bool:
    return hasattr(user, "cache_limit")


def _amounts(known: Iterable[Limit]) -> dict[Limit, tuple[int, int]]:
    """Bytes and files that count for each limit. Some queries, however much is cached."""
    found = dict.fromkeys(known, (0, 0))
    owner, every = claims.owner_number(), Limits(found)
    rows = CachedFile.objects.values_list("size", "sources", "rating_key", "belongs_to")
    videos = [(size, sources, key) for size, sources, key, belongs_to in rows if not belongs_to]
    sections = sections_of(key for _, _, key in videos)
    for size, sources, key in videos:
        for limit in every.of(claims.parse(sources, owner), [sections.get(key, "")]):
            total, files = found[limit]
            found[limit] = total + size, files + 1
    return found


def _total() -> int:
    """The size of all caches together in bytes; 0 while they cannot be seen."""
    try:
        return limits.together(gather.storages(mappings.usable(), CachePolicy.effective()))
    except CacherrError:
        return 0
