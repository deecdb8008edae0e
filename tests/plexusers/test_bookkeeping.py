"""The books of requests in the database: counts add up, rests are shared, old days are joined, nothing is secret."""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from cacherr import outbound, politeness
from cacherr.env import Override
from cacherr.errors import PlexUnreachableError
from cacherr.politeness import SHARED, Manners
from cacherr.rests import LONGEST_ASKED, Rest
from cacherr.tally import Sum, What
from cacherr.turns import Limits
from plexusers import bookkeeping
from plexusers.bookkeeping import RequestBooks
from plexusers.models import HostRest, PlexServer, RequestCount, WatchPolicy
from plexusers.models.asking import EARLIER
from plexusers.plex import Plex
from plexusers.standin import Household, StandIn, faults
from tests.conftest import Installation
from tests.scripted_server import Server, answer, running
from tests.serving import rows as rows_of
from tests.waiting import until

DAY = date(2026, 3, 14)
SECRET = "s3cret-of-alex"


def what(day: date = DAY, endpoint: str = "/users", outcome: str = "ok") -> What:
    return What(day, "plex.tv", endpoint, outcome)


def rows() -> dict[tuple[date, str, str], tuple[int, int, float]]:
    return {
        (row.day, row.endpoint, row.outcome): (row.count, row.size, row.seconds) for row in RequestCount.objects.all()
    }


@pytest.mark.django_db
def test_counts_add_up() -> None:
    books = RequestBooks()
    assert books.write({what(): Sum(2, 10, 0.5), what(outcome="4xx"): Sum(1)}, {})
    assert books.write({what(): Sum(3, 5, 0.25), what(endpoint="/api"): Sum(1)}, {})
    assert rows() == {
        (DAY, "/users", "ok"): (5, 15, 0.75),
        (DAY, "/users", "4xx"): (1, 0, 0),
        (DAY, "/api", "ok"): (1, 0, 0),
    }


@pytest.mark.django_db(transaction=True)
def test_counts_of_several_processes_add_up() -> None:
    def write() -> None:
        for _ in range(10):
            assert RequestBooks().write({what(): Sum(1, 1, 1), what(endpoint="/api"): Sum(1)}, {})
        connections.close_all()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert rows() == {(DAY, "/users", "ok"): (40, 40, 40.0), (DAY, "/api", "ok"): (40, 0, 0)}


@pytest.mark.django_db
def test_names_of_any_length_can_be_written() -> None:
    assert RequestBooks().write({What(DAY, "h" * 900, "/" + "{id}/" * 200, "ok"): Sum(1)}, {"r" * 900: Rest(1, True)})
    assert RequestCount.objects.count() == HostRest.objects.count() == 1


@pytest.mark.django_db
def test_rests_are_remembered_until_they_are_over() -> None:
    now = timezone.now().timestamp()
    mine = {"plex.tv": Rest(now + 600, asked=True, times=3), "rss.plex.tv": Rest(now + 60, asked=False)}
    books = RequestBooks()
    assert books.write({}, {**mine, "gone.tv": Rest(now - 1, asked=True), "broken.tv": Rest(now + 1e9, asked=True)})
    told = books.read()
    assert told
    assert told[1] == mine
    assert books.write({}, {"plex.tv": None, "rss.plex.tv": Rest(now + LONGEST_ASKED / 2, asked=True, times=2)})
    assert bookkeeping.rests() == {"rss.plex.tv": Rest(now + LONGEST_ASKED / 2, asked=True, times=2)}
    assert bookkeeping.end_rests() == 3
    assert bookkeeping.rests() == {}


@pytest.mark.django_db
def test_manners_are_the_owners_settings(settings: Settings) -> None:
    assert bookkeeping.manners() == Manners()
    WatchPolicy(plextv_interval_ms=2500, plextv_per_minute=20, server_interval_ms=50, server_per_minute=0).save()
    settings.CACHERR_OVERRIDES = {"PLEXTV_PER_MINUTE": Override("CACHERR_PLEXTV_PER_MINUTE", "7")}
    told = RequestBooks().read()
    assert told
    assert (told[0].plex_tv, told[0].server) == (Limits(2.5, 7), Limits(0.05, 0))


@pytest.mark.django_db
def test_days_older_than_a_month_are_joined_and_no_total_ever_shrinks() -> None:
    today = datetime.now(UTC).date()
    old, older, kept = (today - timedelta(days=days) for days in (31, 400, 30))
    books = RequestBooks()
    books.write({what(EARLIER): Sum(100, 1, 1), what(kept): Sum(1), what(today): Sum(2)}, {})
    books.write({what(old): Sum(10, 1, 1), what(older): Sum(20, 1, 1), what(older, "/api"): Sum(5)}, {})
    for _ in range(2):
        bookkeeping.tidy()
        assert rows() == {
            (EARLIER, "/users", "ok"): (130, 3, 3.0),
            (EARLIER, "/api", "ok"): (5, 0, 0.0),
            (kept, "/users", "ok"): (1, 0, 0.0),
            (today, "/users", "ok"): (2, 0, 0.0),
        }


@pytest.mark.django_db
def test_looking_for_old_days_costs_one_query() -> None:
    RequestBooks().write({what(EARLIER): Sum(1), what(datetime.now(UTC).date()): Sum(1)}, {})
    with CaptureQueriesContext(connection) as queries:
        bookkeeping.tidy()
    assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
def test_books_that_cannot_be_opened_are_told_by_false_and_none() -> None:
    with connection.schema_editor() as editor:
        editor.delete_model(RequestCount)
        editor.delete_model(HostRest)
    try:
        assert RequestBooks().write({what(): Sum(1)}, {}) is False
        assert RequestBooks().read() is None
    finally:
        with connection.schema_editor() as editor:
            editor.create_model(RequestCount)
            editor.create_model(HostRest)


# ---- the whole way --------------------------------------------------------------------------------------------------


@pytest.fixture
def kept_books(transactional_db: None) -> Iterator[None]:
    """This process keeps its books in the database; the pace is not what is tried here."""
    WatchPolicy(plextv_interval_ms=0).save()
    SHARED.follow(RequestBooks())
    yield
    SHARED.write_down()
    SHARED.follow(None)
    until(lambda: SHARED._clerk.work() is False, "the clerk to be done")


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Server]:
    with running() as server:
        settings.CACHERR_OUTBOUND_GATEWAY = server.url
        yield server


def test_what_plexapi_asks_is_counted_and_nothing_of_it_is_secret(
    kept_books: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    household = Household("Home", "machine-1", clock=lambda: 1_700_000_000.0)
    household.add_account("Alex", SECRET, "owner")
    with StandIn(household) as standin:
        plex = Plex(PlexServer(plex_url=standin.url, plex_token=SECRET, client_identifier="client-1"))
        plex.on_deck()
        standin.fail("/library/onDeck", faults.Status(503), times=1)
        plex.on_deck()
        plex.items("12345")
        asked = len(standin.requests)
    SHARED.write_down()
    counts = {(row.host, row.endpoint, row.outcome): row.count for row in RequestCount.objects.all()}
    assert counts == {
        ("server", "/", "ok"): 1,
        ("server", "/library/onDeck", "ok"): 2,
        ("server", "/library/onDeck", "5xx"): 1,
        ("server", "/library/metadata/{id}", "4xx"): 1,
    }
    assert sum(counts.values()) == asked
    written = [str(row.__dict__) for model in (RequestCount, HostRest) for row in model.objects.all()]
    assert not [text for text in [*written, caplog.text] if SECRET in text or "12345" in text or "127.0.0.1" in text]


def test_a_rest_is_in_the_database_at_once_and_ends_when_the_owner_says_so(kept_books: None, gateway: Server) -> None:
    gateway.script = [answer(status=429, headers={"Retry-After": "3600"}), answer(b"fine")]
    session = outbound.session()
    assert session.get(f"https://rss.plex.tv/{SECRET}").status_code == 429
    until(lambda: bookkeeping.rests().get("rss.plex.tv"), "the rest in the database")
    with pytest.raises(outbound.RestingError) as told:
        session.get(f"https://rss.plex.tv/{SECRET}")
    assert SECRET not in str(told.value)
    bookkeeping.end_rests()
    SHARED.look_again()
    assert session.get(f"https://rss.plex.tv/{SECRET}").text == "fine"


def test_a_server_that_asks_for_quiet_is_a_named_error_that_says_until_when(standin: StandIn) -> None:
    plex = Plex(PlexServer(plex_url=standin.url, plex_token=SECRET, client_identifier="client-1"))
    standin.fail("/library/onDeck", faults.Status(503, retry_after=120))
    for expected in ("status 503", r"asks to wait until \d\d:\d\d"):
        with pytest.raises(PlexUnreachableError, match=expected):
            plex.on_deck()
    assert [seen.path for seen in standin.requests].count("/library/onDeck") == 1


@pytest.fixture
def standin() -> Iterator[StandIn]:
    household = Household("Home", "machine-1", clock=lambda: 1_700_000_000.0)
    household.add_account("Alex", SECRET, "owner")
    with StandIn(household) as server:
        yield server


def test_this_process_is_told_when_it_ends() -> None:
    from caching import stopping

    assert politeness.SHARED._is_ending == stopping.requested


def test_a_command_writes_down_all_its_requests_before_it_ends(installation: Installation, plex: StandIn) -> None:
    installation.run("cycle", "--dry-run")
    asked = Counter(seen.path for seen in plex.requests)
    query = "SELECT host, SUM(count) FROM plexusers_requestcount WHERE outcome = 'ok' GROUP BY host"
    counts = dict(rows_of(installation, query))
    hosts = Counter(path.split("/")[1] if ".tv/" in path else "server" for path in asked.elements())
    assert counts == hosts
    assert counts["server"] > 0
    ((deck,),) = rows_of(
        installation, "SELECT count FROM plexusers_requestcount WHERE endpoint = '/library/onDeck' AND host = 'server'"
    )
    assert deck == asked["/library/onDeck"] > 0
