"""The page that explains why a file is cached or not."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html

from cacherr.errors import CacherrError
from caching import why
from caching.models import CachedFile
from caching.named import is_path
from caching.planning.sizes import readable
from plexusers import library

FOUND = 30
WORDS = {
    "cache": "Will be cached",
    "keep": "Stays cached",
    "restore": "Goes back to the array",
    "evict": "Goes back to the array, to make room",
    "skip": "Not cached",
    "none": "Not cached",
}


def shown(query: str) -> dict[str, Any]:
    """The page's context: what a path or a rating key names is explained; by other words the library is searched."""
    query = query.replace("\0", "").strip()[:4096]
    context: dict[str, Any] = {"title": "Why", "query": query}
    if not query:
        return context
    if not is_path(query) and not query.isdecimal():
        entries = library.search(query, FOUND)
        found = [{"label": one.label, "href": address(one.rating_key)} for one in entries]
        return context | {"found": found, "searched": True}
    try:
        told = why.of_text(query)
    except CacherrError as error:
        return context | {"error": str(error)}
    files = [_file(one) for one in told["files"]]
    return context | {**told, "at": parse_datetime(told["at"]), "files": files}


def address(query: str) -> str:
    """Where something is explained."""
    return f"{reverse('admin:caching_why')}?{urlencode({'q': query})}"


def link(row: CachedFile) -> str:
    """Leads to the explanation of a cached file."""
    return format_html('<a href="{}">Explain</a>', address(row.plex_path)) if row.plex_path else ""


def _file(one: dict[str, Any]) -> dict[str, Any]:
    word = "In conflict" if one["decision"] == "skip" and one["cached"] else WORDS[one["decision"]]
    name = one["path"].replace("\\", "/").rpartition("/")[2]
    heading = one["title"] if one["title"] and not one["belongs_to"] else name
    return one | {"heading": heading, "word": word, "size": readable(one["size"]), "who": ", ".join(one["wanted_by"])}
