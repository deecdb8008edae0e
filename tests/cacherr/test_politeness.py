"""Manners towards others, over HTTP against real servers, with a clock that only waiting moves on."""

import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
from pytest_django.fixtures import Settings

from cacherr import outbound
from cacherr.politeness import MAX_WAIT_SECONDS, SLICE_SECONDS, Heard, Manners, Politeness, Target
from cacherr.rests import Rest
from cacherr.tally import Counts, Sum, What
from cacherr.turns import Limits
from tests.scripted_server import Answer, Handler, Server, answer, running
from tests.waiting import until

TODAY = 1_800_000_000.0
PLEX_TV, DISCOVER, OTHER = (
    "https://plex.tv/users",
    "https://discover.provider.plex.tv/users",
    "https://example.org/list",
)


class Time:
    """A clock and a time of day that only waiting moves on."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.longest = 0.0

    def clock(self) -> float:
        return self.passed

    def now(self) -> float:
        return TODAY + self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds
        self.longest = max(self.longest, seconds)


class Paper:
    """Books on paper: several processes may share them."""

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self.counts: dict[What, Sum] = {}
        self.rests: dict[str, Rest] = {}
        self.is_lost = False
        self.reads = 0

    def write(self, counts: Counts, rests: Mapping[str, Rest | None]) -> bool:
        if self.is_lost:
            return False
        for what, one in counts.items():
            self.counts[what] = self.counts.get(what, Sum()) + one
        for host, rest in rests.items():
            if rest:
                self.rests[host] = rest
            else:
                self.rests.pop(host, None)
        return True

    def read(self) -> tuple[Manners, Mapping[str, Rest]] | None:
        self.reads += 1
        return None if self.is_lost else (self.manners, dict(self.rests))

    def close(self) -> None: ...


AT_ONCE = Limits(0, 0)
FAST = Manners(AT_ONCE, AT_ONCE, AT_ONCE)


class Process:
    """What one process does: a clock, manners, a session."""

    def __init__(self, manners: Manners = FAST, paper: Paper | None = None, local: str = "") -> None:
        self.time = Time()
        self.politeness = Politeness(
            clock=self.time.clock, now=self.time.now, sleep=self.time.sleep, jitter=lambda: 1.0
        )
        self.politeness.follow(paper, manners)
        self.session = outbound.session(local=local, manners=self.politeness)

    def get(self, address: str) -> int:
        return self.session.get(address).status_code

    def rest(self, address: str = PLEX_TV) -> float | None:
        """For how many seconds a host is left alone from now on."""
        rest = self.politeness.rest_of(Target.of(address))
        return rest.until - self.time.now() if rest else None


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture(autouse=True)
def gateway(server: Server, settings: Settings) -> Server:
    settings.CACHERR_OUTBOUND_GATEWAY = server.url
    return server


def busy(wait: str | None = None, status: int = 429) -> Answer:
    return answer(status=status, headers={"Retry-After": wait} if wait else {})


# ---- the pace -------------------------------------------------------------------------------------------------------


def test_the_hosts_of_plex_tv_share_one_pace_and_all_others_have_their_own(server: Server) -> None:
    process = Process(Manners(Limits(1, 0), AT_ONCE, Limits(0.25, 0)), local=f"{server.url}/plex")
    for _ in range(3):
        process.get(PLEX_TV)
        process.get(DISCOVER)
    assert process.time.passed == pytest.approx(5)
    process.get(OTHER)
    process.get("https://example.com/list")
    process.get(f"{server.url}/plex/identity")
    assert process.time.passed == pytest.approx(5)
    process.get(OTHER)
    assert process.time.passed == pytest.approx(5.25)


def test_a_host_whose_name_only_looks_like_plex_tv_is_another_one() -> None:
    paces = [Target.of(f"https://{host}/").pace for host in ("plex.tv", "rss.plex.tv", "notplex.tv", "plex.tv.io")]
    assert paces == ["plex.tv", "plex.tv", "notplex.tv", "plex.tv.io"]


def test_no_more_than_so_many_requests_are_made_in_a_minute(server: Server) -> None:
    process = Process(Manners(AT_ONCE, Limits(0, 5), AT_ONCE), local=server.url)
    for _ in range(5):
        process.get(f"{server.url}/identity")
    assert process.time.passed == 0
    process.get(f"{server.url}/identity")
    assert process.time.passed == pytest.approx(60)


def test_each_further_attempt_has_its_turn_as_well(server: Server) -> None:
    server.script = [busy(status=503), busy(status=503), answer(b"fine")]
    process = Process(Manners(Limits(10, 0), AT_ONCE, AT_ONCE))
    assert process.get(PLEX_TV) == 200
    assert process.time.passed == pytest.approx(20)


def test_many_threads_keep_one_pace(server: Server) -> None:
    politeness = Politeness()
    politeness.follow(None, Manners(Limits(0.02, 0), AT_ONCE, AT_ONCE))

    def ask() -> None:
        session = outbound.session(manners=politeness)
        for _ in range(3):
            session.get(PLEX_TV)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(server.seen) == 24
    assert time.monotonic() - began >= 23 * 0.02  # nobody was let in before the turn; how much later does not matter


def test_waiting_is_done_in_short_slices_and_ends_with_the_process(server: Server) -> None:
    process = Process(Manners(Limits(3600, 0), AT_ONCE, AT_ONCE))
    process.get(PLEX_TV)
    process.politeness.end_when(lambda: process.time.passed > 1)
    with pytest.raises(outbound.RestingError, match="ending"):
        process.get(PLEX_TV)
    assert process.time.passed <= 1 + 2 * SLICE_SECONDS
    assert process.time.longest <= SLICE_SECONDS
    assert len(server.seen) == 1


# ---- hosts that ask for quiet ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wait", ["7", format_datetime(datetime.fromtimestamp(TODAY, UTC) + timedelta(seconds=7), usegmt=True)]
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_short_wait_is_waited_and_the_answer_comes(server: Server, wait: str, status: int) -> None:
    server.script = [busy(wait, status), answer(b"fine")]
    process = Process()
    assert process.get(PLEX_TV) == 200
    assert process.time.passed == pytest.approx(7.25, abs=0.26)


@pytest.mark.parametrize(("wait", "told"), [("16", 16), ("3600", 3600), ("999999999999", 86400), (None, 60)])
def test_a_long_wait_is_told_and_nobody_asks_before_its_end(server: Server, wait: str | None, told: float) -> None:
    server.script = [busy(wait), answer(b"fine")]
    process = Process()
    assert process.get(PLEX_TV) == 429
    assert process.rest() == told
    for seconds in (0, told - MAX_WAIT_SECONDS - 1):
        process.time.passed = seconds
        with pytest.raises(outbound.RestingError, match=r"plex\.tv asks to wait until .*\d\d:\d\d"):
            process.get(PLEX_TV)
    assert len(server.seen) == 1
    assert process.get(DISCOVER) == 200, "another host of the same owner has asked for nothing"
    process.time.passed = told - MAX_WAIT_SECONDS
    assert process.get(PLEX_TV) == 200
    assert process.time.passed == pytest.approx(told)
    assert process.rest() is None


def test_the_time_is_told_in_the_time_zone_of_the_installation(server: Server, settings: Settings) -> None:
    settings.TIME_ZONE = "Asia/Kolkata"
    server.script = [busy("3600")]
    process = Process()
    process.get(OTHER)
    with pytest.raises(outbound.RestingError) as told:
        process.get(OTHER)
    assert "2027-01-15 14:30" in str(told.value)  # 2027-01-15 09:00 UTC


def test_a_storm_of_refusals_costs_few_requests(server: Server) -> None:
    server.script = [busy()]
    process = Process()
    for _ in range(2000):
        try:
            process.get(PLEX_TV)
        except outbound.RestingError:
            process.time.passed += 3
    assert process.time.passed >= 5000
    assert len(server.seen) <= 10


def test_a_storm_of_refusals_with_a_short_wait_is_given_up(server: Server) -> None:
    server.script = [busy("0")]
    process = Process()
    assert process.get(PLEX_TV) == 429
    assert len(server.seen) == 3
    assert process.time.passed >= 1.99


def test_a_refusal_that_changes_something_is_not_sent_again_and_heeded_all_the_same(server: Server) -> None:
    server.script = [busy("5"), answer(b"fine")]
    process = Process()
    assert process.session.post(PLEX_TV).status_code == 429
    assert (len(server.seen), process.rest()) == (1, 5)


def test_what_a_host_asks_for_while_others_wait_for_their_turn_is_heeded_by_them_too(server: Server) -> None:
    process = Process(Manners(Limits(10, 0), AT_ONCE, AT_ONCE))
    process.get(PLEX_TV)
    target = Target.of(PLEX_TV)
    asked: list[float] = []

    def refuse_meanwhile() -> bool:
        asked.append(process.time.passed)
        if len(asked) == 20:
            process.politeness.heard(target, Heard(429, "600"))
        return False

    process.politeness.end_when(refuse_meanwhile)
    with pytest.raises(outbound.RestingError, match="asks to wait"):
        process.get(PLEX_TV)
    assert len(server.seen) == 1


def test_the_plex_server_may_be_asked_again_at_once_after_a_failure(server: Server) -> None:
    server.script = [answer(status=500)] * 20 + [answer(b"fine")]
    process = Process(local=server.url)
    answers = [process.get(f"{server.url}/identity") for _ in range(21)]
    assert answers == [500] * 20 + [200]
    assert process.time.passed == 0


def test_a_gateway_itself_never_rests(server: Server) -> None:
    server.script = [busy("3600"), answer(b"fine")]
    process = Process()
    assert [process.get(OTHER), process.get(PLEX_TV)] == [429, 200]


# ---- hosts that fail ------------------------------------------------------------------------------------------------


def reset(to: Handler) -> None:
    to.close_connection = True


@pytest.mark.parametrize("failing", [answer(status=500), answer(status=521), reset], ids=["500", "521", "reset"])
def test_a_host_that_fails_again_and_again_is_asked_ever_less(server: Server, failing: Answer) -> None:
    server.script = [failing]
    process = Process()

    def fail() -> float:
        try:
            process.get(OTHER)
        except requests.ConnectionError:
            pass
        return process.rest(OTHER) or 0

    assert [fail() for _ in range(5)] == [pytest.approx(seconds) for seconds in (1, 2, 4, 8, 16)]
    with pytest.raises(outbound.RestingError, match=r"example\.org has failed 5 times in a row"):
        process.get(OTHER)
    process.time.passed += 2
    server.script = [answer(b"fine")]
    assert process.get(OTHER) == 200
    assert process.rest(OTHER) is None
    server.script = [failing]
    assert fail() == pytest.approx(1), "one good answer, and it begins anew"


def test_a_short_trouble_that_passes_spares_nobody(server: Server) -> None:
    server.script = [answer(status=503), answer(b"fine")]
    process = Process()
    assert process.get(OTHER) == 200
    assert process.rest(OTHER) is None


# ---- the books ------------------------------------------------------------------------------------------------------


def test_another_process_knows_of_a_rest_and_so_does_the_next_one(server: Server) -> None:
    paper = Paper(FAST)
    first, other = Process(paper=paper), Process(paper=paper)
    assert other.get(OTHER) == 200
    server.script = [busy("3600"), answer(b"fine")]
    assert first.get(PLEX_TV) == 429
    until(lambda: "plex.tv" in paper.rests, "the rest in the books")
    with pytest.raises(outbound.RestingError):
        Process(paper=paper).get(PLEX_TV)
    other.time.passed += 11
    other.get(OTHER)
    until(lambda: other.rest() is not None, "the other process to read the books")
    with pytest.raises(outbound.RestingError):
        other.get(PLEX_TV)
    assert server.paths.count("/plex.tv/users") == 1


def test_a_rest_that_is_over_leaves_the_books(server: Server) -> None:
    paper = Paper(FAST)
    process = Process(paper=paper)
    server.script = [busy("3600"), answer(b"fine")]
    process.get(PLEX_TV)
    until(lambda: paper.rests, "the rest in the books")
    process.time.passed += 3600
    assert process.get(PLEX_TV) == 200
    until(lambda: not paper.rests, "the end of the rest in the books")


def test_a_rest_that_somebody_takes_out_of_the_books_ends(server: Server) -> None:
    paper = Paper(FAST)
    process = Process(paper=paper)
    server.script = [busy("3600"), answer(b"fine")]
    process.get(PLEX_TV)
    until(lambda: paper.rests, "the rest in the books")
    process.politeness.write_down()
    paper.rests.clear()
    process.politeness.look_again()
    assert process.get(PLEX_TV) == 200


def test_a_rest_is_kept_while_the_books_are_lost(server: Server) -> None:
    paper = Paper(FAST)
    process = Process(paper=paper)
    process.get(OTHER)
    server.script = [busy("3600"), answer(b"fine")]
    process.get(PLEX_TV)
    paper.is_lost = True
    for _ in range(3):
        process.politeness.write_down()
        process.politeness.look_again()
        with pytest.raises(outbound.RestingError):
            process.get(PLEX_TV)


def test_a_rest_from_while_the_books_were_lost_is_written_down_later(server: Server) -> None:
    paper = Paper(FAST)
    process = Process(paper=paper)
    process.get(OTHER)
    paper.is_lost = True
    server.script = [busy("3600")]
    process.get(PLEX_TV)
    process.politeness.write_down()
    assert paper.rests == {}
    paper.is_lost = False
    process.politeness.write_down()
    assert paper.rests["plex.tv"].until == pytest.approx(TODAY + 3600)


def test_changed_manners_count_after_some_seconds(server: Server) -> None:
    paper = Paper(FAST)
    process = Process(paper=paper)
    process.get(OTHER)
    paper.manners = Manners(AT_ONCE, AT_ONCE, Limits(100, 0))
    process.time.passed += 11
    process.get(OTHER)
    until(lambda: process.politeness._known.manners == paper.manners, "the books to be read")
    process.get(OTHER)
    assert process.time.passed == pytest.approx(111)


def test_the_books_are_not_opened_for_each_request(server: Server) -> None:
    paper = Paper(FAST)
    process = Process(paper=paper)
    for _ in range(40):
        process.get(OTHER)
    assert 1 <= paper.reads <= 3


# ---- counts ---------------------------------------------------------------------------------------------------------


def counted(paper: Paper) -> dict[tuple[str, str, str], int]:
    return {(what.host, what.endpoint, what.outcome): one.count for what, one in paper.counts.items()}


def test_every_attempt_is_counted_by_endpoint_and_outcome(server: Server) -> None:
    paper = Paper(FAST)
    process = Process(paper=paper, local=f"{server.url}/plex")
    server.script = [
        answer(status=503), answer(b"12345"), busy("1"), answer(b"123"), answer(status=404), answer(status=401), reset,
        answer(status=302, headers={"Location": "https://example.org/list/2"}), answer(b"1234"),
    ]  # fmt: skip
    process.get("https://plex.tv/api/v2/user")
    process.get("https://rss.plex.tv/4a9c7d4e-5b1c-4f0a-9c39-1b2c3d4e5f60")
    process.get(f"{server.url}/plex/library/metadata/7")
    process.get(f"{server.url}/plex/library/metadata/8?X-Plex-Token=secret")
    process.get("https://example.org/list/1")
    process.politeness.write_down()
    assert counted(paper) == {
        ("plex.tv", "/api/v2/user", "5xx"): 1,
        ("plex.tv", "/api/v2/user", "ok"): 1,
        ("rss.plex.tv", "/{id}", "429"): 1,
        ("rss.plex.tv", "/{id}", "ok"): 1,
        ("server", "/{id}/library/metadata/{id}", "4xx"): 2,
        ("example.org", "/list/{id}", "error"): 1,
        ("example.org", "/list/{id}", "ok"): 2,
    }
    sizes = {what.endpoint: one.size for what, one in paper.counts.items() if what.outcome == "ok"}
    assert sizes == {"/api/v2/user": 5, "/{id}": 3, "/list/{id}": 4}
    assert {what.day.isoformat() for what in paper.counts} == {"2027-01-15"}
    assert all(one.seconds > 0 for one in paper.counts.values())


def test_an_answer_that_is_read_as_a_stream_counts_as_announced(server: Server) -> None:
    paper = Paper(FAST)
    process = Process(paper=paper)
    server.script = [answer(b"x" * 1000)]
    process.session.get(OTHER, stream=True).close()
    process.politeness.write_down()
    assert [one.size for one in paper.counts.values()] == [1000]


def test_nothing_that_was_not_sent_is_counted(server: Server) -> None:
    paper = Paper(FAST)
    process = Process(paper=paper)
    server.script = [busy("3600")]
    process.get(PLEX_TV)
    for _ in range(5):
        with pytest.raises(outbound.RestingError):
            process.get(PLEX_TV)
    with pytest.raises(requests.RequestException):
        process.get("https://*.example.org/")
    process.politeness.write_down()
    assert counted(paper) == {("plex.tv", "/users", "429"): 1}


def test_counts_of_many_threads_are_all_written_also_while_the_books_are_lost_for_a_while(server: Server) -> None:
    paper = Paper(FAST)
    politeness = Politeness()
    politeness.follow(paper)
    politeness.write_down()
    paper.is_lost = True

    def ask(number: int) -> None:
        session = outbound.session(local=server.url, manners=politeness)
        for _ in range(25):
            session.get(f"{server.url}/library/metadata/{number}")
            politeness.write_down()
        paper.is_lost = False

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    politeness.write_down()
    assert counted(paper) == {("server", "/library/metadata/{id}", "ok"): 200}
    assert len(server.seen) == 200


def test_counts_are_written_by_themselves(server: Server) -> None:
    paper = Paper(FAST)
    politeness = Politeness()
    politeness.follow(paper)
    outbound.session(local=server.url, manners=politeness).get(server.url)
    until(lambda: counted(paper) == {("server", "/", "ok"): 1}, "the counts in the books")
