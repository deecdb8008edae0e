"""What others ask of the index: found by name and title, in order, with the right files, in few queries."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from plexusers import indexing, library
from plexusers.library import Entry, episodes_of, files_of, find, find_all, items_by_guids, matching, recent, search
from plexusers.models import ItemKind, LibraryItem, LibrarySection, Versions
from plexusers.plex import PlexFile
from plexusers.standin import StandIn
from plexusers.titles import Wish
from tests.plexusers.shelves import Shelves, connect, serving

pytestmark = pytest.mark.django_db

MOVIE, SHOW = ItemKind.MOVIE, ItemKind.SHOW


@pytest.fixture
def shelves() -> Shelves:
    return Shelves()


@pytest.fixture
def standin(shelves: Shelves) -> Iterator[StandIn]:
    with serving(shelves) as server:
        yield server


def index(standin: StandIn, shelves: Shelves) -> None:
    assert indexing.refresh(connect(standin), now=shelves.now).failed == ""


def switch_off(title: str) -> None:
    assert LibrarySection.objects.filter(title=title).update(enabled=False) == 1


# ---- names and titles -----------------------------------------------------------------------------------------------


def test_items_are_found_by_the_names_of_all_services_and_by_kind(shelves: Shelves, standin: StandIn) -> None:
    household = shelves.household
    film = household.add_movie(shelves.films, "Film", guid="plex://movie/abc", guids=["imdb://tt0000603", "tmdb://603"])
    old = household.add_movie(shelves.films, "Old", guid="com.plexapp.agents.imdb://tt0000005?lang=en")
    show = household.add_show(
        shelves.shows, "Show", guid="com.plexapp.agents.thetvdb://77?lang=en", guids=["tmdb://603"]
    )
    household.add_episode(show, 1, 1, guid="com.plexapp.agents.thetvdb://77/1/1?lang=en")
    index(standin, shelves)
    names = ["plex://movie/abc", "tmdb://603", "imdb://tt0000005", "tvdb://77", "tmdb://1"]
    films = {name: [one.rating_key for one in found] for name, found in items_by_guids(names, MOVIE).items()}
    assert films == {"plex://movie/abc": [film.key], "tmdb://603": [film.key], "imdb://tt0000005": [old.key]}
    shows = {name: [one.rating_key for one in found] for name, found in items_by_guids(names, SHOW).items()}
    assert shows == {"tvdb://77": [show.key], "tmdb://603": [show.key]}


def test_the_number_of_queries_does_not_grow_with_the_number_of_names(
    shelves: Shelves, standin: StandIn, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(1, 300):
        shelves.household.add_movie(shelves.films, f"Film {number}", guids=[f"tmdb://{number}"])
    shows = [shelves.show(f"Show {number}", 2)[0] for number in range(50)]
    index(standin, shelves)
    for count in (3, 299):
        with django_assert_num_queries(2):
            assert len(items_by_guids([f"tmdb://{number}" for number in range(1, count + 1)], MOVIE)) == count
        with django_assert_num_queries(2):
            assert len(find_all(Wish(f"film {number}", None, MOVIE) for number in range(1, count + 1))) == count
    for some in (shows[:2], shows):
        with django_assert_num_queries(1):
            episodes = episodes_of(show.key for show in some)
        assert [len(found) for found in episodes.values()] == [2] * len(some)
        keys = [entry.rating_key for found in episodes.values() for entry in found]
        with django_assert_num_queries(1):
            assert len(files_of(keys, Versions.ALL)) == len(keys)


def test_a_film_in_two_libraries_is_found_in_both(shelves: Shelves, standin: StandIn) -> None:
    kids = shelves.household.add_section("movie", "Kids", "/data/Movies")
    for section in (shelves.films, kids):
        shelves.film("Both", section=section, path="/data/Movies/Both.mkv", guid="plex://movie/abc")
    index(standin, shelves)
    (found,) = items_by_guids(["plex://movie/abc"], MOVIE).values()
    assert {entry.section for entry in found} == {shelves.films.key, kids.key}
    assert find("both", 2001, MOVIE) == found
    files = files_of([entry.rating_key for entry in found], Versions.ALL)
    assert set(files.values()) == {(PlexFile("/data/Movies/Both.mkv", 1000),)}
    switch_off("Kids")
    assert [entry.section for entry in find("both", 2001, MOVIE)] == [shelves.films.key]


def test_what_is_switched_off_is_not_there_and_is_known_to_be_switched_off(shelves: Shelves, standin: StandIn) -> None:
    film, other = shelves.film("Film", guid="plex://movie/abc"), shelves.show("Show", 1)[1][0]
    index(standin, shelves)
    switch_off("Movies")
    assert items_by_guids(["plex://movie/abc"], MOVIE) == {}
    assert (find("Film", 2001, MOVIE), search("Film", 9)) == ((), ())
    assert list(library.entries([film.key, other.key])) == [other.key]
    assert library.switched_off([film.key, other.key, "999"]) == {film.key}


def test_what_was_missing_once_is_still_there(shelves: Shelves, standin: StandIn) -> None:
    shelves.film("Film", guid="plex://movie/abc")
    index(standin, shelves)
    LibraryItem.objects.update(missing=1)
    assert items_by_guids(["plex://movie/abc"], MOVIE)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("sea", ["Deep Sea (2001)", "Sea (2010)", "Sea S01E01 Sea Life"]),
        ("SEA deep", ["Deep Sea (2001)"]),
        ("über", ["Über Alles (2001)"]),
        ("Über", ["Über Alles (2001)"]),
        ("nothing", []),
        ("%", []),
        ("_", []),
        ("", []),
        ("  ", []),
    ],
)
def test_titles_are_searched_word_by_word(shelves: Shelves, standin: StandIn, text: str, labels: list[str]) -> None:
    shelves.films_named("Deep Sea", "Land", "Über Alles")
    show = shelves.household.add_show(shelves.shows, "Sea", year=2010)
    shelves.household.add_episode(show, 1, 1, title="Sea Life")
    index(standin, shelves)
    assert [entry.label for entry in search(text, 10)] == labels
    assert matching(text).count() == len(labels)


def test_a_search_has_an_end(shelves: Shelves, standin: StandIn) -> None:
    shelves.films_named(*(f"Film {number}" for number in range(5)))
    index(standin, shelves)
    assert len(search("film", 3)) == 3


def test_what_came_lately_comes_newest_first_and_no_more_than_wanted(shelves: Shelves, standin: StandIn) -> None:
    shelves.film("Old")
    shelves.later(days=10)
    shelves.film("New")
    shelves.later(minutes=1)
    shelves.show("Show", 2)
    index(standin, shelves)
    since = shelves.time - 86400
    assert [entry.title for entry in recent(since, 10)] == ["Episode 2", "Episode 1", "New"]
    assert [entry.title for entry in recent(since, 1)] == ["Episode 2"]


# ---- episodes -------------------------------------------------------------------------------------------------------


def test_episodes_come_as_they_are_watched(shelves: Shelves, standin: StandIn) -> None:
    show = shelves.household.add_show(shelves.shows, "Show", year=2010)
    places = [
        (2, 10, None),
        (0, 1, None),
        (1, 2, None),
        (2, 9, None),
        (1, 1, None),
        (1, None, "2011-05-01"),
        (0, 2, None),
    ]
    for season, number, date in places:
        shelves.episode(show, season, number, date)
    shelves.show("Other", 3)
    index(standin, shelves)
    found = episodes_of([show.key])[show.key]
    assert [(entry.season, entry.number) for entry in found] == [
        (1, 1), (1, 2), (1, None), (2, 9), (2, 10), (0, 1), (0, 2),
    ]  # fmt: skip
    assert [entry.is_special for entry in found] == [False] * 5 + [True] * 2
    assert found[0].label == "Show S01E01 Episode 1"


def test_a_show_broadcast_by_date_is_ordered_by_date(shelves: Shelves, standin: StandIn) -> None:
    show = shelves.household.add_show(shelves.shows, "Daily", year=2024)
    dates = ["2024-03-05", "2023-12-31", "2024-01-02"]
    for date in dates:
        shelves.episode(show, None, None, date)
    index(standin, shelves)
    found = episodes_of([show.key])[show.key]
    assert [entry.released for entry in found] == sorted(dates)
    assert found[0].label == "Daily 2023-12-31 Episode 2023-12-31"


def test_a_show_without_episodes_has_none(shelves: Shelves, standin: StandIn) -> None:
    show = shelves.household.add_show(shelves.shows, "Empty")
    index(standin, shelves)
    assert episodes_of([show.key, "999"]) == {}


numbers = st.none() | st.integers(0, 3)
episodes = st.builds(
    Entry, rating_key=st.integers(1, 10**6).map(str), kind=st.just("episode"), section=st.just("2"), guid=st.just(""),
    title=st.just(""), year=st.none(), released=st.sampled_from(["", "2020-01-01", "2020-02-01"]),
    show_key=st.just("1"), show_title=st.none(),
    season=numbers, number=numbers, duration=st.just(0), added_at=st.just(0),
)  # fmt: skip


@given(st.lists(episodes, unique_by=lambda one: one.rating_key), st.randoms(use_true_random=False))
def test_the_order_of_episodes_does_not_depend_on_how_they_came(found: list[Entry], dice: random.Random) -> None:
    ordered = sorted(found, key=lambda entry: entry.order)
    dice.shuffle(found)
    assert sorted(found, key=lambda entry: entry.order) == ordered
    regular = [one for one in ordered if not one.is_special]
    assert ordered[: len(regular)] == regular
    numbered = [(one.season, one.number) for one in regular if None not in (one.season, one.number)]
    assert numbered == sorted(numbered)


# ---- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "names"),
    [(Versions.ALL, {"cd1", "cd2", "4k", "phone"}), (Versions.BEST, {"4k"}), (Versions.SMALLEST, {"phone"})],
)
def test_the_versions_that_count_come_with_all_their_parts(
    shelves: Shelves, standin: StandIn, policy: Versions, names: set[str]
) -> None:
    household = shelves.household
    cut = household.version(household.part("/m/cd1", 30), household.part("/m/cd2", 30))
    sharp = household.version(household.part("/m/4k", 90), resolution="4k")
    phone = household.version(household.part("/m/phone", 1), resolution="480", optimized=True)
    film = household.add_movie(shelves.films, "Film", cut, sharp, phone)
    bare = household.add_movie(shelves.films, "Bare")
    index(standin, shelves)
    assert {file.path for file in files_of([film.key, bare.key], policy)[film.key]} == {f"/m/{name}" for name in names}
    assert bare.key not in files_of([film.key, bare.key], policy)


def test_the_parts_of_a_version_come_in_their_order(shelves: Shelves, standin: StandIn) -> None:
    household = shelves.household
    parts = [household.part(f"/m/{name}", 1) for name in ("z", "a", "m")]
    film = household.add_movie(shelves.films, "Film", household.version(*parts))
    index(standin, shelves)
    assert [file.path for file in files_of([film.key], Versions.BEST)[film.key]] == ["/m/z", "/m/a", "/m/m"]


def test_two_episodes_in_one_file_have_one_path(shelves: Shelves, standin: StandIn) -> None:
    show = shelves.household.add_show(shelves.shows, "Show")
    part = shelves.household.part("/data/TV/Show S01E01-E02.mkv", 7)
    for number in (1, 2):
        shelves.household.add_episode(show, 1, number, shelves.household.version(part))
    index(standin, shelves)
    keys = [entry.rating_key for entry in episodes_of([show.key])[show.key]]
    files = files_of(keys, Versions.ALL)
    assert len(files) == 2
    assert set(files.values()) == {(PlexFile("/data/TV/Show S01E01-E02.mkv", 7),)}
