import json
import re
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
import requests
from plexapi.exceptions import BadRequest, NotFound, Unauthorized

from plexusers.standin import Account, StandIn, Work, faults
from tests.plexusers.standin.conftest import Home, Outside

ELSEWHERE = Work("movie", "plex://movie/5d77688b9ab54400214e789b", "Elsewhere", 2019, ("tmdb://7", "imdb://tt7"))
DISCOVER = "/discover.provider.plex.tv"
LIST = f"{DISCOVER}/library/sections/watchlist/all"
FRIENDS = "query GetAllFriends { allFriendsV2 { user { id username } } }"
PAGE = """query GetWatchlistHub ($uuid: ID = "", $first: PaginationInt!, $after: String) {
  user(id: $uuid) { watchlist(first: $first, after: $after) {
    nodes { id title type } pageInfo { hasNextPage endCursor } } } }"""


def ask(plex: StandIn, path: str, account: Account | None = None, **headers: str) -> requests.Response:
    signed = {"X-Plex-Token": account.account_token} if account else {}
    return requests.get(plex.url + path, headers={**signed, **headers}, timeout=5)


def page(plex: StandIn, account: Account, query: str = "") -> dict[str, Any]:
    container: dict[str, Any] = ask(plex, LIST + query, account, Accept="application/json").json()["MediaContainer"]
    return container


def question(plex: StandIn, account: Account, query: str, **variables: object) -> dict[str, Any]:
    body = {"query": query, "variables": variables}
    headers = {"X-Plex-Token": account.account_token}
    answer = requests.post(f"{plex.url}/community.plex.tv/api", json=body, headers=headers, timeout=5)
    answer.raise_for_status()
    told: dict[str, Any] = answer.json()
    return told


def fill(home: Home, account: Account, count: int) -> list[str]:
    """Puts so many films on a watchlist; their titles, newest first."""
    works = [Work("movie", f"plex://movie/{number:024x}", f"Film {number}") for number in range(count)]
    for number, work in enumerate(works):
        home.household.online.add_to_watchlist(account, work, at=1_000_000 + number // 2)
    return [work.title for work in works][::-1]


def test_a_watchlist_is_the_tokens_own_and_newest_first(home: Home, outside: Outside) -> None:
    show, _ = home.show("Series", 1)
    film = home.film("Film")
    online = home.household.online
    online.add_to_watchlist(home.sam, film, at=200)
    online.add_to_watchlist(home.sam, show, at=300)
    online.add_to_watchlist(home.sam, ELSEWHERE, at=100)
    online.add_to_watchlist(home.friend, ELSEWHERE)
    listed = outside.account(home.sam.account_token).watchlist()
    assert [(one.type, one.guid, one.year) for one in listed] == [
        ("show", show.guid, 2010),
        ("movie", film.guid, 2001),
        ("movie", ELSEWHERE.guid, 2019),
    ]
    assert [one.title for one in outside.account(home.friend.account_token).watchlist()] == ["Elsewhere"]
    assert outside.account("owner-token").watchlist() == []
    account = outside.account(home.sam.account_token)
    assert [one.title for one in account.watchlist(libtype="movie", sort="titleSort:asc")] == ["Elsewhere", "Film"]
    online.remove_from_watchlist(home.sam, film)
    assert [one.title for one in account.watchlist()] == ["Series", "Elsewhere"]


def test_the_client_library_pages_through_a_long_watchlist(home: Home, plex: StandIn, outside: Outside) -> None:
    titles = fill(home, home.sam, 230)
    account = outside.account(home.sam.account_token)
    plex.requests.clear()
    assert [one.title for one in account.watchlist()] == titles
    asked = [request.path for request in plex.requests]
    assert asked == [LIST, LIST, LIST, "/metadata.provider.plex.tv"]


@pytest.mark.parametrize(
    ("query", "size", "offset"),
    [
        ("", 20, 0),
        ("?X-Plex-Container-Size=100", 100, 0),
        ("?X-Plex-Container-Size=300", 100, 0),
        ("?X-Plex-Container-Start=120&X-Plex-Container-Size=100", 10, 120),
        ("?X-Plex-Container-Size=0", 0, 0),
    ],
)
def test_a_page_has_twenty_lines_unless_more_are_wanted_and_never_more_than_a_hundred(
    home: Home, plex: StandIn, query: str, size: int, offset: int
) -> None:
    fill(home, home.sam, 130)
    container = page(plex, home.sam, query)
    assert (container["size"], container["totalSize"], container["offset"]) == (size, 130, offset)
    assert len(container.get("Metadata", [])) == size


def test_past_the_end_the_lines_are_missing_altogether(home: Home, plex: StandIn) -> None:
    fill(home, home.sam, 3)
    assert page(plex, home.sam, "?X-Plex-Container-Start=300") == {
        "librarySectionID": "watchlist",
        "librarySectionTitle": "Watchlist",
        "offset": 300,
        "totalSize": 3,
        "identifier": "tv.plex.provider.discover",
        "size": 0,
    }


def test_external_ids_have_to_be_asked_for_one_by_one(home: Home, outside: Outside, plex: StandIn) -> None:
    home.household.online.add_to_watchlist(home.sam, ELSEWHERE)
    assert "Guid" not in page(plex, home.sam)["Metadata"][0]
    (listed,) = outside.account(home.sam.account_token).watchlist()
    assert not listed._data.findall("Guid")
    full = ask(plex, f"/metadata.provider.plex.tv{listed.key}", home.sam)
    assert [guid.get("id") for guid in fromstring(full.text).iter("Guid")] == ["tmdb://7", "imdb://tt7"]


def test_an_item_of_a_legacy_agent_has_a_guid_of_the_catalogue_on_the_watchlist(home: Home, plex: StandIn) -> None:
    legacy = "com.plexapp.agents.imdb://tt0123456?lang=en"
    film = home.household.add_movie(home.films, "Old", guid=legacy, guids=["imdb://tt0123456"])
    home.household.online.add_to_watchlist(home.sam, film)
    (listed,) = page(plex, home.sam)["Metadata"]
    assert re.fullmatch(r"plex://movie/[0-9a-f]{24}", listed["guid"])


def test_the_client_library_changes_a_watchlist(home: Home, outside: Outside) -> None:
    online = home.household.online
    online.add_to_watchlist(home.friend, ELSEWHERE)
    (item,) = outside.account(home.friend.account_token).watchlist()
    account = outside.account(home.sam.account_token)
    assert not account.onWatchlist(item)
    account.addToWatchlist(item)
    assert account.onWatchlist(item)
    assert [line.work for line in online.watchlist(home.sam)] == [ELSEWHERE]
    account.removeFromWatchlist(item)
    assert online.watchlist(home.sam) == []


def test_a_watchlist_needs_a_token_of_plex_tv(home: Home, plex: StandIn) -> None:
    assert requests.get(plex.url + LIST, headers={"X-Plex-Token": "sam-token"}, timeout=5).status_code == 401
    answer = ask(plex, LIST, Accept="application/json")
    assert (answer.status_code, answer.json()["Error"]["statusCode"]) == (401, 401)
    assert fromstring(ask(plex, LIST).text).get("statusCode") == "401"


def test_online_sources_are_off_for_a_managed_user(home: Home, outside: Outside) -> None:
    home.household.add_account("Lou", "lou-token", managed=True)
    lou = outside.account("owner-token").switchHomeUser("Lou")
    with pytest.raises(BadRequest, match=r"^\(403\)"):
        lou.watchlist()


def test_where_the_watchlist_used_to_be_there_is_none(home: Home, plex: StandIn) -> None:
    answer = ask(plex, "/metadata.provider.plex.tv/library/sections/watchlist/all", home.sam)
    assert answer.status_code == 404
    assert ask(plex, f"{DISCOVER}/library/metadata/unknown", home.sam).status_code == 404


@pytest.mark.parametrize(
    ("fault", "error"),
    [(faults.Status(401), Unauthorized), (faults.Status(404), NotFound), (faults.Status(429, 0), BadRequest)],
)
def test_one_accounts_watchlist_can_fail(
    home: Home, plex: StandIn, outside: Outside, fault: faults.Fault, error: type[Exception]
) -> None:
    mine, theirs = (outside.account(one.account_token) for one in (home.sam, home.friend))
    plex.fail(DISCOVER, fault, account=home.sam)
    with pytest.raises(error):
        mine.watchlist()
    assert theirs.watchlist() == []


def test_friends_are_those_outside_the_home(home: Home, plex: StandIn) -> None:
    assert question(plex, home.owner, FRIENDS) == {
        "data": {"allFriendsV2": [{"user": {"id": home.friend.uuid, "username": "Kim"}}]}
    }
    assert question(plex, home.friend, FRIENDS)["data"]["allFriendsV2"][0]["user"]["id"] == home.owner.uuid
    home.household.leave(home.friend)
    assert question(plex, home.owner, FRIENDS) == {"data": {"allFriendsV2": []}}


def test_a_friends_watchlist_comes_in_pages_that_lead_to_each_other(home: Home, plex: StandIn) -> None:
    titles = fill(home, home.friend, 25)
    found, cursor, pages = [], None, 0
    while True:
        told = question(plex, home.owner, PAGE, uuid=home.friend.uuid, first=10, after=cursor)["data"]["user"]
        found += [node["title"] for node in told["watchlist"]["nodes"]]
        pages, cursor = pages + 1, told["watchlist"]["pageInfo"]["endCursor"]
        if not told["watchlist"]["pageInfo"]["hasNextPage"]:
            break
    assert (found, pages) == (titles, 3)


def test_a_friends_watchlist_names_works_by_their_keys(home: Home, plex: StandIn) -> None:
    show, _ = home.show("Series", 1)
    home.household.online.add_to_watchlist(home.friend, show)
    told = question(plex, home.owner, PAGE, uuid=home.friend.uuid, first=100, after=None)
    assert told["data"]["user"]["watchlist"]["nodes"] == [
        {
            "id": show.guid.rpartition("/")[2],
            "title": "Series",
            "publicPagesURL": "https://watch.plex.tv/show/series",
            "type": "SHOW",
        }
    ]


def test_an_empty_watchlist_is_no_error_and_a_private_one_is(home: Home, plex: StandIn) -> None:
    wanted = {"uuid": home.friend.uuid, "first": 100, "after": None}
    empty = question(plex, home.owner, PAGE, **wanted)
    assert empty["data"]["user"]["watchlist"] == {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    home.household.online.hide_watchlist(home.friend)
    private = question(plex, home.owner, PAGE, **wanted)
    assert private["data"]["user"]["watchlist"] is None
    assert private["errors"]
    assert question(plex, home.friend, PAGE, **wanted) == empty
    home.household.online.show_watchlist(home.friend)
    assert question(plex, home.owner, PAGE, **wanted) == empty


def test_a_strangers_watchlist_is_refused(home: Home, plex: StandIn) -> None:
    told = question(plex, home.friend, PAGE, uuid=home.sam.uuid, first=100, after=None)
    assert (told["data"], bool(told["errors"])) == ({"user": None}, True)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"query": "{ publicIP }"}', b"\xff"])
def test_a_question_that_makes_no_sense_is_an_error(home: Home, plex: StandIn, body: bytes) -> None:
    headers = {"X-Plex-Token": home.owner.token}
    answer = requests.post(f"{plex.url}/community.plex.tv/api", data=body, headers=headers, timeout=5)
    assert (answer.status_code, bool(answer.json()["errors"])) == (400, True)


def test_one_friends_watchlist_can_fail(home: Home, plex: StandIn) -> None:
    other = home.household.add_account("Noa", "noa-token", "shared")
    plex.fail("/community.plex.tv", faults.Status(503), mentions=home.friend.uuid)
    question(plex, home.owner, FRIENDS)
    question(plex, home.owner, PAGE, uuid=other.uuid, first=100)
    with pytest.raises(requests.HTTPError):
        question(plex, home.owner, PAGE, uuid=home.friend.uuid, first=100)


@pytest.mark.parametrize("place", ["/rss.plex.tv/", f"{DISCOVER}/rss/"])
def test_a_feed_is_served_by_two_hosts_without_a_token(home: Home, plex: StandIn, place: str) -> None:
    online = home.household.online
    online.add_to_watchlist(home.sam, ELSEWHERE, at=1_697_150_726)
    online.add_to_watchlist(home.sam, Work("show", "plex://show/1", "Tom & Co", 2021), at=1_697_150_727)
    feed = online.add_feed(home.sam)
    channel = fromstring(ask(plex, f"{place}{feed}").text)[0]
    assert [[item.findtext(name) for name in ("title", "category", "guid")] for item in channel.iter("item")] == [
        ["Tom & Co (2021)", "show", None],
        ["Elsewhere (2019)", "movie", "imdb://tt7"],
    ]
    dates = [parsedate_to_datetime(item.findtext("pubDate") or "").timestamp() for item in channel.iter("item")]
    assert dates == [1_697_150_727, 1_697_150_726]
    as_json = ask(plex, f"{place}{feed}?format=json")
    assert as_json.text.count('"description": "Plex watchlist for me"') == 2
    assert [item["guids"] for item in json.loads(as_json.text)["items"]] == [[], ["tmdb://7", "imdb://tt7"]]
    assert ask(plex, f"{place}00000000-0000-0000-0000-000000000000").status_code == 404


def test_a_feed_holds_the_newest_fifty_only(home: Home, plex: StandIn) -> None:
    titles = fill(home, home.sam, 60)
    feed = home.household.online.add_feed(home.sam)
    items = ask(plex, f"/rss.plex.tv/{feed}?format=json").json()["items"]
    assert [item["title"] for item in items] == titles[:50]


def test_the_feed_of_all_friends_holds_what_they_let_be_seen_and_everything_once(home: Home, plex: StandIn) -> None:
    online = home.household.online
    others = [home.household.add_account(name, f"{name}-token", "shared") for name in ("Noa", "Ira")]
    for number, account in enumerate([home.friend, *others]):
        online.add_to_watchlist(account, ELSEWHERE, at=100 + number)
        online.add_to_watchlist(account, Work("movie", f"plex://movie/{number}", f"Film {number}"), at=200 + number)
    online.add_to_watchlist(home.sam, home.film("At Home"))
    online.hide_watchlist(others[1])
    feed = online.add_feed(home.owner, friends=True)
    items = ask(plex, f"/rss.plex.tv/{feed}?format=json").json()["items"]
    assert [item["title"] for item in items] == ["Film 1", "Film 0", "Elsewhere (2019)"]


def test_one_host_of_the_feeds_can_refuse(home: Home, plex: StandIn) -> None:
    feed = home.household.online.add_feed(home.sam)
    plex.fail("/rss.plex.tv", faults.Status(403))
    assert ask(plex, f"/rss.plex.tv/{feed}").status_code == 403
    assert ask(plex, f"{DISCOVER}/rss/{feed}").status_code == 200
