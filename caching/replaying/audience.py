"""Who has watched what, and so has what on deck, at any moment of a replay."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from caching.planning.values import Want
from caching.replaying.values import DAY, Library, Past, Play, Setup, Title
from plexusers.answers import Viewed
from plexusers.episodes import following, on_deck

DECK_SECONDS = 16 * 7 * DAY
"""What was not watched for so long is not on deck any more: Plex's own setting as it comes."""
BEGUN = 1
"""A position, in milliseconds: somewhere in the middle."""


@dataclass(frozen=True, slots=True)
class Course:
    """What somebody is in the middle of: a film, or an episode with those that come next."""

    who: str
    titles: tuple[Title, ...]
    since: int
    """When it was last watched."""
    wants: tuple[Want, ...]


class Audience:
    """All users. They begin and end plays in the order of time."""

    def __init__(self, past: Past, setup: Setup) -> None:
        self._library, self._setup = past.library, setup
        self._states: defaultdict[str, defaultdict[str, dict[str, Viewed]]] = defaultdict(lambda: defaultdict(dict))
        """By user and show; a film is a show of its own."""
        self._courses: dict[tuple[str, str], tuple[int, Course | None]] = {}
        self.watched: dict[tuple[str, str], int] = {}
        """When somebody had watched an item to its end and not begun it again."""
        self.playing: list[tuple[str, str]] = []
        """Users and what they play."""
        for who in sorted({*past.states, *(play.who for play in past.plays)}):
            for state in past.states.get(who, {}).values():
                if title := past.library.titles.get(state.rating_key):
                    self._note(who, title, state)

    def begin(self, play: Play) -> None:
        """Somebody presses play."""
        self.playing.append((play.who, play.key))
        if title := self._library.titles.get(play.key):
            self._note(play.who, title, Viewed(play.key, self._views(play.who, title), BEGUN, play.start))

    def end(self, play: Play) -> None:
        """The play is over: the item was watched, or left in the middle."""
        self.playing.remove((play.who, play.key))
        self.got_so_far(play)

    def got_so_far(self, play: Play) -> None:
        """Somebody has watched an item, or left it in the middle."""
        if title := self._library.titles.get(play.key):
            views = self._views(play.who, title) + play.finished
            self._note(play.who, title, Viewed(play.key, views, 0 if play.finished else BEGUN, play.end))

    def courses(self, now: int) -> Iterator[Course]:
        """What everybody has on deck with what comes next, user by user, what was watched last first."""
        for who, shows in self._states.items():
            habits = self._setup.habits_of(who)
            if not habits.ondeck:
                continue
            since = now - min(DECK_SECONDS, habits.stale_days * DAY or DECK_SECONDS)
            found = [course for show in shows if (course := self._course(who, show, now)) and course.since >= since]
            yield from sorted(found, key=lambda one: (-one.since, one.titles[0].rating_key))

    def ahead(self, who: str, title: Title, now: int) -> list[Title]:
        """The episodes that come after one for somebody."""
        habits, episodes = self._setup.habits_of(who), self._arrived(title.show, now)
        states = self._states[who][title.show]
        return following(episodes, states, title.rating_key, habits.episodes_ahead, habits.prefetch_minutes)

    def _note(self, who: str, title: Title, state: Viewed) -> None:
        show = title.show or title.rating_key
        self._states[who][show][title.rating_key] = state
        self._courses.pop((who, show), None)
        self.watched.pop((who, title.rating_key), None)
        if state.is_watched:
            self.watched[who, title.rating_key] = state.viewed_at

    def _views(self, who: str, title: Title) -> int:
        state = self._states[who][title.show or title.rating_key].get(title.rating_key)
        return state.views if state else 0

    def _course(self, who: str, show: str, now: int) -> Course | None:
        """Worked out anew only when somebody watched the show, or more of it came."""
        arrived = self._arrived(show, now)
        known = self._courses.get((who, show))
        if known is None or known[0] != len(arrived):
            known = self._courses[who, show] = len(arrived), self._worked_out(who, show, arrived, now)
        return known[1]

    def _worked_out(self, who: str, show: str, arrived: Sequence[Title], now: int) -> Course | None:
        states = self._states[who][show]
        if show in self._library.episodes:
            title = on_deck(arrived, states)
        else:
            title = self._library.titles[show] if states[show].offset else None
        if title is None:
            return None
        titles = (title, *(self.ahead(who, title, now) if title.show else ()))
        since = max(state.viewed_at for state in states.values())
        return Course(who, titles, since, tuple(self._wants(who, titles, since)))

    def _wants(self, who: str, titles: Sequence[Title], since: int) -> Iterator[Want]:
        boost, claim = self._setup.habits_of(who).priority_boost, claim_of(who)
        for position, title in enumerate(titles):
            reason = f"comes next for {who}" if position else f"on deck for {who}"
            for file, size in title.files:
                yield Want(
                    file, size, "ondeck", who, reason, title.name, title.rating_key, since, claim, position, boost
                )

    def _arrived(self, show: str, now: int) -> Sequence[Title]:
        """The episodes that are in the library."""
        return arrived(self._library, show, now)


def arrived(library: Library, show: str, now: int) -> Sequence[Title]:
    """The episodes of a show that have come into the library."""
    episodes = library.episodes.get(show, [])
    if not episodes or episodes[-1].added_at <= now:
        return episodes
    return episodes[: bisect_right(episodes, now, key=lambda one: one.added_at)]


def claim_of(who: str) -> str:
    """The claim of what somebody has on deck."""
    return f"ondeck:{who}"


def users_of(claims: frozenset[str]) -> list[str]:
    """The users among claims."""
    return sorted(claim.partition(":")[2] for claim in claims if claim.startswith("ondeck:"))
