"""People who watch by themselves, so that a demonstration has sessions that come and go."""

import random
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from plexusers.standin.household import WATCHED_FROM, Household
from plexusers.standin.records import Account, Episode, Movie, Playable

TICK_SECONDS = 3.0
"""How often everybody does something."""
TICKS_OF_AN_ITEM = 20
"""An item is watched in so many steps: a film of two hours takes a minute."""
RESTS = (8, 24)
"""For how many ticks somebody does something else between two items."""
PAUSE_CHANCE = 0.08


class Viewer:
    """Somebody who goes on with what is on deck, or begins something new, and rests in between."""

    def __init__(self, household: Household, account: Account, *, rest: int = 0, seed: int = 0) -> None:
        self.household = household
        self.account = account
        self.rest = rest
        """Ticks until something is begun."""
        self.playing: Playable | None = None
        self.offset = 0
        """Milliseconds."""
        self._chance = random.Random(f"{account.id} {seed}")  # noqa: S311 - no secret, only variety

    def tick(self) -> None:
        """Does the next thing: rests, begins, goes on, pauses or finishes."""
        with self.household.lock:
            if self.playing is not None:
                self._go_on(self.playing)
            elif self.rest > 0:
                self.rest -= 1
            elif chosen := self._choose():
                self.playing = chosen
                self.offset = self.household.state(self.account, chosen).view_offset
                self._play(chosen)

    def _go_on(self, item: Playable) -> None:
        if item.key not in self.household.items:  # it was deleted, and the session with it
            self._stop(item)
        elif self._chance.random() < PAUSE_CHANCE:
            self.household.start_playing(self.account, item, offset_ms=self.offset, state="paused")
        elif self.offset + item.duration // TICKS_OF_AN_ITEM < item.duration * WATCHED_FROM:
            self.offset += item.duration // TICKS_OF_AN_ITEM
            self._play(item)
        else:
            self.household.mark_watched(self.account, item)
            self._stop(item)

    def _play(self, item: Playable) -> None:
        self.household.start_playing(self.account, item, offset_ms=self.offset)

    def _stop(self, item: Playable) -> None:
        self.household.stop_playing(self.account, item)
        self.playing, self.offset, self.rest = None, 0, self._chance.randint(*RESTS)

    def _choose(self) -> Playable | None:
        """What is on deck; else a film or a first episode never seen; else anything once more."""
        if deck := self.household.on_deck(self.account):
            return deck[0]
        account = self.household.accounts[self.account.id]
        seen = [one for one in self.household.items.values() if account.sees(one.section)]
        leaves = [one for one in seen if isinstance(one, Movie | Episode) and one.versions]
        new = [one for one in leaves if not self.household.state(account, one).view_count]
        starts = [one for one in new if isinstance(one, Movie) or one.index == 1]
        choices = starts or new or leaves
        return self._chance.choice(choices) if choices else None


class Pastime:
    """Lets everybody watch in a thread of its own, for as long as the `with` lasts."""

    def __init__(self, viewers: Iterable[Viewer], seconds: float = TICK_SECONDS) -> None:
        self.viewers = tuple(viewers)
        self.seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="Pastime", daemon=True)

    def _run(self) -> None:
        while not self._over.wait(self.seconds):
            for viewer in self.viewers:
                viewer.tick()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
