"""The one door to the outside: every HTTP request that Cacherr makes goes through a session made here.

It sets limits of time and size, asks in turn and leaves a resting host alone (`cacherr.politeness`), tries again what
may succeed soon, and sends requests for outside services through the gateway of `CACHERR_OUTBOUND_GATEWAY`, if any.
"""

import logging
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import count
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import requests
from django.conf import settings
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.exceptions import HTTPError

from cacherr import __version__
from cacherr.politeness import SHARED, Heard, NotNowError, Politeness, Target
from cacherr.rests import parse_retry_after

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
MAX_REDIRECTS = 3
READ_STEP = 64 * 1024
ATTEMPTS = 3
ATTEMPTS_TO_CONNECT = 2
REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})
SHORT_TROUBLES = frozenset({502, 503, 504})
SOCKET_MAX_BYTES = 4 * 1024 * 1024


Response = requests.Response
TransportError = requests.RequestException
"""What every failure on the way is: no connection, too slow, cut short, too large."""


class AnswerTooLargeError(requests.RequestException):
    """The answer was larger than an honest one would be."""


class AnswerTooSlowError(requests.Timeout):
    """The answer kept arriving for longer than anybody wants to wait."""


class RestingError(NotNowError, requests.RequestException):
    """The request was not sent: the host has asked for quiet, or failed often, or this process ends.

    Its message says so and names the time; a rest ends by itself.
    """


class BoundedAdapter(HTTPAdapter):
    """Sends with time limits and reads an answer whole within limits of size and time.

    `requests` only limits the wait for each single read, so a server that drips one byte a second would hold a
    worker for ever.
    """

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send, then read the body under the limits."""
        kwargs["timeout"] = (CONNECT_SECONDS, READ_SECONDS)
        deadline = time.monotonic() + settings.OUTBOUND_TOTAL_SECONDS
        response = super().send(request, *args, **kwargs)
        if not kwargs.get("stream"):
            response._content = _read_all(response, deadline)
        return response


class GatewayAdapter(BoundedAdapter):
    """Sends `https://HOST/PATH?QUERY` to `GATEWAY/HOST/PATH?QUERY`."""

    def __init__(self, gateway: str, **kwargs: Any) -> None:
        self.gateway = gateway.rstrip("/")
        super().__init__(**kwargs)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Rewrite the address, then send as usual. Redirects and errors go by the address that was asked for."""
        asked = request.url or ""
        parts = urlsplit(asked)
        host = parts.netloc.rpartition("@")[2]
        query = f"?{parts.query}" if parts.query else ""
        request.url = f"{self.gateway}/{host}{parts.path}{query}"
        try:
            response = super().send(request, *args, **kwargs)
        finally:
            request.url = asked
        response.url = asked
        return response


class PoliteAdapter(BaseAdapter):
    """Asks in turn, leaves a resting host alone, tries again what may succeed soon, and counts every attempt."""

    def __init__(self, line: HTTPAdapter, manners: Politeness = SHARED, *, is_server: bool = False) -> None:
        """`line` sends once; `is_server`: to the Plex server itself."""
        super().__init__()
        self.line, self.manners, self.is_server = line, manners, is_server

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send, as often as it makes sense. Raises RestingError, or what the last attempt raised."""
        target = Target.of(request.url or "", is_server=self.is_server)
        for attempt in count(1):
            try:
                self.manners.admit(target, attempt)
            except NotNowError as error:
                raise RestingError(error.message, error.cure) from None
            outcome, heard = self._once(request, *args, **kwargs)
            may_repeat = attempt < ATTEMPTS and request.method in REPEATABLE and _passes_by(outcome, heard, attempt)
            if not self.manners.heard(target, heard, is_last=not may_repeat):
                break
        if isinstance(outcome, requests.RequestException):
            raise outcome
        return outcome

    def close(self) -> None:
        """Close the connections."""
        self.line.close()

    def _once(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> tuple[requests.Response | requests.RequestException, Heard]:
        began = time.monotonic()
        try:
            response = self.line.send(request, *args, **kwargs)
        except requests.exceptions.InvalidURL:
            raise  # nobody was asked
        except requests.RequestException as error:
            return error, Heard(None, seconds=time.monotonic() - began)
        body, told = response._content, response.headers.get("Content-Length", "")
        # What is read as a stream is not here yet: then what was announced counts.
        size = len(body) if isinstance(body, bytes) else int(told) if told.isascii() and told.isdigit() else 0
        took = time.monotonic() - began
        return response, Heard(response.status_code, response.headers.get("Retry-After"), size, took)


def _passes_by(outcome: requests.Response | requests.RequestException, heard: Heard, attempt: int) -> bool:
    """Whether what went wrong may be over in a moment; a host that asks for a wait says when."""
    if isinstance(outcome, AnswerTooSlowError):
        return False
    if isinstance(outcome, requests.RequestException):
        return attempt < ATTEMPTS_TO_CONNECT and isinstance(outcome, requests.ConnectionError | requests.Timeout)
    refused_for_a_time = heard.status == 429 and parse_retry_after(heard.retry_after, time.time()) is not None
    return heard.status in SHORT_TROUBLES or refused_for_a_time


def _read_all(response: requests.Response, deadline: float) -> bytes:
    body = bytearray()
    for block in blocks(response):
        body += block
        if len(body) > settings.OUTBOUND_MAX_BYTES:
            response.close()
            raise AnswerTooLargeError(f"The answer is larger than {settings.OUTBOUND_MAX_BYTES // 2**20} MB.")
        if time.monotonic() > deadline:
            response.close()
            raise AnswerTooSlowError(f"The answer took longer than {settings.OUTBOUND_TOTAL_SECONDS:.0f} seconds.")
    return bytes(body)


def blocks(response: requests.Response) -> Iterator[bytes]:
    """The body as it arrives. `iter_content` would wait for a whole block, which a dripping server never fills."""
    try:
        while block := response.raw.read1(READ_STEP, decode_content=True):
            yield block
    except HTTPError as error:
        raise requests.ConnectionError(error, request=response.request) from error


def session(
    headers: Mapping[str, str] | None = None, *, local: str = "", manners: Politeness = SHARED
) -> requests.Session:
    """A session for one thread. `local` is the address of the Plex server, which never goes through the gateway.

    Its requests raise TransportError: RestingError when nothing was sent because the host is left alone for now.
    """
    made = requests.Session()
    made.trust_env = False  # no proxy and no .netrc of the host may redirect requests or add credentials
    made.max_redirects = MAX_REDIRECTS
    made.headers["User-Agent"] = f"Cacherr/{__version__}"
    made.headers.update(headers or {})
    gateway = settings.CACHERR_OUTBOUND_GATEWAY
    outside = PoliteAdapter(GatewayAdapter(gateway) if gateway else BoundedAdapter(), manners)
    made.mount("https://", outside)
    made.mount("http://", outside)
    if local:
        made.mount(local.rstrip("/") + "/", PoliteAdapter(BoundedAdapter(), manners, is_server=True))
    return made


class SocketError(Exception):
    """A websocket could not be opened, or broke off. The text holds no address: that may carry a token."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status
        """The status of a refusal; 0 when there was none."""


class Socket:
    """A websocket to the Plex server at its address, for listening. Raises SocketError; for one thread."""

    def __init__(
        self,
        address: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> None:
        from websockets.exceptions import InvalidStatus, WebSocketException
        from websockets.sync.client import connect

        parts = urlsplit(address)
        url = f"ws{address.rstrip('/').removeprefix('http')}{path}" + (f"?{urlencode(query)}" if query else "")
        self._stack = ExitStack()
        try:
            # With a connection of our own the library follows no redirect, which would hand the token to a stranger.
            port = parts.port or (443 if parts.scheme == "https" else 80)
            line = socket.create_connection((parts.hostname or "", port), CONNECT_SECONDS)
            self._stack.callback(line.close)
            opening = connect(
                url, sock=line, additional_headers=headers, user_agent_header=f"Cacherr/{__version__}",
                proxy=None, compression=None, open_timeout=CONNECT_SECONDS, close_timeout=1.0,
                max_size=SOCKET_MAX_BYTES, logger=_silent(),
            )  # fmt: skip
            self._connection = self._stack.enter_context(opening)
        except InvalidStatus as refusal:
            self._stack.close()
            status = refusal.response.status_code
            raise SocketError(f"The server refuses (status {status}).", status) from None
        except (OSError, ValueError, WebSocketException) as error:
            self._stack.close()
            raise SocketError(f"No connection ({type(error).__name__}).") from None

    def receive(self, seconds: float) -> str | bytes | None:
        """The next message; None when none came within so many seconds."""
        from websockets.exceptions import WebSocketException

        try:
            return self._connection.recv(timeout=seconds)
        except TimeoutError:
            return None
        except (OSError, WebSocketException) as error:
            raise SocketError(f"The connection broke off ({type(error).__name__}).") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _silent() -> logging.Logger:
    """A logger that says nothing: on its lowest level the library writes whole requests down, tokens included."""
    logger = logging.getLogger("cacherr.outbound.socket")
    logger.disabled = True
    return logger
