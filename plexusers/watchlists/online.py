"""Reading a watchlist with the token of the account that it belongs to.

Facts: pages have at most 100 lines; a line tells of no other service's name, and `addedAt` is when the catalogue got to
know the work, not when it came onto the list.
"""

from typing import Any

from plexusers.plextv import PlexTv, not_understood
from plexusers.watchlists.lines import Line, line

ADDRESS = "https://discover.provider.plex.tv"
PATH = "/library/sections/watchlist/all"
PAGE = 100
MOST_PAGES = 100


def read(asked: PlexTv) -> tuple[Line, ...]:
    """All lines, the newest first: one request for each hundred. Raises PlexError."""
    found: dict[str, Line | None] = {}
    start = 0
    for _ in range(MOST_PAGES):
        items, total = _page(asked, start)
        found |= {
            str(item["guid"]): line(item["type"], item["title"], item.get("year"), [item["guid"]]) for item in items
        }
        start += len(items)
        if start >= total:
            return tuple(one for one in found.values() if one)
        if not items:
            break
    raise not_understood(PATH)


def _page(asked: PlexTv, start: int) -> tuple[list[dict[str, Any]], int]:
    query = {
        "sort": "watchlistedAt:desc",
        "X-Plex-Container-Start": str(start),
        "X-Plex-Container-Size": str(PAGE),
    }
    answer = asked.facts("GET", PATH, query)
    try:
        container = answer["MediaContainer"]
        items, total = container.get("Metadata", []), int(container["totalSize"])
        whole = int(container["size"]) == len(items) and int(container.get("offset", start)) == start
        named = all(item["guid"] and item["type"] and item["title"] for item in items)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise not_understood(PATH) from error
    if not (whole and named):
        raise not_understood(PATH)
    return items, total
