"""Asking a service for a document, and naming everything that can be wrong with its answer.

The status decides; a body that is no document of the expected kind is an error, and so is one that is empty. No message
and no log holds more of an address than its host: queries carry keys.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree.ElementTree import Element

from cacherr.documents import DocumentError, read_json, read_xml
from cacherr.errors import OutsideError
from cacherr.fetching import Fetched, Fetcher
from cacherr.rests import parse_retry_after
from plexusers.plex import Plex

Parameters = Mapping[str, str | int]

LATER = "It is asked again later; the last good result counts until then."
CURES = {
    400: ("does not understand the question", "Look whether the list is named rightly."),
    401: ("refuses the key, or the list is private", "Check the key in the list settings, or sign in again."),
    403: ("refuses this program", "Check the key in the list settings; some services block whole networks."),
    404: ("does not have this list", "Look whether it is named rightly and public."),
    420: ("says that the account's limit is reached", "Make the list smaller, or look at the account there."),
    423: ("has locked the account", "Look at the account there."),
    426: ("gives this to paying members only", "Choose another list."),
    429: ("asks for a pause", LATER),
}  # fmt: skip
BLOCKED_CURE = "It lets browsers in only. Upload the list as a file instead, or try later."
FIRST_WAIT_SECONDS = 60.0
MOST_REQUESTS = 300
"""For one reading of one list; 5000 positions of TMDb are 250 pages."""


class UnchangedError(Exception):
    """The document is as it was the last time."""


@dataclass
class Conditions:
    """What a document was called the last time; afterwards, what it is called now."""

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        """The headers by which an unchanged document is not sent again."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: text for name, text in named.items() if text}


@dataclass(frozen=True, slots=True)
class Page:
    """A document and what the headers (names in lower case) say about paging."""

    data: Any
    headers: Mapping[str, str]

    def number(self, header: str) -> int | None:
        """A header that is a number."""
        text = self.headers.get(header, "")
        return int(text) if text.isascii() and text.isdigit() else None


class Asker:
    """Asks for one list. For one thread."""

    def __init__(
        self, fetcher: Fetcher, conditions: Conditions | None = None, connect: Callable[[], Plex] | None = None
    ) -> None:  # fmt: skip
        self._fetcher = fetcher
        self._connect = connect
        self._count = 0
        self.conditions = conditions or Conditions()

    def json(
        self, address: str, query: Parameters | None = None, headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Page:  # fmt: skip
        """A JSON document. Raises OutsideError."""
        answer = self._ask(address, query, {"Accept": "application/json", **(headers or {})}, body)
        return Page(_read(address, answer, read_json), answer.headers)

    def document(self, address: str, query: Parameters | None = None) -> Element | Any:
        """A document that is the whole list, XML or JSON as it happens to be.

        Asked for under the condition that it changed. Raises OutsideError, and UnchangedError.
        """
        accept = {"Accept": "application/json, application/rss+xml, application/atom+xml, text/xml;q=0.9, */*;q=0.5"}
        answer = self._ask(address, query, accept | self.conditions.headers())
        if answer.status == 304 and self.conditions.headers():
            raise UnchangedError
        is_xml = answer.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"\xff\xfe", b"\xfe\xff"))
        data = _read(address, answer, read_xml if is_xml else read_json)
        etag, modified = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
        self.conditions = Conditions(etag if len(etag) <= 300 else "", modified if len(modified) <= 100 else "")
        return data

    def plex(self) -> Plex:
        """A connection to the own server. Raises PlexError and ConfigurationError."""
        if self._connect is None:
            raise OutsideError("The own server is not asked here.")
        return self._connect()

    def _ask(
        self, address: str, query: Parameters | None, headers: Mapping[str, str], body: bytes | None = None
    ) -> Fetched:  # fmt: skip
        self._count += 1
        if self._count > MOST_REQUESTS:
            raise OutsideError(f"{urlsplit(address).hostname} has more pages than anybody reads.", LATER)
        joint = "&" if urlsplit(address).query else "?"
        whole = f"{address}{joint}{urlencode(query)}" if query else address
        answer = self._fetcher.fetch(whole, headers=headers, body=body)
        judge(urlsplit(address).hostname or "", answer)
        return answer


def _read(address: str, answer: Fetched, read: Callable[[bytes], Any]) -> Any:
    host = urlsplit(address).hostname
    if not answer.body.strip():
        raise OutsideError(f"{host} answers with nothing.", LATER)
    try:
        return read(answer.body)
    except DocumentError as error:
        raise OutsideError(f"What {host} answers {error}.", "Look whether this is the address of a list.") from error


def judge(host: str, answer: Fetched) -> None:
    """Name what is wrong with an answer by its status. Raises OutsideError."""
    status = answer.status
    if status in {200, 304}:
        return
    if "x-amzn-waf-action" in answer.headers or status == 202:
        raise OutsideError(f"{host} blocks programs and answers nothing (status {status}).", BLOCKED_CURE)
    said, cure = CURES.get(status, ("answers with an error", LATER))
    wait = parse_retry_after(answer.headers.get("retry-after"), time.time()) or 0.0
    if status == 429:
        wait = wait or FIRST_WAIT_SECONDS
    raise OutsideError(f"{host} {said} (status {status}).", cure, wait=wait)
