"""`POST settings/test/plex`: whether a server answers and takes a token as its owner's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from plexusers.models import PlexServer
from plexusers.standin import StandIn, faults
from tests.caching.quiet import KEY, make_quiet
from tests.caching.test_api import opened, post
from tests.home import OWNER_TOKEN, Home

pytestmark = pytest.mark.django_db
ADDRESS = "/api/settings/test/plex"


@pytest.fixture
def plex(tmp_path: Path, settings: Settings) -> Iterator[StandIn]:
    make_quiet(settings, tmp_path)
    home = Home(tmp_path / "array")
    home.household.add_account("Kim", "token-kim", "shared")
    with StandIn(home.household) as server:
        yield server


def ask(client: Client, status: int, body: object = "") -> dict[str, Any]:
    return opened(post(client, ADDRESS, body), status)


def test_a_good_server_is_named_and_nothing_is_stored(client: Client, plex: StandIn) -> None:
    found = ask(client, 200, {"plex_url": plex.url, "plex_token": OWNER_TOKEN})["data"]
    assert found == {"name": "Home", "machine_identifier": "machine-home", "libraries": ["Movies"]}
    assert PlexServer.stored().plex_url == ""


def test_what_is_left_out_is_taken_from_the_settings(client: Client, plex: StandIn) -> None:
    PlexServer.objects.create(plex_url=plex.url, plex_token=OWNER_TOKEN)
    assert ask(client, 200)["data"]["name"] == "Home"
    assert "refuses the token" in ask(client, 503, {"plex_token": "wrong"})["error"]
    assert "no Plex token" in ask(client, 422, {"plex_token": "tökén"})["error"]


def test_what_is_wrong_is_said_without_the_token(client: Client, plex: StandIn) -> None:
    assert "not set" in ask(client, 422)["error"]
    assert "owner" in ask(client, 422, {"plex_url": plex.url, "plex_token": "token-kim"})["error"]
    assert "no address" in ask(client, 422, {"plex_url": "plex", "plex_token": OWNER_TOKEN})["error"]
    plex.fail("/", faults.Status(500))
    answer = ask(client, 503, {"plex_url": plex.url, "plex_token": OWNER_TOKEN})
    assert OWNER_TOKEN not in str(answer)


@pytest.mark.parametrize("token", ["line\nbreak", "nul\0", "emoji ☃", " "])
def test_a_token_that_no_header_can_hold_is_refused(client: Client, plex: StandIn, token: str) -> None:
    answer = post(client, ADDRESS, {"plex_url": plex.url, "plex_token": token})
    opened(answer, answer.status_code)
    assert answer.status_code in {422, 503}


@pytest.mark.parametrize("url", ["http://", "ftp://x", "http://a b", "http://[", "http://x:99999", "http://nul\0"])
def test_an_address_that_cannot_be_is_refused(client: Client, plex: StandIn, url: str) -> None:
    answer = post(client, ADDRESS, {"plex_url": url, "plex_token": OWNER_TOKEN})
    opened(answer, answer.status_code)
    assert answer.status_code in {422, 503}


def test_it_needs_the_key(client: Client, plex: StandIn) -> None:
    assert client.post(ADDRESS, {}, "application/json").status_code == 401
    assert client.post(ADDRESS, {}, "application/json", headers=KEY).status_code == 422
