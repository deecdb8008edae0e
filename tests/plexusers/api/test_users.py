"""Users by API, as programs ask."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from plexusers import discovery
from plexusers.models import PREFERENCES, PlexUser, UserTypeDefaults
from plexusers.standin import StandIn, faults
from tests.caching.quiet import KEY
from tests.plexusers.people import Family

USERS = "/api/users"


@pytest.fixture(autouse=True)
def key(settings: Settings) -> None:
    settings.CACHERR_API_KEY = KEY["x-api-key"]


@pytest.fixture
def known(family: Family, at_plex: StandIn) -> Family:
    discovery.sync()
    return family


def get(client: Client, path: str, status: int = 200) -> Any:
    answer = client.get(path, headers=KEY)
    assert answer.status_code == status, answer.content
    return answer.json()["data"] if status < 400 else answer.json()["error"]


def send(client: Client, method: str, path: str, body: object = "", status: int = 200) -> Any:
    answer = getattr(client, method)(path, body, "application/json", headers=KEY)
    assert answer.status_code == status, answer.content
    return answer.json()["data"] if status < 400 else answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", USERS),
        ("get", f"{USERS}/77"),
        ("put", f"{USERS}/77"),
        ("post", f"{USERS}/77/enable"),
        ("post", f"{USERS}/77/disable"),
        ("post", f"{USERS}/refresh"),
        ("get", f"{USERS}/types/defaults"),
        ("put", f"{USERS}/types/defaults"),
        ("get", f"{USERS}/activity"),
    ],
)
def test_nobody_is_let_in_without_the_key(client: Client, db: None, method: str, path: str) -> None:
    assert getattr(client, method)(path).status_code == 401


def test_users_are_listed_with_what_holds_and_without_secrets(client: Client, known: Family) -> None:
    PlexUser.objects.filter(plex_id=77).update(pin="4711", watchlist_feed="https://rss.plex.tv/secret", ondeck=False)
    answer = client.get(USERS, headers=KEY)
    items = answer.json()["data"]["items"]
    assert [item["title"] for item in items] == ["Alex", "Lou", "Sam", "Jo", "Kim"]
    kim = items[-1]
    assert (kim["id"], kim["kind"], kim["status"], kim["why"]) == (77, "shared", "active", "")
    assert (kim["own"]["ondeck"], kim["preferences"]["ondeck"], kim["own"]["watchlist"]) == (False, False, None)
    assert kim["preferences"]["activity_days"] == 30
    assert (kim["has_pin"], kim["token_origin"], kim["sections"]) == (True, "share", [known.films.key])
    assert client.get(kim["signin_link"]).status_code == 200
    assert [bool(item["signin_link"]) for item in items] == [False, False, True, True, True]
    for secret in ("token-", "4711", "rss.plex.tv"):
        assert secret not in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("search=K", ["Kim"]),
        ("kind=home", ["Lou", "Sam"]),
        ("status=disabled", ["Jo"]),
        ("status=inactive", ["Sam"]),
        ("limit=2&offset=1", ["Lou", "Sam"]),
    ],
)
def test_users_can_be_chosen(client: Client, known: Family, query: str, titles: list[str]) -> None:
    PlexUser.objects.filter(plex_id=78).update(enabled=False)
    PlexUser.objects.filter(plex_id=known.sam.plex_id).update(last_activity_at="2020-01-01T00:00:00Z")
    assert [item["title"] for item in get(client, f"{USERS}?{query}")["items"]] == titles
    assert [item["title"] for item in get(client, f"{USERS}/activity?{query}")["items"]] == titles


def test_activity_tells_who_is_left_out_and_why(client: Client, known: Family) -> None:
    PlexUser.objects.filter(plex_id=77).update(last_activity_at="2020-01-01T00:00:00Z")
    (kim,) = get(client, f"{USERS}/activity?search=kim")["items"]
    assert (kim["status"], kim["activity_days"]) == ("inactive", 30)
    assert "activity filter" in kim["why"]
    assert kim["last_activity_at"].startswith("2020-01-01")


def test_preferences_are_set_and_taken_back_one_by_one(client: Client, known: Family) -> None:
    changed = send(client, "put", f"{USERS}/77", {"episodes_ahead": 0, "watchlist": False, "priority_boost": -50})
    assert (changed["own"]["episodes_ahead"], changed["preferences"]["priority_boost"]) == (0, -50)
    assert changed["own"]["ondeck"] is None
    changed = send(client, "put", f"{USERS}/77", {"episodes_ahead": None})
    assert (changed["own"]["episodes_ahead"], changed["own"]["watchlist"]) == (None, False)
    assert changed["preferences"]["episodes_ahead"] == 5


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"priority_boost": 51}, 422),
        ({"episodes_ahead": 101}, 422),
        ({"stale_days": -1}, 422),
        ({"ondeck": "yes"}, 422),
        ({"episodes": 5}, 422),
        ({"token": "token-alex"}, 409),
        ({"token": "token-sam"}, 409),
        ({"token": "nonsense"}, 409),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    client: Client, known: Family, body: dict[str, object], status: int
) -> None:
    before = known.rows()
    error = send(client, "put", f"{USERS}/77", {"lists": True} | body, status)
    assert "token-" not in error
    assert known.rows() == before


def test_a_token_and_a_pin_can_be_written(client: Client, known: Family) -> None:
    assert send(client, "put", f"{USERS}/77", {"token": "account-token-kim"})["token_origin"] == "pasted"
    assert known.row(known.kim).account_token == "account-token-kim"
    lou = f"{USERS}/{known.lou.plex_id}"
    assert send(client, "put", lou, {"pin": "1234"})["has_pin"]
    assert send(client, "post", f"{USERS}/refresh")["problems"] == {}
    assert get(client, lou)["token_origin"] == "switch"
    assert not send(client, "put", lou, {"pin": ""})["has_pin"]


def test_a_user_is_enabled_and_disabled(client: Client, known: Family) -> None:
    assert send(client, "post", f"{USERS}/77/disable")["status"] == "disabled"
    assert not known.row(known.kim).enabled
    assert send(client, "post", f"{USERS}/77/enable")["status"] == "active"
    send(client, "post", f"{USERS}/77/remove", status=422)


def test_a_refresh_tells_what_changed_or_why_it_could_not(client: Client, known: Family, at_plex: StandIn) -> None:
    known.household.rename(known.kim, "Kimberly")
    known.household.leave(known.jo)
    found = send(client, "post", f"{USERS}/refresh")
    assert (found["renamed"], found["gone"], list(found["problems"])) == (["Kim is now Kimberly"], ["Jo"], ["Lou"])
    at_plex.fail("/plex.tv", faults.Status(500))
    assert "plex.tv" in send(client, "post", f"{USERS}/refresh", status=503)


def test_defaults_are_told_and_changed_by_type(client: Client, known: Family) -> None:
    told = get(client, f"{USERS}/types/defaults")
    assert set(told) == {"main", "home", "shared"}
    assert set(told["main"]) == {"enabled", *PREFERENCES}
    changed = send(client, "put", f"{USERS}/types/defaults", {"shared": {"watchlist": True, "activity_days": 0}})
    assert (changed["shared"]["watchlist"], changed["shared"]["activity_days"]) == (True, 0)
    assert changed["home"] == told["home"]
    assert get(client, f"{USERS}/77")["preferences"]["watchlist"] is True
    mistakes: list[object] = [{"shared": {"activity_days": 9999}}, {"friends": {}}, {"shared": {"activity_days": "x"}}]
    for wrong in mistakes:
        send(client, "put", f"{USERS}/types/defaults", wrong, 422)
    assert UserTypeDefaults.objects.get(kind="shared").activity_days == 0


@pytest.mark.parametrize("path", [f"{USERS}/123456", f"{USERS}/0"])
def test_nobody_by_this_number(client: Client, known: Family, path: str) -> None:
    get(client, path, 404)
    send(client, "put", path, {}, 404)
    send(client, "post", f"{path}/enable", status=404)
