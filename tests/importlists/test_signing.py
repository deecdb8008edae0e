"""Signing in at Trakt by typing a code there, and keeping the sign-in alive."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from cacherr.errors import ConfigurationError, OutsideError
from importlists import signing
from importlists.models import ListPolicy, TraktAccount
from tests.importlists.services import Reply, Services, told

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CODE = "/api.trakt.tv/oauth/device/code"
TOKEN = "/api.trakt.tv/oauth/device/token"
RENEW = "/api.trakt.tv/oauth/token"
OFFER = {
    "device_code": "d3vice", "user_code": "5055CC52", "verification_url": "https://trakt.tv/activate",
    "expires_in": 600, "interval": 5,
}  # fmt: skip
TOKENS = {"access_token": "acc3ss", "refresh_token": "r3fresh", "expires_in": 604800, "created_at": 1}


@pytest.fixture(autouse=True)
def policy(db: None) -> None:
    ListPolicy.objects.create(trakt_client_id="client", trakt_client_secret="s3cret")


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def signed_in(expires: datetime) -> TraktAccount:
    return TraktAccount.objects.create(access_token="old", refresh_token="r3fresh", expires_at=expires)


def test_a_person_signs_in_by_typing_a_code(services: Services) -> None:
    services.on(CODE, told(OFFER))
    row = signing.begin(NOW)
    assert (row.user_code, row.verification_url) == ("5055CC52", "https://trakt.tv/activate")
    services.on(TOKEN, Reply(status=400))
    assert not signing.look(later(6)).signed_in
    services.on(TOKEN, told(TOKENS))
    row = signing.look(later(12))
    assert (row.signed_in, row.user_code, row.problem) == (True, "", "")
    assert json.loads(services.asked[-1].body)["code"] == "d3vice"
    keys = signing.keys(later(20))
    assert (keys.trakt_client, keys.trakt_token) == ("client", "acc3ss")


def test_tokens_are_encrypted_in_the_database(services: Services) -> None:
    signed_in(later(9e5))
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_token, refresh_token FROM importlists_traktaccount")
        assert not {"old", "r3fresh"} & set(cursor.fetchone())


def test_trakt_is_not_asked_more_often_than_it_says(services: Services) -> None:
    services.on(CODE, told(OFFER))
    services.on(TOKEN, Reply(status=429))
    signing.begin(NOW)
    signing.look(later(2))
    assert services.paths == [CODE]
    assert signing.look(later(6)).ask_seconds == 10
    signing.look(later(12))
    assert services.paths == [CODE, TOKEN]


@pytest.mark.parametrize(("status", "said"), [(404, "not know"), (409, "used"), (410, "in time"), (418, "refused")])
def test_a_code_that_leads_nowhere_says_so(services: Services, status: int, said: str) -> None:
    services.on(CODE, told(OFFER))
    services.on(TOKEN, Reply(status=status))
    signing.begin(NOW)
    row = signing.look(later(6))
    assert (said in row.problem, row.user_code, row.device_code) == (True, "", "")


def test_a_code_that_nobody_typed_ends(services: Services) -> None:
    services.on(CODE, told(OFFER))
    services.on(TOKEN, Reply(status=400))
    signing.begin(NOW)
    assert "in time" in signing.look(later(700)).problem


@pytest.mark.parametrize("status", [500, 502, 520])
def test_an_error_of_trakt_ends_no_sign_in(services: Services, status: int) -> None:
    services.on(CODE, told(OFFER))
    services.on(TOKEN, Reply(status=status))
    signing.begin(NOW)
    with pytest.raises(OutsideError):
        signing.look(later(6))
    assert signing.account().device_code == "d3vice"


def test_a_token_is_made_anew_shortly_before_it_ends(services: Services) -> None:
    signed_in(later(1800))
    services.on(RENEW, told(TOKENS | {"access_token": "new", "refresh_token": "n3xt"}))
    assert signing.keys(NOW).trakt_token == "new"
    told_trakt = json.loads(services.asked[0].body)
    assert (told_trakt["refresh_token"], told_trakt["grant_type"]) == ("r3fresh", "refresh_token")
    row = signing.account()
    assert (row.refresh_token, row.expires_at) == ("n3xt", NOW + timedelta(days=7))
    signing.keys(later(10))
    assert len(services.asked) == 1


@pytest.mark.parametrize("reply", [Reply(status=500), Reply(status=429), Reply(b"<html>"), told({"other": 1})])
def test_a_refresh_that_fails_keeps_the_tokens(services: Services, reply: Reply) -> None:
    signed_in(later(1800))
    services.on(RENEW, reply)
    assert signing.keys(NOW).trakt_token == "old"
    row = signing.account()
    assert (row.access_token, row.refresh_token) == ("old", "r3fresh")
    assert row.problem


@pytest.mark.parametrize("status", [400, 401])
def test_a_sign_in_that_trakt_ended_is_said_so(services: Services, status: int) -> None:
    signed_in(later(1800))
    services.on(RENEW, told({"error": "invalid_grant"}, status))
    assert signing.keys(NOW).trakt_token == ""
    assert "Sign in again" in signing.account().problem


@pytest.mark.parametrize("offer", [{}, [], OFFER | {"expires_in": "soon"}, "x"])
def test_an_answer_that_is_no_offer_is_an_error(services: Services, offer: object) -> None:
    services.on(CODE, told(offer))
    with pytest.raises(OutsideError, match="understood"):
        signing.begin(NOW)


def test_without_a_client_nobody_can_sign_in(services: Services) -> None:
    ListPolicy.objects.update(trakt_client_id="")
    with pytest.raises(ConfigurationError, match="client"):
        signing.begin(NOW)
    assert services.asked == []


def test_signing_out_forgets_the_tokens(services: Services) -> None:
    signed_in(later(9e5))
    signing.forget()
    assert signing.keys(NOW).trakt_token == ""
