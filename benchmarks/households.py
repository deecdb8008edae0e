"""Households that watch for some months: generated, always the same by their seed. docs/replay.md describes them."""

import random
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from caching.planning.values import FileKey
from caching.replaying.values import DAY, HOUR, Library, Past, Play, Title

T = TypeVar("T")
GB = 1024**3
CACHE = "ssd"
START = 1_700_000_000 - 1_700_000_000 % DAY
MINUTE = 60


@dataclass(frozen=True)
class Viewer:
    """Somebody's habits; chances from 0 to 1."""

    name: str
    pace: float = 0.6
    """The chance of an evening with television."""
    binge: float = 0.5
    """The chance of another episode right after one."""
    films: float = 0.2
    """How often an evening is one of a film."""
    again: float = 0.1
    """How often that is a show or a film that they know already."""
    shows: int = 3
    """How many shows they are in the middle of."""
    leaves: float = 0.06
    """The chance to stop in the middle, and go on another evening."""
    drops: float = 0.05
    """The chance to give up a show."""


@dataclass(frozen=True)
class Household:
    """A library and its viewers. `shared` is how much they like the same things, 0 to 1."""

    name: str
    viewers: tuple[Viewer, ...]
    days: int = 365
    shows: int = 60
    films: int = 400
    shared: float = 0.5
    airing: float = 0.2
    """The part of the shows of which an episode comes every week."""
    uhd: float = 0.15
    """The part of the library in 4K."""
    seed: int = 1


def generate(house: Household) -> tuple[tuple[Title, ...], tuple[Play, ...]]:
    """The library, and everything that was played, in order."""
    titles = tuple(_library(house))
    plays = [play for viewer in house.viewers for play in _Evenings(house, viewer, titles).plays()]
    return titles, tuple(sorted(plays, key=lambda play: play.order))


def end_of(house: Household) -> int:
    """When its time is over."""
    return START + house.days * DAY


def _library(house: Household) -> Iterator[Title]:
    chance = random.Random(f"{house.seed} library")
    for number in range(house.shows):
        show, uhd, minutes = f"show{number}", chance.random() < house.uhd, chance.choice((22, 28, 42, 48, 55))
        airing = chance.random() < house.airing
        count = chance.randint(1, 6) * chance.choice((8, 10, 13, 22))
        for place in range(count):
            # What is still airing begins in the middle of its course.
            week = place - count // 2
            added = START + (week * 7 + number % 7) * DAY if airing and week >= 0 else START - DAY
            if added < end_of(house):
                yield _title(f"{show}.{place}", minutes, chance, uhd=uhd, show=show, place=place, added=added)
    for number in range(house.films):
        minutes = chance.randint(85, 160)
        yield _title(f"film{number}", minutes, chance, uhd=chance.random() < house.uhd, added=START - DAY)


def _title(
    key: str, minutes: int, chance: random.Random, *, uhd: bool, added: int, show: str = "", place: int = 0
) -> Title:
    rate = chance.uniform(0.25, 0.45) if uhd else chance.uniform(0.03, 0.09)  # GB a minute
    size = int(minutes * rate * GB)
    files = ((FileKey(CACHE, key.encode()), size),)
    return Title(key, files, key, show, place, duration=minutes * MINUTE * 1000, added_at=added)


@dataclass
class _Course:
    """A show that somebody is in the middle of."""

    show: str
    place: int = 0


@dataclass
class _Evenings:
    """What one viewer watches, evening by evening."""

    house: Household
    viewer: Viewer
    titles: tuple[Title, ...]
    courses: list[_Course] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    half: list[Title] = field(default_factory=list)
    """Films left in the middle."""

    def __post_init__(self) -> None:
        seed = f"{self.house.seed} {self.viewer.name}"
        self.chance, self.taste = random.Random(seed), random.Random(f"{seed} taste")
        self.episodes: dict[str, list[Title]] = {}
        for title in self.titles:
            if title.show:
                self.episodes.setdefault(title.show, []).append(title)
        self.films = [title for title in self.titles if not title.show]
        self.liked_shows, self.liked_films = self._liked(list(self.episodes)), self._liked(self.films)

    def _liked(self, things: list[T]) -> list[T]:
        """Everybody's favourites first, mixed with one's own."""
        places = {number: number * self.house.shared for number in range(len(things))}
        own = 1 - self.house.shared
        order = sorted(places, key=lambda one: places[one] + own * self.taste.random() * len(things))
        return [things[number] for number in order]

    def plays(self) -> Iterator[Play]:
        """All plays, in order."""
        for day in range(self.house.days):
            weekend = day % 7 in {5, 6}
            if self.chance.random() < self.viewer.pace * (1.3 if weekend else 0.9):
                at = START + day * DAY + int(self.chance.gauss(20 - 2 * weekend, 1.2) * HOUR)
                yield from self._evening(at)

    def _evening(self, at: int) -> Iterator[Play]:
        if self.chance.random() < self.viewer.films:
            yield self._film(at)
            return
        course = self._course(at)
        while course is not None:
            episodes = self.episodes[course.show]
            if course.place >= self._aired(episodes, at):
                break
            play = self._watched(episodes[course.place], at)
            yield play
            at = play.end + self.chance.randint(1, 8) * MINUTE
            if not play.finished:
                return
            course.place += 1
            if course.place == len(episodes) or self.chance.random() < self.viewer.drops:
                self.courses.remove(course)
                return
            if self.chance.random() >= self.viewer.binge:
                return

    def _film(self, at: int) -> Play:
        if self.half and self.chance.random() < 0.7:
            film = self.half.pop()
        elif self.chance.random() < self.viewer.again:
            film = self.films[self.chance.randrange(len(self.films))]
        else:
            film = self.liked_films[int(len(self.films) * self.chance.random() ** 2)]
        play = self._watched(film, at)
        if not play.finished:
            self.half.append(film)
        return play

    def _course(self, at: int) -> _Course | None:
        """The show of this evening: one that goes on, most likely the latest, or a new one."""
        going = [one for one in self.courses if one.place < self._aired(self.episodes[one.show], at)]
        if going and (len(self.courses) >= self.viewer.shows or self.chance.random() < 0.85):
            chosen = going[int(len(going) * self.chance.random() ** 2)]
        else:
            chosen = _Course(self._new_show())
        if chosen in self.courses:
            self.courses.remove(chosen)
        self.courses.insert(0, chosen)
        return chosen

    def _new_show(self) -> str:
        if self.known and self.chance.random() < self.viewer.again:
            return self.chance.choice(self.known)
        fresh = [show for show in self.liked_shows if show not in self.known] or self.liked_shows
        show = fresh[int(len(fresh) * self.chance.random() ** 3)]
        self.known.append(show)
        return show

    def _aired(self, episodes: list[Title], at: int) -> int:
        return bisect_right(episodes, at, key=lambda one: one.added_at)

    def _watched(self, title: Title, at: int) -> Play:
        length = title.duration // 1000
        whole = self.chance.random() >= self.viewer.leaves
        seconds = length if whole else int(length * self.chance.uniform(0.1, 0.8))
        return Play(at, at + seconds, self.viewer.name, title.rating_key, seconds, whole)


def past_of(house: Household) -> Past:
    """The household as a replay takes it."""
    titles, plays = generate(house)
    return Past(START, end_of(house), plays, Library(titles))


HOUSEHOLDS = (
    Household("a couple, one show at a time", (Viewer("Alex", shows=1), Viewer("Sam", shows=1, pace=0.4)), shared=0.9),
    Household(
        "a family of five",
        (
            Viewer("Alex"), Viewer("Sam", films=0.4), Viewer("Kim", pace=0.9, again=0.3, shows=5),
            Viewer("Jo", pace=0.8, again=0.5, films=0.5), Viewer("Max", pace=0.3),
        ),
        shared=0.4, seed=2,
    ),
    Household(
        "binge watchers", tuple(Viewer(name, pace=0.5, binge=0.85, shows=2) for name in ("Ann", "Ben", "Cem")), seed=3
    ),
    Household(
        "ten friends with one server",
        tuple(Viewer(f"Friend {number}", pace=0.2 + 0.07 * number, binge=0.3 + 0.05 * number) for number in range(10)),
        shows=150, films=1000, shared=0.3, seed=4,
    ),
    Household(
        "film lovers in 4K", (Viewer("Ida", films=0.8), Viewer("Leo", films=0.7, pace=0.7)), uhd=0.8, films=800, seed=5
    ),
)  # fmt: skip
