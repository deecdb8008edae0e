import json
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
import requests
from plexapi.exceptions import BadRequest, NotFound, Unauthorized

from plexusers.standin import Account, StandIn, faults
from tests.plexusers.standin.conftest import Home, Outside, PlexServer, SignIn

JSON = {"Accept": "application/json"}
MACHINE = "0f1e2d3c4b5a69788796a5b4c3d2e1f000112233"


@pytest.fixture
def child(home: Home) -> Account:
    return home.household.add_account("Lou", "lou-token", managed=True, pin="1234")


def ask(plex: StandIn, path: str, token: str = "", method: str = "GET", **headers: str) -> requests.Response:
    signed = {"X-Plex-Token": token} if token else {}
    return requests.request(method, plex.url + path, headers={**signed, **headers}, timeout=5)


def test_an_account_is_told_about_itself(home: Home, child: Account, outside: Outside) -> None:
    owner = outside.account("owner-token")
    assert (owner.id, owner.title, owner.username, owner.email) == (
        home.owner.plex_id,
        "Alex",
        "Alex",
        "alex@example.com",
    )
    assert (owner.home, owner.homeAdmin, owner.homeSize, owner.subscriptionActive) == (True, True, 3, True)
    friend = outside.account(home.friend.account_token)
    assert (friend.id, friend.home, friend.homeSize, friend.subscriptionActive) == (77, False, 1, False)


@pytest.mark.parametrize("token", ["wrong", "sam-token", "kim-token"])
def test_a_token_for_the_server_is_refused_by_plex_tv(outside: Outside, token: str) -> None:
    with pytest.raises(Unauthorized, match="User could not be authenticated"):
        outside.account(token)


def test_a_token_for_plex_tv_is_refused_by_the_server(home: Home, plex: StandIn) -> None:
    for account in (home.sam, home.friend):
        with pytest.raises(Unauthorized):
            PlexServer(plex.url, account.account_token)
    assert home.owner.token == home.owner.account_token


def test_the_owner_is_told_of_everybody_else(home: Home, child: Account, outside: Outside) -> None:
    users = {user.title: user for user in outside.account("owner-token").users()}
    assert {name: (user.id, user.home, user.restricted, user.protected) for name, user in users.items()} == {
        "Sam": (home.sam.plex_id, True, "0", False),
        "Kim": (77, None, "0", False),
        "Lou": (child.plex_id, True, "1", True),
    }
    assert [users[name].username for name in ("Sam", "Kim", "Lou")] == ["Sam", "Kim", ""]
    assert users["Lou"].email == ""
    (share,) = users["Kim"].servers
    assert (share.machineIdentifier, share.numLibraries, share.allLibraries) == (MACHINE, 1, False)
    assert users["Sam"].servers[0].allLibraries
    assert outside.account(home.friend.account_token).users() == []


def test_a_home_lists_its_people_with_their_uuids(home: Home, child: Account, plex: StandIn) -> None:
    people = fromstring(ask(plex, "/plex.tv/api/home/users", "owner-token", **JSON).text)
    facts = [[person.get(name) for name in ("title", "uuid", "admin", "restricted", "protected")] for person in people]
    assert facts == [
        ["Alex", home.owner.uuid, "1", "0", "0"],
        ["Sam", home.sam.uuid, "0", "0", "0"],
        ["Lou", child.uuid, "0", "1", "1"],
    ]
    alone = fromstring(ask(plex, "/plex.tv/api/home/users", home.friend.account_token).text)
    assert [person.get("title") for person in alone] == ["Kim"]


def test_the_owner_is_told_the_tokens_of_those_the_server_is_shared_with(
    home: Home, child: Account, outside: Outside, plex: StandIn
) -> None:
    users = {user.title: user for user in outside.account("owner-token").users()}
    assert {name: user.get_token(MACHINE) for name, user in users.items()} == {
        "Sam": "sam-token",
        "Kim": "kim-token",
        "Lou": None,
    }
    shares = fromstring(ask(plex, f"/plex.tv/api/servers/{MACHINE}/shared_servers", "owner-token").text)
    kim = next(share for share in shares if share.get("userID") == "77")
    assert kim.get("allLibraries") == "0"
    assert {section.get("key"): section.get("shared") for section in kim} == {"1": "1", "2": "0"}
    home.household.tells_share_tokens = False
    assert users["Kim"].get_token(MACHINE) is None


@pytest.mark.parametrize(
    ("token", "machine", "expected"), [("account-sam-token", MACHINE, 403), ("owner-token", "x", 404)]
)
def test_the_tokens_are_for_the_owner_and_for_this_server_only(
    plex: StandIn, token: str, machine: str, expected: int
) -> None:
    assert ask(plex, f"/plex.tv/api/servers/{machine}/shared_servers", token).status_code == expected


def test_becoming_a_home_user_gives_a_token_for_plex_tv_and_there_the_one_for_the_server(
    home: Home, child: Account, outside: Outside, plex: StandIn, sign_in: SignIn
) -> None:
    owner = outside.account("owner-token")
    for account, pin in ((home.sam, None), (child, "1234")):
        switched = owner.switchHomeUser(account.title, pin)
        assert (switched.id, switched.restricted) == (account.plex_id, account.managed)
        with pytest.raises(Unauthorized):
            PlexServer(plex.url, switched.authToken)
        (resource,) = switched.resources()
        assert (resource.clientIdentifier, resource.owned, resource.home) == (MACHINE, False, True)
        assert PlexServer(plex.url, resource.accessToken).library.onDeck() == []


def test_the_newer_way_of_becoming_a_home_user_goes_by_uuid(child: Account, plex: StandIn) -> None:
    path = f"/plex.tv/api/v2/home/users/{child.uuid}/switch"
    answer = ask(plex, f"{path}?pin=1234", "owner-token", "POST", **JSON)
    assert (answer.status_code, answer.json()["authToken"]) == (201, child.account_token)
    as_xml = ask(plex, f"{path}?pin=1234", "owner-token", "POST")
    assert fromstring(as_xml.text).get("authToken") == child.account_token


@pytest.mark.parametrize("query", ["", "?pin=", "?pin=4321"])
def test_a_protected_user_needs_the_right_pin(child: Account, plex: StandIn, query: str) -> None:
    newer = ask(plex, f"/plex.tv/api/v2/home/users/{child.uuid}/switch{query}", "owner-token", "POST", **JSON)
    assert newer.status_code == 403
    assert newer.json()["errors"][0]["code"] == 1041
    older = ask(plex, f"/plex.tv/api/home/users/{child.plex_id}/switch{query}", "owner-token", "POST")
    assert (older.status_code, fromstring(older.text)[0].get("code")) == (403, "1041")


def test_nobody_becomes_a_friend_and_no_friend_becomes_anybody(home: Home, outside: Outside) -> None:
    with pytest.raises(NotFound):
        outside.account("owner-token").switchHomeUser("Kim")
    friend = ask(outside.plex, f"/plex.tv/api/v2/home/users/{home.sam.uuid}/switch", home.friend.account_token, "POST")
    assert friend.status_code == 403


def test_resources_come_as_json_too_and_name_the_address(home: Home, plex: StandIn) -> None:
    (resource,) = ask(plex, "/plex.tv/api/v2/resources?includeHttps=1", home.friend.account_token, **JSON).json()
    assert (resource["accessToken"], resource["owned"], resource["ownerId"]) == (
        "kim-token",
        False,
        home.owner.plex_id,
    )
    assert resource["connections"][0]["uri"] == plex.url


def test_a_renamed_user_keeps_number_uuid_and_tokens(home: Home, outside: Outside, sign_in: SignIn) -> None:
    home.household.rename(home.friend, "Kimberley")
    (user,) = (user for user in outside.account("owner-token").users() if user.id == 77)
    assert (user.title, user.username, user.get_token(MACHINE)) == ("Kimberley", "Kimberley", "kim-token")
    assert home.friend.uuid in user.thumb
    sign_in(home.friend)


def test_a_friend_removed_from_the_share_is_gone_but_keeps_the_account(
    home: Home, plex: StandIn, outside: Outside, sign_in: SignIn
) -> None:
    home.household.leave(home.friend)
    with pytest.raises(Unauthorized):
        sign_in(home.friend)
    owner = outside.account("owner-token")
    assert [user.title for user in owner.users()] == ["Sam"]
    assert "kim-token" not in ask(plex, f"/plex.tv/api/servers/{MACHINE}/shared_servers", "owner-token").text
    assert outside.account(home.friend.account_token).resources() == []
    home.household.join(home.friend)
    sign_in(home.friend)


def test_a_managed_user_who_leaves_has_no_account_any_more(home: Home, child: Account, outside: Outside) -> None:
    outside.account(child.account_token)
    home.household.leave(child)
    with pytest.raises(Unauthorized):
        outside.account(child.account_token)


def test_a_new_token_takes_the_place_of_the_old_one(home: Home, plex: StandIn, outside: Outside) -> None:
    renewed = home.household.renew(home.friend, "kim-token-2")
    with pytest.raises(Unauthorized):
        PlexServer(plex.url, "kim-token")
    PlexServer(plex.url, renewed.token)
    assert outside.account("owner-token").user("Kim").get_token(MACHINE) == "kim-token-2"


def test_being_signed_out_of_plex_tv_does_not_end_the_share(home: Home, outside: Outside, sign_in: SignIn) -> None:
    home.household.sign_out(home.friend)
    sign_in(home.friend)
    with pytest.raises(Unauthorized):
        outside.account(home.friend.account_token)
    home.household.admit(home.friend)
    outside.account(home.friend.account_token)
    home.household.sign_out(home.owner)
    with pytest.raises(Unauthorized):
        sign_in(home.owner)


def test_a_sign_in_gives_the_token_of_whoever_confirms_it(home: Home, plex: StandIn) -> None:
    headers = {**JSON, "X-Plex-Client-Identifier": "cacherr"}
    begun = ask(plex, "/plex.tv/api/v2/pins?strong=true", "", "POST", **headers)
    pin = begun.json()
    assert (begun.status_code, len(pin["code"]), pin["expiresIn"], pin["authToken"]) == (201, 25, 900, None)

    def look(**who: str) -> Any:
        return ask(plex, f"/plex.tv/api/v2/pins/{pin['id']}", "", **(who or headers))

    assert look().json()["authToken"] is None
    home.household.online.claim_pin(pin["code"], home.friend)
    assert look().json()["authToken"] == home.friend.account_token
    assert look(**{"X-Plex-Client-Identifier": "somebody else"}).status_code == 404
    home.time += 900
    assert look().status_code == 404
    with pytest.raises(LookupError):
        home.household.online.claim_pin(pin["code"], home.friend)


def test_the_client_library_signs_in_by_a_code_to_type(home: Home, outside: Outside) -> None:
    login = outside.pin_login()
    assert len(login.pin) == 4
    assert not login.checkLogin()
    home.household.online.claim_pin(login.pin, home.sam)
    assert login.checkLogin()
    assert login.token == home.sam.account_token


def test_a_sign_in_needs_a_client_with_a_name(plex: StandIn) -> None:
    assert ask(plex, "/plex.tv/api/v2/pins", "", "POST").status_code == 400


def test_plex_tv_answers_to_two_names(home: Home, plex: StandIn) -> None:
    answers = [ask(plex, f"/{host}/api/v2/user", "owner-token").text for host in ("plex.tv", "clients.plex.tv")]
    assert answers[0] == answers[1]
    assert [(request.path, request.account_title) for request in plex.requests] == [
        ("/plex.tv/api/v2/user", "Alex"),
        ("/clients.plex.tv/api/v2/user", "Alex"),
    ]


def test_an_avatar_is_a_picture_for_everybody(home: Home, plex: StandIn) -> None:
    pictures = [ask(plex, one.thumb.replace("https:/", "", 1)) for one in (home.owner, home.sam)]
    assert [picture.headers["Content-Type"] for picture in pictures] == ["image/png"] * 2
    assert all(picture.content.startswith(b"\x89PNG") for picture in pictures)
    assert pictures[0].content != pictures[1].content
    assert ask(plex, "/plex.tv/users/0000000000000000/avatar").status_code == 404


@pytest.mark.parametrize(
    ("status", "accept", "kind", "expected"),
    [
        (401, "", "xml", 'code="1001"'),
        (401, "application/json", "json", '"code":1001'),
        (403, "", "xml", 'status="403"'),
        (404, "", "xml", 'status="404"'),
        (422, "", "json", '{"error":"Invalid token"}'),
        (429, "", "json", '{"errors":[{"code":1003,"message":"API rate limit exceeded","status":429}]}'),
        (498, "", "xml", 'status="498"'),
        (500, "", "html", "Internal Server Error"),
        (522, "", "html", "Connection Timed Out"),
    ],
)
def test_an_error_has_the_body_that_plex_tv_gives_it(
    plex: StandIn, status: int, accept: str, kind: str, expected: str
) -> None:
    plex.fail("/plex.tv", faults.Status(status, retry_after=3))
    answer = ask(plex, "/plex.tv/api/v2/user", "owner-token", Accept=accept)
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "3")
    assert kind in answer.headers["Content-Type"]
    assert expected in answer.text
    if kind == "json":
        json.loads(answer.text)
    elif kind == "xml":
        fromstring(answer.text)


def test_a_host_can_fail_while_the_server_answers(home: Home, plex: StandIn, outside: Outside, sign_in: SignIn) -> None:
    plex.fail("/plex.tv", faults.Status(500))
    with pytest.raises(BadRequest, match=r"^\(500\)"):
        outside.account("owner-token")
    sign_in(home.owner)


def test_a_fault_can_be_meant_for_requests_that_mention_somebody(home: Home, child: Account, plex: StandIn) -> None:
    plex.fail("/plex.tv", faults.Status(429), mentions=f"/{child.uuid}/")
    expected = {home.sam.uuid: 201, child.uuid: 429}
    for uuid, status in expected.items():
        path = f"/plex.tv/api/v2/home/users/{uuid}/switch?pin=1234"
        assert ask(plex, path, "owner-token", "POST").status_code == status
