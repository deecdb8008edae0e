"""Cached files in numbers: of all, of each user, source, cache and condition. The database adds up; sizes in bytes."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Avg, Count, Max, Min, Q, QuerySet, Sum
from django.utils import timezone

from caching import claims
from caching.cached.choosing import CONDITIONS, of_user
from caching.ledger import reading
from caching.models import CachedFile
from plexusers.models import PlexUser

SOON = timedelta(days=1)


@dataclass(slots=True)
class Tally:
    """So many files of so many bytes together."""

    files: int = 0
    bytes: int = 0

    def add(self, files: int, size: int) -> None:
        """Count more."""
        self.files += files
        self.bytes += size

    @property
    def data(self) -> dict[str, int]:
        """Plain values."""
        return {"files": self.files, "bytes": self.bytes}


def statistics() -> dict[str, Any]:
    """All cached files in numbers. A handful of queries."""
    rows, soon = CachedFile.objects.order_by(), timezone.now() + SOON
    totals = rows.aggregate(
        files=Count("pk"), bytes=Sum("size", default=0), average_size=Avg("size", default=0.0),
        largest=Max("size", default=0), average_score=Avg("score", default=0.0), oldest=Min("cached_at"),
        latest=Max("cached_at"), sidecars=Count("pk", filter=~Q(belongs_to=b"")),
        leaving_soon=Count("pk", filter=Q(leaves_at__lte=soon)),
    )  # fmt: skip
    return _rounded(totals) | {
        "status": {name: _sum(rows.filter(condition)) for name, condition in CONDITIONS.items()},
        "caches": [_of_cache(one) for one in _grouped(rows, "cache__path")],
        "users": _by_user(wanted := list(_by_claims(rows))),
        "sources": _by_source(wanted),
    }


def of_one_user(user: PlexUser) -> dict[str, Any]:
    """What a user wants, or wanted last, in numbers; `alone` is what nobody else wants."""
    rows = of_user(CachedFile.objects.order_by(), user.plex_id)
    totals = rows.aggregate(
        files=Count("pk"), bytes=Sum("size", default=0), average_score=Avg("score", default=0.0),
        latest=Max("cached_at"),
    )  # fmt: skip
    mine = set(claims.of_user(user.plex_id))
    alone, sources = Tally(), defaultdict[str, Tally](Tally)
    for held, files, size in _by_claims(rows):
        if held <= mine:
            alone.add(files, size)
        for source in {claim.partition(":")[0] for claim in held & mine}:
            sources[source].add(files, size)
    return _rounded(totals) | {
        "id": user.plex_id,
        "title": str(user),
        "alone": alone.data,
        "sources": {name: sources[name].data for name in sorted(sources)},
        "playback": next((one for one in reading.summary()["users"] if one["user"] == user.title), None),
    }


def _rounded(totals: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value) if name.startswith("average") else value for name, value in totals.items()}


def _sum(rows: QuerySet[CachedFile]) -> dict[str, int]:
    found = rows.aggregate(files=Count("pk"), bytes=Sum("size", default=0))
    return {"files": found["files"], "bytes": found["bytes"]}


def _grouped(rows: QuerySet[CachedFile], name: str) -> Iterable[tuple[str, int, int]]:
    return rows.values_list(name).annotate(Count("pk"), Sum("size", default=0)).order_by(name)


def _of_cache(one: tuple[str, int, int]) -> dict[str, Any]:
    path, files, size = one
    return {"path": path, "files": files, "bytes": size}


Wanted = tuple[frozenset[str], int, int]
"""Claims, and how many files of how many bytes together are wanted under just these."""


def _by_claims(rows: QuerySet[CachedFile]) -> Iterable[Wanted]:
    """Files that are wanted under the same claims are one row."""
    owner = claims.owner_number()
    return ((claims.parse(text, owner), files, size) for text, files, size in _grouped(rows, "sources"))


def _by_user(wanted: Iterable[Wanted]) -> list[dict[str, Any]]:
    """What several want counts for each of them."""
    found = defaultdict[int, Tally](Tally)
    for held, files, size in wanted:
        for number in claims.users_of(held):
            found[number].add(files, size)
    names = {user.plex_id: str(user) for user in PlexUser.objects.filter(plex_id__in=found)}
    lines = [{"id": number, "title": names.get(number, ""), **tally.data} for number, tally in found.items()]
    return sorted(lines, key=lambda line: (-line["bytes"], line["id"]))


def _by_source(wanted: Iterable[Wanted]) -> dict[str, dict[str, int]]:
    """What several sources want counts for each of them."""
    found = defaultdict[str, Tally](Tally)
    for held, files, size in wanted:
        for source in {claim.partition(":")[0] for claim in held}:
            found[source].add(files, size)
    return {name: found[name].data for name in sorted(found)}
