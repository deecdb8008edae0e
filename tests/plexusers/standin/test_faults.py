import contextlib
import threading
from collections.abc import Callable
from xml.etree.ElementTree import ParseError, fromstring

import pytest
import requests
from plexapi.exceptions import BadRequest, NotFound, Unauthorized

from plexusers.standin import StandIn, faults
from tests.plexusers.standin.conftest import Home, SignIn

BROKEN = requests.exceptions.RequestException


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.Status(401), (Unauthorized, "401")),
        (faults.Status(403), (BadRequest, r"^\(403\)")),
        (faults.Status(404), (NotFound, r"^\(404\)")),
        (faults.Status(429, retry_after=7), (BadRequest, r"^\(429\)")),
        *[(faults.Status(code), (BadRequest, rf"^\({code}\)")) for code in (500, 502, 503)],
        *[(faults.Status(code), (TypeError, "subscriptable")) for code in range(520, 527)],
        (faults.Reset(), (BROKEN, "reset")),
        (faults.Truncated(), (BROKEN, "Incomplete")),
        (faults.CUT_DOCUMENT, (ParseError, "line")),
        (faults.MALFORMED, (ParseError, "line")),
        (faults.CAPTIVE_PORTAL, (ParseError, "line")),
        (faults.EMPTY, (AttributeError, "NoneType")),
    ],
)
def test_a_fault_reaches_the_client_until_it_is_healed(
    home: Home, plex: StandIn, sign_in: SignIn, fault: faults.Fault, error: tuple[type[Exception], str]
) -> None:
    home.household.watch(home.owner, home.film("Film"), offset_ms=1000)
    library = sign_in(home.owner).library
    plex.fail("/library/onDeck", fault)
    for _ in range(2):
        with pytest.raises(error[0], match=error[1]):
            library.onDeck()
    plex.heal()
    assert len(library.onDeck()) == 1


QUESTIONS = {
    "account": ("GET", "/plex.tv/api/v2/user", "application/json"),
    "account in XML": ("GET", "/plex.tv/api/v2/user", ""),
    "people": ("GET", "/plex.tv/api/users", ""),
    "shares": ("GET", "/plex.tv/api/servers/{machine}/shared_servers", ""),
    "servers": ("GET", "/clients.plex.tv/api/v2/resources", "application/json"),
    "watchlist": ("GET", "/discover.provider.plex.tv/library/sections/watchlist/all", "application/json"),
    "watchlist in XML": ("GET", "/discover.provider.plex.tv/library/sections/watchlist/all", ""),
    "friends": ("POST", "/community.plex.tv/api", "application/json"),
    "feed": ("GET", "/rss.plex.tv/{feed}", ""),
    "feed in JSON": ("GET", "/rss.plex.tv/{feed}?format=json", "application/json"),
}


WAYS: dict[str, faults.Fault] = {
    **{str(code): faults.Status(code) for code in (401, 403, 422, 429, 498, 500, 502, 503, 504, *range(520, 527))},
    "reset": faults.Reset(),
    "truncated": faults.Truncated(),
    "cut": faults.CUT_DOCUMENT,
    "malformed": faults.MALFORMED,
    "captive portal": faults.CAPTIVE_PORTAL,
    "empty": faults.EMPTY,
    "slow": faults.Slow(3600),
}


@pytest.mark.parametrize("fault", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_every_endpoint_of_every_host_can_go_wrong_in_every_way(
    home: Home, plex: StandIn, question: tuple[str, str, str], fault: faults.Fault
) -> None:
    online = home.household.online
    online.add_to_watchlist(home.owner, home.film("Film"))
    names = {"machine": home.household.machine_identifier, "feed": online.add_feed(home.owner)}

    def ask() -> None:
        method, path, accept = question
        headers = {"X-Plex-Token": home.owner.token, "Accept": accept}
        body = b'{"query": "{ allFriendsV2 { user { id username } } }"}' if method == "POST" else None
        url = plex.url + path.format(**names)
        answer = requests.request(method, url, data=body, headers=headers, timeout=(5, 0.2))
        answer.raise_for_status()
        if accept:
            answer.json()
        else:
            fromstring(answer.text)

    ask()
    plex.fail("/" + question[1].split("/")[1], fault)
    with pytest.raises((BROKEN, ParseError)):
        ask()
    plex.heal()
    ask()


def test_a_list_in_json_can_lie_about_its_size_too(home: Home, plex: StandIn) -> None:
    home.household.online.add_to_watchlist(home.owner, home.film("Film"))
    plex.fail("/discover.provider.plex.tv", faults.wrong_size(7))
    headers = {"X-Plex-Token": home.owner.token, "Accept": "application/json"}
    url = f"{plex.url}/discover.provider.plex.tv/library/sections/watchlist/all"
    container = requests.get(url, headers=headers, timeout=5).json()["MediaContainer"]
    assert (container["size"], container["totalSize"], len(container["Metadata"])) == (7, 7, 1)


def test_a_busy_server_says_when_to_come_back(plex: StandIn) -> None:
    plex.fail("/", faults.Status(429, retry_after=7))
    answer = requests.get(plex.url, timeout=5)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_whoever_asks_too_often_is_refused_until_it_was_quiet_for_a_while(home: Home, plex: StandIn) -> None:
    limit = faults.TooOften(2, 60, retry_after=1, clock=lambda: home.time)
    plex.fail("/identity", limit)

    def ask() -> requests.Response:
        return requests.get(f"{plex.url}/identity", timeout=5)

    answers = [ask() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert (answers[2].headers["Retry-After"], limit.refused) == ("1", 1)
    home.time += 59
    assert ask().status_code == 429
    home.time += 61
    assert ask().status_code == 200


def test_a_fault_can_be_counted_and_meant_for_one_account_and_one_path(
    home: Home, plex: StandIn, sign_in: SignIn
) -> None:
    owner, sam = sign_in(home.owner).library, sign_in(home.sam).library
    plex.fail("/library/onDeck", faults.Status(503), times=2, account=home.sam)
    assert owner.onDeck() == []
    assert sam.section("Movies").all() == []
    for _ in range(2):
        with pytest.raises(BadRequest):
            sam.onDeck()
    assert sam.onDeck() == []


def test_the_fault_added_last_comes_first(plex: StandIn) -> None:
    plex.fail("/", faults.Status(500))
    plex.fail("/identity", faults.Status(502), times=1)
    assert [requests.get(f"{plex.url}/identity", timeout=5).status_code for _ in range(2)] == [502, 500]


@pytest.mark.parametrize("lie", [0, 1, 500])
def test_a_container_can_lie_about_its_size(home: Home, plex: StandIn, sign_in: SignIn, lie: int) -> None:
    home.film("Film", size=4321)
    server = sign_in(home.owner)
    plex.fail("/library/sections/1/all", faults.wrong_size(lie))
    container = server.query("/library/sections/1/all?X-Plex-Container-Start=0")
    assert (container.get("size"), container.get("totalSize")) == (str(lie), str(lie))
    assert [part.get("size") for part in container.iter("Part")] == ["4321"]


def test_a_slow_answer_comes_in_the_end(home: Home, plex: StandIn, sign_in: SignIn) -> None:
    home.film("Film")
    section = sign_in(home.owner).library.section("Movies")
    plex.fail("/library", faults.Slow(0.01))
    assert len(section.all()) == 1


def test_a_slow_answer_runs_into_the_clients_timeout(home: Home, plex: StandIn, sign_in: SignIn) -> None:
    server = sign_in(home.owner)
    plex.fail("/library", faults.Slow(3600))
    with pytest.raises(requests.exceptions.ReadTimeout):
        server.query("/library/onDeck", timeout=0.05)


@pytest.mark.parametrize("make", [lambda: faults.Slow(3600), faults.Drip])
def test_stopping_ends_an_answer_that_never_comes_to_its_end(
    home: Home, plex: StandIn, make: Callable[[], faults.Fault]
) -> None:
    ended = threading.Event()

    def ask() -> None:
        with contextlib.suppress(BROKEN):
            requests.get(f"{plex.url}/identity", timeout=60)
        ended.set()

    plex.fail("/identity", make())
    threading.Thread(target=ask, daemon=True).start()
    while not plex.requests:
        ended.wait(0.001)
    assert not ended.is_set()
    plex.stop()
    assert ended.wait(30)


def test_a_drip_goes_on_for_as_long_as_somebody_reads(home: Home, plex: StandIn) -> None:
    plex.fail("/identity", faults.Drip(pause=0))
    with requests.get(f"{plex.url}/identity", stream=True, timeout=5) as answer:
        assert answer.status_code == 200
        assert len(answer.raw.read(3000)) == 3000
