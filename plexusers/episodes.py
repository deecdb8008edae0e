"""Which episodes come next for somebody. Pure."""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol, TypeVar

from plexusers.answers import Viewed

MINUTE = 60_000
"""Milliseconds."""


class Episode(Protocol):
    """An episode of a show."""

    @property
    def rating_key(self) -> str:
        """Plex's name for it."""

    @property
    def is_special(self) -> bool:
        """Whether it stands beside the course of its show."""

    @property
    def duration(self) -> int:
        """Milliseconds; 0: unknown."""

    @property
    def order(self) -> tuple[object, ...]:
        """Sorts the episodes of a show as they are watched."""


E = TypeVar("E", bound=Episode)


NEVER = Viewed("", 0, 0, 0)
"""How far somebody got with what they never touched."""


def next_episodes(
    episodes: Iterable[E], watched: Collection[str], current: str | None, count: int, minutes: int = 0
) -> list[E]:
    """The unwatched episodes after the current one, across seasons, in the order of watching.

    At least so many, and more until so many minutes are covered. Without a current one from the beginning of the show;
    after one that is not there, none. Specials come only after a special.
    """
    ordered = sorted(episodes, key=lambda episode: episode.order)
    here = next((at for at, episode in enumerate(ordered) if episode.rating_key == current), None)
    if here is None and current is not None:
        return []
    specials = here is not None and ordered[here].is_special
    found: list[E] = []
    covered = 0
    for episode in ordered[0 if here is None else here + 1 :]:
        if len(found) >= count and covered >= minutes * MINUTE:
            break
        if episode.is_special == specials and episode.rating_key not in watched:
            found.append(episode)
            covered += episode.duration
    return found


def following(
    episodes: Iterable[E], states: Mapping[str, Viewed], current: str, count: int, minutes: int = 0
) -> list[E]:
    """What comes next for somebody after the current episode. Who watches that again, watches the next again, too."""
    state = states.get(current, NEVER)
    again = state.views > 0 and state.offset > 0
    return next_episodes(episodes, () if again else watched(states), current, count, minutes)


def to_go_on_with(episodes: Iterable[E], states: Mapping[str, Viewed], count: int) -> list[E]:
    """The next episodes of a show for somebody, wherever they are in it.

    From the one they saw last, which counts itself while it is not seen to its end; of a show that nobody began, or
    that has nothing after the last one, from the beginning.
    """
    known = [episode for episode in episodes if not episode.is_special]
    seen = [episode for episode in known if episode.rating_key in states]
    if not seen:
        return next_episodes(known, (), None, count)
    last = max(seen, key=lambda episode: (states[episode.rating_key].viewed_at, episode.order))
    state = states[last.rating_key]
    own = [] if state.is_watched else [last]
    rest = following(known, states, last.rating_key, count - len(own)) if count > len(own) else []
    return [*own, *rest][:count] or next_episodes(known, watched(states), None, count)


def on_deck(episodes: Collection[E], states: Mapping[str, Viewed]) -> E | None:
    """What Plex itself has on deck of a show for somebody; None of a show that they never touched, or are through with.

    What they are in the middle of, the latest first, even a special; else the first unwatched episode after the one
    that they saw last.
    """

    def latest(those: Iterable[E]) -> E | None:
        return max(those, key=lambda one: (states[one.rating_key].viewed_at, one.order), default=None)

    touched = [episode for episode in episodes if episode.rating_key in states]
    if begun := latest(episode for episode in touched if states[episode.rating_key].offset):
        return begun
    last = latest(episode for episode in touched if not episode.is_special)
    return next(iter(next_episodes(episodes, watched(states), last.rating_key, 1)), None) if last else None


def watched(states: Mapping[str, Viewed]) -> frozenset[str]:
    """The rating keys of what somebody has watched to the end."""
    return frozenset(key for key, state in states.items() if state.is_watched)
