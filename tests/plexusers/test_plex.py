"""Asking Plex: what comes out of good answers, and that every bad one becomes a named error and never "nothing"."""

import logging
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

import pytest
from pytest_django.fixtures import Settings

from cacherr.errors import CacherrError, ConfigurationError, PlexError, PlexSignInError, PlexUnreachableError
from plexusers.models import PlexServer
from plexusers.plex import Plex, PlexFile, PlexItem, PlexSection
from plexusers.plextv import PlexTv
from plexusers.standin import Household, StandIn, faults
from plexusers.standin.records import ClipKind
from plexusers.standin.wire import HTML_TYPE
from tests.scripted_server import answer, running

TOKEN = "token-of-alex"
MEDIA = "/data/media"


class Library:
    """A household with films and a show, and Alex who owns it."""

    def __init__(self) -> None:
        self.household = Household("Home", "machine-1", clock=lambda: 1_700_000_000.0)
        self.alex = self.household.add_account("Alex", TOKEN, "owner")
        self.films = self.household.add_section("movie", "Movies", f"{MEDIA}/Movies", f"{MEDIA}/Old")
        self.shows = self.household.add_section("show", "TV", f"{MEDIA}/TV")
        self.film = self.household.add_movie(
            self.films,
            "Alpha",
            self.household.version(self.household.part(f"{MEDIA}/Movies/Alpha.mkv", 111)),
            year=2001,
        )
        show = self.household.add_show(self.shows, "Show")
        self.episode = self.household.add_episode(
            show, 2, 3, self.household.version(self.household.part(f"{MEDIA}/TV/Show/2x3.mkv", 222))
        )


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def standin(library: Library) -> Iterator[StandIn]:
    with StandIn(library.household) as server:
        yield server


def connect(standin: StandIn, token: str = TOKEN) -> Plex:
    return Plex(PlexServer(plex_url=standin.url, plex_token=token, client_identifier="client-1"))


@pytest.fixture
def plex(standin: StandIn) -> Plex:
    connected = connect(standin)
    standin.requests.clear()
    return connected


def without_item(body: bytes, key: str) -> bytes:
    """An answer about several items as if one of them were gone: the others are there, and the count is right."""
    container = ElementTree.fromstring(body)
    for item in container.findall(f"*[@ratingKey='{key}']"):
        container.remove(item)
    container.set("size", str(len(container)))
    return ElementTree.tostring(container)


def asked(standin: StandIn) -> list[str]:
    return [request.path for request in standin.requests]


# ---- good answers ---------------------------------------------------------------------------------------------------


def test_connecting_is_one_request_and_tells_which_server_it_is(standin: StandIn) -> None:
    connected = connect(standin)
    assert (connected.machine_identifier, connected.friendly_name) == ("machine-1", "Home")
    assert asked(standin) == ["/"]


def test_on_deck_is_one_request_with_all_that_the_plan_needs(library: Library, standin: StandIn, plex: Plex) -> None:
    library.household.watch(library.alex, library.film, offset_ms=60_000, at=1_600_000_000)
    library.household.watch(library.alex, library.episode, offset_ms=5_000, at=1_600_000_100)
    deck = plex.on_deck()
    # Reading every field sends nothing more: plexapi's habit of reloading items by itself is off.
    assert deck == (
        PlexItem(
            library.episode.key, "episode", f"Show S02E03 {library.episode.title}",
            (PlexFile(f"{MEDIA}/TV/Show/2x3.mkv", 222),), 5_000, 1_600_000_100,
        ),
        PlexItem(
            library.film.key, "movie", "Alpha (2001)",
            (PlexFile(f"{MEDIA}/Movies/Alpha.mkv", 111),), 60_000, 1_600_000_000,
        ),
    )  # fmt: skip
    assert asked(standin) == ["/library/onDeck"]


def test_an_item_without_files_sends_nothing_more(library: Library, standin: StandIn, plex: Plex) -> None:
    """Reading an empty field is what makes plexapi ask again by itself, once for each item."""
    library.household.watch(library.alex, library.household.add_movie(library.films, "Bare"), offset_ms=1000)
    assert [(item.title, item.files) for item in plex.on_deck()] == [("Bare", ())]
    assert asked(standin) == ["/library/onDeck"]


def test_an_empty_deck_is_an_answer(plex: Plex) -> None:
    assert plex.on_deck() == ()


def test_every_part_of_every_version_is_there(library: Library, standin: StandIn, plex: Plex) -> None:
    household = library.household
    cut = household.version(household.part("/m/cut - cd1.mkv", 1), household.part("/m/cut - cd2.mkv", 2))
    sharp = household.version(household.part("/m/sharp.mkv", 3), resolution="4k")
    film = household.add_movie(library.films, "Cut", cut, sharp)
    household.watch(library.alex, film, offset_ms=1000)
    (item,) = plex.on_deck()
    assert item.files == (
        PlexFile("/m/cut - cd1.mkv", 1),
        PlexFile("/m/cut - cd2.mkv", 2),
        PlexFile("/m/sharp.mkv", 3),
    )
    assert asked(standin) == ["/library/onDeck"]


@pytest.mark.parametrize(
    ("season", "number", "date", "title"),
    [(1, 12, None, "S01E12"), (0, 1, None, ""), (None, None, "2020-05-06", "2020-05-06")],
)
def test_an_episode_without_a_usual_number_is_named_all_the_same(
    library: Library, plex: Plex, *, season: int | None, number: int | None, date: str | None, title: str
) -> None:
    household = library.household
    show = household.add_show(library.shows, "Daily")
    part = household.part("/m/daily.mkv", 1)
    episode = household.add_episode(show, season, number, household.version(part), date=date)
    household.watch(library.alex, episode, offset_ms=1000)
    (item,) = plex.on_deck()
    assert item.title.startswith("Daily ")
    assert title in item.title


def test_a_path_stays_as_plex_writes_it(library: Library, plex: Plex) -> None:
    household = library.household
    names = ["C:\\Media\\Löwe & Söhne.mkv", "/m/line\tbreak <x> 'y' \"z\".mkv", "/m/日本.mkv"]
    for name in names:
        film = household.add_movie(library.films, name, household.version(household.part(name, 1)))
        household.watch(library.alex, film, offset_ms=1000)
    assert {file.path for item in plex.on_deck() for file in item.files} == set(names)


def test_an_item_is_found_by_its_rating_key_and_a_show_is_its_episodes(library: Library, plex: Plex) -> None:
    assert [item.title for item in plex.items(str(library.film.key))] == ["Alpha (2001)"]
    show = next(item for item in library.household.items.values() if item.title == "Show")
    assert [item.rating_key for item in plex.items(str(show.key))] == [str(library.episode.key)]
    assert plex.items("999999") == ()


def test_sections_come_with_their_kinds_and_directories_in_one_request(
    library: Library, standin: StandIn, plex: Plex
) -> None:
    films, shows = plex.sections()
    assert len({films.uuid, shows.uuid, ""}) == 3
    changes = library.household.changes
    assert films == PlexSection(
        library.films.key, "movie", "Movies", (f"{MEDIA}/Movies", f"{MEDIA}/Old"), films.uuid, changes[films.key]
    )
    assert shows == PlexSection(library.shows.key, "show", "TV", (f"{MEDIA}/TV",), shows.uuid, changes[shows.key])
    assert asked(standin) == ["/library/sections"]


def test_nothing_playing_is_one_request(standin: StandIn, plex: Plex) -> None:
    assert plex.playing() == ()
    assert asked(standin) == ["/status/sessions"]


@pytest.mark.parametrize("transcoded", [False, True])
def test_what_plays_comes_with_all_its_files_even_when_transcoded(
    library: Library, standin: StandIn, plex: Plex, transcoded: bool
) -> None:
    sam = library.household.add_account("Sam", "token-of-sam")
    library.household.start_playing(library.alex, library.film, transcoded=transcoded)
    library.household.start_playing(sam, library.episode, state="paused", transcoded=transcoded)
    assert {file for item in plex.playing() for file in item.files} == {
        PlexFile(f"{MEDIA}/Movies/Alpha.mkv", 111),
        PlexFile(f"{MEDIA}/TV/Show/2x3.mkv", 222),
    }
    assert asked(standin) == ["/status/sessions", f"/library/metadata/{library.film.key},{library.episode.key}"]


def test_all_versions_and_parts_of_what_plays_count_not_only_the_one_that_is_played(
    library: Library, standin: StandIn, plex: Plex
) -> None:
    household = library.household
    cut = household.version(household.part("/m/cut - cd1.mkv", 1), household.part("/m/cut - cd2.mkv", 2))
    sharp = household.version(household.part("/m/sharp.mkv", 3), resolution="4k")
    film = household.add_movie(library.films, "Cut", cut, sharp)
    household.start_playing(library.alex, film, version=sharp)
    (item,) = plex.playing()
    assert [file.path for file in item.files] == ["/m/cut - cd1.mkv", "/m/cut - cd2.mkv", "/m/sharp.mkv"]
    assert len(standin.requests) == 2


def test_it_is_unknown_what_plays_when_an_item_has_left_the_library(
    library: Library, standin: StandIn, plex: Plex
) -> None:
    sam = library.household.add_account("Sam", "token-of-sam")
    library.household.start_playing(library.alex, library.film)
    library.household.start_playing(sam, library.episode)
    standin.fail("/library/metadata", faults.Body(lambda body: without_item(body, library.episode.key)))
    with pytest.raises(PlexError, match=library.episode.key):
        plex.playing()


def test_the_same_film_played_twice_is_asked_for_once(library: Library, standin: StandIn, plex: Plex) -> None:
    sam = library.household.add_account("Sam", "token-of-sam")
    for account in (library.alex, sam):
        library.household.start_playing(account, library.film)
    assert len(plex.playing()) == 1
    assert asked(standin) == ["/status/sessions", f"/library/metadata/{library.film.key}"]


@pytest.mark.parametrize("kind", ["preroll", "livetv"])
def test_what_plays_but_is_in_no_library_is_no_item(
    library: Library, standin: StandIn, plex: Plex, kind: ClipKind
) -> None:
    library.household.start_clip(library.alex, kind)
    library.household.start_playing(library.alex, library.film)
    assert [item.title for item in plex.playing()] == ["Alpha (2001)"]
    assert len(standin.requests) == 2


# ---- bad answers ----------------------------------------------------------------------------------------------------

ELSEWHERE = faults.Body(lambda _: b"<html><body><p>Sign in to the network</p></body></html>", HTML_TYPE)
OTHER_XML = faults.Body(lambda _: b'<?xml version="1.0"?><rss version="2.0"/>')
NAMELESS = faults.Body(lambda body: body.replace(b"machineIdentifier", b"x").replace(b"ratingKey", b"x"))
NUMBERLESS = faults.Body(lambda body: body.replace(b'size="', b'size="many'))
BOMB = faults.Body(
    lambda _: (
        b'<!DOCTYPE x [<!ENTITY a "'
        + b"x" * 1000
        + b'">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 20) for i in range(6))
        + b']><MediaContainer size="1"><Video t="&g;"/></MediaContainer>'
    )
)

STATUSES = [
    (400, PlexUnreachableError),
    (401, PlexSignInError),
    (403, PlexUnreachableError),
    (404, PlexUnreachableError),
    (422, PlexSignInError),
    (429, PlexUnreachableError),
    (498, PlexSignInError),
    (500, PlexUnreachableError),
    (502, PlexUnreachableError),
    (503, PlexUnreachableError),
    (504, PlexUnreachableError),
    (520, PlexUnreachableError),
    (525, PlexUnreachableError),
]
FAULTS = [
    *[pytest.param(faults.Status(status), kind, id=f"status {status}") for status, kind in STATUSES],
    pytest.param(faults.Status(429, retry_after=0), PlexUnreachableError, id="busy, come back at once"),
    pytest.param(faults.Reset(), PlexUnreachableError, id="reset"),
    pytest.param(faults.Truncated(), PlexUnreachableError, id="truncated"),
    pytest.param(faults.CUT_DOCUMENT, PlexUnreachableError, id="cut document"),
    pytest.param(faults.MALFORMED, PlexUnreachableError, id="malformed"),
    pytest.param(faults.CAPTIVE_PORTAL, PlexUnreachableError, id="captive portal"),
    pytest.param(ELSEWHERE, PlexUnreachableError, id="captive portal in good XML"),
    pytest.param(OTHER_XML, PlexUnreachableError, id="XML of somebody else"),
    pytest.param(faults.EMPTY, PlexError, id="empty body"),
    pytest.param(faults.Body(lambda _: b"\x00\xff\xfe"), PlexUnreachableError, id="no text"),
    pytest.param(BOMB, PlexError, id="an XML bomb"),
    pytest.param(NAMELESS, PlexError, id="without the keys of items"),
]
ABOUT_LISTS = [
    pytest.param(faults.wrong_size(0), PlexUnreachableError, id="says that it is empty"),
    pytest.param(faults.wrong_size(50), PlexUnreachableError, id="says that there is more"),
    pytest.param(NUMBERLESS, PlexError, id="a size that is no number"),
]


def no_surprise(ask: Callable[[], object], kind: type[CacherrError]) -> None:
    with pytest.raises(PlexError) as caught:
        ask()
    assert isinstance(caught.value, kind)
    assert caught.value.cure
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(("fault", "kind"), [*FAULTS, *ABOUT_LISTS])
def test_a_bad_answer_about_the_deck_is_a_named_error(
    library: Library, standin: StandIn, plex: Plex, fault: faults.Fault, kind: type[PlexError]
) -> None:
    library.household.watch(library.alex, library.film, offset_ms=1000)
    standin.fail("/library/onDeck", fault)
    no_surprise(plex.on_deck, kind)
    standin.heal()
    assert len(plex.on_deck()) == 1


@pytest.mark.parametrize(("fault", "kind"), FAULTS)
def test_a_bad_answer_while_connecting_is_a_named_error(
    standin: StandIn, fault: faults.Fault, kind: type[PlexError]
) -> None:
    standin.fail("/", fault)
    no_surprise(lambda: connect(standin), kind)


@pytest.mark.parametrize("path", ["/status/sessions", "/library/metadata"])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        pytest.param(faults.Status(500), PlexUnreachableError, id="status 500"),
        pytest.param(faults.Reset(), PlexUnreachableError, id="reset"),
        pytest.param(faults.EMPTY, PlexError, id="empty body"),
        pytest.param(faults.wrong_size(0), PlexUnreachableError, id="says that it is empty"),
    ],
)
def test_a_bad_answer_about_what_plays_is_a_named_error_even_when_it_is_about_one_item(
    library: Library, standin: StandIn, plex: Plex, *, path: str, fault: faults.Fault, kind: type[PlexError]
) -> None:
    library.household.start_playing(library.alex, library.film)
    standin.fail(path, fault)
    no_surprise(plex.playing, kind)


def test_a_bad_answer_about_sections_is_a_named_error(standin: StandIn, plex: Plex) -> None:
    standin.fail("/library/sections", faults.wrong_size(0))
    no_surprise(plex.sections, PlexUnreachableError)


@pytest.mark.parametrize("path", ["/", "/library/onDeck"])
def test_an_answer_that_drips_for_ever_is_a_named_error(standin: StandIn, settings: Settings, path: str) -> None:
    settings.OUTBOUND_TOTAL_SECONDS = 1.5
    standin.fail(path, faults.Drip())
    no_surprise(lambda: connect(standin).on_deck(), PlexUnreachableError)


def test_a_server_that_is_gone_is_a_named_error(standin: StandIn, plex: Plex) -> None:
    standin.stop()
    no_surprise(plex.on_deck, PlexUnreachableError)
    no_surprise(lambda: connect(standin), PlexUnreachableError)


def test_a_short_trouble_is_outlived(library: Library, standin: StandIn, plex: Plex) -> None:
    library.household.watch(library.alex, library.film, offset_ms=1000)
    standin.fail("/library/onDeck", faults.Status(503), times=2)
    assert len(plex.on_deck()) == 1
    assert len(standin.requests) == 3


def test_a_token_that_was_taken_back_asks_for_a_new_sign_in(library: Library, plex: Plex) -> None:
    library.household.revoke(library.alex)
    with pytest.raises(PlexSignInError, match="Sign in again"):
        plex.on_deck()


# ---- tokens ---------------------------------------------------------------------------------------------------------


def test_a_missing_token_is_an_error_and_never_somebody_elses(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLEXAPI_AUTH_SERVER_TOKEN", TOKEN)
    with pytest.raises(ConfigurationError, match="PLEX_TOKEN"):
        connect(standin, token="")
    assert standin.requests == []


def test_a_missing_address_is_an_error_and_never_somebody_elses(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLEXAPI_AUTH_SERVER_BASEURL", standin.url)
    with pytest.raises(ConfigurationError, match="PLEX_URL"):
        Plex(PlexServer(plex_token=TOKEN))
    assert standin.requests == []


NO_TOKENS = ["tökén-of-alex", "token\u2026", "token of alex", "token\nof alex", "token\x7f", "пароль"]


@pytest.mark.parametrize("token", NO_TOKENS)
def test_what_cannot_be_a_token_is_told_as_such_and_never_sent(standin: StandIn, token: str) -> None:
    with pytest.raises(PlexSignInError, match=r"no Plex token.* X-Plex-Token="):
        connect(standin, token)
    with pytest.raises(PlexSignInError, match="no Plex token"):
        PlexTv("client-1", token)
    assert standin.requests == []


EMPTY_DECK = answer(b'<MediaContainer size="0"></MediaContainer>')
ROOT = answer(b'<MediaContainer size="0" machineIdentifier="machine-1" friendlyName="Home"></MediaContainer>')


def test_the_token_is_in_no_address_and_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with running(ROOT, EMPTY_DECK, answer(status=500)) as server:
        connected = Plex(PlexServer(plex_url=server.url, plex_token=TOKEN))
        assert connected.on_deck() == ()
        no_surprise(connected.on_deck, PlexUnreachableError)
    assert server.paths == ["/", *["/library/onDeck?includeGuids=1"] * 2]
    assert all(headers["X-Plex-Token"] == TOKEN for _, headers, _ in server.seen)
    assert caplog.records
    assert TOKEN not in caplog.text


def test_the_token_does_not_follow_a_redirect_to_somebody_else() -> None:
    """A captive portal or a login page in front of Plex sends every request to itself."""
    with running(ROOT) as portal, running(answer(status=302, headers={"Location": f"{portal.url}/login"})) as server:
        no_surprise(lambda: Plex(PlexServer(plex_url=server.url, plex_token=TOKEN)), PlexUnreachableError)
    assert portal.seen == []


def test_plex_knows_this_installation_by_a_name_that_stays(standin: StandIn) -> None:
    with running(ROOT, EMPTY_DECK) as server:
        Plex(PlexServer(plex_url=server.url, plex_token=TOKEN, client_identifier="client-1")).on_deck()
    assert [headers["X-Plex-Client-Identifier"] for _, headers, _ in server.seen] == ["client-1"] * 2
    assert {headers["X-Plex-Product"] for _, headers, _ in server.seen} == {"Cacherr"}
