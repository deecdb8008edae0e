"""Everything that can go wrong between a client and a Plex server, to be switched on for some paths."""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Protocol

from plexusers.standin.records import Account
from plexusers.standin.wire import HTML_TYPE, XML_TYPE, Answer, Connection, Reply, Request, error

PORTAL = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body>Sign in to the network<br></body></html>"


class Fault(Protocol):
    """Something that happens to an answer; `real` makes the answer that would have been given."""

    def reply(self, real: Callable[[], Reply], /) -> Reply:
        """What is sent instead."""


@dataclass(frozen=True)
class Status:
    """The server, or a proxy before it, answers with an error status."""

    code: int
    retry_after: int | None = None
    """Seconds, told to the client."""

    def reply(self, _real: Callable[[], Reply], /) -> Reply:
        """An error page; the request has no effect."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return replace(error(self.code), headers=headers)


class TooOften:
    """The server answers, until it was asked more than so often in so many seconds: then it says 429 until it calms.

    Requests that were refused count too, as plex.tv counts them: whoever goes on asking goes on being refused.
    """

    def __init__(
        self,
        requests: int,
        seconds: float,
        retry_after: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.requests, self.seconds, self.retry_after, self.clock = requests, seconds, retry_after, clock
        self.refused = 0
        """How many requests were refused."""
        self._times: list[float] = []
        self._lock = threading.Lock()

    def reply(self, real: Callable[[], Reply], /) -> Reply:
        """The answer, or 429."""
        now = self.clock()
        with self._lock:
            self._times = [*(one for one in self._times if one > now - self.seconds), now]
            refuses = len(self._times) > self.requests
            self.refused += refuses
        return Status(429, self.retry_after).reply(real) if refuses else real()


@dataclass(frozen=True)
class Slow:
    """The answer comes, but late."""

    seconds: float

    def reply(self, real: Callable[[], Reply], /) -> Reply:
        """Waits, then answers as it should; a stop of the server ends the wait without an answer."""

        def answer_late(connection: Connection) -> None:
            if not connection.wait(self.seconds):
                send(connection, real())

        return answer_late


@dataclass(frozen=True)
class Drip:
    """The answer begins and goes on for ever, a little at a time, so that no read ever times out."""

    pause: float = 0.02
    """Seconds between two bytes."""

    def reply(self, _real: Callable[[], Reply], /) -> Reply:
        """Blanks without an end, until the client hangs up or the server stops."""

        def drip(connection: Connection) -> None:
            connection.write(b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nConnection: close\r\n\r\n" % XML_TYPE.encode())
            connection.write(b"<MediaContainer")
            for _ in count():
                connection.write(b" ")
                if connection.wait(self.pause):
                    return

        return drip


@dataclass(frozen=True)
class Reset:
    """The connection breaks before anything was answered."""

    def reply(self, _real: Callable[[], Reply], /) -> Reply:
        """A reset instead of an answer."""

        def reset(connection: Connection) -> None:
            connection.reset()

        return reset


@dataclass(frozen=True)
class Truncated:
    """The connection ends in the middle of the answer: fewer bytes come than were announced."""

    def reply(self, real: Callable[[], Reply], /) -> Reply:
        """The right headers and half of the body."""

        def break_off(connection: Connection) -> None:
            answer = real()
            if isinstance(answer, Answer):
                connection.write(answer.head(keep_alive=False) + answer.body[: len(answer.body) // 2])

        return break_off


@dataclass(frozen=True)
class Body:
    """Status 200 with a body of this fault's making."""

    change: Callable[[bytes], bytes] = field(repr=False)
    """Makes the wrong body out of the right one. Not told: the address of a function differs in each process."""
    content_type: str | None = None
    """How it is announced; None leaves the announcement as it was."""

    def reply(self, real: Callable[[], Reply], /) -> Reply:
        """The wrong body, announced with its true length."""
        answer = real()
        if not isinstance(answer, Answer):
            return answer
        return replace(answer, body=self.change(answer.body), content_type=self.content_type or answer.content_type)


def wrong_size(size: int) -> Fault:
    """The container lies about how many items it holds, in `size` and, where it has pages, in `totalSize`."""

    def lie(body: bytes) -> bytes:
        before, root, after = body.partition(b"MediaContainer")
        attributes, end, items = after.partition(b"[" if body.startswith(b"{") else b">")
        attributes = re.sub(rb'( |")(size|totalSize)(="|": )\d+', rb"\1\2\g<3>%d" % size, attributes)
        return before + root + attributes + end + items

    return Body(lie)


def spoil(body: bytes) -> bytes:
    """The body with something in it that neither XML nor JSON allows."""
    if body[:1] in (b"{", b"["):
        return body[:1] + b"," + body[1:]
    return re.sub(rb"<([A-Za-z]+)", rb"<\1 <&>", body, count=1)


CUT_DOCUMENT = Body(lambda body: body[: len(body) * 2 // 3])
"""A document that ends too early, though its length is announced correctly."""
MALFORMED = Body(spoil)
"""A document that is neither XML nor JSON."""
CAPTIVE_PORTAL = Body(lambda _: PORTAL, HTML_TYPE)
"""A web page with status 200, as a hotel's network or a proxy puts in the way."""
EMPTY = Body(lambda _: b"")
"""Status 200 and nothing else."""


@dataclass
class Armed:
    """A fault that waits for its requests."""

    path_prefix: str
    fault: Fault
    times: int | None
    account: Account | None
    mentions: str = ""
    """A text that the request has to have in its path, query or body."""

    def meets(self, request: Request) -> bool:
        """Whether the fault is for this request."""
        asker = request.account
        same = self.account is None or (asker is not None and asker.id == self.account.id)
        said = [request.path, *request.query.values(), request.body.decode("utf-8", "replace")]
        mentioned = not self.mentions or any(self.mentions in text for text in said)
        return same and mentioned and request.path.startswith(self.path_prefix)


class Faults:
    """The faults that are switched on. The one added last comes first."""

    def __init__(self) -> None:
        self._armed: list[Armed] = []
        self._lock = threading.Lock()

    def add(self, armed: Armed) -> None:
        """Switches a fault on, for ever or for so many requests."""
        with self._lock:
            self._armed.insert(0, armed)

    def clear(self) -> None:
        """Switches all faults off."""
        with self._lock:
            self._armed.clear()

    def take(self, request: Request) -> Fault | None:
        """The fault for a request, counted as used."""
        with self._lock:
            armed = next((one for one in self._armed if one.meets(request)), None)
            if armed is None:
                return None
            if armed.times is not None:
                armed.times -= 1
            self._armed = [one for one in self._armed if one.times != 0]
            return armed.fault


def send(connection: Connection, reply: Reply) -> None:
    """Sends a reply on a connection that is closed afterwards."""
    if isinstance(reply, Answer):
        connection.write(reply.head(keep_alive=False) + reply.body)
    else:
        reply(connection)
