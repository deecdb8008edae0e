"""The mirror of watch states: what is read of whom, and that no trouble makes anybody forget."""

from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from plexusers import indexing, watching
from plexusers.models import LibrarySection, PlexUser, SourceState, SourceStatus, UserKind, WatchReading, WatchState
from plexusers.plex import Plex
from plexusers.standin import Account, StandIn, faults
from plexusers.watching import states_of
from tests.plexusers.shelves import TOKEN, Meanwhile, Shelves, asked, connect, serving

pytestmark = pytest.mark.django_db

SECTIONS = "/library/sections"
FILMS, EPISODES = f"{SECTIONS}/1/all?type=1", f"{SECTIONS}/2/all?type=4"


@pytest.fixture
def shelves() -> Shelves:
    return Shelves()


@pytest.fixture
def standin(shelves: Shelves) -> Iterator[StandIn]:
    with serving(shelves) as server:
        yield server


@pytest.fixture
def alex(db: None) -> PlexUser:
    return PlexUser.objects.create(plex_id=5, kind=UserKind.MAIN, title="Alex")


@pytest.fixture
def plex(standin: StandIn) -> Plex:
    return connect(standin)


def index(standin: StandIn, shelves: Shelves) -> None:
    indexing.refresh(connect(standin), now=shelves.now)
    standin.requests.clear()


def rows(user: PlexUser) -> dict[str, tuple[int, int, int]]:
    found = WatchState.objects.filter(user=user).values_list("rating_key", "views", "offset", "viewed_at")
    return {key: (views, offset, at) for key, views, offset, at in found}


def state(user: PlexUser) -> SourceState:
    return SourceState.objects.get(source="watched", user=user)


# ---- good readings --------------------------------------------------------------------------------------------------


def test_all_that_was_ever_watched_is_read_at_first(
    shelves: Shelves, standin: StandIn, plex: Plex, alex: PlexUser
) -> None:
    film, half, _ = shelves.films_named("Film", "Half", "Untouched")
    _, (first, second, _) = shelves.show("Show", 3)
    shelves.household.mark_watched(shelves.alex, film, at=100)
    shelves.household.mark_watched(shelves.alex, film, at=300)
    shelves.household.watch(shelves.alex, half, offset_ms=60_000, at=200)
    shelves.household.mark_watched(shelves.alex, first, at=400)
    shelves.household.mark_watched(shelves.alex, second, at=400)
    shelves.household.watch(shelves.alex, second, offset_ms=5_000, at=500)
    index(standin, shelves)
    assert watching.refresh(plex, alex, now=shelves.now) == ""
    assert asked(standin) == [FILMS, EPISODES]
    assert rows(alex) == {
        film.key: (2, 0, 300), half.key: (0, 60_000, 200), first.key: (1, 0, 400), second.key: (1, 5_000, 500),
    }  # fmt: skip
    watched = {key for key, one in states_of(alex, rows(alex)).items() if one.is_watched}
    assert watched == {film.key, first.key}
    assert (state(alex).status, state(alex).count) == (SourceStatus.FRESH, 4)


def test_the_unwatched_rest_of_a_library_is_not_read(
    shelves: Shelves, standin: StandIn, plex: Plex, alex: PlexUser
) -> None:
    films = shelves.films_named(*(f"{number:04}" for number in range(1200)))
    for minute, film in enumerate(films[:501]):
        shelves.household.mark_watched(shelves.alex, film, at=shelves.time - 60 * minute)
    index(standin, shelves)
    assert watching.refresh(plex, alex, now=shelves.now) == ""
    assert asked(standin) == [FILMS, FILMS, FILMS, EPISODES]  # two pages, the head once more, and the shows
    assert len(rows(alex)) == 501


def test_what_was_watched_since_is_one_request_for_each_library(
    shelves: Shelves, standin: StandIn, plex: Plex, alex: PlexUser
) -> None:
    films = shelves.films_named(*(f"{number:04}" for number in range(600)))
    for minute, film in enumerate(films[:550]):
        shelves.household.mark_watched(shelves.alex, film, at=shelves.time - 60 * minute)
    index(standin, shelves)
    watching.refresh(plex, alex, now=shelves.now)
    asked(standin)
    shelves.later(hours=5)
    shelves.household.mark_watched(shelves.alex, films[0])
    shelves.household.watch(shelves.alex, films[599], offset_ms=9)
    assert watching.refresh(plex, alex, now=shelves.now) == ""
    assert asked(standin) == [FILMS, EPISODES]
    assert (rows(alex)[films[0].key], rows(alex)[films[599].key]) == ((2, 0, shelves.time), (0, 9, shelves.time))


def test_a_large_library_of_which_nothing_was_watched_is_one_request(
    shelves: Shelves, standin: StandIn, plex: Plex, alex: PlexUser
) -> None:
    shelves.films_named(*(f"{number:04}" for number in range(600)))
    index(standin, shelves)
    for _ in range(2):
        assert watching.refresh(plex, alex, now=shelves.later(minutes=1)) == ""
        assert asked(standin) == [FILMS, EPISODES]


def test_what_is_marked_as_unwatched_is_seen_a_day_later(
    shelves: Shelves, standin: StandIn, plex: Plex, alex: PlexUser
) -> None:
    film, other = shelves.films_named("Film", "Other")
    for one in (film, other):
        shelves.household.mark_watched(shelves.alex, one)
    index(standin, shelves)
    watching.refresh(plex, alex, now=shelves.now)
    shelves.household.mark_unwatched(shelves.alex, film)
    watching.refresh(plex, alex, now=shelves.later(hours=23))
    assert film.key in rows(alex)
    watching.refresh(plex, alex, now=shelves.later(hours=1))
    assert list(rows(alex)) == [other.key]
    shelves.household.mark_unwatched(shelves.alex, other)
    watching.refresh(plex, alex, now=shelves.now, whole=True)
    assert rows(alex) == {}


def test_each_user_has_watch_states_of_their_own(
    shelves: Shelves, standin: StandIn, plex: Plex, alex: PlexUser
) -> None:
    sam = PlexUser.objects.create(plex_id=77, kind=UserKind.HOME, title="Sam")
    sams = shelves.household.add_account("Sam", "token-of-sam", number=77)
    _, (first, second) = shelves.show("Show", 2)
    shelves.household.mark_watched(shelves.alex, first)
    shelves.household.mark_watched(sams, second)
    index(standin, shelves)
    assert (
        watching.refresh(plex, alex, now=shelves.now) == watching.refresh(connect(standin, "token-of-sam"), sam) == ""
    )
    assert (list(rows(alex)), list(rows(sam))) == ([first.key], [second.key])
    assert states_of(sam, [first.key, second.key]).keys() == {second.key}


def friend_with_films(shelves: Shelves) -> tuple[Account, PlexUser]:
    account = shelves.household.add_account("Kim", "token-of-kim", "shared", number=9, sections=[shelves.films])
    return account, PlexUser.objects.create(plex_id=9, kind=UserKind.SHARED, title="Kim")


def test_a_library_that_is_not_shared_with_a_user_is_not_asked_for(shelves: Shelves, standin: StandIn) -> None:
    account, kim = friend_with_films(shelves)
    film = shelves.film("Film")
    shelves.show("Show", 2)
    shelves.household.mark_watched(account, film)
    index(standin, shelves)
    kim.all_sections, kim.sections = False, [shelves.films.key]
    plex = connect(standin, "token-of-kim")
    assert watching.refresh(plex, kim, now=shelves.now) == ""
    assert asked(standin) == [FILMS]
    assert list(rows(kim)) == [film.key]


def test_a_library_that_is_hidden_from_a_user_without_our_knowledge_is_no_failure(
    shelves: Shelves, standin: StandIn
) -> None:
    account, kim = friend_with_films(shelves)
    shelves.household.mark_watched(account, shelves.film("Film"))
    shelves.show("Show", 2)
    index(standin, shelves)
    plex = connect(standin, "token-of-kim")
    assert watching.refresh(plex, kim, now=shelves.now) == ""
    assert asked(standin) == [FILMS, EPISODES, SECTIONS]
    assert state(kim).status == SourceStatus.FRESH


def test_a_library_that_is_switched_off_is_not_read(
    shelves: Shelves, standin: StandIn, plex: Plex, alex: PlexUser
) -> None:
    index(standin, shelves)
    LibrarySection.objects.filter(key=shelves.films.key).update(enabled=False)
    watching.refresh(plex, alex, now=shelves.now)
    assert asked(standin) == [EPISODES]


def test_a_viewing_that_is_dated_in_the_future_hides_none(
    shelves: Shelves, standin: StandIn, plex: Plex, alex: PlexUser
) -> None:
    strange, film = shelves.films_named("Strange", "Film")
    shelves.household.mark_watched(shelves.alex, strange, at=2_524_608_000)
    index(standin, shelves)
    watching.refresh(plex, alex, now=shelves.now)
    shelves.later(hours=1)
    shelves.household.mark_watched(shelves.alex, film)
    watching.refresh(plex, alex, now=shelves.now)
    assert set(rows(alex)) == {strange.key, film.key}


# ---- disturbances ---------------------------------------------------------------------------------------------------


def watched(
    shelves: Shelves, standin: StandIn, plex: Plex, alex: PlexUser, count: int = 12
) -> dict[str, tuple[int, int, int]]:
    """So many watched films and one episode, all known."""
    for number in range(count):
        shelves.household.mark_watched(shelves.alex, shelves.film(f"{number:04}"), at=number + 1)
    shelves.household.mark_watched(shelves.alex, shelves.show("Show", 1)[1][0])
    index(standin, shelves)
    assert watching.refresh(plex, alex, now=shelves.now) == ""
    asked(standin)
    return rows(alex)


FAULTS = [
    pytest.param(faults.Status(403), id="403"),
    pytest.param(faults.Status(404), id="404"),
    pytest.param(faults.Status(429, retry_after=0), id="429"),
    pytest.param(faults.Status(500), id="500"),
    pytest.param(faults.Status(522), id="522"),
    pytest.param(faults.Reset(), id="reset"),
    pytest.param(faults.Truncated(), id="truncated"),
    pytest.param(faults.MALFORMED, id="malformed"),
    pytest.param(faults.CAPTIVE_PORTAL, id="captive portal"),
    pytest.param(faults.EMPTY, id="empty body"),
    pytest.param(faults.wrong_size(0), id="says that it is empty"),
    pytest.param(faults.Body(lambda body: body.replace(b'viewCount="', b'viewCount="many')), id="letters"),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_answer_keeps_what_is_known_and_the_other_libraries_are_read(
    shelves: Shelves, standin: StandIn, plex: Plex, alex: PlexUser, fault: faults.Fault
) -> None:
    before = watched(shelves, standin, plex, alex)
    standin.fail("/library/sections/1/all", fault)
    now = shelves.later(days=1)
    _, (episode,) = shelves.show("Other", 1)
    shelves.household.mark_watched(shelves.alex, episode)
    why = watching.refresh(plex, alex, now=now)
    assert why.startswith("Movies: ")
    assert rows(alex) == before | {episode.key: (1, 0, shelves.time)}
    assert (state(alex).status, state(alex).why, state(alex).since) == (SourceStatus.FAILED, why, now)
    standin.heal()
    assert watching.refresh(plex, alex, now=shelves.later(minutes=1)) == ""
    assert state(alex).status == SourceStatus.FRESH


def test_a_refused_token_is_one_failure_and_keeps_everything(
    shelves: Shelves, standin: StandIn, plex: Plex, alex: PlexUser
) -> None:
    before = watched(shelves, standin, plex, alex)
    shelves.household.revoke(shelves.alex)
    why = watching.refresh(plex, alex, now=shelves.later(days=1))
    assert "refuses the token" in why
    assert TOKEN not in why
    assert asked(standin) == [FILMS]
    assert rows(alex) == before


def test_what_is_suddenly_watched_no_more_is_believed_the_second_time(
    shelves: Shelves, standin: StandIn, plex: Plex, alex: PlexUser
) -> None:
    before = watched(shelves, standin, plex, alex)
    films = [item for item in shelves.household.items.values() if item.section == shelves.films.key]
    for film in films[:7]:
        shelves.household.mark_unwatched(shelves.alex, film)
    why = watching.refresh(plex, alex, now=shelves.later(days=1))
    assert "Alex has 7 of 12 things watched no more" in why
    assert rows(alex) == before
    assert state(alex).drops == 1
    assert watching.refresh(plex, alex, now=shelves.later(minutes=1)) == ""
    assert len(rows(alex)) == 6
    assert state(alex).drops == 0


def test_half_of_everything_is_believed_at_once(shelves: Shelves, standin: StandIn, plex: Plex, alex: PlexUser) -> None:
    watched(shelves, standin, plex, alex)
    films = [item for item in shelves.household.items.values() if item.section == shelves.films.key]
    for film in films[:6]:
        shelves.household.mark_unwatched(shelves.alex, film)
    assert watching.refresh(plex, alex, now=shelves.later(days=1)) == ""
    assert len(rows(alex)) == 7


def test_what_is_begun_while_pages_are_read_is_not_forgotten(
    shelves: Shelves, standin: StandIn, plex: Plex, alex: PlexUser
) -> None:
    """It goes from a later page to the head of the list, which was read already."""
    before = watched(shelves, standin, plex, alex, count=600)
    last = next(item for item in shelves.household.items.values() if item.title == "0000")
    now = shelves.later(days=1)
    again = Meanwhile(lambda: shelves.household.mark_watched(shelves.alex, last))
    standin.fail("/library/sections/1/all", again, times=1)
    assert watching.refresh(plex, alex, now=now) == ""
    assert rows(alex) == before | {last.key: (2, 0, shelves.time)}


def test_what_slips_through_between_pages_is_not_forgotten(
    shelves: Shelves, standin: StandIn, plex: Plex, alex: PlexUser
) -> None:
    """A film of the first page is deleted: the first one of the second page is told of by no page."""
    before = watched(shelves, standin, plex, alex, count=600)
    first = next(item for item in shelves.household.items.values() if item.title == "0599")
    now = shelves.later(days=1)
    standin.fail("/library/sections/1/all", Meanwhile(lambda: shelves.household.remove(first)), times=1)
    assert watching.refresh(plex, alex, now=now) == ""
    assert rows(alex) == before
    assert WatchReading.objects.get(section__key="1").whole_due_at == now
    assert watching.refresh(plex, alex, now=shelves.later(minutes=1)) == ""
    assert rows(alex).keys() == before.keys() - {first.key}
    assert WatchReading.objects.get(section__key="1").whole_due_at == shelves.now + timedelta(days=1)


def test_a_server_that_does_not_sort_by_time_is_read_to_the_end(
    shelves: Shelves, standin: StandIn, plex: Plex, alex: PlexUser
) -> None:
    watched(shelves, standin, plex, alex)
    film = next(item for item in shelves.household.items.values() if item.title == "0000")
    shelves.later(hours=5)
    shelves.household.mark_watched(shelves.alex, film)

    def backwards(body: bytes) -> bytes:
        root = ElementTree.fromstring(body)
        root[:] = list(reversed(root))
        return ElementTree.tostring(root)

    standin.fail("/library/sections/1/all", faults.Body(backwards))
    assert watching.refresh(plex, alex, now=shelves.now) == ""
    assert rows(alex)[film.key] == (2, 0, shelves.time)
