"""Finding items by title and year: certain or not at all."""

import pytest

from plexusers.models import ItemKind
from plexusers.titles import Row, Wish, matches, plain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Amélie", "AMELIE"),
        ("Fast & Furious", "Fast and Furious"),
        ("Ocean's Eleven", "Ocean\u2019s Eleven"),
        ("WALL·E", "Wall-E"),
        ("Spider-Man: No Way Home", "Spider Man  No Way Home"),
        ("Größe", "GROSSE"),
        ("千と千尋の神隠し", "千と千尋の神隠し "),
    ],
)
def test_what_people_write_differently_is_the_same(one: str, other: str) -> None:
    assert plain(one) == plain(other)


@pytest.mark.parametrize(("one", "other"), [("Alien", "Aliens"), ("The Office", "Office"), ("Up", "Up 2"), ("?", "!")])
def test_other_titles_are_other_titles(one: str, other: str) -> None:
    assert plain(one) != plain(other)


ROWS: list[Row] = [
    ("1", "plex://movie/a", "Dune", 1984),
    ("2", "plex://movie/b", "Dune", 2021),
    ("3", "plex://movie/b", "Dune", 2021),
    ("4", "plex://movie/c", "Heat", 1995),
    ("5", "local://5", "Home", 2020),
    ("6", "local://6", "Home", 2020),
    ("7", "", "Bare", None),
    ("8", "", "Twice bare", None),
    ("9", "", "Twice bare", None),
]


@pytest.mark.parametrize(
    ("title", "year", "keys"),
    [
        ("dune", 1984, ("1",)),
        ("dune", 2021, ("2", "3")),
        ("Dune", 2020, None),
        ("Dune", None, None),
        ("Heat", None, ("4",)),
        ("Heat", 1994, None),
        ("Home", 2020, None),
        ("Bare", None, ("7",)),
        ("Bare", 1999, None),
        ("Twice bare", None, None),
        ("Unknown", None, None),
    ],
)
def test_only_a_certain_match_is_one(title: str, year: int | None, keys: tuple[str, ...] | None) -> None:
    wish = Wish(title, year, ItemKind.MOVIE)
    assert matches([wish], ROWS) == ({} if keys is None else {wish: keys})
