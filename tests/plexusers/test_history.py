"""Plex's history: what everybody watched, page after page."""

from collections.abc import Iterator

import pytest

from cacherr.errors import PlexError
from plexusers import history
from plexusers.standin import StandIn, faults
from tests.plexusers.shelves import START, Shelves, asked, connect, serving

PATH = "/status/sessions/history/all"


@pytest.fixture
def shelves() -> Shelves:
    return Shelves()


@pytest.fixture
def standin(shelves: Shelves) -> Iterator[StandIn]:
    with serving(shelves) as server:
        yield server


def read(standin: StandIn, since: int = 0) -> list[tuple[str, int, int]]:
    return [(one.rating_key, one.account, one.viewed_at) for one in history.lines(connect(standin), since)]


def test_it_tells_who_watched_what_and_when_the_newest_first(shelves: Shelves, standin: StandIn) -> None:
    film, (_, (episode, _)) = shelves.film("Alpha"), shelves.show("Show", 2)
    kim = shelves.household.add_account("Kim", "token-kim", "shared")
    shelves.household.mark_watched(shelves.alex, film)
    shelves.later(hours=1)
    shelves.household.mark_watched(kim, episode)
    assert read(standin) == [(episode.key, kim.id, START + 3600), (film.key, 1, START)]
    assert read(standin, START + 1) == [(episode.key, kim.id, START + 3600)]


def test_what_left_the_library_has_no_rating_key_any_more(shelves: Shelves, standin: StandIn) -> None:
    film = shelves.film("Alpha")
    shelves.household.mark_watched(shelves.alex, film)
    shelves.household.remove(film)
    assert read(standin) == [("", 1, START)]


def test_it_takes_one_request_for_each_page(shelves: Shelves, standin: StandIn) -> None:
    film = shelves.film("Alpha")
    for _ in range(history.PAGE * 2 + 1):
        shelves.household.mark_watched(shelves.alex, film)
    plex = connect(standin)
    assert len(list(history.lines(plex, 0))) == history.PAGE * 2 + 1
    assert len(asked(standin)) == 3


def test_what_is_watched_between_two_pages_is_not_told_twice(shelves: Shelves, standin: StandIn) -> None:
    film = shelves.film("Alpha")
    for _ in range(history.PAGE + 3):
        shelves.household.mark_watched(shelves.alex, film)
    plex = connect(standin)
    found = history.lines(plex, 0)
    first = [next(found)]
    shelves.household.mark_watched(shelves.alex, film)
    names = [one.name for one in (*first, *found)]
    assert len(names) == len(set(names)) == history.PAGE + 3


def test_a_server_that_announces_more_than_it_has_is_not_read_for_ever(shelves: Shelves, standin: StandIn) -> None:
    film = shelves.film("Alpha")
    for _ in range(3):
        shelves.household.mark_watched(shelves.alex, film)
    standin.fail(PATH, faults.Body(lambda body: body.replace(b'totalSize="3"', b'totalSize="9"')))
    assert len(read(standin)) == 3


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.Status(500), id="500"),
        pytest.param(faults.CAPTIVE_PORTAL, id="captive portal"),
        pytest.param(faults.Truncated(), id="truncated"),
        pytest.param(faults.Body(lambda body: body.replace(b"viewedAt", b"x")), id="without times"),
        pytest.param(faults.Body(lambda body: body.replace(b"historyKey", b"x")), id="without names"),
    ],
)
def test_no_good_answer_is_no_empty_history(shelves: Shelves, standin: StandIn, fault: faults.Fault) -> None:
    shelves.household.mark_watched(shelves.alex, shelves.film("Alpha"))
    standin.fail(PATH, fault)
    with pytest.raises(PlexError):
        read(standin)
