"""Watchlists as feeds. The address is the secret: no token is asked for."""

import json
from email.utils import formatdate
from html import escape

from plexusers.standin.records import Feed, Listed, Work
from plexusers.standin.watchlist_pages import public_page
from plexusers.standin.wire import FEEDS, JSON_TYPE, Answer, Request, error

NEWEST = 50
"""A feed has no more items than that."""
RSS_TYPE = "application/rss+xml; charset=utf-8"
PREFERRED = ("imdb://", "tmdb://", "tvdb://")
"""The one external id of an item of the XML is the first of these that there is."""


def feed(request: Request) -> Answer:
    """The newest lines of a watchlist, or of the watchlists of all friends: as RSS, or as JSON with `format=json`."""
    secret = request.names["feed"]
    found = request.household.online.feeds.get(secret)
    if found is None:
        return error(404)
    lines = _lines(request, found)
    if request.query.get("format") == "json":
        return Answer(200, _as_json(secret, found, lines).encode(), JSON_TYPE)
    return Answer(200, _as_rss(found, lines).encode(), RSS_TYPE)


def _lines(request: Request, wanted: Feed) -> list[Listed]:
    """What the feed holds, newest first; what is on several watchlists comes once."""
    online, accounts = request.household.online, request.household.members
    if wanted.friends:
        whose = [one for one in accounts if one.kind == "shared" and one.id not in online.private]
    else:
        whose = [one for one in request.household.accounts.values() if one.id == wanted.account]
    lines = sorted((line for one in whose for line in online.watchlist(one)), key=lambda line: -line.since)
    return list({line.work.key: line for line in reversed(lines)}.values())[::-1][:NEWEST]


def _names(wanted: Feed) -> tuple[str, str]:
    owner = "friends" if wanted.friends else "me"
    return f"Plex watchlist for {owner}", "Friends' Watchlist" if wanted.friends else "My Watchlist"


def _title(work: Work) -> str:
    return f"{work.title} ({work.year})" if work.year else work.title


def _as_rss(wanted: Feed, lines: list[Listed]) -> str:
    description, category = _names(wanted)
    items = "".join(_rss_item(line) for line in lines)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Plex Watchlist</title>'
        f"<description>{escape(description)}</description><category>{escape(category)}</category>{items}"
        "</channel></rss>\n"
    )


def _rss_item(line: Listed) -> str:
    work = line.work
    guid = next((guid for start in PREFERRED for guid in work.guids if guid.startswith(start)), None)
    named = f'<guid isPermaLink="false">{escape(guid)}</guid>' if guid else ""
    return (
        f"<item><title>{escape(_title(work))}</title><pubDate>{_date(line)}</pubDate>"
        f"<link>{escape(public_page(work))}</link>{named}<description></description>"
        f"<category>{work.kind}</category></item>"
    )


def _as_json(secret: str, wanted: Feed, lines: list[Listed]) -> str:
    """The document with its mistake: the description stands in it twice."""
    description, category = _names(wanted)
    items = [
        {
            "title": _title(line.work),
            "pubDate": _date(line),
            "link": public_page(line.work),
            "guids": list(line.work.guids),
            "description": "",
            "category": line.work.kind,
        }
        for line in lines
    ]
    head = json.dumps({"title": "Plex Watchlist", "links": {"self": f"https://{FEEDS}/{secret}?format=json"}})
    said = json.dumps({"description": description})[1:-1]
    tail = json.dumps({"category": category, "items": items}, ensure_ascii=False)
    return f"{head[:-1]}, {said}, {said}, {tail[1:]}"


def _date(line: Listed) -> str:
    return formatdate(line.since // 1000, usegmt=True)
