"""Which files everybody who wanted them has watched, and since when."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from plexusers.mirroring import batched
from plexusers.models import LibraryFile, WatchState, is_watched

Key = TypeVar("Key")
Person = TypeVar("Person")


@dataclass(frozen=True, slots=True)
class Interest:
    """A file and the users who wanted it last, by plex.tv's numbers."""

    path: str
    """As Plex sees it."""
    rating_key: str
    users: frozenset[int]


def watched_times(interests: Mapping[Key, Interest]) -> dict[Key, int]:
    """When the last of its users had watched a file (epoch seconds, UTC); left out while one of them has not.

    A file of two episodes is watched when both are; of an item that two libraries have, one of the two is enough.
    Two queries for each 500 files.
    """
    asked = {key: one for key, one in interests.items() if one.users}
    works = _works_by_path({one.path for one in asked.values()})
    those = {key: works.get(one.path) or [{one.rating_key}] for key, one in asked.items()}
    viewed = _viewed({item for works in those.values() for work in works for item in work})
    times = {key: watched_time(one.users, those[key], viewed) for key, one in asked.items()}
    return {key: at for key, at in times.items() if at is not None}


def watched_time(
    users: Iterable[Person], works: Collection[Collection[str]], viewed: Mapping[tuple[Person, str], int]
) -> int | None:
    """When the last of these users had watched every work of a file; None while one of them has not. Pure.

    A work is the rating keys that it has in the libraries; `viewed` tells when somebody had watched an item.
    """
    last = [
        max((viewed[user, key] for key in work if (user, key) in viewed), default=None)
        for user in users
        for work in works
    ]
    known = [at for at in last if at is not None]
    return max(known) if known and len(known) == len(last) else None


def _works_by_path(paths: Iterable[str]) -> dict[str, list[set[str]]]:
    """The works that are in a file, each with the rating keys that it has in the libraries."""
    found: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for batch in batched(paths):
        rows = LibraryFile.objects.filter(path__in=batch).values_list("path", "item__guid", "item__rating_key")
        for path, guid, key in rows:
            found[path][guid or key].add(key)
    return {path: list(works.values()) for path, works in found.items()}


def _viewed(keys: Iterable[str]) -> dict[tuple[int, str], int]:
    """When a user (by plex.tv's number) had watched an item to its end."""
    found: dict[tuple[int, str], int] = {}
    for batch in batched(keys):
        rows = WatchState.objects.filter(rating_key__in=batch, views__gt=0)
        for user, key, views, offset, at in rows.values_list(
            "user__plex_id", "rating_key", "views", "offset", "viewed_at"
        ):
            if is_watched(views, offset):
                found[user, key] = at
    return found
