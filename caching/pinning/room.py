"""Whether what is pinned fits the budget, asked of the planner itself. Sizes in bytes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db.models import Sum
from django.utils import timezone

from caching.gather import storages
from caching.models import CachedFile, CachePolicy, PathMapping
from caching.paths import locate
from caching.pinning.wanting import SOURCE, Pinned
from caching.planning.plan import make_plan
from caching.planning.values import Action, FileKey, Situation, Storage, Want


@dataclass(frozen=True, slots=True)
class Fit:
    """How pins and budget fit together."""

    needed: int = 0
    """What all pinned files take."""
    missing: int = 0
    """What of them finds no room even when nothing else is cached."""
    files: int = 0
    """How many find no room."""
    reason: str = ""
    """Why the first of them does not, with the cure."""
    uncovered: int = 0
    """How many files no path mapping covers."""


def whole_room(mappings: Sequence[PathMapping]) -> tuple[Storage, ...]:
    """The caches as if nothing were cached on them. Raises StorageAbsentError."""
    return tuple(_emptied(storages(mappings, CachePolicy.effective())))


def fit(pinned: Iterable[Pinned], mappings: Sequence[PathMapping], room: tuple[Storage, ...]) -> Fit:
    """Whether all of this, each path once, fits the caches."""
    sizes = {path: size for one in pinned for path, size in one.sizes.items()}
    places = {path: place for path in sizes if (place := locate(path, mappings)) is not None}
    wants = tuple(
        Want(FileKey(mapping.cache_key, relative), sizes[path], SOURCE, "", "pinned", path)
        for path, (mapping, relative) in places.items()
    )
    plan = make_plan(Situation(int(timezone.now().timestamp()), wants, storages=room))
    left_out = list(plan.of(Action.SKIP))
    return Fit(
        needed=sum(sizes[path] for path in places),
        missing=sum(decision.size for decision in left_out),
        files=len(left_out),
        reason=left_out[0].reason if left_out else "",
        uncovered=len(sizes) - len(places),
    )


def _emptied(caches: Iterable[Storage]) -> Iterable[Storage]:
    """All but pinned files may be made to leave."""
    rows = list(caches)
    totals = CachedFile.objects.order_by().values_list("cache_id").annotate(size=Sum("size"))
    used = Counter({cache: size or 0 for cache, size in totals})
    shared: Counter[str] = Counter()
    for row in rows:
        shared[row.file_system] += used[row.cache]
    for row in rows:
        own = shared[row.file_system] if row.file_system else used[row.cache]
        yield replace(row, free=row.free + own, coming=0, pending=0)
