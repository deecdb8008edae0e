"""The one door to the outside: every HTTP request that Cacherr makes goes through a session made here.

It sets time limits, retries what may succeed later, honours Retry-After within bounds, limits an answer's size, and
sends requests for outside services through the gateway of `CACHERR_OUTBOUND_GATEWAY` when one is set.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Retry

from cacherr import __version__

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
MAX_WAIT_SECONDS = 15.0
MAX_REDIRECTS = 3
READ_STEP = 64 * 1024


Response = requests.Response
TransportError = requests.RequestException
"""What every failure on the way is: no connection, too slow, cut short, too large."""


class AnswerTooLargeError(requests.RequestException):
    """The answer was larger than an honest one would be."""


class AnswerTooSlowError(requests.Timeout):
    """The answer kept arriving for longer than anybody wants to wait."""


class BoundedRetry(Retry):
    """Retries that never wait longer than `MAX_WAIT_SECONDS`, whatever Retry-After asks for."""

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Seconds to wait as the server asks, bounded."""
        wait = super().get_retry_after(response)
        return None if wait is None else min(wait, MAX_WAIT_SECONDS)


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


def session(headers: Mapping[str, str] | None = None, *, local: str = "") -> requests.Session:
    """A session for one thread. `local` is the address of the Plex server, which never goes through the gateway."""
    made = requests.Session()
    made.trust_env = False  # no proxy and no .netrc of the host may redirect requests or add credentials
    made.max_redirects = MAX_REDIRECTS
    made.headers["User-Agent"] = f"Cacherr/{__version__}"
    made.headers.update(headers or {})
    retry = BoundedRetry(
        total=2,
        connect=1,
        backoff_factor=0.3,
        backoff_max=MAX_WAIT_SECONDS,
        backoff_jitter=0.2,
        status_forcelist=(429, 502, 503, 504),
        respect_retry_after_header=True,
        raise_on_status=False,
    )
    gateway = settings.CACHERR_OUTBOUND_GATEWAY
    outside = GatewayAdapter(gateway, max_retries=retry) if gateway else BoundedAdapter(max_retries=retry)
    made.mount("https://", outside)
    made.mount("http://", outside)
    if local:
        made.mount(local.rstrip("/") + "/", BoundedAdapter(max_retries=retry))
    return made
