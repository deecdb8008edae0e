"""The demonstration's household: a small library of real files, and five people in the middle of watching it."""

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from plexusers.standin.demo_files import FILMED_AT, nfo, subtitles, write_text, write_video
from plexusers.standin.household import Household
from plexusers.standin.pastime import Viewer
from plexusers.standin.records import Account, Episode, Movie, Section, Show, Version, Work

PLEX_PREFIX = "/data/media"
"""Where the demonstration's Plex sees what lies below `array` of the demonstration's directory."""
WRITTEN = ".written"
"""This file says that the library was written once; Cacherr may have moved its files since."""

KIB, MIB = 1 << 10, 1 << 20
HOUR, DAY = 3600, 86400
"""Seconds."""
MINUTE_MS = 60_000

SHORT_SHELF = (
    "Gravel Psalm (2003)",
    "Umbrella Weather Index (2014)",
    "The Spoon Cartographers (1999)",
    "Löw & Söhne (2011)",
)
"""Films that nobody watches."""

Titled = TypeVar("Titled", Movie, Show)

ORCHARD = "Orchard of Static"
FERRYMEN = "Ferrymen's Arithmetic"
BAKERS = "Bakers at Low Tide"

MACHINE = "d3a05e1f40c24b7f9a16de0c57a1bead00000001"
CHILDS_PIN = "1234"
NOT_THERE_YET = Work(
    "movie", "plex://movie/de0000000000000000000001", "The Lighthouse Tax", 2025, ("imdb://tt9902025",)
)
"""On watchlists, but not in the library."""


@dataclass
class Builder:
    """Puts a library on the disk and the same library into a household."""

    household: Household
    directory: Path
    writes: bool
    """False when the files were written before."""

    @property
    def array(self) -> Path:
        """The slow storage."""
        return self.directory / "array"

    def version(self, stem: str, kind: str, *sizes: int, resolution: str = "1080") -> Version:
        """A version with its subtitle and description; more than one size makes more than one part. Sizes in bytes."""
        names = [stem] if len(sizes) == 1 else [f"{stem} - cd{number}" for number in range(1, len(sizes) + 1)]
        parts = []
        for name, size in zip(names, sizes, strict=True):
            path = f"{PLEX_PREFIX}/{name}.mkv"
            parts.append(self.household.part(path, size, modified_at=FILMED_AT, subtitles=["en"]))
            if self.writes:
                write_video(self.array / f"{name}.mkv", size, name)
                write_text(self.array / f"{name}.en.srt", subtitles(Path(name).name))
        if self.writes:
            write_text(self.array / f"{stem}.nfo", nfo(kind, Path(stem).name))
        return self.household.version(*parts, resolution=resolution)

    def movie(self, section: Section, name: str, *sizes: int, more: tuple[Version, ...] = ()) -> Movie:
        """A film of one version, cut into as many parts as there are sizes, and perhaps other versions."""
        title, year = name[:-7], int(name[-5:-1])
        first = self.version(f"Movies/{name}/{name}", "movie", *sizes)
        guids = [f"imdb://tt99{year}"]
        return self.household.add_movie(section, title, first, *more, year=year, guids=guids, added_at=FILMED_AT)

    def show(self, section: Section, title: str, year: int, seasons: tuple[int, ...], large: int) -> list[Episode]:
        """A show with so many episodes in each season. All are small but number `large`, counted from 1."""
        show = self.household.add_show(section, title, year=year, guids=[f"tvdb://99{year}"], added_at=FILMED_AT)
        if self.writes:
            write_text(self.array / f"TV/{title}/tvshow.nfo", nfo("tvshow", title))
        episodes = []
        count = itertools.count(1)
        for season, length in enumerate(seasons, 1):
            for index in range(1, length + 1):
                size = 32 * MIB if next(count) == large else 768 * KIB + index * 1000
                stem = f"TV/{title}/Season {season:02}/{title} - S{season:02}E{index:02}"
                date = f"{year + season}-02-{index:02}"
                version = self.version(stem, "episodedetails", size)
                episodes.append(self.household.add_episode(show, season, index, version, date=date, added_at=FILMED_AT))
        return episodes


def make_demo(directory: Path) -> Household:
    """Writes the library below `directory/array` (about 230 MB, the first time only) and makes its household.

    The owner is Alex. Sam lives there too, and Lou, a child with a PIN and without an account of its own. Kim and Noa
    are friends; Kim sees the films only, Noa keeps the watchlist private. Plex sees `directory/array` as PLEX_PREFIX.
    """
    array = directory / "array"
    household = Household("Demonstration", MACHINE, file_exists=lambda path: (array / relative(path)).exists())
    household.add_account("Alex", "demonstration-alex", "owner")
    household.add_account("Sam", "demonstration-sam")
    household.add_account("Lou", "demonstration-lou", managed=True, pin=CHILDS_PIN)
    builder = Builder(household, directory, writes=not (directory / WRITTEN).exists())
    _films(builder)
    _shows(builder)
    films = [section for section in household.sections.values() if section.type == "movie"]
    household.add_account("Kim", "demonstration-kim", "shared", sections=films)
    household.add_account("Noa", "demonstration-noa", "shared")
    _visitors(household)
    _watchlists(household)
    (directory / WRITTEN).touch()
    return household


def viewers(household: Household) -> list[Viewer]:
    """Everybody but the owner, who is whoever looks at the demonstration; they begin one after the other."""
    others = [account for account in household.accounts.values() if account.kind != "owner"]
    return [Viewer(household, account, rest=3 + 11 * number) for number, account in enumerate(others)]


def person(household: Household, title: str) -> Account:
    """The account of that name."""
    return next(account for account in household.accounts.values() if account.title == title)


def relative(plex_path: str) -> str:
    """The same path below the demonstration's `array`."""
    return plex_path.removeprefix(f"{PLEX_PREFIX}/")


def _films(builder: Builder) -> None:
    household = builder.household
    alex, sam = person(household, "Alex"), person(household, "Sam")
    section = household.add_section("movie", "Movies", f"{PLEX_PREFIX}/Movies")
    sundial = builder.movie(section, "The Marrow Lane Sundial (2019)", 64 * MIB)
    gulls = "Copper Gulls of Vey (2021)"
    sharper = builder.version(f"Movies/{gulls}/{gulls} - 2160p", "movie", 40 * MIB, resolution="4k")
    versions = builder.movie(section, gulls, 24 * MIB, more=(sharper,))
    builder.movie(section, "A Census of Echoes (1987)", 2 * MIB, 1536 * KIB)
    watched = builder.movie(section, "Seventeen Borrowed Ladders (2023)", 2 * MIB)
    for name in SHORT_SHELF:
        builder.movie(section, name, 256 * KIB)
    household.tag(sundial, labels=["Family"], genres=["Drama", "Mystery"])
    household.tag(versions, labels=["Family"], genres=["Adventure"])
    household.tag(watched, genres=["Comedy"])
    now = household.now()
    household.watch(alex, sundial, offset_ms=48 * MINUTE_MS, at=now - 20 * HOUR)
    household.mark_watched(alex, watched, at=now - 2 * DAY)
    household.watch(sam, versions, offset_ms=31 * MINUTE_MS, at=now - 5 * HOUR)


def _shows(builder: Builder) -> None:
    household = builder.household
    alex, sam = person(household, "Alex"), person(household, "Sam")
    section = household.add_section("show", "TV Shows", f"{PLEX_PREFIX}/TV")
    middle = builder.show(section, ORCHARD, 2018, (6, 4), large=4)
    finished = builder.show(section, FERRYMEN, 2020, (4, 4), large=5)
    sams = builder.show(section, BAKERS, 2022, (5,), large=3)
    now = household.now()
    for days, episode in enumerate(reversed(middle[:3]), 1):
        household.mark_watched(alex, episode, at=now - days * DAY)
    household.watch(alex, middle[3], offset_ms=9 * MINUTE_MS, at=now - 3 * HOUR)
    for days, episode in enumerate(reversed(finished[:4]), 4):
        household.mark_watched(alex, episode, at=now - days * DAY)
    for days, episode in enumerate(reversed(sams[:2]), 1):
        household.mark_watched(sam, episode, at=now - days * DAY)


def _visitors(household: Household) -> None:
    """What the friends and the child are in the middle of; Noa watches the same show as Alex, two episodes behind."""
    kim, noa, lou = (person(household, name) for name in ("Kim", "Noa", "Lou"))
    now = household.now()
    household.watch(
        kim, _titled(household, "Umbrella Weather Index", Movie), offset_ms=22 * MINUTE_MS, at=now - 30 * HOUR
    )
    household.mark_watched(noa, _episodes(household, ORCHARD)[0], at=now - 2 * DAY)
    household.mark_watched(lou, _episodes(household, BAKERS)[0], at=now - 26 * HOUR)


def _watchlists(household: Household) -> None:
    online, now = household.online, household.now()
    wishes: dict[str, list[Work | Movie | Show]] = {
        "Alex": [_titled(household, "Gravel Psalm", Movie), NOT_THERE_YET],
        "Sam": [_titled(household, ORCHARD, Show), _titled(household, "The Spoon Cartographers", Movie)],
        "Kim": [_titled(household, "The Spoon Cartographers", Movie), NOT_THERE_YET],
        "Noa": [_titled(household, "Löw & Söhne", Movie)],
    }
    for name, works in wishes.items():
        for days, work in enumerate(works, 1):
            online.add_to_watchlist(person(household, name), work, at=now - days * DAY)
    online.hide_watchlist(person(household, "Noa"))


def _titled(household: Household, title: str, kind: type[Titled]) -> Titled:
    return next(item for item in household.items.values() if isinstance(item, kind) and item.title == title)


def _episodes(household: Household, title: str) -> list[Episode]:
    return household.episodes(_titled(household, title, Show))
