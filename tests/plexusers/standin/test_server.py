import http.client
import socket
import threading
from urllib.parse import urlsplit

import pytest
import requests

from plexusers.standin import SeenRequest, StandIn
from plexusers.standin.routes import ROUTES, Route
from plexusers.standin.wire import Answer, Connection, Reply, Request
from tests.plexusers.standin.conftest import Home, SignIn


def dial(plex: StandIn) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(plex.url).netloc, timeout=5)


def status(plex: StandIn, path: str, method: str = "GET") -> int:
    return requests.request(method, plex.url + path, timeout=5).status_code


def test_it_can_be_started_and_stopped_again_and_again(home: Home) -> None:
    plex = StandIn(home.household)
    plex.stop()
    plex.start().start()
    first = plex.url
    plex.stop()
    plex.stop()
    with pytest.raises(requests.ConnectionError):
        status(plex, "/identity")
    with plex:
        assert plex.url == first
        assert status(plex, "/identity") == 200


def test_one_connection_carries_many_requests(plex: StandIn) -> None:
    connection = dial(plex)
    for method, path in [("GET", "/identity"), ("HEAD", "/identity"), ("POST", "/nowhere"), ("GET", "/identity")]:
        connection.request(method, path, body=b"ignored" if method == "POST" else None)
        kept = connection.sock
        answer = connection.getresponse()
        body = answer.read()
        assert (len(body) == 0) == (method == "HEAD")
        assert connection.sock is kept
    connection.close()


def test_stopping_ends_connections_that_rest_between_two_requests(home: Home) -> None:
    plex = StandIn(home.household).start()
    connection = dial(plex)
    connection.request("GET", "/identity")
    connection.getresponse().read()
    plex.stop()
    assert connection.sock.recv(1) == b""
    connection.close()


def test_stopping_wakes_whoever_waits_to_answer(home: Home) -> None:
    woken = threading.Event()

    def endpoint(request: Request) -> Reply:
        def wait_long(connection: Connection) -> None:
            connection.write(b"waiting")
            if connection.wait(3600):
                woken.set()

        return wait_long

    plex = StandIn(home.household, routes=[Route("/wait", endpoint, "anyone")]).start()
    host = urlsplit(plex.url)
    with socket.create_connection((host.hostname or "", host.port or 0), timeout=5) as client:
        client.sendall(b"GET /wait HTTP/1.1\r\n\r\n")
        assert client.recv(7) == b"waiting"
        plex.stop()
        assert woken.wait(30)


def test_nothing_changes_while_an_answer_is_made(home: Home, sign_in: SignIn) -> None:
    changed: list[bool] = []

    def try_to_change(path: str) -> bool:
        other = threading.Thread(target=lambda: changed.append(home.household.lock.acquire(blocking=False)))
        other.start()
        other.join()
        return True

    film = home.film("Film")
    home.household.file_exists = try_to_change
    sign_in(home.owner).query(f"/library/metadata/{film.key}?checkFiles=1")
    assert changed == [False]


def test_two_servers_do_not_know_each_other(home: Home, plex: StandIn) -> None:
    with StandIn(home.household) as other:
        status(other, "/identity")
        assert plex.requests == []
        assert other.url != plex.url


def test_every_request_is_noted_without_its_token(home: Home, plex: StandIn) -> None:
    status(plex, "/library/sections/1/all/?type=1&X-Plex-Token=sam-token")
    status(plex, "/library/nothing%20here", "PUT")
    assert plex.requests == [
        SeenRequest("GET", "/library/sections/1/all", {"type": "1"}, "Sam"),
        SeenRequest("PUT", "/library/nothing here", {}, None),
    ]
    assert "sam-token" not in repr(plex.requests)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/nowhere", 401),
        ("/nowhere?X-Plex-Token=owner-token", 404),
        ("/library/sections/9/all?X-Plex-Token=owner-token", 404),
        ("/library/sections/x/onDeck?X-Plex-Token=owner-token", 404),
        ("/library/metadata/none/children?X-Plex-Token=owner-token", 404),
        ("/:/scrobble?key=999&X-Plex-Token=owner-token", 404),
        ("/:/progress?key=999&time=1&X-Plex-Token=owner-token", 404),
        ("/library/sections/?X-Plex-Token=owner-token", 200),
        ("/library/sections/1/all?X-Plex-Container-Size=many&X-Plex-Token=owner-token", 200),
    ],
)
def test_what_does_not_exist_is_answered_with_a_page_in_html(plex: StandIn, path: str, expected: int) -> None:
    answer = requests.get(plex.url + path, timeout=5)
    assert answer.status_code == expected
    assert answer.headers["Content-Type"] == ("text/html" if expected != 200 else "text/xml;charset=utf-8")
    assert answer.text.startswith("<html>" if expected != 200 else "<?xml")


@pytest.mark.parametrize(("path", "redirects"), [("/", True), ("/library/onDeck", False)])
def test_without_a_token_only_the_root_sends_a_browser_on(plex: StandIn, path: str, redirects: bool) -> None:
    answer = requests.get(plex.url + path, timeout=5)
    assert answer.status_code == 401
    assert ("window.location" in answer.text) is redirects


def test_an_endpoint_below_the_name_of_a_host_is_one_more_row(home: Home) -> None:
    def users(request: Request) -> Reply:
        return Answer(200, f"{request.method} {request.names['user']} {request.body.decode()}".encode())

    row = Route("/plex.tv/api/users/{user}", users, "anyone", ("POST",))
    with StandIn(home.household, routes=[*ROUTES, row]) as plex:
        answer = requests.post(f"{plex.url}/plex.tv/api/users/7", data=b"pin", timeout=5)
        assert (answer.status_code, answer.text) == (200, "POST 7 pin")
        assert status(plex, "/plexxtv/api/users/7", "POST") == 401


def test_an_endpoint_can_take_the_bare_connection(home: Home) -> None:
    def echo(request: Request) -> Reply:
        def talk(connection: Connection) -> None:
            connection.write(b"ready\n")
            connection.write(connection.read(4)[::-1])

        return talk

    with StandIn(home.household, routes=[Route("/talk", echo, "anyone")]) as plex:
        host = urlsplit(plex.url)
        with socket.create_connection((host.hostname or "", host.port or 0), timeout=5) as client:
            client.sendall(b"GET /talk HTTP/1.1\r\nHost: x\r\n\r\nabcd")
            assert client.makefile("rb").read() == b"ready\ndcba"


def test_many_clients_at_once_while_the_household_changes(home: Home, plex: StandIn, sign_in: SignIn) -> None:
    wrong: list[str] = []

    def read() -> None:
        section = sign_in(home.owner).library.section("Movies")
        for _ in range(3):
            keys = [film.ratingKey for film in section.all()]
            if len(keys) < 30:
                wrong.append(f"{len(keys)} films")

    for number in range(30):
        home.film(f"Film {number:03}")
    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(60):
        home.household.watch(home.owner, home.film(f"Zoo {number:03}"), offset_ms=5)
    for reader in readers:
        reader.join()
    assert wrong == []


def test_a_socket_that_listens_already_is_taken_over(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        plex = StandIn(home.household, listening=listening)
        assert plex.url == f"http://127.0.0.1:{port}"
        with plex:
            assert status(plex, "/identity") == 200
    with plex:
        assert plex.port == port
        assert status(plex, "/identity") == 200
