"""RSS and Atom feeds, and Plex's feeds as JSON, as entries. Pure. Feeds name films in many ways; all of them are tried.

Names stand in `guid` (`imdb://tt…`), in elements of their own (`tmdb:movieId`), or in links to a service's page; else
there is only a title such as `Name (2021)`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from cacherr.errors import OutsideError
from importlists.contract import Entry
from importlists.entries import entry, kind_of, rows_of, some, titled
from plexusers.models import ItemKind

LINKS = (
    (re.compile(r"imdb\.com/(?:[a-z]{2}/)?title/(tt\d+)"), "imdb", None),
    (re.compile(r"themoviedb\.org/movie/(\d+)"), "tmdb", ItemKind.MOVIE),
    (re.compile(r"themoviedb\.org/tv/(\d+)"), "tmdb", ItemKind.SHOW),
    (re.compile(r"thetvdb\.com/(?:\?tab=series&id=|dereferrer/series/)(\d+)"), "tvdb", ItemKind.SHOW),
    (re.compile(r"watch\.plex\.tv/movie/()"), "", ItemKind.MOVIE),
    (re.compile(r"watch\.plex\.tv/show/()"), "", ItemKind.SHOW),
)
_NAMED = re.compile(r"(imdb|tmdb|tvdb|plex)://\S+")


def entries_of(document: Element | Any, host: str) -> Iterator[Entry]:
    """The entries of a feed, XML or JSON. Raises OutsideError: it is none."""
    if not isinstance(document, Element):
        return some(_of_json(row) for row in rows_of(document, "items", host=host))
    if _tag(document) not in {"rss", "feed", "RDF"}:
        raise OutsideError(f"{host} answers with something that is no feed.", "Enter the address of a feed.")
    return some(_of_xml(element) for element in document.iter() if _tag(element) in {"item", "entry"})


def _of_json(row: Mapping[str, Any]) -> Entry | None:
    guids = row.get("guids")
    texts = [str(one) for one in guids] if isinstance(guids, list) else []
    return _made(row.get("title"), row.get("category"), [*texts, str(row.get("link") or "")])


def _of_xml(item: Element) -> Entry | None:
    texts: dict[str, str] = {}
    for child in item:
        texts.setdefault(child.tag, (child.text or child.get("href") or child.get("term") or "").strip())
    film, show = texts.get("tmdb:movieId"), texts.get("tmdb:tvId")
    places = [texts.get(tag, "") for tag in ("guid", "id", "link", "description", "summary", "content")]
    extra = [f"tmdb://{number}" for number in (film, show) if number]
    kind = "movie" if film else "show" if show else texts.get("category")
    title = texts.get("letterboxd:filmTitle")
    if title:
        title = f"{title} ({texts.get('letterboxd:filmYear', '')})"
    return _made(title or texts.get("title"), kind, [*extra, *places])


def _made(title: object, category: object, texts: list[str]) -> Entry | None:
    called, year = titled(title)
    kind = kind_of(category)
    names: dict[str, str] = {}
    for text in texts:
        for found in _NAMED.finditer(text):
            names.setdefault(found[1], found[0].partition("://")[2])
        for pattern, service, of in LINKS:
            if match := pattern.search(text):
                names.setdefault(service, match[1])
                kind = kind or of
    names.pop("", None)
    return entry(called, year, kind, **names)


def _tag(element: Element) -> str:
    return element.tag.rpartition(":")[2]
