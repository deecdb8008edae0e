"""Finding an item by its title and year when nothing better is known. Pure, and careful: better none than wrong."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from plexusers.models import ItemKind

Row = tuple[str, str, str, int | None]
"""Rating key, guid, title and year of an item."""


_WRITTEN_DIFFERENTLY = str.maketrans({"&": " and ", "'": "", "\u2019": ""})


@dataclass(frozen=True, slots=True)
class Wish:
    """A title that somebody wants; `year` of a film's release or a show's first season, when it is known."""

    title: str
    year: int | None
    kind: ItemKind


def plain(title: str) -> str:
    """A title without what people write differently: capitals, accents, punctuation, `&`."""
    folded = unicodedata.normalize("NFKD", title.casefold().translate(_WRITTEN_DIFFERENTLY))
    letters = (letter for letter in folded if not unicodedata.combining(letter))
    words = "".join(letter if letter.isalnum() else " " for letter in letters).split()
    return " ".join(words) or title.casefold().strip()


def matches(wishes: Iterable[Wish], rows: Iterable[Row]) -> dict[Wish, tuple[str, ...]]:
    """Rating keys by wish, for items of the wishes' kind. Wishes without a certain match are left out.

    Certain is the same plain title with the same year; without a year, a title that only one work has. Several items
    of one work (of two libraries, or editions) all match, by their keys; several works by one title and year do not.
    """
    wanted = list(wishes)
    asked = {plain(wish.title) for wish in wanted}
    by_title: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if (title := plain(row[2])) in asked:
            by_title[title].append(row)
    found: dict[Wish, tuple[str, ...]] = {}
    for wish in wanted:
        fitting = [row for row in by_title[plain(wish.title)] if wish.year is None or row[3] == wish.year]
        if fitting and len({guid or key for key, guid, _, _ in fitting}) == 1:
            found[wish] = tuple(sorted(key for key, *_ in fitting))
    return found
