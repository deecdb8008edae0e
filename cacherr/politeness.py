"""How others are asked: in turn, not too fast, not at all while they rest, and every request counted.

Hosts go by their own names, also behind a gateway. All hosts of plex.tv share one pace; each has a rest of its own.
One `Politeness` serves all threads of a process; `Books` are what it shares with the other processes and the next.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from django.utils import timezone

from cacherr.endpoints import SERVER, endpoint_of, host_of
from cacherr.errors import CacherrError
from cacherr.heeding import heed
from cacherr.rests import Rest, after, parse_retry_after
from cacherr.tally import Clerk, Counts, Sum, What, outcome_of
from cacherr.turns import Limits, Turns

MAX_WAIT_SECONDS = 15.0
"""A request waits for a rest of so many seconds; a longer one is told instead."""
SLICE_SECONDS = 0.1
RETRY_SECONDS = 0.1
READ_SECONDS = 10.0
FIRST_READ_SECONDS = 3.0
PLEX_TV = "plex.tv"


TO_PLEX_TV = Limits(interval=1.0, per_minute=60)
TO_SERVER = Limits(interval=0.0, per_minute=600)
TO_OTHERS = Limits(interval=0.2, per_minute=120)


@dataclass(frozen=True, slots=True)
class Manners:
    """How fast others are asked."""

    plex_tv: Limits = TO_PLEX_TV
    """All of its hosts together. It publishes no limit; one request a second was never refused."""
    server: Limits = TO_SERVER
    others: Limits = TO_OTHERS
    """Each of them by itself. The strictest limit known is Trakt's, 1000 in five minutes."""
    spare: float = 1.0
    """The share of the usual time for which a failing host is spared."""


class Books(Protocol):
    """What outlives a process. Only the clerk opens them, in a thread of its own."""

    def write(self, counts: Counts, rests: Mapping[str, Rest | None]) -> bool:
        """Keep counts and rests (None: it is over) for good. False: it could not be done now."""

    def read(self) -> tuple[Manners, Mapping[str, Rest]] | None:
        """The manners in force, and every rest that is written down, by host. None: they cannot be read now."""

    def close(self) -> None:
        """Put the books away: the clerk's thread may rest for long, or end."""


class NotNowError(CacherrError):
    """A request was not sent: the host rests, or this process ends."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a request is for."""

    host: str
    endpoint: str
    is_server: bool = False
    """The Plex server itself, wherever it is."""

    @classmethod
    def of(cls, address: str, *, is_server: bool = False) -> "Target":
        """By the address that was asked for."""
        return cls(host_of(address), endpoint_of(address), is_server)

    @property
    def name(self) -> str:
        """What it is called in counts and pages."""
        return SERVER if self.is_server else self.host

    @property
    def pace(self) -> str:
        """With whom it shares its pace."""
        bare = self.host.partition(":")[0]
        is_plex_tv = bare == PLEX_TV or bare.endswith(f".{PLEX_TV}")
        return PLEX_TV if is_plex_tv and not self.is_server else self.name


@dataclass(frozen=True, slots=True)
class Heard:
    """How a request went."""

    status: int | None
    """None: no whole answer arrived."""
    retry_after: str | None = None
    size: int = 0
    """Bytes."""
    seconds: float = 0.0


@dataclass
class _Known:
    """What the books said last, and what has happened since."""

    manners: Manners
    read_at: float | None = None
    turns: dict[str, Turns] = field(default_factory=dict)
    rests: dict[str, Rest] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    """Whose rests are in the books."""
    new_rests: dict[str, Rest | None] = field(default_factory=dict)
    """What has to go there."""
    counts: dict[What, Sum] = field(default_factory=dict)

    def count(self, what: What, one: Sum) -> None:
        """Add to the counts."""
        self.counts[what] = self.counts.get(what, Sum()) + one

    def keep(self, host: str, rest: Rest | None, now: float) -> None:
        """Note a host's rest; one that is long is for the books as well."""
        if rest is None:
            self.rests.pop(host, None)
        else:
            self.rests[host] = rest
        if rest and rest.until - now > MAX_WAIT_SECONDS:
            self.new_rests[host] = rest
        elif rest is None and (host in self.written or host in self.new_rests):
            self.new_rests[host] = None

    def adopt(self, told: Mapping[str, Rest]) -> None:
        """Take over what another process or the last one wrote down, and end what somebody has ended there."""
        for host in self.written - told.keys() - self.new_rests.keys():
            self.rests.pop(host, None)
        for host, rest in told.items():
            mine = self.rests.get(host)
            if host not in self.new_rests and (mine is None or mine.until < rest.until):
                self.rests[host] = rest
        self.written = set(told)


class Politeness:
    """The manners of a process towards everybody it asks."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`clock` measures waits; `now` is the time of day in epoch seconds."""
        self._clock, self._now, self._sleep, self._jitter = clock, now, sleep, jitter
        self._is_ending: Callable[[], bool] = lambda: False
        self._lock = threading.Lock()
        self._books: Books | None = None
        self._known = _Known(Manners())
        self._clerk = Clerk(self._keep_books, self._close_books)

    def follow(self, books: Books | None, manners: Manners | None = None) -> None:
        """From now on by these books, or without any by these manners; what was known is forgotten."""
        with self._lock:
            self._books, self._known = books, _Known(manners or Manners())

    def end_when(self, is_ending: Callable[[], bool]) -> None:
        """Name the question whether this process shall end: then nobody waits any longer."""
        self._is_ending = is_ending

    def look_again(self) -> None:
        """Somebody has changed the books: the next request heeds it."""
        with self._lock:
            self._known.read_at = None

    def write_down(self) -> None:
        """Bring the books up to date now, for instance because the process ends."""
        self._clerk.work()

    def admit(self, target: Target, attempt: int = 1) -> None:
        """Wait until the target may be asked. Raises NotNowError when it rests for longer, or when the end comes.

        Later attempts of one request come after a short pause. Raises also what `heeding` has whoever asks look at.
        """
        heed()
        self._look_into_the_books()
        if attempt > 1:
            self.wait(RETRY_SECONDS * 2**attempt * (0.5 + self._jitter() / 2))
        self._wait_for_rest(target)
        with self._lock:
            manners, now = self._known.manners, self._clock()
            limits = {SERVER: manners.server, PLEX_TV: manners.plex_tv}.get(target.pace, manners.others)
            at = self._known.turns.setdefault(target.pace, Turns()).take(limits, now)
        if at > now:
            self.wait(at - now)
            self._wait_for_rest(target)  # it may have asked for quiet while others took their turns

    def heard(self, target: Target, heard: Heard, *, is_last: bool = True) -> bool:
        """Count a request and learn from how it went; whether it may be tried again soon.

        `is_last`: it will not be tried again in any case, so that a failure is more than a short trouble.
        """
        now = self._now()
        day = datetime.fromtimestamp(now, UTC).date()
        what = What(day, target.name, target.endpoint, outcome_of(heard.status))
        wait = parse_retry_after(heard.retry_after, now)
        with self._lock:
            known = self._known
            if self._books:
                known.count(what, Sum(1, heard.size, heard.seconds))
            if is_last or wait is not None:
                rest = after(
                    heard.status, wait, known.rests.get(target.host), now,
                    jitter=self._jitter(), spare=known.manners.spare, local=target.is_server,
                )  # fmt: skip
                known.keep(target.host, rest, now)
            soon = bool(known.new_rests)
        if self._books:
            self._clerk.call(soon=soon)
        rest = self.rest_of(target)
        return not is_last and (rest is None or rest.until - now <= MAX_WAIT_SECONDS)

    def wait(self, seconds: float) -> None:
        """Wait, unless the process is to end: raises NotNowError. Raises also what `heeding` says."""
        until = self._clock() + seconds
        while (left := until - self._clock()) > 0:
            if self._is_ending():
                raise NotNowError("Cacherr is ending, so nobody is asked any more.")
            heed()
            self._sleep(min(left, SLICE_SECONDS))

    def rest_of(self, target: Target) -> Rest | None:
        """The rest that a host is given now."""
        with self._lock:
            rest = self._known.rests.get(target.host)
        return rest if rest and rest.until > self._now() else None

    def _wait_for_rest(self, target: Target) -> None:
        # Again and again: while one waits, another may be asked to wait longer.
        while rest := self.rest_of(target):
            left = rest.until - self._now()
            if left > MAX_WAIT_SECONDS:
                raise NotNowError(sentence(target.name, rest), "Nothing has to be done.")
            self.wait(left)

    def _look_into_the_books(self) -> None:
        with self._lock:
            read_at = self._known.read_at
            if self._books is None or (read_at is not None and self._clock() - read_at < READ_SECONDS):
                return
            self._known.read_at = self._clock()
        if read_at is None:
            self._clerk.wait_for_a_round(FIRST_READ_SECONDS)
        else:
            self._clerk.call(soon=True)

    def _keep_books(self) -> bool:
        """Write down what is new, then read what others wrote. Whether there was anything to write."""
        with self._lock:
            books, known = self._books, self._known
            counts, rests = known.counts, known.new_rests
            known.counts, known.new_rests = {}, {}
        if books is None:
            return False
        is_written = not (counts or rests) or books.write(counts, rests)
        told = books.read()
        with self._lock:
            if not is_written:
                known.new_rests = rests | known.new_rests
                for what, one in counts.items():
                    known.count(what, one)
            if told:
                known.manners = told[0]
                known.adopt(told[1])
        return bool(counts or rests)

    def _close_books(self) -> None:
        if self._books:
            self._books.close()


def sentence(name: str, rest: Rest) -> str:
    """Why a host is not asked, and until when, in the installation's time zone."""
    who = "The Plex server" if name == SERVER else name
    until = timezone.localtime(datetime.fromtimestamp(rest.until, UTC))
    day = "" if until.date() == timezone.localdate() else f"{until:%Y-%m-%d} "
    if rest.asked:
        return f"{who} asks to wait until {day}{until:%H:%M}."
    return f"{who} has failed {rest.times} times in a row and is asked again at {day}{until:%H:%M}."


SHARED = Politeness()
"""The manners of this process."""
