"""What plex.tv and its hosts know beyond the accounts: a catalogue, watchlists, feeds, and sign-ins in progress."""

import base64
import itertools
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from plexusers.standin.library import default_guid
from plexusers.standin.records import Account, Feed, Listed, Movie, Pin, Show, Work

PIN_SECONDS = 900
"""How long a sign-in may take."""
PLEX_GUID = "plex://"


class Online:
    """Every method is safe to call from any thread. Times (`at`) are epoch seconds in UTC and default to now."""

    def __init__(self, lock: threading.RLock, clock: Callable[[], float]) -> None:
        self.lock = lock
        self.clock = clock
        self.works: dict[str, Work] = {}
        """The catalogue, by hexadecimal key."""
        self.private: set[int] = set()
        """Accounts whose watchlist friends may not see."""
        self.feeds: dict[str, Feed] = {}
        """By the secret in the feed's address."""
        self.pins: dict[int, Pin] = {}
        self._watchlists: defaultdict[int, dict[str, Listed]] = defaultdict(dict)
        self._turns = itertools.count(1)

    def work(self, thing: Work | Movie | Show) -> Work:
        """The catalogue's record of a film or a show, which it knows from then on."""
        if not isinstance(thing, Work):
            kind = "movie" if isinstance(thing, Movie) else "show"
            # A legacy agent's guid is unknown to the catalogue, which has its own for everything.
            guid = thing.guid if thing.guid.startswith(PLEX_GUID) else default_guid(kind, "", thing.title)
            thing = Work("movie" if kind == "movie" else "show", guid, thing.title, thing.year, thing.guids)
        with self.lock:
            self.works[thing.key] = thing
            return thing

    def add_to_watchlist(self, account: Account, thing: Work | Movie | Show, *, at: int | None = None) -> Work:
        """Puts a film or a show on the account's watchlist, whether the library has it or not."""
        with self.lock:
            work = self.work(thing)
            seconds = int(self.clock()) if at is None else at
            self._watchlists[account.id][work.key] = Listed(work, seconds * 1000 + next(self._turns) % 1000)
            return work

    def remove_from_watchlist(self, account: Account, thing: Work | Movie | Show) -> None:
        """Takes a film or a show off the account's watchlist."""
        with self.lock:
            self._watchlists[account.id].pop(self.work(thing).key, None)

    def watchlist(self, account: Account) -> list[Listed]:
        """What is on the account's watchlist, newest first."""
        with self.lock:
            return sorted(self._watchlists[account.id].values(), key=lambda line: line.since, reverse=True)

    def hide_watchlist(self, account: Account) -> None:
        """Friends may not see the account's watchlist."""
        with self.lock:
            self.private.add(account.id)

    def show_watchlist(self, account: Account) -> None:
        """Friends may see the account's watchlist again."""
        with self.lock:
            self.private.discard(account.id)

    def add_feed(self, account: Account, *, friends: bool = False) -> str:
        """Makes a feed of the account's watchlist, or of those of all friends; says its id, which is its secret."""
        with self.lock:
            secret = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{account.uuid} {friends} {len(self.feeds)}"))
            self.feeds[secret] = Feed(account.id, friends)
            return secret

    def add_pin(self, client: str, *, strong: bool) -> Pin:
        """Begins a sign-in for a client. Codes that nobody has to type are long."""
        with self.lock:
            number = 700_000_000 + next(self._turns)
            digits = base64.b32encode(uuid.uuid5(uuid.NAMESPACE_OID, str(number)).bytes).decode()
            code = digits.lower()[:25] if strong else digits[:4]
            self.pins[number] = Pin(number, code, client, int(self.clock()))
            return self.pins[number]

    def claim_pin(self, code: str, account: Account) -> None:
        """Somebody confirms a sign-in in the browser. Raises LookupError when there is none with that code."""
        with self.lock:
            pin = next((one for one in self.pins.values() if one.code == code), None)
            if pin is None or self.is_expired(pin):
                raise LookupError(f"no sign-in waits for the code {code}")
            self.pins[pin.id] = replace(pin, token=account.account_token)

    def is_expired(self, pin: Pin) -> bool:
        """Whether it took too long to confirm the sign-in."""
        return self.clock() >= pin.created_at + PIN_SECONDS
