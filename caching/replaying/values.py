"""What a replay is told: what was played, the library it was played from, and the settings to try.

Frozen values. Sizes in bytes, times in epoch seconds (UTC), durations of videos in milliseconds as in Plex.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from caching.planning.values import FileKey, Rules, Storage
from plexusers.answers import Viewed
from plexusers.models import PlaybackTrigger

HOUR, DAY = 3600, 86400


@dataclass(frozen=True, slots=True)
class Play:
    """Somebody played a film or an episode."""

    start: int
    end: int
    who: str
    key: str
    """The rating key."""
    seconds: int = 0
    """How much of it was played."""
    finished: bool = True
    """Whether it was watched to its end."""
    counts: bool = True
    """Whether it is known as a play; else only that somebody had got so far then, wherever it was served from."""

    @property
    def order(self) -> tuple[int, str, str, int, int, bool, bool]:
        """Plays are taken in this order: those of one moment by name, however they came."""
        return self.start, self.who, self.key, self.end, self.seconds, self.finished, self.counts


@dataclass(frozen=True, slots=True)
class Title:
    """A film or an episode with the files that count, each with its size; without files where nothing can be cached."""

    rating_key: str
    files: tuple[tuple[FileKey, int], ...] = ()
    name: str = ""
    show: str = ""
    """Names an episode's show; empty: a film."""
    place: int = 0
    """Its place in the course of the show."""
    is_special: bool = False
    duration: int = 0
    added_at: int = 0

    @property
    def order(self) -> tuple[object, ...]:
        """Sorts the episodes of a show as they are watched."""
        return self.place, self.rating_key


class Library:
    """Titles by rating key, the episodes of each show, and which titles are in a file."""

    def __init__(self, titles: Iterable[Title]) -> None:
        self.titles: Mapping[str, Title] = {title.rating_key: title for title in titles}
        episodes: defaultdict[str, list[Title]] = defaultdict(list)
        works: defaultdict[FileKey, list[tuple[str]]] = defaultdict(list)
        for title in self.titles.values():
            if title.show:
                episodes[title.show].append(title)
            for file, _ in title.files:
                works[file].append((title.rating_key,))
        self.works: Mapping[FileKey, list[tuple[str]]] = works
        self.episodes: Mapping[str, list[Title]] = {
            show: sorted(those, key=lambda one: (one.added_at, one.order)) for show, those in episodes.items()
        }
        """In the order in which they came into the library."""
        self.arrivals = sorted({one.added_at for those in self.episodes.values() for one in those})


@dataclass(frozen=True, slots=True)
class Habits:
    """What holds for a user: the preferences that matter for what is on deck."""

    ondeck: bool = True
    episodes_ahead: int = 5
    prefetch_minutes: int = 0
    stale_days: int = 0
    active_watching: bool = True
    priority_boost: int = 0


@dataclass(frozen=True)
class Past:
    """What is replayed: from `start` to `end`."""

    start: int
    end: int
    plays: tuple[Play, ...]
    library: Library
    states: Mapping[str, Mapping[str, Viewed]] = field(default_factory=dict)
    """By user: how far they had got with what, before it began."""


@dataclass(frozen=True)
class Setup:
    """The settings of one replay."""

    storages: tuple[Storage, ...]
    """The caches with their budgets, with nothing of Cacherr's on them."""
    rules: Rules
    habits: Mapping[str, Habits] = field(default_factory=dict)
    """By user; others have the defaults."""
    trigger: str = PlaybackTrigger.START
    """When playing something leads to caching."""
    cycle_seconds: int = HOUR
    """The time between two cycles."""
    bytes_per_second: int = 100 * 1024 * 1024
    """How fast files come to the cache, one after the other; 0: at once."""
    moving: frozenset[str] = frozenset()
    """The caches whose files are copied back when they leave, since the array keeps no original of them."""

    def habits_of(self, who: str) -> Habits:
        """What holds for a user."""
        return self.habits.get(who, DEFAULT_HABITS)


DEFAULT_HABITS = Habits()
