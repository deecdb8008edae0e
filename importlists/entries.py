"""Entries from what services write: numbers as texts, dates with times, nothing where something should be. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, zip_longest
from typing import Any

from cacherr.errors import OutsideError
from cacherr.texts import storable
from importlists.contract import Entry
from plexusers.guids import names_of
from plexusers.models import ItemKind

KINDS = {
    "movie": ItemKind.MOVIE, "movies": ItemKind.MOVIE, "film": ItemKind.MOVIE, "show": ItemKind.SHOW,
    "shows": ItemKind.SHOW, "tv": ItemKind.SHOW, "series": ItemKind.SHOW, "tvshow": ItemKind.SHOW,
    "tv show": ItemKind.SHOW,
}  # fmt: skip
LONGEST_TITLE = 500
_TITLED = re.compile(r"(.+?)\s*\(((?:18|19|20|21)\d\d)\)\s*")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_YEAR = re.compile(r"(?:18|19|20|21)\d\d")


def entry(title: object, year: object, kind: ItemKind | None, released: object = "", **ids: object) -> Entry | None:
    """One position. `ids` by service: `imdb=`, `tmdb=`, `tvdb=`, `plex=`. None: there is neither a title nor a name."""
    called = clean(title)
    names = names_of("", (f"{service}://{identity}" for service, identity in ids.items() if identity))
    if not called and not names:
        return None
    date = match[0] if isinstance(released, str) and (match := _DATE.match(released)) else ""
    return Entry(called or names[0], year_of(year) or year_of(date[:4]), kind, names, date)


def clean(text: object) -> str:
    """A title that a row can hold, without line breaks."""
    return " ".join(storable(text).split())[:LONGEST_TITLE] if isinstance(text, str) else ""


def year_of(value: object) -> int | None:
    """A year, or None for anything else: of a number, a text, the beginning of a date."""
    match = _YEAR.match(str(value)) if isinstance(value, str | int) else None
    return int(match[0]) if match else None


def titled(text: object) -> tuple[str, int | None]:
    """Title and year of `Name (Year)`."""
    written = clean(text)
    match = _TITLED.fullmatch(written)
    return (match[1], int(match[2])) if match else (written, None)


def kind_of(word: object) -> ItemKind | None:
    """Film or show, by the word that a service has for it."""
    return KINDS.get(word.strip().lower()) if isinstance(word, str) else None


def rows_of(data: Any, *keys: str, host: str) -> list[Mapping[str, Any]]:
    """The objects of a list that is the document, or under one of these keys. Raises OutsideError: there is no list."""
    found = data if isinstance(data, list) else None
    if isinstance(data, dict):
        found = next((data[key] for key in keys if isinstance(data.get(key), list)), None)
    if found is None:
        raise OutsideError(f"{host} answers with something that is no list.", "Look whether it is named rightly.")
    return [row for row in found if isinstance(row, dict)]


def part(row: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """An object inside an object; an empty one when it is not there."""
    inner = row.get(key)
    return inner if isinstance(inner, dict) else {}


def some(found: Iterable[Entry | None]) -> Iterator[Entry]:
    """Those that are entries."""
    return (one for one in found if one is not None)


def in_turn(*lists: Iterable[Entry]) -> Iterator[Entry]:
    """One of each list after the other: two charts as one."""
    return some(chain.from_iterable(zip_longest(*lists)))
