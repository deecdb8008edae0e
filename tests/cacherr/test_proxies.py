"""Reverse proxies: who is believed, and what the application then sees."""

import asyncio
from typing import Any
from urllib.parse import urlencode

import pytest
from asgiref.testing import ApplicationCommunicator

from cacherr import asgi
from cacherr.proxies import THIS_MACHINE, Forwarded, as_sent, networks, proxy_list

TRUSTED = networks([*THIS_MACHINE, "172.18.0.0/16", "2001:db8::1"])
TOKEN = "t" * 32


def scope_of(client: str | None, kind: str = "http", **told: str) -> dict[str, Any]:
    headers = [(b"host", b"cacherr:5445"), (b"accept", b"*/*")]
    headers += [(f"x-forwarded-{name}".encode(), value.encode()) for name, value in told.items()]
    return {
        "type": kind, "scheme": "ws" if kind == "websocket" else "http", "headers": headers,
        "client": (client, 5) if client else None,
    }  # fmt: skip


ALL = {"proto": "https", "host": "films.example", "for": "192.168.1.7"}


@pytest.mark.parametrize("client", ["172.18.0.2", "::ffff:172.18.0.2", "127.0.0.1", "::1", "2001:db8::1"])
def test_a_trusted_proxy_is_believed(client: str) -> None:
    seen = as_sent(scope_of(client, **ALL), TRUSTED)
    assert (seen["scheme"], seen["client"]) == ("https", ("192.168.1.7", 0))
    assert [value for name, value in seen["headers"] if name == b"host"] == [b"films.example"]
    assert (b"x-forwarded-for", b"192.168.1.7") in seen["headers"]


@pytest.mark.parametrize("client", ["192.168.1.7", "172.19.0.2", "2001:db8::2", "nonsense", "", None])
def test_nobody_else_is_believed(client: str | None) -> None:
    scope = scope_of(client, **ALL)
    assert as_sent(scope, TRUSTED) is scope


def test_a_socket_gets_its_own_kind_of_scheme() -> None:
    assert as_sent(scope_of("127.0.0.1", "websocket", proto="https"), TRUSTED)["scheme"] == "wss"
    assert as_sent(scope_of("127.0.0.1", "websocket", proto="http"), TRUSTED)["scheme"] == "ws"


@pytest.mark.parametrize("told", [{}, {"proto": "gopher"}, {"proto": ""}, {"host": " , "}, {"for": "unknown"}])
def test_what_is_not_told_or_is_nonsense_stays_as_it_is(told: dict[str, str]) -> None:
    scope = scope_of("127.0.0.1", **told)
    assert as_sent(scope, TRUSTED) == scope


@pytest.mark.parametrize(
    ("told", "asker"),
    [
        ("192.168.1.7", "192.168.1.7"),
        ("192.168.1.7:4711", "192.168.1.7"),
        ("[2001:db8::9]:4711", "2001:db8::9"),
        ("203.0.113.5, 172.18.0.9", "203.0.113.5"),
        ("192.168.1.7, 203.0.113.5, 172.18.0.9", "203.0.113.5"),
        ("172.18.0.8, 172.18.0.9", "172.18.0.8"),
    ],
)
def test_who_asks_is_whom_the_first_trusted_proxy_saw(told: str, asker: str) -> None:
    assert as_sent(scope_of("172.18.0.2", **{"for": told}), TRUSTED)["client"] == (asker, 0)


def test_of_several_proxies_the_outermost_says_what_the_browser_asked() -> None:
    seen = as_sent(scope_of("172.18.0.2", proto="https, http", host="films.example, inner"), TRUSTED)
    assert seen["scheme"] == "https"
    assert (b"host", b"films.example") in seen["headers"]


def test_a_list_is_addresses_and_networks() -> None:
    assert proxy_list("172.18.0.2, 10.0.0.5/8,, ::1") == ["172.18.0.2", "10.0.0.5/8", "::1"]


def post_login(client: str) -> int:
    """The status of signing in from a page that a proxy shows as https://films.example."""
    body = urlencode({"csrfmiddlewaretoken": TOKEN, "username": "x", "password": "wrong"}).encode()
    scope = scope_of(client, proto="https", host="films.example") | {
        "method": "POST", "path": "/admin/login/", "raw_path": b"/admin/login/", "query_string": b"", "root_path": "",
        "http_version": "1.1", "asgi": {"version": "3.0"},
    }  # fmt: skip
    scope["headers"] += [
        (b"origin", b"https://films.example"),
        (b"cookie", f"csrftoken={TOKEN}".encode()),
        (b"content-type", b"application/x-www-form-urlencoded"),
        (b"content-length", str(len(body)).encode()),
    ]

    async def ask() -> int:
        talk: Any = ApplicationCommunicator(Forwarded(asgi.http, ["172.18.0.0/16"]), scope)  # type: ignore[no-untyped-call]
        await talk.send_input({"type": "http.request", "body": body})
        answer = await talk.receive_output(30)
        await talk.wait(30)
        status: int = answer["status"]
        return status

    return asyncio.run(ask())


@pytest.mark.django_db(transaction=True)
def test_behind_a_trusted_proxy_with_https_a_person_can_sign_in() -> None:
    assert post_login("172.18.0.2") == 200  # the form again: the password is wrong
    assert post_login("203.0.113.5") == 403


def test_requests_and_sockets_both_come_through_the_same_gate() -> None:
    assert isinstance(asgi.application, Forwarded)
