"""Rows of the library and of lists for the tests."""

from typing import Any

from importlists.models import ImportList
from plexusers.models import (
    ItemKind,
    LibraryFile,
    LibraryGuid,
    LibraryItem,
    LibrarySection,
    PlexUser,
    SectionKind,
    WatchState,
)


def section(kind: str = "movie", key: str = "", *, enabled: bool = True) -> LibrarySection:
    """A library; the same one each time it is asked for."""
    made, _ = LibrarySection.objects.get_or_create(
        key=key or kind, defaults={"kind": SectionKind(kind), "title": key or kind, "enabled": enabled}
    )
    return made


def film(
    key: str, title: str = "", year: int | None = 2001, *names: str, at: str = "", released: str = ""
) -> LibraryItem:
    """A film with one file and these names."""
    made = LibraryItem.objects.create(
        rating_key=key, section=section("movie", at), kind=ItemKind.MOVIE, title=title or f"Film {key}", year=year,
        guid=f"plex://movie/{key}", released=released,
    )  # fmt: skip
    _named(made, names)
    LibraryFile.objects.create(item=made, path=f"/data/{at}{key}.mkv", size=1000, version="1")
    return made


def show(key: str, title: str = "", year: int = 2010, *names: str, episodes: int = 3) -> LibraryItem:
    """A show with one season of episodes, each with a file; the first one broadcast on a date, then one a day."""
    made = LibraryItem.objects.create(
        rating_key=key, section=section("show"), kind=ItemKind.SHOW, title=title or f"Show {key}", year=year,
        guid=f"plex://show/{key}",
    )  # fmt: skip
    _named(made, names)
    for number in range(1, episodes + 1):
        episode = LibraryItem.objects.create(
            rating_key=f"{key}e{number}", section=made.section, kind=ItemKind.EPISODE, title=f"Part {number}",
            show_key=key, season=1, number=number, released=f"2026-11-{number:02}",
        )  # fmt: skip
        LibraryFile.objects.create(item=episode, path=f"/data/{key}/{number}.mkv", size=500, version="1")
    return made


def _named(item: LibraryItem, names: tuple[str, ...]) -> None:
    LibraryGuid.objects.bulk_create(LibraryGuid(item=item, guid=name) for name in (item.guid, *names))


def owner() -> PlexUser:
    """The server's owner."""
    made, _ = PlexUser.objects.get_or_create(plex_id=1000, defaults={"kind": "main", "title": "Alex"})
    return made


def watched(user: PlexUser, key: str, at: int = 1_700_000_000) -> None:
    """The user has seen this to its end."""
    WatchState.objects.create(user=user, rating_key=key, views=1, viewed_at=at)


def a_list(name: str = "Films", **values: Any) -> ImportList:
    """A list of StevenLu's, which is one file and needs nothing."""
    usual = {"provider": "stevenlu", "chart": "popular", "media": "movies", "count": 10}
    return ImportList.objects.create(**{"name": name, **usual, **values})
