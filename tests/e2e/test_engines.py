"""The same errands in Chromium, Firefox and WebKit."""

import os
from collections.abc import Iterator

import pytest

from plexusers.standin import StandIn
from tests.conftest import Installation
from tests.e2e.engines import PATIENCE, PROGRAMS, Tab, opened, reads, sign_in, text
from tests.e2e.proxy import proxy_without_sockets
from tests.e2e.site import MIB, Site, grow, site
from tests.home import Home
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

FILMS = ("Alpha", "Beta", "Gamma")


@pytest.fixture(params=sorted(PROGRAMS))
def tab(request: pytest.FixtureRequest) -> Iterator[Tab]:
    if not os.access(PROGRAMS[request.param], os.X_OK):
        pytest.skip(f"no {request.param} at {PROGRAMS[request.param]}")
    with opened(request.param) as tab:
        yield tab


@pytest.fixture
def slow(installation: Installation, home: Home, plex: StandIn) -> Iterator[Site]:
    """A served Cacherr with three films on deck that take many seconds each."""
    for title in FILMS:
        home.film(title)
        grow(installation.array / f"Movies/{title}/{title}.mkv", 512 * MIB)
    with site(installation) as made:
        yield made


def percent(tab: Tab) -> float:
    return float(tab.ask("document.querySelector('#operations progress')?.value ?? -1"))


def moves_on(tab: Tab) -> None:
    before = percent(tab)
    until(lambda: percent(tab) > max(before, 0), "progress", PATIENCE)


def test_progress_moves_by_the_socket_and_a_cycle_can_be_stopped(tab: Tab, slow: Site) -> None:
    sign_in(tab, slow.url)
    reads(tab, "#link", "Live")
    tab.press("#run")
    moves_on(tab)
    moves_on(tab)
    asked = "performance.getEntriesByType('resource').filter(entry => entry.name.endsWith('/api/status')).length"
    assert tab.ask(asked) == 0
    tab.press("#stop")
    reads(tab, "#cycle", "The last cycle was stopped")
    reads(tab, "#recent", "Cancelled; everything is as it was.")


def test_a_killed_server_is_noticed_and_so_is_its_return(tab: Tab, slow: Site) -> None:
    sign_in(tab, slow.url)
    reads(tab, "#link", "Live")
    slow.kill()
    reads(tab, "#link", "Reconnecting")
    slow.start()
    reads(tab, "#link", "Live")
    tab.press("#run")
    moves_on(tab)


def test_where_sockets_are_blocked_the_page_polls(tab: Tab, slow: Site) -> None:
    with proxy_without_sockets(slow.port) as port:
        sign_in(tab, f"http://127.0.0.1:{port}")
        reads(tab, "#link", "Polling every")
        tab.press("#run")
        moves_on(tab)
        assert "Live" not in text(tab, "#link")
