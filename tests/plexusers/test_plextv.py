"""Asking plex.tv: every bad answer becomes a named error, never "nobody", and no error tells a secret."""

import json
import traceback
from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from cacherr.errors import PlexError, PlexUnreachableError
from plexusers import plextv
from plexusers.plextv import PlexTv, TooManyRequestsError
from plexusers.standin import StandIn, faults
from tests.plexusers.people import Family
from tests.scripted_server import answer, running


@pytest.fixture
def owner(at_plex: StandIn) -> PlexTv:
    return PlexTv("client-1", "token-alex")


LISTS: list[Callable[[PlexTv], object]] = [plextv.users, plextv.home, lambda asked: plextv.shares(asked, "machine-1")]
SPOILT = {
    "fewer than announced": faults.wrong_size(50),
    "announced as empty": faults.wrong_size(0),
    "other XML": faults.Body(lambda _: b'<rss version="2.0"/>'),
    "numbers missing": faults.Body(lambda body: body.replace(b' id="', b' x="').replace(b"userID", b"x")),
    "no numbers": faults.Body(lambda body: body.replace(b' id="', b' id="a').replace(b'userID="', b'userID="a')),
    "a document type": faults.Body(lambda body: body.replace(b"<MediaContainer", b"<!DOCTYPE x><MediaContainer", 1)),
    "malformed": faults.MALFORMED,
}


@pytest.mark.parametrize("spoilt", SPOILT)
@pytest.mark.parametrize("ask", LISTS)
def test_a_list_that_is_not_whole_is_no_list(
    at_plex: StandIn, owner: PlexTv, ask: Callable[[PlexTv], object], spoilt: str
) -> None:
    at_plex.fail("/plex.tv", SPOILT[spoilt])
    with pytest.raises(PlexUnreachableError, match="cannot be understood"):
        ask(owner)


@pytest.mark.parametrize("body", [b"[]", b"{}", b"null", b"[1]", b'{"id": "x"}', b"<a/>", b""])
def test_json_of_another_shape_is_not_understood(settings: Settings, body: bytes) -> None:
    asks: list[Callable[[PlexTv], object]] = [
        plextv.begin_sign_in,
        lambda asked: plextv.sign_in(asked, 1),
        lambda asked: plextv.switch(asked, "u", ""),
        lambda asked: plextv.server_token(asked, "machine-1"),
    ]
    with running(answer(body)) as server:
        settings.CACHERR_OUTBOUND_GATEWAY = server.url
        for ask in asks if body != b"[]" else asks[:-1]:
            with pytest.raises(PlexUnreachableError, match="cannot be understood"):
                ask(PlexTv("client-1", "token-alex"))


def test_a_server_that_the_account_does_not_have_has_no_token(family: Family, owner: PlexTv) -> None:
    assert plextv.server_token(owner, "machine-1") == "token-alex"
    assert plextv.server_token(owner, "another") == ""


@pytest.mark.parametrize("fault", [faults.Reset(), faults.Truncated(), faults.Drip(), faults.Status(500)])
def test_no_error_tells_the_pin_or_the_token(
    family: Family, at_plex: StandIn, owner: PlexTv, settings: Settings, fault: faults.Fault
) -> None:
    settings.OUTBOUND_TOTAL_SECONDS = 1.5
    at_plex.fail("/plex.tv", fault)
    with pytest.raises(PlexError) as caught:
        plextv.switch(owner, family.lou.uuid, "4711")
    told = "".join(traceback.format_exception(caught.value))
    assert "pin=" not in told
    assert "token-alex" not in told


def test_no_error_tells_the_pin_when_nobody_answers(family: Family, at_plex: StandIn, owner: PlexTv) -> None:
    at_plex.stop()
    with pytest.raises(PlexError) as caught:
        plextv.switch(owner, family.lou.uuid, "4711")
    assert caught.value.__cause__ is None
    assert "pin=" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(("header", "wait"), [("7", 7.0), ("", 0.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0)])
def test_a_request_for_a_pause_says_how_long(settings: Settings, header: str, wait: float) -> None:
    headers = {"Retry-After": header} if header else {}
    with running(answer(b"{}", 429, headers)) as server:
        settings.CACHERR_OUTBOUND_GATEWAY = server.url
        with pytest.raises(TooManyRequestsError) as caught:
            plextv.begin_sign_in(PlexTv("client-1"))
    assert caught.value.wait == wait


def test_a_redirect_is_not_followed_and_takes_no_token_anywhere(settings: Settings) -> None:
    with running(answer(b"[]")) as other, running(answer(b"", 302, {"Location": "x"})) as server:
        server.script = [answer(b"", 302, {"Location": f"{other.url}/catch"})]
        settings.CACHERR_OUTBOUND_GATEWAY = server.url
        with pytest.raises(PlexUnreachableError):
            plextv.account(PlexTv("client-1", "token-alex"))
        assert (len(server.seen), other.seen) == (1, [])


def test_the_token_goes_in_a_header_and_never_in_an_address(settings: Settings) -> None:
    pin = {"id": 1, "code": "c", "expiresIn": 900, "authToken": None}
    with running(answer(json.dumps(pin).encode())) as server:
        settings.CACHERR_OUTBOUND_GATEWAY = server.url
        plextv.sign_in(PlexTv("client-1", "token-alex"), 1)
        ((path, headers, _),) = server.seen
    assert path == "/plex.tv/api/v2/pins/1"
    assert (headers["X-Plex-Token"], headers["X-Plex-Client-Identifier"]) == ("token-alex", "client-1")


def test_numbers_that_are_texts_are_numbers(settings: Settings) -> None:
    pin = {"id": "12", "code": "c", "expiresIn": "900", "authToken": ""}
    with running(answer(json.dumps(pin).encode(), 201)) as server:
        settings.CACHERR_OUTBOUND_GATEWAY = server.url
        found = plextv.begin_sign_in(PlexTv("client-1"))
    assert (found.pin_id, found.expires_in, found.token) == (12, 900, "")


def test_the_confirm_address_carries_the_code_in_the_part_that_no_server_sees() -> None:
    address = plextv.confirm_address("client 1", "c&d", "http://here/back?x=1")
    assert address.startswith("https://app.plex.tv/auth#?")
    assert "code=c%26d" in address
    assert "forwardUrl=http%3A%2F%2Fhere%2Fback%3Fx%3D1" in address
