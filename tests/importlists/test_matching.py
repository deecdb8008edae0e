"""Finding entries in the library: right or not at all."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from importlists import matching
from importlists.contract import Entry
from importlists.matching import ABSENT, EITHER, NAMELESS, OTHER, TORN, match
from plexusers.models import ItemKind
from tests.importlists.rows import film, section, show

pytestmark = pytest.mark.django_db

FILM, SHOW = ItemKind.MOVIE, ItemKind.SHOW


@pytest.fixture(autouse=True)
def library() -> None:
    film("1", "Alpha", 2001, "imdb://tt0000001", "tmdb://11", "tvdb://111")
    film("2", "Beta", 2002, "imdb://tt0000002", "tmdb://22")
    film("3", "Gamma", 2003)
    film("4", "Twice", 2004, "imdb://tt0000004")
    film("5", "Twice", 2004, "imdb://tt0000005")
    film("6", "Copy", 2006, "tmdb://66")
    film("7", "Copy", 2006, "tmdb://66", at="uhd-")
    show("8", "Alpha", 2001, "tmdb://11", "tvdb://888")
    section("movie", "off", enabled=False)
    film("9", "Hidden", 2009, "tmdb://99", at="off")


CASES = [
    (Entry("x", None, FILM, ("imdb://tt0000001",)), "1", "imdb", ""),
    (Entry("x", None, FILM, ("tmdb://11",)), "1", "tmdb", ""),
    (Entry("x", None, SHOW, ("tmdb://11",)), "8", "tmdb", ""),
    (Entry("x", None, SHOW, ("tvdb://888",)), "8", "tvdb", ""),
    (Entry("x", None, FILM, ("plex://movie/3",)), "3", "plex", ""),
    (Entry("x", None, FILM, ("imdb://tt0000001", "tmdb://11")), "1", "imdb", ""),
    (Entry("x", None, FILM, ("imdb://tt0000001", "tmdb://999")), "1", "imdb", ""),
    (Entry("x", None, FILM, ("imdb://tt0000001", "tmdb://22")), "", "", TORN),
    (Entry("x", None, FILM, ("imdb://tt0000077", "tmdb://11")), "", "", TORN),
    (Entry("x", None, FILM, ("tmdb://66",)), "6 7", "tmdb", ""),
    (Entry("x", None, None, ("tmdb://11",)), "", "", EITHER),
    (Entry("x", None, None, ("imdb://tt0000001",)), "1", "imdb", ""),
    (Entry("x", None, FILM, ("tmdb://99",)), "", "", ABSENT),
    (Entry("x", None, FILM, ("tmdb://12345",)), "", "", ABSENT),
    (Entry("Gamma", 2003, FILM), "3", "title", ""),
    (Entry("  GÁMMA! ", 2003, FILM), "3", "title", ""),
    (Entry("Gamma", 2003, FILM, ("imdb://tt0000333",)), "3", "title", ""),
    (Entry("Gamma", 2003, None), "3", "title", ""),
    (Entry("Gamma", 2004, FILM), "", "", ABSENT),
    (Entry("Gamma", None, FILM), "", "", NAMELESS),
    (Entry("Gamma", 2003, SHOW), "", "", ABSENT),
    (Entry("Alpha", 2001, None), "", "", EITHER),
    (Entry("Alpha", 2001, FILM, ("imdb://tt0000555",)), "", "", OTHER),
    (Entry("Alpha", 2001, FILM, ("tvdb://5",)), "", "", OTHER),
    (Entry("Twice", 2004, FILM), "", "", ABSENT),
    (Entry("Hidden", 2009, FILM), "", "", ABSENT),
]


@pytest.mark.parametrize(("entry", "keys", "way", "why_not"), CASES)
def test_an_entry_is_found_as_surely_as_can_be_or_not_at_all(entry: Entry, keys: str, way: str, why_not: str) -> None:
    (found,) = match([entry])
    assert (" ".join(found.keys), found.way, found.why_not) == (keys, way, why_not)


def test_many_entries_are_matched_like_each_of_them_alone() -> None:
    entries = [entry for entry, *_ in CASES]
    assert match(entries) == [match([entry])[0] for entry in entries]


def test_the_number_of_queries_does_not_grow_with_the_list() -> None:
    def queries(count: int) -> int:
        entries = [Entry(f"Film {n}", 2001, FILM, (f"tmdb://{n}",)) for n in range(1, count)]
        with CaptureQueriesContext(
            connection,
        ) as seen:
            matching.match(entries)
        return len(seen)

    assert queries(20) == queries(400) <= 8


def test_nothing_is_matched_without_a_query() -> None:
    assert match([]) == []
