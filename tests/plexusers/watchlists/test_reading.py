"""Reading watchlists from the stand-in for Plex's hosts, with everything that can be wrong with an answer."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from cacherr.errors import ConfigurationError, PlexError, PlexSignInError
from plexusers.models import ItemKind, PlexUser
from plexusers.plextv import PlexTv
from plexusers.standin import Account, Household, StandIn, Work, faults
from plexusers.watchlists import feeds, friends, online
from plexusers.watchlists.lines import Line, line, ordered

SECRET = "3f1b7b9e-0000-4000-8000-00000000abcd"
FAULTS = [
    *[pytest.param(faults.Status(code), id=f"status {code}") for code in (401, 403, 404, 500, 520)],
    pytest.param(faults.Status(429, retry_after=0), id="status 429"),
    pytest.param(faults.Reset(), id="reset"),
    pytest.param(faults.Truncated(), id="truncated"),
    pytest.param(faults.CUT_DOCUMENT, id="cut document"),
    pytest.param(faults.MALFORMED, id="malformed"),
    pytest.param(faults.CAPTIVE_PORTAL, id="HTML"),
    pytest.param(faults.EMPTY, id="empty"),
    pytest.param(faults.Body(lambda _: b"[]"), id="a list"),
    pytest.param(faults.Body(lambda _: b"{}"), id="nothing in it"),
    pytest.param(faults.Body(lambda _: b'{"MediaContainer": {"size": 0}}'), id="no number of lines"),
    pytest.param(faults.Body(lambda _: b"null"), id="null"),
]


class People:
    """Alex owns the server, Sam is at home, Kim is a friend."""

    def __init__(self) -> None:
        self.household = Household("Home", "machine-1")
        self.online = self.household.online
        self.alex = self.household.add_account("Alex", "token-alex", "owner")
        self.sam = self.household.add_account("Sam", "token-sam")
        self.kim = self.household.add_account("Kim", "token-kim", "shared")

    def lists(self, account: Account, count: int) -> list[Line]:
        """So many films on somebody's watchlist; as lines, the newest first."""
        works = [Work("movie", f"plex://movie/{number:024x}", f"Film {number}", 2001) for number in range(count)]
        for number, work in enumerate(works):
            self.online.add_to_watchlist(account, work, at=1_000_000 + number)
        return [Line(ItemKind.MOVIE, work.title, work.year, (work.guid,)) for work in works][::-1]

    def row(self, account: Account, **values: Any) -> PlexUser:
        return PlexUser(plex_id=account.plex_id, username=account.username, **{"uuid": account.uuid, **values})


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
def plex(people: People, settings: Settings) -> Iterator[StandIn]:
    with StandIn(people.household) as server:
        settings.CACHERR_OUTBOUND_GATEWAY = server.url
        yield server


def own(account: Account) -> tuple[Line, ...]:
    return online.read(PlexTv("client", account.account_token, online.ADDRESS))


def of_friend(people: People, row: PlexUser) -> tuple[Line, ...]:
    return friends.Friends(PlexTv("client", people.alex.account_token, friends.ADDRESS)).watchlist(row)


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (1, 1), (100, 1), (101, 2), (230, 3)])
def test_an_own_watchlist_is_read_by_pages_of_a_hundred(
    people: People, plex: StandIn, count: int, requests: int
) -> None:
    expected = people.lists(people.sam, count)
    assert list(own(people.sam)) == expected
    assert len(plex.requests) == requests


@pytest.mark.parametrize(("count", "requests"), [(0, 2), (1, 2), (100, 2), (101, 3), (230, 4)])
def test_a_friends_watchlist_is_read_by_pages_of_a_hundred(
    people: People, plex: StandIn, count: int, requests: int
) -> None:
    expected = people.lists(people.kim, count)
    found = of_friend(people, people.row(people.kim))
    assert [(one.kind, one.title, one.names) for one in found] == [(one.kind, one.title, one.names) for one in expected]
    assert len(plex.requests) == requests


def test_the_friends_are_asked_for_once(people: People, plex: StandIn) -> None:
    lou = people.household.add_account("Lou", "token-lou", "shared")
    those = friends.Friends(PlexTv("client", people.alex.account_token, friends.ADDRESS))
    for account in (people.kim, lou):
        assert those.watchlist(people.row(account)) == ()
    assert len(plex.requests) == 3


def test_who_hides_the_watchlist_or_is_no_friend_is_unknown(people: People, plex: StandIn) -> None:
    people.online.hide_watchlist(people.kim)
    with pytest.raises(PlexError, match="does not show"):
        of_friend(people, people.row(people.kim))
    with pytest.raises(PlexError, match="does not name this user"):
        of_friend(people, people.row(people.sam))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_answer_is_a_named_error_without_secrets(people: People, plex: StandIn, fault: faults.Fault) -> None:
    people.lists(people.sam, 3)
    people.lists(people.kim, 3)
    secret = people.online.add_feed(people.sam)
    plex.fail("/", fault)
    asks: list[Callable[[], object]] = [
        lambda: own(people.sam),
        lambda: of_friend(people, people.row(people.kim)),
        lambda: feeds.read(secret),
    ]
    for ask in asks:
        with pytest.raises(PlexError) as caught:
            ask()
        assert caught.value.cure
        text = repr(caught.value) + str(caught.value) + repr(caught.value.__cause__)
        assert not {secret, "token-sam", "token-alex"} & set(text.replace("'", " ").split())
        assert secret not in text


@pytest.mark.parametrize("size", [0, 2, 7])
def test_a_list_that_lies_about_its_length_is_not_believed(people: People, plex: StandIn, size: int) -> None:
    people.lists(people.sam, 3)
    plex.fail("/discover.provider.plex.tv", faults.wrong_size(size))
    with pytest.raises(PlexError):
        own(people.sam)


def test_a_token_for_the_server_is_none_for_the_watchlist(people: People, plex: StandIn) -> None:
    with pytest.raises(PlexSignInError):
        online.read(PlexTv("client", "token-sam", online.ADDRESS))


# ---- feeds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refuses", ["", "/discover.provider.plex.tv", "/rss.plex.tv"])
def test_a_feed_is_read_from_the_host_that_serves_it(people: People, plex: StandIn, refuses: str) -> None:
    people.lists(people.sam, 3)
    secret = people.online.add_feed(people.sam)
    if refuses:
        plex.fail(refuses, faults.Status(403))
    found = feeds.read(f"https://rss.plex.tv/{secret}")
    assert [(one.title, one.year, one.added_at) for one in found] == [
        (f"Film {number}", 2001, 1_000_000 + number) for number in (2, 1, 0)
    ]
    assert not {"token-alex", "token-sam"} & {str(request.query) for request in plex.requests}


@pytest.mark.parametrize(
    "address",
    [SECRET, f"https://rss.plex.tv/{SECRET}", f"https://rss.plex.tv/{SECRET}?format=json",
     f"https://discover.provider.plex.tv/rss/{SECRET}", f" http://rss.plex.tv/{SECRET}/ "],
)  # fmt: skip
def test_the_secret_is_found_in_all_forms_of_an_address(address: str) -> None:
    assert feeds.secret_of(address) == SECRET


@pytest.mark.parametrize(
    "address", ["", "https://example.com/rss", f"https://evil.example/{SECRET}", "https://rss.plex.tv/../x", "a b"]
)
def test_an_address_of_somebody_else_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        feeds.secret_of(address)
    assert SECRET not in str(caught.value)


FILM = Line(ItemKind.MOVIE, "Enola Holmes 2", 2022, ("imdb://tt1", "tmdb://2"), 1_698_047_896)
TWICE = b"""{"description": "a", "description": "a", "items": [{"title": "Enola Holmes 2 (2022)", "category": "movie",
"pubDate": "Mon, 23 Oct 2023 07:58:16 GMT", "guids": ["tmdb://2", "imdb://tt1", "odd://3"]}, {"title": "A person"}]}"""
RSS = b"""<?xml version="1.0"?><rss><channel><item><title>Enola Holmes 2 (2022)</title><category>movie</category>
<pubDate>Mon, 23 Oct 2023 07:58:16 GMT</pubDate><guid>imdb://tt1</guid><guid>tmdb://2</guid></item>
<item><title>Nothing</title><category>person</category></item></channel></rss>"""
BOMB = b'<!DOCTYPE rss [<!ENTITY a "aaaa">]><rss><channel><item><title>&a;</title></item></channel></rss>'


@pytest.mark.parametrize("body", [TWICE, RSS])
def test_both_forms_of_a_feed_say_the_same(body: bytes) -> None:
    assert feeds.parse(body) == (FILM,)


@pytest.mark.parametrize("body", [BOMB, b"", b"<rss/>", b"<html></html>", b'{"items": 3}', b'{"items": [3]}', b"\xff"])
def test_what_is_no_feed_is_no_empty_feed(body: bytes) -> None:
    with pytest.raises(PlexError):
        feeds.parse(body)


@pytest.mark.parametrize(
    ("kind", "title", "year", "names", "expected"),
    [
        ("movie", "Alpha (2001)", None, (), Line(ItemKind.MOVIE, "Alpha", 2001)),
        ("MOVIE", "Alpha", "2001", (), Line(ItemKind.MOVIE, "Alpha", 2001)),
        ("show", "1984", None, (), Line(ItemKind.SHOW, "1984")),
        ("movie", "2012 (2009)", None, (), Line(ItemKind.MOVIE, "2012", 2009)),
        ("movie", "Alpha (2001)", 2002, (), Line(ItemKind.MOVIE, "Alpha", 2002)),
        ("movie", "Alpha", 99999, (), Line(ItemKind.MOVIE, "Alpha")),
        ("movie", "", None, ["tmdb://1"], Line(ItemKind.MOVIE, "", None, ("tmdb://1",))),
        ("movie", "", None, (), None),
        ("person", "Somebody", None, (), None),
        (None, None, None, (), None),
    ],
)
def test_a_line_is_made_of_what_was_read(kind: Any, title: Any, year: Any, names: Any, expected: Line | None) -> None:
    assert line(kind, title, year, names) == expected


def test_the_surest_name_comes_first() -> None:
    assert ordered(["tvdb://3", "", "plex://movie/a", "imdb://tt1", "local://4", "imdb://tt1", None]) == (
        "plex://movie/a", "imdb://tt1", "tvdb://3",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"uuid": "a1"}, "a1"),
        ({"thumb": "https://plex.tv/users/b2/avatar?c=1"}, "b2"),
        ({"username": "Cleo"}, "c3"),
        ({"username": "cleo"}, "c3"),
        ({"username": "Twin"}, ""),
        ({"username": ""}, ""),
        ({}, ""),
    ],
)
def test_a_friend_is_known_by_the_id_and_by_the_name_only_when_nobody_else_has_it(
    values: dict[str, str], expected: str
) -> None:
    known = {"a1": "Anna", "b2": "Ben", "c3": "Cleo", "d4": "Twin", "e5": "Twin", "f6": ""}
    assert friends.uuid_of(PlexUser(**values), known) == expected
