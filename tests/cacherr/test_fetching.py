"""Fetching an address of a person's choice, from real servers on this machine that mean no good."""

import gzip
import ipaddress
import ssl
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django.fixtures import Settings

from cacherr.addresses import Address, AddressPolicy
from cacherr.errors import OutsideError
from cacherr.fetching import Fetcher, Limits
from tests.scripted_server import Answer, Handler, Server, answer, running

HERE = AddressPolicy(loopback=True)
MB = 2**20


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def gateway(server: Server, settings: Settings) -> Server:
    settings.CACHERR_OUTBOUND_GATEWAY = server.url
    return server


def addresses(*found: str) -> Callable[[str, int], list[Address]]:
    """A resolver that gives one address after the other, and the last one for ever."""
    rest = [ipaddress.ip_address(one) for one in found]
    return lambda host, port: [rest.pop(0) if len(rest) > 1 else rest[0]]


def refused(fetch: Callable[[], object]) -> str:
    """Why nothing was fetched: one line."""
    with pytest.raises(OutsideError) as raised:
        fetch()
    assert "\n" not in str(raised.value)
    return str(raised.value)


# ---- where addresses lead -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "ftp://example.org/x", "gopher://x", "//example.org/x", "example.org", "", "http://", "http://[::1",
     "http://x:99999/", "javascript:alert(1)"],
)  # fmt: skip
def test_only_web_addresses_are_fetched(address: str) -> None:
    assert refused(lambda: Fetcher().fetch(address))


@pytest.mark.parametrize("gatewayed", [False, True])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "[::1]", "2130706433", "10.0.0.1"])
def test_an_address_that_must_not_be_reached_is_not_asked(
    server: Server, settings: Settings, host: str, gatewayed: bool
) -> None:
    settings.CACHERR_OUTBOUND_GATEWAY = server.url if gatewayed else ""
    said = refused(lambda: Fetcher().fetch(f"http://{host}:{server.server_port}/secret-key"))
    assert "secret-key" not in said
    assert server.seen == []


def test_a_name_that_leads_to_this_machine_is_not_asked(server: Server) -> None:
    fetcher = Fetcher(resolve=addresses("127.0.0.1"))
    said = refused(lambda: fetcher.fetch(f"http://lists.example:{server.server_port}/x"))
    assert "lists.example leads to 127.0.0.1: this machine itself" in said
    assert server.seen == []


def test_one_bad_address_among_good_ones_is_enough_to_refuse(server: Server) -> None:
    both = [ipaddress.ip_address("93.184.216.34"), ipaddress.ip_address("169.254.169.254")]
    assert "metadata" in refused(lambda: Fetcher(resolve=lambda host, port: both).fetch("http://lists.example/"))


def test_the_address_that_was_checked_is_connected_to_although_the_name_changes_its_answer(server: Server) -> None:
    asked: list[str] = []

    def changing(host: str, port: int) -> list[Address]:
        asked.append(host)
        return [ipaddress.ip_address("127.0.0.1" if len(asked) == 1 else "169.254.169.254")]

    fetched = Fetcher(HERE, resolve=changing).fetch(f"http://lists.example:{server.server_port}/x")
    assert (fetched.body, asked) == (b"fine", ["lists.example"])
    assert server.seen[0][1]["Host"] == f"lists.example:{server.server_port}"


def test_a_name_that_changes_its_answer_between_two_fetches_is_checked_again(server: Server) -> None:
    fetcher = Fetcher(HERE, resolve=addresses("127.0.0.1", "169.254.169.254"))
    place = f"http://lists.example:{server.server_port}/"
    assert fetcher.fetch(place).body == b"fine"
    assert "metadata" in refused(lambda: fetcher.fetch(place))
    assert len(server.seen) == 1


@pytest.mark.parametrize("gatewayed", [False, True])
@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("http://169.254.169.254/latest/meta-data", "metadata"),
        ("http://192.168.0.1/", "home network"),
        ("file:///etc/passwd", "begin with http"),
        ("http://[::ffff:169.254.169.254]/", "metadata"),
        ("http://[", "none"),
    ],
)
def test_a_redirect_is_checked_like_the_first_address(
    server: Server, settings: Settings, target: str, said: str, gatewayed: bool
) -> None:
    server.script = [answer(status=302, headers={"Location": target}), answer(b"secret")]
    settings.CACHERR_OUTBOUND_GATEWAY = server.url if gatewayed else ""
    fetcher = Fetcher(HERE, resolve=addresses("127.0.0.1"))
    assert said in refused(lambda: fetcher.fetch(f"http://lists.example:{server.server_port}/"))
    assert len(server.seen) == 1


def test_a_redirect_is_followed_and_takes_keys_along_to_the_same_host_only(gateway: Server) -> None:
    gateway.script = [
        answer(status=301, headers={"Location": "/b?x=1"}),
        answer(status=302, headers={"Location": "https://other.example/c"}),
        answer(b"there"),
    ]
    assert Fetcher().fetch("https://lists.example/a", headers={"X-Key": "k"}).body == b"there"
    assert gateway.paths == ["/lists.example/a", "/lists.example/b?x=1", "/other.example/c"]
    assert ["X-Key" in headers for _, headers, _ in gateway.seen] == [True, True, False]


@pytest.mark.parametrize(("start", "target"), [("https", "http://lists.example/"), ("http", "/again")])
def test_a_redirect_from_https_to_http_and_redirects_without_end_are_refused(
    gateway: Server, start: str, target: str
) -> None:
    gateway.script = [answer(status=302, headers={"Location": target})]
    assert "leads" in refused(lambda: Fetcher().fetch(f"{start}://lists.example/"))
    assert len(gateway.seen) == (1 if start == "https" else 4)


def test_what_is_sent_is_not_sent_on(gateway: Server) -> None:
    gateway.script = [answer(status=307, headers={"Location": "https://other.example/"})]
    assert "elsewhere" in refused(lambda: Fetcher().fetch("https://lists.example/", body=b"{}"))


# ---- limits ---------------------------------------------------------------------------------------------------------


def endless(head: Callable[[Handler], None], block: bytes, pause: float, gone: Event) -> Answer:
    def send(to: Handler) -> None:
        head(to)
        try:
            while True:
                to.wfile.write(block)
                time.sleep(pause)
        except OSError:
            gone.set()

    return send


def whole_head(to: Handler) -> None:
    to.send_response(200)
    to.send_header("Content-Length", str(2**30))
    to.end_headers()


def test_a_feed_of_a_gigabyte_is_refused_early_and_the_process_stays_small(gateway: Server) -> None:
    gone = Event()
    gateway.script = [endless(whole_head, b"x" * 65536, 0, gone)]
    tracemalloc.start()
    said = refused(lambda: Fetcher(limits=Limits(size=4 * MB)).fetch("https://lists.example/feed"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert said.startswith("lists.example answers with more than 4 MB.")
    assert gone.wait(30)
    assert peak < 16 * MB


def test_a_redirect_with_a_gigabyte_is_refused_as_well(gateway: Server) -> None:
    def leading(to: Handler) -> None:
        to.send_response(302)
        to.send_header("Location", "/on")
        to.send_header("Content-Length", str(2**30))
        to.end_headers()

    gateway.script = [endless(leading, b"x" * 65536, 0, Event())]
    assert "more than 1 MB" in refused(lambda: Fetcher(limits=Limits(size=MB)).fetch("https://lists.example/"))


def test_a_small_answer_that_unpacks_to_a_large_one_is_refused(gateway: Server) -> None:
    gateway.script = [answer(gzip.compress(bytes(100 * MB), 1), headers={"Content-Encoding": "gzip"})]
    assert "more than 1 MB" in refused(lambda: Fetcher(limits=Limits(size=MB)).fetch("https://lists.example/"))


def no_head(to: Handler) -> None:
    to.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")


def chunked_head(to: Handler) -> None:
    to.send_response(200)
    to.send_header("Transfer-Encoding", "chunked")
    to.end_headers()


@pytest.mark.parametrize("gatewayed", [False, True])
@pytest.mark.parametrize(
    ("head", "block"),
    [
        pytest.param(whole_head, b"x", id="a body that drips"),
        pytest.param(chunked_head, b"1\r\nx\r\n", id="chunks without end"),
        pytest.param(no_head, b"x", id="headers that drip"),
        pytest.param(lambda to: None, b"", id="silence"),
    ],
)
def test_a_host_that_never_ends_its_answer_is_given_up(
    server: Server, settings: Settings, head: Callable[[Handler], None], block: bytes, gatewayed: bool
) -> None:
    settings.CACHERR_OUTBOUND_GATEWAY = server.url if gatewayed else ""
    server.script = [endless(head, block, 0.02, Event())]
    fetcher = Fetcher(HERE, Limits(seconds=0.5), addresses("127.0.0.1"))
    start = time.monotonic()
    said = refused(lambda: fetcher.fetch(f"http://lists.example:{server.server_port}/?apikey=secret"))
    assert said.startswith("lists.example did not finish within 0.5 seconds.")
    assert time.monotonic() - start < 10


def test_a_fetch_after_one_that_was_given_up_works(gateway: Server) -> None:
    gateway.script = [endless(whole_head, b"x", 0.02, Event()), answer(b"fine")]
    fetcher = Fetcher(limits=Limits(seconds=0.4))
    refused(lambda: fetcher.fetch("https://lists.example/"))
    assert fetcher.fetch("https://lists.example/").body == b"fine"


def test_nobody_listening_is_one_line_without_the_key() -> None:
    fetcher = Fetcher(HERE)
    said = refused(lambda: fetcher.fetch("http://127.0.0.1:9/list?apikey=s3cret"))
    assert said.startswith("127.0.0.1 does not answer")
    assert "s3cret" not in said


# ---- TLS ------------------------------------------------------------------------------------------------------------


def test_tls_goes_by_the_name_although_the_connection_goes_to_an_address(tmp_path: Path) -> None:
    certificate, names = tmp_path / "cert.pem", []
    make_certificate(certificate, "lists.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda connection, name, _: names.append(name)
    with running() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        port = server.server_port
        fetcher = Fetcher(HERE, resolve=addresses("127.0.0.1"))
        fetcher.trust(str(certificate))
        assert fetcher.fetch(f"https://lists.example:{port}/").body == b"fine"
        assert "does not answer (ssl)" in refused(lambda: fetcher.fetch(f"https://other.example:{port}/"))
    assert list(dict.fromkeys(names)) == ["lists.example", "other.example"]


def make_certificate(path: Path, name: str) -> None:
    """A certificate for a name, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
