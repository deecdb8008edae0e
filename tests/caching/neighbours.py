"""A household whose films and episodes are real files below a mapping, and whole cycles in this process."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db.models import F, Model
from django.db.models.signals import post_save

from caching import cycle
from caching.models import CachedFile, CachePolicy, Cycle
from plexusers.models import LibrarySection, PlexServer, PlexUser, SourceState, WatchPolicy, WatchReading
from plexusers.standin import Account, Episode, Household, Movie, Section, Show, StandIn
from tests.caching.ground import Ground, make_ground

OWNER_TOKEN = "token-alex"


class Neighbours:
    """Alex owns the server, Sam is at home, Kim is a friend who sees films and shows."""

    def __init__(self, directory: Path) -> None:
        self.ground: Ground = make_ground(directory, "symlink")
        CachePolicy.objects.update(operations_to_cache=1, minimum_hold_hours=0)
        WatchPolicy(watched_grace_hours=0).save()
        self.household = Household("Home", "machine-1")
        self.online = self.household.online
        self.alex = self.household.add_account("Alex", OWNER_TOKEN, "owner")
        self.sam = self.household.add_account("Sam", "token-sam")
        self.kim = self.household.add_account("Kim", "token-kim", "shared")
        self.films = self.household.add_section("movie", "Movies", "/plex/Movies")
        self.shows = self.household.add_section("show", "TV", "/plex/TV")

    def part(self, relative: str) -> str:
        """A file of its own on the array; its path as Plex sees it."""
        self.ground.write(os.fsencode(relative), relative.encode() * 20)
        return f"/plex/{relative}"

    def film(self, title: str, *, section: Section | None = None, path: str = "", at: int | None = None) -> Movie:
        """A film, on nobody's deck; `at` is when it came into the library."""
        relative = path or f"Movies/{title}/{title}.mkv"
        size = len(relative.encode() * 20)
        version = self.household.version(self.household.part(self.part(relative), size))
        return self.household.add_movie(section or self.films, title, version, year=2001, added_at=at)

    def episode(self, show: Show, season: int | None, index: int | None, date: str | None = None) -> Episode:
        """An episode of a show."""
        relative = f"TV/{show.title}/{show.title} {season}x{index}{date or ''}.mkv"
        version = self.household.version(self.household.part(self.part(relative), len(relative.encode() * 20)))
        return self.household.add_episode(show, season, index, version, date=date)

    def show(self, title: str, *lengths: int) -> tuple[Show, list[Episode]]:
        """A show with so many episodes in each season, in order."""
        show = self.household.add_show(self.shows, title, year=2010)
        numbers = [(season, index) for season, length in enumerate(lengths, 1) for index in range(1, length + 1)]
        return show, [self.episode(show, season, index) for season, index in numbers]

    def on_deck(self, account: Account, *films: Movie | Episode) -> None:
        """Somebody has begun to watch something."""
        for film in films:
            self.household.watch(account, film, offset_ms=60_000)

    def row(self, account: Account) -> PlexUser:
        """The row of somebody."""
        return PlexUser.objects.get(plex_id=account.plex_id)

    def prefer(self, account: Account, **values: object) -> None:
        """Set somebody's own preferences."""
        PlexUser.objects.filter(plex_id=account.plex_id).update(**values)


@contextmanager
def serving(neighbours: Neighbours) -> Iterator[StandIn]:
    """The household's server; its address is that of Plex."""
    with StandIn(neighbours.household) as server:
        PlexServer(plex_url=server.url, plex_token=OWNER_TOKEN).save()
        yield server


def run() -> Cycle:
    """A whole cycle."""
    return cycle.run("test")


def cached() -> set[str]:
    """The names of what is cached, without directories and extensions."""
    rows = CachedFile.objects.values_list("path", flat=True)
    return {os.path.splitext(os.path.basename(os.fsdecode(bytes(path))))[0] for path in rows}


def claims_of(name: str) -> set[str]:
    """Under which claims a file is kept."""
    rows = CachedFile.objects.all()
    return next(set(row.sources.split(",")) for row in rows if os.fsdecode(row.relative).endswith(f"/{name}.mkv"))


def age(*sources: str) -> None:
    """Make answers so old that they are asked for again."""
    rows = SourceState.objects.filter(source__in=sources)
    rows.update(good_at=F("good_at") - timedelta(days=2), checked_at=F("checked_at") - timedelta(days=2))


def read_everything_again() -> None:
    """Make the index and the watch states be read whole, as they are once a day."""
    LibrarySection.objects.update(whole_due_at=None)
    WatchReading.objects.update(whole_due_at=F("whole_due_at") - timedelta(days=2))


def titles(things: Iterable[Movie | Episode]) -> list[str]:
    """The titles of films."""
    return [thing.title for thing in things]


@contextmanager
def when(model: type[Model], happens: Callable[[Any], bool], then: Callable[[], object]) -> Iterator[None]:
    """Let something happen once, right after a row of this kind was written."""
    left = [then]

    def hear(instance: Any, **_: Any) -> None:
        if left and happens(instance):
            left.pop()()

    post_save.connect(hear, sender=model)
    try:
        yield
    finally:
        post_save.disconnect(hear, sender=model)
    assert not left
