"""Every request to somebody else, against real servers on this machine that behave badly."""

import gzip
import time
from collections.abc import Iterator
from threading import Event

import pytest
import requests
from pytest_django.fixtures import Settings

from cacherr import outbound
from tests.scripted_server import Handler, Server, answer, running


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def other() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def gateway(server: Server, settings: Settings) -> Server:
    settings.CACHERR_OUTBOUND_GATEWAY = server.url
    return server


# ---- the gateway ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("https://plex.tv/api/v2/user", "/plex.tv/api/v2/user"),
        ("https://api.trakt.tv/lists/x?page=2&limit=a%20b", "/api.trakt.tv/lists/x?page=2&limit=a%20b"),
        ("https://example.org:8443/feed.rss", "/example.org:8443/feed.rss"),
        ("https://example.org", "/example.org/"),
        ("http://example.org/list", "/example.org/list"),
        ("https://name:secret@example.org/list", "/example.org/list"),
    ],
)
def test_a_request_for_outside_goes_through_the_gateway_with_host_path_and_query(
    gateway: Server, asked: str, sent: str
) -> None:
    answered = outbound.session().get(asked)
    assert (answered.text, gateway.paths) == ("fine", [sent])


def test_a_gateway_may_have_a_path_of_its_own(gateway: Server, settings: Settings) -> None:
    settings.CACHERR_OUTBOUND_GATEWAY = f"{gateway.url}/egress/"
    outbound.session().get("https://plex.tv/users")
    assert gateway.paths == ["/egress/plex.tv/users"]


@pytest.mark.parametrize("path", ["", "/plex"])
def test_the_plex_server_itself_is_never_asked_through_the_gateway(gateway: Server, other: Server, path: str) -> None:
    session = outbound.session(local=other.url + path)
    session.get(f"{other.url}{path}/library/onDeck?x=1")
    session.get("https://plex.tv/users")
    assert (other.paths, gateway.paths) == ([f"{path}/library/onDeck?x=1"], ["/plex.tv/users"])


@pytest.mark.parametrize("target", ["/lists/new?x=1", "https://example.org/lists/new?x=1"])
def test_a_redirect_behind_the_gateway_leads_to_the_host_that_it_means(gateway: Server, target: str) -> None:
    gateway.script = [answer(status=302, headers={"Location": target}), answer(b"there")]
    answered = outbound.session().get("https://example.org/lists/old")
    assert answered.text == "there"
    assert gateway.paths == ["/example.org/lists/old", "/example.org/lists/new?x=1"]


# ---- trying again ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [502, 503, 504])
def test_what_may_work_later_is_tried_again(server: Server, status: int) -> None:
    server.script = [answer(status=status), answer(status=status), answer(b"at last")]
    assert outbound.session().get(server.url).text == "at last"


def test_an_answer_that_broke_off_is_asked_for_once_more(server: Server) -> None:
    def break_off(to: Handler) -> None:
        to.send_response(200)
        to.send_header("Content-Length", "9")
        to.end_headers()
        to.wfile.write(b"at")
        to.close_connection = True

    server.script = [break_off, answer(b"at last")]
    assert outbound.session().get(server.url).text == "at last"


def test_trying_again_ends(server: Server) -> None:
    server.script = [answer(b"busy", 503)]
    answered = outbound.session().get(server.url)
    assert (answered.status_code, answered.text, len(server.seen)) == (503, "busy", 3)


@pytest.mark.parametrize("status", [400, 401, 404, 500])
def test_what_will_not_work_later_either_is_asked_once(server: Server, status: int) -> None:
    server.script = [answer(status=status)]
    assert outbound.session().get(server.url).status_code == status
    assert len(server.seen) == 1


def test_a_request_that_changes_something_is_never_sent_twice(server: Server) -> None:
    server.script = [answer(status=503)]
    assert outbound.session().post(server.url, data=b"x").status_code == 503
    assert len(server.seen) == 1


# ---- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 65_536, 100_000])
def test_an_answer_up_to_the_limit_arrives_whole(server: Server, settings: Settings, size: int) -> None:
    settings.OUTBOUND_MAX_BYTES = 100_000
    server.script = [answer(b"x" * size)]
    assert outbound.session().get(server.url).content == b"x" * size


def test_a_compressed_answer_is_opened(server: Server) -> None:
    server.script = [answer(gzip.compress(b"word " * 50_000), headers={"Content-Encoding": "gzip"})]
    assert outbound.session().get(server.url).content == b"word " * 50_000


def test_an_answer_in_chunks_is_joined(server: Server) -> None:
    def chunked(to: Handler) -> None:
        to.send_response(200)
        to.send_header("Transfer-Encoding", "chunked")
        to.end_headers()
        to.wfile.write(b"5\r\nhello\r\n6\r\n there\r\n0\r\n\r\n")

    server.script = [chunked]
    assert outbound.session().get(server.url).text == "hello there"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(b"x" * 100_001, {}, id="a byte too many"),
        pytest.param(gzip.compress(bytes(200_000_000), 1), {"Content-Encoding": "gzip"}, id="a compressed bomb"),
    ],
)
def test_an_answer_that_is_too_large_is_refused(
    server: Server, settings: Settings, body: bytes, headers: dict[str, str]
) -> None:
    settings.OUTBOUND_MAX_BYTES = 100_000
    server.script = [answer(body, headers=headers)]
    with pytest.raises(outbound.AnswerTooLargeError):
        outbound.session().get(server.url)


def test_an_answer_that_drips_is_given_up_although_no_single_read_takes_long(
    server: Server, settings: Settings
) -> None:
    sent: list[int] = []
    hung_up = Event()

    def drip(to: Handler) -> None:
        to.send_response(200)
        to.send_header("Content-Length", "3000")
        to.end_headers()
        try:
            for number in range(3000):
                to.wfile.write(b"x")
                sent.append(number)
                time.sleep(0.01)
        except OSError:
            hung_up.set()

    settings.OUTBOUND_TOTAL_SECONDS = 0.2
    server.script = [drip]
    with pytest.raises(outbound.AnswerTooSlowError):
        outbound.session().get(server.url)
    assert len(sent) < 3000
    assert hung_up.wait(60)


@pytest.mark.parametrize("headers", [{"Content-Length": "100"}, {"Transfer-Encoding": "chunked"}])
def test_an_answer_that_breaks_off_is_an_error_and_not_a_short_answer(server: Server, headers: dict[str, str]) -> None:
    def break_off(to: Handler) -> None:
        to.send_response(200)
        for name, value in headers.items():
            to.send_header(name, value)
        to.end_headers()
        to.wfile.write(b"64\r\nhalf of it")
        to.close_connection = True

    server.script = [break_off]
    with pytest.raises(outbound.TransportError):
        outbound.session().get(server.url)


def test_redirects_in_a_circle_end(server: Server) -> None:
    server.script = [answer(status=302, headers={"Location": f"{server.url}/again"})]
    with pytest.raises(requests.TooManyRedirects):
        outbound.session().get(server.url)
    assert len(server.seen) == 1 + outbound.MAX_REDIRECTS


def test_nobody_listening_is_a_transport_error() -> None:
    with pytest.raises(outbound.TransportError):
        outbound.session().get("http://127.0.0.1:9/")


# ---- nothing of this machine's --------------------------------------------------------------------------------------


def test_no_proxy_and_no_login_is_taken_from_the_machine(
    server: Server,
    other: Server,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    logins = tmp_path_factory.mktemp("home") / ".netrc"
    logins.write_text("machine 127.0.0.1 login somebody password else\n")
    logins.chmod(0o600)
    monkeypatch.setenv("NETRC", str(logins))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, other.url)
    outbound.session().get(f"{server.url}/x")
    assert (server.paths, other.paths) == (["/x"], [])
    assert "Authorization" not in server.seen[0][1]


def test_every_request_says_who_asks_and_carries_the_headers_given(server: Server) -> None:
    outbound.session({"X-Own": "yes"}).get(server.url)
    headers = server.seen[0][1]
    assert headers["User-Agent"].startswith("Cacherr/")
    assert headers["X-Own"] == "yes"
