"""Webhooks that come in, as the bytes that Plex and Tautulli send: they make the watcher look, and nothing else."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from cacherr.env import Override
from caching.api.webhooks import MOST_BYTES
from caching.models import WatcherState
from caching.watching import webhook_secret
from plexusers.models import WatchPolicy
from plexusers.standin import Household, Movie
from plexusers.standin.webhooks import THUMB, multipart, plex_payload

pytestmark = pytest.mark.django_db

JSON = "application/json"
TAUTULLI = b'{"action": "play", "user_id": "1", "user": "Alex", "rating_key": "7"}'


@pytest.fixture
def film() -> tuple[Household, Movie]:
    household = Household("Home", "machine-1")
    household.add_account("Alex", "token-alex", "owner")
    section = household.add_section("movie", "Movies", "/data")
    part = household.part("/data/a.mkv", 1)
    return household, household.add_movie(section, "Alphä", household.version(part))


def asked() -> int:
    state = WatcherState.objects.filter(pk=1).first()
    return state.asked if state else 0


def send(client: Client, kind: str, body: bytes, content_type: str, secret: str | None = None, **more: Any) -> int:
    address = f"/api/webhooks/{kind}/{webhook_secret() if secret is None else secret}"
    return client.post(address, body, content_type=content_type, **more).status_code


@pytest.mark.parametrize("picture", [False, True])
def test_plexs_form_makes_the_watcher_look(client: Client, film: tuple[Household, Movie], picture: bool) -> None:
    household, movie = film
    content_type, body = multipart(plex_payload(household, household.owner, movie, "media.play"), picture=picture)
    assert (THUMB in body) is picture
    assert send(client, "plex", body, content_type) == 200
    assert asked() == 1


def test_tautullis_json_makes_the_watcher_look(client: Client) -> None:
    assert send(client, "tautulli", TAUTULLI, JSON) == 200
    assert send(client, "tautulli", b"{}", "text/plain") == 200
    assert asked() == 2


FORM, FORM_BODY = multipart({"event": "media.stop"}, picture=False)
NO_PAYLOAD = FORM_BODY.replace(b'name="payload"', b'name="other"')


@pytest.mark.parametrize(
    ("kind", "content_type", "body", "status"),
    [
        ("plex", FORM, FORM_BODY, 200),
        ("plex", FORM, NO_PAYLOAD, 400),
        ("plex", FORM, FORM_BODY.replace(b'{"event": "media.stop"}', b"{"), 400),
        ("plex", FORM, FORM_BODY.replace(b'{"event": "media.stop"}', b'["media.stop"]'), 400),
        ("plex", FORM, FORM_BODY[:40], 400),
        ("plex", "multipart/form-data", FORM_BODY, 400),
        ("plex", JSON, b'{"event": "media.stop"}', 400),
        ("plex", FORM, b"", 411),
        ("tautulli", JSON, b"", 411),
        ("tautulli", JSON, b"[1]", 400),
        ("tautulli", JSON, b"\xff\xfe", 400),
        ("tautulli", JSON, b"[" * 100_000, 400),
        ("tautulli", JSON, b'"' + b"x" * MOST_BYTES + b'"', 413),
        ("plex", FORM, FORM_BODY + b"x" * MOST_BYTES, 413),
        ("radarr", JSON, b"{}", 404),
    ],
    ids=[
        "whole", "no payload", "no JSON", "no object", "cut", "no boundary", "no form", "empty", "empty JSON",
        "a list", "no text", "too deep", "too long", "too long a form", "unknown sender",
    ],
)  # fmt: skip
def test_what_is_no_webhook_is_refused_and_asks_for_nothing(
    client: Client, kind: str, content_type: str, body: bytes, status: int
) -> None:
    assert send(client, kind, body, content_type) == status
    assert asked() == (1 if status == 200 else 0)


def test_a_body_of_unknown_length_is_refused(client: Client) -> None:
    assert send(client, "tautulli", TAUTULLI, JSON, CONTENT_LENGTH="") == 411
    assert asked() == 0


@pytest.mark.parametrize("wrong", ["x", "None", "é", "%00", "secre", "secret2"])
@pytest.mark.parametrize("stored", ["", "secret"])
def test_a_wrong_secret_is_answered_like_any_other_address(client: Client, stored: str, wrong: str) -> None:
    WatchPolicy(webhook_secret=stored).save()
    answer = client.post(f"/api/webhooks/tautulli/{wrong}", TAUTULLI, content_type=JSON)
    other = client.post("/api/no/such/thing", TAUTULLI, content_type=JSON)
    assert (answer.status_code, other.status_code) == (404, 404)
    assert (answer.json()["success"], answer.json()["error"]) == (False, other.json()["error"])
    assert asked() == 0


def test_no_login_and_no_csrf_token_is_needed() -> None:
    client = Client(enforce_csrf_checks=True)
    assert send(client, "tautulli", TAUTULLI, JSON) == 200
    assert send(client, "plex", FORM_BODY, FORM) == 200


def test_the_secret_is_made_once_and_kept_encrypted(settings: Settings) -> None:
    first = webhook_secret()
    assert len(first) >= 32
    assert webhook_secret() == first
    assert WatchPolicy.stored().webhook_secret == first
    settings.CACHERR_OVERRIDES = {"WEBHOOK_SECRET": Override("CACHERR_WEBHOOK_SECRET", "chosen")}
    assert webhook_secret() == "chosen"
    assert WatchPolicy.stored().webhook_secret == first


def test_the_addresses_are_shown_to_those_who_may_change_the_settings(admin_client: Client) -> None:
    page = admin_client.get("/admin/caching/playback/").content.decode()
    for kind in ("plex", "tautulli", "arr"):
        address = f"http://testserver/api/webhooks/{kind}/{webhook_secret()}"
        assert address in page
        assert admin_client.get(address.removeprefix("http://testserver")).status_code == 405


def test_no_answer_of_the_api_tells_the_secret(client: Client, settings: Settings) -> None:
    settings.CACHERR_API_KEY = "key"
    secret = webhook_secret()
    for path in ("status", "watcher/status", "sessions", "openapi.json"):
        assert secret not in json.dumps(client.get(f"/api/{path}", headers={"X-Api-Key": "key"}).json())
