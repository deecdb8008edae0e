"""The stand-in Plex Media Server: a small, real HTTP server on this machine."""

import logging
import os
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from plexusers.standin.faults import Armed, Fault, Faults
from plexusers.standin.household import Household
from plexusers.standin.records import Account
from plexusers.standin.refusals import in_the_hosts_words
from plexusers.standin.routes import ROUTES, Route, respond
from plexusers.standin.wire import Answer, Reply, Request, SeenRequest, host_of

log = logging.getLogger(__name__)

SIGNED_WITH = "x-plex-token"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger: closing sends a reset."""
POLL = 0.02
"""Seconds within which the listening thread notices that it shall stop."""

Accepted = socket.socket | tuple[bytes, socket.socket]
"""What a listener accepts; a stream's is always a socket."""


class StandIn:
    """A Plex Media Server for one household, and plex.tv with its hosts below `/plex.tv` and so on.

    Start it with `with`, or with `start` and `stop`, as often as needed.
    """

    def __init__(
        self,
        household: Household,
        port: int = 0,
        routes: Iterable[Route] = ROUTES,
        host: str = "127.0.0.1",
        listening: socket.socket | None = None,
    ) -> None:
        """`listening` is a socket that listens already, for whoever has to know the port before; else one is made."""
        self.household = household
        self.host = host
        self.port = listening.getsockname()[1] if listening else port
        """TCP port; 0 takes a free one at the first start and keeps it."""
        self.routes = tuple(routes)
        self.requests: list[SeenRequest] = []
        """All requests in the order they came. Appending and clearing a list are atomic, so no lock is needed."""
        self.faults = Faults()
        self.listening = listening
        self._listener: Listener | None = None

    @property
    def url(self) -> str:
        """Where the server listens, without a trailing slash."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> Self:
        """Begins to answer; does nothing when it already does."""
        if self._listener is None:
            self._listener = Listener(self)
            self.port = self._listener.server_port
            threading.Thread(target=self._listener.serve_forever, args=(POLL,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Stops answering and breaks off every connection; does nothing when it is not running."""
        if self._listener is not None:
            self._listener.hang_up()
            self._listener = None

    def fail(
        self,
        path_prefix: str,
        fault: Fault,
        times: int | None = None,
        account: Account | None = None,
        mentions: str = "",
    ) -> None:
        """Lets requests below a path go wrong, always or so many times, of everybody or of one account.

        `/discover.provider.plex.tv` means everything on that host. `mentions` narrows it down to requests that have
        this text in their path, query or body, such as the uuid of the friend whose watchlist is asked for.
        """
        self.faults.add(Armed(path_prefix, fault, times, account, mentions))

    def heal(self) -> None:
        """Ends all faults."""
        self.faults.clear()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Listener(ThreadingHTTPServer):
    """The listening socket of a stand-in, and the connections that came in through it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, standin: StandIn) -> None:
        self.standin = standin
        self.stopping = threading.Event()
        self.connections: set[socket.socket] = set()
        ready, standin.listening = standin.listening, None
        super().__init__((standin.host, standin.port), Handler, bind_and_activate=ready is None)
        if ready is not None:
            self.socket.close()
            self.socket = ready
            self.server_name, self.server_port = standin.host, standin.port

    def server_bind(self) -> None:
        """Binds without the look-up of the host's name that HTTPServer adds, which may ask a name server."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.standin.host, self.server_address[1]

    def process_request(self, request: Accepted, client_address: object) -> None:
        """Notes the connection and hands it to a thread of its own."""
        if isinstance(request, socket.socket):
            self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Accepted) -> None:
        """Ends a connection whose thread is done with it."""
        if isinstance(request, socket.socket):
            self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Accepted, client_address: object) -> None:  # noqa: ARG002
        """Clients hang up as they like; anything else is a mistake in this package and is told."""
        if not isinstance(sys.exception(), ConnectionError):
            log.exception("a request from %s could not be answered", client_address)

    def hang_up(self) -> None:
        """Stops listening, then ends all connections, also those that rest between two requests."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        for connection in tuple(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # it ended by itself in the meantime
                continue


class Handler(BaseHTTPRequestHandler):
    """One connection: reads requests and answers them, one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def answer(self) -> None:
        """Answers one request."""
        standin = self.server.standin
        request = self._request()
        title = request.account.title if request.account else None
        standin.requests.append(SeenRequest(request.method, request.path, request.query, title))
        fault = standin.faults.take(request)

        def real() -> Reply:
            return in_the_hosts_words(respond(standin.routes, request), request)

        reply = in_the_hosts_words(fault.reply(real), request) if fault else real()
        if isinstance(reply, Answer):
            self.write(reply.head() + (b"" if self.command == "HEAD" else reply.body))
        else:
            self.close_connection = True
            reply(self)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - names given by http.server

    def read(self, count: int) -> bytes:
        """So many bytes from the client; fewer when it hung up."""
        return self.rfile.read(count)

    def write(self, data: bytes) -> None:
        """Sends bytes at once."""
        self.wfile.write(data)

    def wait(self, seconds: float) -> bool:
        """Rests for so many seconds; True, and at once, when the server is stopping."""
        return self.server.stopping.wait(seconds)

    def hang_up(self) -> None:
        """Ends the connection both ways, so that a read in progress comes back empty."""
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the client did it first

    def reset(self) -> None:
        """Breaks the connection off without a farewell (RST)."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        os.close(self.connection.detach())  # the socket's own close would say goodbye first

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name given by http.server
        """Nothing: request lines may carry tokens, and `requests` holds what was asked."""

    def _request(self) -> Request:
        target = urlsplit(self.path)
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        in_query = [query.pop(name) for name in tuple(query) if name.lower() == SIGNED_WITH]
        token = headers.get(SIGNED_WITH) or next(iter(in_query), None)
        length = headers.get("content-length", "0")
        body = self.read(int(length)) if length.isdigit() else b""
        path = unquote(target.path).rstrip("/") or "/"
        household = self.server.standin.household
        account = household.online_account_of(token) if host_of(path) else household.account_of(token)
        return Request(self.command, path, query, headers, body, account, household)
