"""Elements as values: what is strange in them, and what a row could not hold."""

from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring

import pytest

from plexusers.answers import Viewed, listed, title_of, viewed
from plexusers.models import ItemKind

MOVIE, SHOW, EPISODE = ItemKind.MOVIE, ItemKind.SHOW, ItemKind.EPISODE


def element(**attributes: str) -> Element:
    return Element("Video", {"ratingKey": "5", **attributes})


def files(text: str) -> list[tuple[str, str, int]]:
    return [(file.version, file.path, file.part) for file in listed(fromstring(text), MOVIE).files]


def test_a_bare_element_is_an_item_of_which_nothing_is_known() -> None:
    found = listed(element(), MOVIE)
    assert (found.rating_key, found.title, found.year, found.added_at, found.files) == ("5", "", None, 0, ())
    assert (found.names, found.released, found.season) == ((), "", None)


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("title", "x" * 600, "title", "x" * 500),
        ("editionTitle", "x" * 300, "edition", "x" * 200),
        ("originallyAvailableAt", "2001-02-03 00:00", "released", "2001-02-03"),
        ("year", "0", "year", None),
        ("year", "99999", "year", None),
        ("year", "-5", "year", None),
        ("duration", str(2**70), "duration", 0),
        ("updatedAt", "", "updated_at", 0),
        ("parentIndex", "3", "season", None),
    ],
)
def test_what_no_row_could_hold_is_cut_or_left_out(name: str, text: str, field: str, value: Any) -> None:
    assert getattr(listed(element(**{name: text}), MOVIE), field) == value


@pytest.mark.parametrize(
    "attributes", [{"ratingKey": ""}, {"ratingKey": "x" * 65}, {"year": "MMI"}, {"addedAt": "now"}]
)
def test_what_no_honest_answer_has_is_an_error(attributes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        listed(element(**attributes), MOVIE)


def test_an_item_without_a_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        viewed(Element("Video"))


def test_places_are_of_episodes_only_and_zero_is_a_season() -> None:
    special = element(parentIndex="0", index="3", grandparentRatingKey="9")
    found = listed(special, EPISODE)
    assert (found.season, found.number, found.show_key) == (0, 3, "9")
    found = listed(special, SHOW)
    assert (found.season, found.number, found.show_key) == (None, None, "")


def test_a_version_in_the_trash_counts_only_when_there_is_no_other() -> None:
    old = '<Media id="1" deletedAt="1700000000"><Part file="/m/old.mkv"/></Media>'
    new = '<Media id="2"><Part file="/m/new.mkv"/></Media>'
    assert files(f'<Video ratingKey="5">{old}{new}</Video>') == [("2", "/m/new.mkv", 0)]
    assert files(f'<Video ratingKey="5">{old}</Video>') == [("1", "/m/old.mkv", 0)]


def test_a_part_without_a_path_or_with_an_impossible_one_is_no_file() -> None:
    parts = f'<Part/><Part file=""/><Part file="/{"x" * 5000}"/><Part file="/m/cd2.mkv" size="7"/>'
    assert files(f'<Video ratingKey="5"><Media id="1">{parts}</Media></Video>') == [("1", "/m/cd2.mkv", 3)]


@pytest.mark.parametrize(
    ("attributes", "optimized"), [({}, False), ({"proxyType": "42"}, True), ({"target": "Mobile"}, True)]
)
def test_a_version_that_plex_made_is_known(attributes: dict[str, str], optimized: bool) -> None:
    video = element()
    SubElement(SubElement(video, "Media", {"id": "1", **attributes}), "Part", {"file": "/m/x.mkv"})
    assert [file.optimized for file in listed(video, MOVIE).files] == [optimized]


@pytest.mark.parametrize(
    ("views", "offset", "at", "touched", "done"),
    [
        (0, 0, 0, False, False),
        (1, 0, 0, True, True),
        (0, 5, 9, True, False),
        (2, 5, 9, True, False),
        (0, 0, 9, True, False),
    ],
)
def test_watched_is_watched_to_the_end_and_not_begun_again(
    *, views: int, offset: int, at: int, touched: bool, done: bool
) -> None:
    state = Viewed("5", views, offset, at)
    assert (state.touched, state.is_watched) == (touched, done)


@pytest.mark.parametrize(
    ("kind", "title", "year", "show", "place", "label"),
    [
        (MOVIE, "Alpha", 2001, "", (None, None, ""), "Alpha (2001)"),
        (MOVIE, "Alpha", None, "", (None, None, "2001-01-01"), "Alpha"),
        (SHOW, "Show", 2010, "", (None, None, ""), "Show (2010)"),
        (EPISODE, "Pilot", 2010, "Show", (1, 2, "2010-01-01"), "Show S01E02 Pilot"),
        (EPISODE, "Pilot", None, "Show", (0, 12, ""), "Show S00E12 Pilot"),
        (EPISODE, "Pilot", None, "Show", ("10", "123", ""), "Show S10E123 Pilot"),
        (EPISODE, "Pilot", None, "Show", (None, 3, "2010-01-01"), "Show 2010-01-01 Pilot"),
        (EPISODE, "Pilot", None, "Show", (None, None, ""), "Show Pilot"),
        (EPISODE, "Pilot", None, "", (None, None, ""), "Pilot"),
    ],
)
def test_what_a_person_calls_it(
    *, kind: ItemKind, title: str, year: int | None, show: str, place: Any, label: str
) -> None:
    assert title_of(kind, title, year, show, place) == label
