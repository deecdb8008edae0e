"""What is on deck, by Plex's own rules."""

from collections.abc import Iterable, Mapping, Sequence

from plexusers.standin.records import Episode, Movie, Playable, Show, WatchState

States = Mapping[str, WatchState]
"""One account's watch states by rating key."""

UNTOUCHED = WatchState()


def newest_first(items: Iterable[Playable], states: States) -> list[Playable]:
    """Those that are half watched, the one watched last at the head."""
    started = [item for item in items if states.get(item.key, UNTOUCHED).view_offset]
    return sorted(started, key=lambda item: states[item.key].recency, reverse=True)


def next_episode(episodes: Sequence[Episode], states: States) -> tuple[Episode, WatchState] | None:
    """The episode to offer of a show, with the watch state that brought it up; None when nothing of it was watched.

    `episodes` come in the order of watching. A special is never offered as the next one, only when half watched.
    """
    for episode in newest_first(episodes, states):
        if isinstance(episode, Episode):
            return episode, states[episode.key]
    regular = [episode for episode in episodes if episode.season_index != 0]
    watched = [episode for episode in regular if states.get(episode.key, UNTOUCHED).view_count]
    if not watched:
        return None
    last = max(watched, key=lambda episode: states[episode.key].recency)
    for episode in regular[regular.index(last) + 1 :]:
        if not states.get(episode.key, UNTOUCHED).view_count:
            return episode, states[last.key]
    return None


def on_deck(
    movies: Iterable[Movie], shows: Mapping[Show, Sequence[Episode]], states: States, since: int
) -> list[Playable]:
    """Half watched films and, of each show, the next episode; newest first, without what rests since before `since`."""
    deck: list[tuple[tuple[int, int], Playable]] = [
        (states[item.key].recency, item) for item in newest_first(movies, states)
    ]
    for episodes in shows.values():
        if found := next_episode(episodes, states):
            episode, state = found
            deck.append((state.recency, episode))
    deck.sort(key=lambda entry: entry[0], reverse=True)
    return [item for (viewed, _), item in deck if viewed >= since]
