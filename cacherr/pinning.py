"""Connections that go where they were allowed to go, and end when their time is over.

The adapters of `fetching`: one resolves a name once, checks, and connects to the very address that was checked.
"""

import threading
from collections.abc import Callable
from socket import SHUT_RDWR, socket
from typing import Any
from urllib.parse import urlsplit

from cacherr import outbound
from cacherr.addresses import Address, AddressPolicy, literal
from cacherr.errors import OutsideError

PORTS = {"http": 80, "https": 443}
ADDRESS_CURE = "Enter an address that leads to the list directly."

Resolve = Callable[[str, int], list[Address]]


class Clock:
    """The end of a request: when it comes, every connection is cut, whatever it is waiting for.

    The limits of single reads would let a host that drips its headers hold a worker for ever. No connection outlives
    its request.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._sockets: list[socket] = []
        self._timer: threading.Timer | None = None
        self.is_over = False

    def start(self) -> None:
        """Begin to count, anew."""
        self.stop()
        self.is_over = False
        self._timer = threading.Timer(self._seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Count no longer, and let go of all connections."""
        if self._timer:
            self._timer.cancel()
        with self._lock:
            self._cut()

    def watch(self, connection: socket) -> None:
        """Cut this connection, too. A duplicate is kept, as TLS takes the original over."""
        with self._lock:
            self._sockets.append(connection.dup())
            if self.is_over:
                self._cut()

    def _end(self) -> None:
        with self._lock:
            self.is_over = True
            self._cut()

    def _cut(self) -> None:
        while self._sockets:
            with self._sockets.pop() as one:
                try:
                    one.shutdown(SHUT_RDWR)
                except OSError:
                    pass  # it ended by itself


class _Watched(outbound.BoundedAdapter):
    """Starts the clock with every request, and tells it of every connection."""

    _clock: Clock

    def send(self, request: Any, *args: Any, **kwargs: Any) -> outbound.Response:
        """Send once. Raises AnswerTooSlowError, which is not tried again, when the clock cut the connection."""
        self._clock.start()
        try:
            return super().send(request, *args, **kwargs)
        except outbound.TransportError:
            if self._clock.is_over:
                raise outbound.AnswerTooSlowError from None
            raise

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The pool of connections, each of which is watched."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if not getattr(pool.ConnectionCls, "clock", None):
            pool.ConnectionCls = _watched(pool.ConnectionCls, self._clock)
        return pool


def _watched(kind: Any, clock: Clock) -> Any:
    class Watched(kind):  # type: ignore[misc]
        """A connection of urllib3 whose socket the clock may cut."""

        def _new_conn(self) -> Any:
            made = super()._new_conn()
            clock.watch(made)
            return made

    Watched.clock = clock
    return Watched


class ThroughGateway(_Watched, outbound.GatewayAdapter):
    """Sends through the gateway, which resolves names."""

    def __init__(self, gateway: str, clock: Clock) -> None:
        self._clock = clock
        super().__init__(gateway)


class Checked(_Watched):
    """Resolves once, checks, and connects to the very address that was checked; TLS goes by the name."""

    def __init__(self, clock: Clock, policy: AddressPolicy, resolve: Resolve) -> None:
        self._clock = clock
        self._policy = policy
        self._resolve = resolve
        super().__init__()

    def build_connection_pool_key_attributes(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Where the connection leads: an address instead of the name."""
        parts: Any = super().build_connection_pool_key_attributes(request, *args, **kwargs)
        place, tls = parts
        host = str(place["host"])
        port = place["port"] or PORTS[str(place["scheme"])]
        address = self._allowed(host.strip("[]"), int(port))
        request.headers["Host"] = urlsplit(request.url).netloc.rpartition("@")[2]
        place["host"] = f"[{address}]" if address.version == 6 else str(address)
        if place["scheme"] == "https":
            tls["server_hostname"] = host.strip("[]")
        return place, tls

    def _allowed(self, host: str, port: int) -> Address:
        known = literal(host)
        try:
            addresses = [known] if known is not None else self._resolve(host, port)
        except (OSError, UnicodeError):
            raise OutsideError(f"The name {host} is not known.", "Check the address.") from None
        for address in addresses:
            if refusal := self._policy.refusal(address):
                raise OutsideError(f"{host} leads to {address}: {refusal}.", ADDRESS_CURE)
        if not addresses:
            raise OutsideError(f"The name {host} has no address.", "Check the address.")
        return addresses[0]
