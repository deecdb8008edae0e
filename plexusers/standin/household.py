"""A Plex library and the people who watch it."""

import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import replace

from plexusers.standin.deck import newest_first, next_episode, on_deck
from plexusers.standin.library import Added
from plexusers.standin.notices import Notices
from plexusers.standin.online import Online
from plexusers.standin.people import People
from plexusers.standin.records import (
    Account,
    ClipKind,
    Episode,
    Item,
    Movie,
    Playable,
    Playing,
    PlayState,
    Season,
    Show,
    Version,
    Viewing,
    WatchState,
)

WATCHED_FROM = 0.9
"""The part of an item after which Plex takes it for watched."""


class Household(People):
    """Everything a stand-in server tells: its library, its accounts, and what each of them watched and is playing.

    Every method is safe to call from any thread. Times (`at`) are epoch seconds in UTC and default to now.
    """

    def __init__(
        self,
        name: str = "Living Room",
        machine_identifier: str = "0f1e2d3c4b5a69788796a5b4c3d2e1f000112233",
        *,
        clock: Callable[[], float] = time.time,
        file_exists: Callable[[str], bool] = bool,
        on_deck_weeks: int = 5200,
        on_deck_limit: int = 40,
    ) -> None:
        super().__init__(clock, file_exists)
        self.name = name
        self.machine_identifier = machine_identifier
        self.on_deck_weeks = on_deck_weeks
        """What was not watched for so many weeks is left off the deck. A real server comes with 16."""
        self.on_deck_limit = on_deck_limit
        self.browse: Callable[[str], Collection[str]] | None = None
        """The names of the directories in a directory, as the server's own browser shows them; it shows none: None."""
        self.playing: dict[int, Playing] = {}
        """By session key."""
        self.notices = Notices()
        """Tells those who listen to the websocket."""
        self.online = Online(self.lock, self.clock)
        """What plex.tv and its hosts know beyond the accounts: watchlists, feeds, sign-ins."""
        self.history: list[Viewing] = []
        """Oldest first."""
        self._states: defaultdict[int, dict[str, WatchState]] = defaultdict(dict)
        self._turns = itertools.count(1)

    def state(self, account: Account, item: Item) -> WatchState:
        """How far the account got with a film or an episode."""
        with self.lock:
            return self._states[account.id].get(item.key, WatchState())

    def watch(self, account: Account, item: Playable, *, offset_ms: int, at: int | None = None) -> None:
        """Leaves an item half watched at that position; a position of 0 forgets it."""
        with self.lock:
            viewed = self.now() if at is None else at
            state = replace(
                self.state(account, item), view_offset=offset_ms, last_viewed_at=viewed, turn=next(self._turns)
            )
            self._states[account.id][item.key] = state

    def mark_watched(self, account: Account, item: Item, *, at: int | None = None) -> None:
        """Counts one more complete viewing, of every episode when it is a show or a season."""
        with self.lock:
            viewed = self.now() if at is None else at
            for leaf in self.leaves(item):
                count = self.state(account, leaf).view_count + 1
                self._states[account.id][leaf.key] = WatchState(count, 0, viewed, next(self._turns))
                show = self.items[leaf.show].title if isinstance(leaf, Episode) else None
                self.history.append(Viewing(len(self.history) + 1, account.id, leaf, viewed, show))

    def mark_unwatched(self, account: Account, item: Item) -> None:
        """Forgets that the account ever watched it; the history keeps it."""
        with self.lock:
            for leaf in self.leaves(item):
                self._states[account.id].pop(leaf.key, None)

    def progress(self, account: Account, item: Playable, *, offset_ms: int) -> None:
        """What a player reports: a position, which near the end means watched."""
        if offset_ms >= item.duration * WATCHED_FROM:
            self.mark_watched(account, item)
        else:
            self.watch(account, item, offset_ms=offset_ms)

    def start_playing(
        self,
        account: Account,
        item: Playable,
        *,
        version: Version | None = None,
        offset_ms: int = 0,
        state: PlayState = "playing",
        transcoded: bool = False,
    ) -> Playing:
        """Somebody presses play (or pauses: then again with that state). Nobody plays the same item twice at a time."""
        with self.lock:
            key = next((one.key for one in self._plays(account, item)), next(self._turns))
            chosen = (version or item.versions[0]).id
            self.playing[key] = Playing(key, account.id, item.key, chosen, state, offset_ms, transcoded)
            if offset_ms:
                self.watch(account, item, offset_ms=offset_ms)
            self.notices.playing(self.playing[key])
            return self.playing[key]

    def start_clip(self, account: Account, kind: ClipKind = "preroll") -> Playing:
        """Somebody is shown or hears what is no video of a library: a pre-roll, live television, a piece of music."""
        with self.lock:
            key = next(self._turns)
            self.playing[key] = Playing(key, account.id, None, clip=kind)
            self.notices.playing(self.playing[key])
            return self.playing[key]

    def stop_playing(self, account: Account, item: Playable | None = None) -> None:
        """Ends what the account plays: that item, or everything."""
        with self.lock:
            for playing in self._plays(account, item):
                del self.playing[playing.key]
                self.notices.playing(playing, "stopped")

    def remove(self, item: Item) -> set[str]:
        """Takes an item away with all that hangs below it, with its watch states and whoever plays it."""
        with self.lock:
            gone = super().remove(item)
            for states in self._states.values():
                for key in gone & states.keys():
                    del states[key]
            self.playing = {key: one for key, one in self.playing.items() if one.item not in gone}
            self.notices.timeline(item, "deleted")
            return gone

    def on_deck(self, account: Account) -> list[Playable]:
        """What Plex offers the account to go on with, newest first."""
        with self.lock:
            since = self.now() - self.on_deck_weeks * 7 * 86400
            states = self._states[account.id]
            touched = [item for item in map(self.items.get, states) if item and account.sees(item.section)]
            shows = {self.items[item.show] for item in touched if isinstance(item, Episode)}
            movies = [item for item in touched if isinstance(item, Movie)]
            episodes = {show: self.episodes(show) for show in shows if isinstance(show, Show)}
            return on_deck(movies, episodes, states, since)[: self.on_deck_limit]

    def half_watched(self, account: Account) -> list[Playable]:
        """Only what has a position, newest first: the row "Continue Watching" without next episodes."""
        with self.lock:
            items = [self.items[key] for key in self._states[account.id]]
            seen = [item for item in items if isinstance(item, Movie | Episode) and account.sees(item.section)]
            return newest_first(seen, self._states[account.id])

    def next_episode(self, account: Account, item: Show | Season) -> Episode | None:
        """What a show offers the account to go on with: when nothing of it was watched, its first episode."""
        with self.lock:
            episodes = self.episodes(item)
            if found := next_episode(episodes, self._states[account.id]):
                return found[0]
            untouched = not any(self.state(account, episode).view_count for episode in episodes)
            return next((one for one in episodes if untouched and one.season_index != 0), None)

    def _put(self, item: Added) -> Added:
        known = item.key in self.items
        put = super()._put(item)
        self.notices.timeline(put, "updated" if known else "created")
        return put

    def _plays(self, account: Account, item: Playable | None) -> list[Playing]:
        mine = [one for one in self.playing.values() if one.account == account.id]
        return [one for one in mine if item is None or one.item == item.key]
