"""Labels and genres: which are read of Plex, when, and what a failure does to what is known: nothing."""

from collections.abc import Iterator

import pytest

from plexusers import indexing, tagging
from plexusers.models import LibraryFile, LibrarySection, SourceState, TaggedItem, TagKind, TagReading
from plexusers.plex import Plex
from plexusers.standin import Movie, StandIn, faults
from plexusers.tagging import Tag, tag
from tests.plexusers.shelves import Meanwhile, Shelves, asked, connect, serving

pytestmark = pytest.mark.django_db

KIDS, ANIME, HORROR = tag(TagKind.LABEL, "Kids "), tag(TagKind.LABEL, "anime"), tag(TagKind.GENRE, "Horror")
SECTIONS = "/library/sections"


@pytest.fixture
def shelves() -> Shelves:
    made = Shelves()
    house = made.household
    one, two, _ = made.films_named("One", "Two", "Three")
    show, _ = made.show("Show", 1)
    house.tag(one, labels=["Kids"], genres=["Drama", "Comedy", "Horror"])
    house.tag(two, labels=["KIDS", "Other"])
    house.tag(show, labels=["Kids"], genres=["Horror"])
    return made


@pytest.fixture
def standin(shelves: Shelves) -> Iterator[StandIn]:
    with serving(shelves) as server:
        yield server


@pytest.fixture
def plex(shelves: Shelves, standin: StandIn) -> Plex:
    connected = connect(standin)
    indexing.refresh(connected, now=shelves.now)
    asked(standin)
    return connected


def keys(shelves: Shelves, *titles: str) -> frozenset[str]:
    return frozenset(key for key, item in shelves.household.items.items() if item.title in titles)


def test_what_has_a_tag_is_known_whatever_its_capitals(shelves: Shelves, plex: Plex) -> None:
    assert tagging.keep_up(plex, {KIDS, HORROR, ANIME}, shelves.now) == ""
    assert tagging.members({KIDS, HORROR, ANIME}) == {
        KIDS: keys(shelves, "One", "Two", "Show"), HORROR: keys(shelves, "One", "Show"), ANIME: frozenset(),
    }  # fmt: skip
    assert tagging.unknown({KIDS, HORROR, ANIME}) == frozenset()
    assert SourceState.objects.get(source="tags").status == "fresh"


def test_only_what_is_asked_for_is_read_and_only_when_something_changed(
    shelves: Shelves, standin: StandIn, plex: Plex
) -> None:
    tagging.keep_up(plex, {HORROR}, shelves.now)
    assert asked(standin) == [
        f"{SECTIONS}/1/genre?type=1", f"{SECTIONS}/1/all?type=1", f"{SECTIONS}/2/genre?type=2",
        f"{SECTIONS}/2/all?type=2",
    ]  # fmt: skip
    tagging.keep_up(plex, {HORROR}, shelves.later(hours=5))
    assert asked(standin) == []
    shelves.household.tag(next(iter(shelves.household.listed(shelves.films, None))), genres=[])  # type: ignore[arg-type]
    indexing.refresh(plex, now=shelves.now)
    asked(standin)
    tagging.keep_up(plex, {HORROR}, shelves.now)
    assert asked(standin) == [f"{SECTIONS}/1/genre?type=1"]
    assert tagging.members({HORROR})[HORROR] == keys(shelves, "Show")
    tagging.keep_up(plex, {HORROR}, shelves.later(hours=6))
    assert len(asked(standin)) == 3


def test_no_tags_cost_no_request_and_are_forgotten(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    tagging.keep_up(plex, {KIDS}, shelves.now)
    asked(standin)
    assert tagging.keep_up(plex, (), shelves.now) == ""
    assert asked(standin) == []
    assert not TagReading.objects.exists()
    assert not SourceState.objects.filter(source="tags").exists()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.Status(500), id="500"),
        pytest.param(faults.CUT_DOCUMENT, id="cut document"),
        pytest.param(faults.CAPTIVE_PORTAL, id="captive portal"),
        pytest.param(faults.EMPTY, id="empty body"),
        pytest.param(faults.Body(lambda body: body.replace(b' key="', b' key="x')), id="no numbers"),
    ],
)
def test_a_failure_keeps_what_was_known_and_the_other_library_is_read(
    shelves: Shelves, standin: StandIn, plex: Plex, fault: faults.Fault
) -> None:
    tagging.keep_up(plex, {KIDS}, shelves.now)
    shelves.household.remove(next(iter(shelves.household.listed(shelves.films, None))))
    shelves.household.tag(shelves.show("Other", 1)[0], labels=["Kids"])
    standin.fail(f"{SECTIONS}/1/label", fault)
    failed = tagging.keep_up(plex, {KIDS}, shelves.later(hours=6))
    assert failed.startswith("Movies: ")
    assert tagging.members({KIDS})[KIDS] >= keys(shelves, "Two", "Show", "Other")
    assert tagging.unknown({KIDS}) == frozenset()
    assert SourceState.objects.get(source="tags").status == "stale"


def test_what_was_never_told_is_unknown_in_that_library_alone(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    standin.fail(f"{SECTIONS}/1/all", faults.Status(500))
    assert tagging.keep_up(plex, {KIDS}, shelves.now)
    assert tagging.unknown({KIDS}) == {"1"}
    assert tagging.members({KIDS})[KIDS] == keys(shelves, "Show")


def test_a_list_that_changes_while_it_is_read_is_not_believed(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    two = next(one for one in shelves.household.listed(shelves.films, Movie) if one.title == "Two")
    shelves.household.tag(two)  # type: ignore[arg-type]
    for number in range(150):
        shelves.household.tag(shelves.film(f"Film {number}"), labels=["Kids"])
    first = next(iter(shelves.household.listed(shelves.films, None)))
    standin.fail(f"{SECTIONS}/1/all", Meanwhile(lambda: shelves.household.remove(first)), times=1)
    assert "changed its answer" in tagging.keep_up(plex, {KIDS}, shelves.now)
    assert tagging.unknown({KIDS}) == {"1"}


def test_a_list_tells_of_two_genres_and_of_no_labels(shelves: Shelves, plex: Plex) -> None:
    def told(element: object) -> list[str]:
        return [one.get("tag", "") for one in element.iter("Genre")]  # type: ignore[attr-defined]

    assert plex.things(f"{SECTIONS}/1/all?type=1", told)[0] == ["Drama", "Comedy"]
    assert plex.things(f"{SECTIONS}/1/all?type=1", lambda one: [child.tag for child in one])[0].count("Label") == 0


def test_the_resolution_of_a_file_is_as_plex_calls_it(shelves: Shelves, plex: Plex) -> None:
    house = shelves.household
    house.add_movie(shelves.films, "Sharp", house.version(house.part("/data/Movies/Sharp.mkv", 9), resolution="4k"))
    indexing.refresh(plex, now=shelves.later(hours=1))
    assert LibraryFile.objects.get(path="/data/Movies/Sharp.mkv").resolution == "4k"


def test_a_library_that_is_switched_off_is_not_asked(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    LibrarySection.objects.filter(key="1").update(enabled=False)
    tagging.keep_up(plex, {KIDS}, shelves.now)
    assert asked(standin) == [f"{SECTIONS}/2/label?type=2", f"{SECTIONS}/2/all?type=2"]
    assert TaggedItem.objects.count() == 1


def test_a_tag_is_compared_without_capitals_and_spaces() -> None:
    assert tag(TagKind.LABEL, " KIDS ") == Tag(TagKind.LABEL, "kids")
