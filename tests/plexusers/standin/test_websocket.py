"""The stand-in's websocket, asked by a real client, and the shapes of what it tells."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from plexusers.standin import StandIn
from tests.plexusers.standin.conftest import Home
from tests.waiting import until


@contextmanager
def listening(plex: StandIn, token: str = "owner-token", *, in_query: bool = False) -> Iterator[ClientConnection]:
    address = f"{plex.url.replace('http', 'ws')}/:/websockets/notifications"
    headers = {} if in_query else {"X-Plex-Token": token}
    query = f"?X-Plex-Token={token}" if in_query else ""
    with connect(address + query, additional_headers=headers, proxy=None, legacy=True) as socket:
        until(lambda: plex.household.notices.listeners, "the server to listen")
        yield socket


def heard(socket: ClientConnection) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(socket.recv(timeout=20))["NotificationContainer"]
    return content


@pytest.mark.parametrize("in_query", [True, False], ids=["query", "header"])
def test_playing_is_told_with_ids_as_texts_and_without_a_name(home: Home, plex: StandIn, in_query: bool) -> None:
    film = home.film("Alpha")
    with listening(plex, in_query=in_query) as socket:
        home.household.start_playing(home.sam, film, offset_ms=5000)
        home.household.start_playing(home.sam, film, offset_ms=6000, state="paused")
        home.household.stop_playing(home.sam)
        told = [heard(socket) for _ in range(3)]
    entries = [content["PlaySessionStateNotification"][0] for content in told]
    assert [entry["state"] for entry in entries] == ["playing", "paused", "stopped"]
    assert {entry["ratingKey"] for entry in entries} == {film.key}
    assert {type(entry["sessionKey"]) for entry in entries} == {str}
    assert "Sam" not in json.dumps(told)


def test_what_comes_and_goes_is_told_as_a_timeline(home: Home, plex: StandIn) -> None:
    with listening(plex) as socket:
        film = home.film("Alpha")
        home.household.remove(film)
        told = [heard(socket)["TimelineEntry"][0] for _ in range(2)]
    assert [(entry["itemID"], entry["state"]) for entry in told] == [(film.key, 5), (film.key, 9)]


def test_large_texts_and_pings_are_no_trouble(plex: StandIn) -> None:
    with listening(plex) as socket:
        assert socket.ping().wait(20)
        for size in (10, 200, 70_000):
            plex.household.notices.send("x" * size)
            assert socket.recv(timeout=20) == "x" * size


@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_a_good_token_nobody_may_listen(plex: StandIn, token: str) -> None:
    with pytest.raises(InvalidStatus) as refusal, listening(plex, token):
        pass
    assert refusal.value.response.status_code == 401


def test_connections_can_be_broken_off_and_end_with_the_server(home: Home, plex: StandIn) -> None:
    with listening(plex) as socket:
        plex.household.notices.send(None)
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=20)
    with listening(plex) as socket:
        plex.stop()
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=20)
    until(lambda: not plex.household.notices.listeners, "the listener to leave")
