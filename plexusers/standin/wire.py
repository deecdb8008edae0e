"""What goes over the wire: a request that was read, an answer to be sent, and the connection between them."""

import http
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from xml.etree.ElementTree import Element, tostring

from plexusers.standin.household import Household
from plexusers.standin.records import Account

XML_TYPE = "text/xml;charset=utf-8"
HTML_TYPE = "text/html"
JSON_TYPE = "application/json; charset=utf-8"

PLEX_TV = ("plex.tv", "clients.plex.tv")
"""Two names of one service."""
DISCOVER = "discover.provider.plex.tv"
METADATA = "metadata.provider.plex.tv"
COMMUNITY = "community.plex.tv"
FEEDS = "rss.plex.tv"
HOSTS = frozenset({*PLEX_TV, DISCOVER, METADATA, COMMUNITY, FEEDS})
"""The hosts on the internet that a stand-in speaks for. A path that begins with one is meant for that host."""

ERROR_PAGE = "<html><head>{script}<title>{reason}</title></head><body><h1>{status} {reason}</h1></body></html>"
TO_WEB_APP = "<script>window.location = window.location.href.match(/(^.+\\/)[^\\/]*$/)[1] + 'web/index.html';</script>"
"""At its root a server sends a browser that has no token to the web application."""

BEYOND_THE_STANDARD = {
    498: "Invalid Token",
    520: "Web Server Returned an Unknown Error",
    521: "Web Server Is Down",
    522: "Connection Timed Out",
    523: "Origin Is Unreachable",
    524: "A Timeout Occurred",
    525: "SSL Handshake Failed",
    526: "Invalid SSL Certificate",
}
"""Statuses of plex.tv for a token that is too old, and of a proxy in front of a server."""


@dataclass(frozen=True)
class SeenRequest:
    """A request that came in, kept for whoever wants to know what was asked."""

    method: str
    path: str
    """Without the query and without a trailing slash."""
    query: Mapping[str, str]
    """Without the token."""
    account_title: str | None
    """Whose token it carried; None when it had none or a wrong one."""


@dataclass(frozen=True)
class Request:
    """A request with all that an endpoint needs to answer it."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By name in small letters."""
    body: bytes
    account: Account | None
    household: Household
    names: Mapping[str, str] = field(default_factory=dict)
    """What the placeholders of the endpoint's path stood for."""

    @property
    def host(self) -> str:
        """The host on the internet that is meant; empty for the server itself."""
        return host_of(self.path)

    @property
    def wants_json(self) -> bool:
        """Whether the client accepts JSON; XML is what it gets otherwise."""
        return "json" in self.headers.get("accept", "")

    @property
    def asker(self) -> Account:
        """The account that asks; only endpoints that need a token may use it."""
        if self.account is None:
            raise LookupError(f"{self.path} was answered without a token")
        return self.account

    def flag(self, name: str) -> bool:
        """Whether a query argument is switched on."""
        return self.query.get(name, "0") not in ("", "0", "false")

    def number(self, name: str, default: int | None = None) -> int | None:
        """A number given as a query argument or as a header; the default when it is absent or not a number."""
        text = self.query.get(name, self.headers.get(name.lower(), ""))
        return int(text) if text.isascii() and text.isdigit() else default


@dataclass(frozen=True)
class Answer:
    """A complete answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = HTML_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)

    def head(self, *, keep_alive: bool = True) -> bytes:
        """Status line and headers up to the empty line."""
        lines = [f"HTTP/1.1 {self.status} {reason(self.status)}", "X-Plex-Protocol: 1.0", "Cache-Control: no-cache"]
        lines += [f"Content-Type: {self.content_type}", f"Content-Length: {len(self.body)}"]
        lines += [f"Connection: {'Keep-Alive' if keep_alive else 'close'}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


class Connection(Protocol):
    """A client's connection, for answers that are more than bytes with a known length."""

    def read(self, count: int) -> bytes:
        """So many bytes from the client; fewer when it hung up."""

    def write(self, data: bytes) -> None:
        """Sends bytes at once."""

    def wait(self, seconds: float) -> bool:
        """Rests for so many seconds; True, and at once, when the server is stopping."""

    def hang_up(self) -> None:
        """Ends the connection both ways, so that a read in progress comes back empty."""

    def reset(self) -> None:
        """Breaks the connection off without a farewell (RST)."""


Takeover = Callable[[Connection], None]
"""Answers by itself on the bare connection, which is closed afterwards."""

Reply = Answer | Takeover


def host_of(path: str) -> str:
    """The host on the internet that a path begins with; empty when it is one of the server itself."""
    first = path[1:].partition("/")[0]
    return first if first in HOSTS else ""


def reason(status: int) -> str:
    """The words that belong to an HTTP status."""
    known = {one.value: one.phrase for one in http.HTTPStatus}
    return known.get(status) or BEYOND_THE_STANDARD.get(status, "Unknown")


def error(status: int, *, at_root: bool = False) -> Answer:
    """An error as a server tells it: HTML, whatever was asked for."""
    page = ERROR_PAGE.format(script=TO_WEB_APP if at_root else "", status=status, reason=reason(status))
    return Answer(status, page.encode())


def xml(root: Element, headers: Mapping[str, str] | None = None) -> Answer:
    """A document as a server sends it."""
    document = '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"
    return Answer(200, document.encode(), XML_TYPE, headers or {})
