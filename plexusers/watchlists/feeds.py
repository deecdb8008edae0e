"""Reading watchlists that Plex gives out as feeds. The address is the secret: it is in no message.

Facts: a feed has the newest 50 lines only; since summer 2026 `rss.plex.tv` refuses many requests, and
`discover.provider.plex.tv/rss/` serves the same feed; the JSON form has a key twice, and some lines have no name but
the title with its year.
"""

import json
import re
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree.ElementTree import Element

from cacherr import outbound
from cacherr.documents import DocumentError, read_xml
from cacherr.errors import ConfigurationError, PlexError, PlexUnreachableError
from plexusers.watchlists.lines import Line, line

ADDRESSES = ("https://discover.provider.plex.tv/rss/{}", "https://rss.plex.tv/{}")
"""Where a feed is, the better address first."""
FEED = re.compile(r"^(?:https?://(?:rss\.plex\.tv|discover\.provider\.plex\.tv/rss)/)?([0-9A-Za-z-]{8,64})/?(?:\?.*)?$")
NEWEST = 50
"""A feed with so many lines may hide older ones."""
CURE = "What the feed said last stays in force."


def secret_of(address: str) -> str:
    """The secret in a feed's address, whichever of Plex's hosts it names. Raises ConfigurationError."""
    found = FEED.match(address.strip())
    if found is None:
        cure = "Copy it from Plex's watchlist settings; it begins with https://rss.plex.tv/."
        raise ConfigurationError("The address of a watchlist feed is not one of Plex's.", cure)
    return found[1]


def read(address: str) -> tuple[Line, ...]:
    """The lines of a feed, by one request, or two when the first host fails. Raises ConfigurationError, PlexError."""
    secret = secret_of(address)
    better, other = (place.format(secret) for place in ADDRESSES)
    try:
        return parse(_ask(better))
    except PlexError:
        return parse(_ask(other))


def parse(body: bytes) -> tuple[Line, ...]:
    """The lines of a feed, JSON or XML. What is no film and no show is left out. Raises PlexUnreachableError. Pure."""
    try:
        found = _from_json(json.loads(body)) if body.lstrip()[:1] == b"{" else _from_xml(read_xml(body))
    except (DocumentError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise PlexUnreachableError("What a watchlist feed answers is no feed.", CURE) from error
    return tuple(dict.fromkeys(one for one in found if one))


def _ask(address: str) -> bytes:
    session = outbound.session({"Accept": "application/json, application/rss+xml"})
    try:
        answer = session.get(address, params={"format": "json"}, allow_redirects=False)
    except outbound.RestingError as rest:
        raise PlexUnreachableError(rest.message, rest.cure) from None
    except outbound.TransportError as error:
        kind = type(error).__name__.removesuffix("Error").removesuffix("Exception").lower()
        # No cause is kept: its text names the address.
        raise PlexUnreachableError(f"A watchlist feed does not answer ({kind}).", CURE) from None
    if answer.status_code == 404:
        raise PlexError("There is no watchlist feed at this address any more.", "Make a new one at Plex and enter it.")
    if answer.status_code != 200:
        raise PlexUnreachableError(f"A watchlist feed answers with status {answer.status_code}.", CURE)
    return answer.content


def _from_json(facts: dict[str, Any]) -> list[Line | None]:
    return [
        line(item.get("category"), item.get("title"), None, item.get("guids") or (), _time(item.get("pubDate")))
        for item in facts["items"]
    ]


def _from_xml(root: Element) -> list[Line | None]:
    channel = root.find("channel")
    if root.tag != "rss" or channel is None:
        raise DocumentError("It is no feed.")
    return [
        line(
            item.findtext("category"), item.findtext("title"), None,
            [guid.text for guid in item.findall("guid")], _time(item.findtext("pubDate")),
        )
        for item in channel.findall("item")
    ]  # fmt: skip


def _time(text: Any) -> int:
    try:
        return max(0, int(parsedate_to_datetime(str(text)).timestamp()))
    except (ValueError, OverflowError):
        return 0
