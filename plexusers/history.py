"""What Plex remembers of what everybody watched to its end: its history, read page after page, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from plexusers.answers import HUGE, number
from plexusers.plex import Plex
from plexusers.streams import VIDEO_TYPES

PAGE = 500


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the history. What left the library since has no rating key any more."""

    name: str
    """Plex's name for the line."""
    rating_key: str
    kind: str
    account: int
    """By the server's own numbering, where the owner is number one."""
    viewed_at: int
    """When it had been watched (epoch seconds, UTC)."""


def lines(plex: Plex, since: int) -> Iterator[Line]:
    """Films and episodes that anybody has watched since then, the newest first, each once. The owner's token only.

    One request for each 500 lines. What is watched meanwhile moves all lines on by one: so some come twice, which is
    seen by their names. Raises PlexError.
    """
    key = f"/status/sessions/history/all?sort=viewedAt:desc&viewedAt>={since}"
    seen: set[str] = set()
    start, total = 0, 1
    while start < total:
        page = plex.page(key, start, PAGE, _line)
        start, total = start + len(page.things), page.total
        new = [line for line in page.things if line.name not in seen]
        if not new:  # a confused server must not hold the reading for ever
            return
        seen.update(line.name for line in new)
        yield from (line for line in new if line.kind in VIDEO_TYPES)


def _line(element: Element) -> Line:
    return Line(
        element.attrib["historyKey"],
        element.get("ratingKey", "")[:64],
        element.get("type", ""),
        number(element, "accountID", HUGE) or 0,
        int(element.attrib["viewedAt"]),
    )
