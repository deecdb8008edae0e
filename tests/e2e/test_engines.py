"""The same errands in Chromium, Firefox and WebKit."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright

from plexusers.standin import StandIn
from tests.conftest import Installation, contents
from tests.e2e.engines import PATIENCE, PROGRAMS, Tab, arrives, opened, reads, sign_in, text
from tests.e2e.proxy import proxy_without_sockets
from tests.e2e.site import MIB, Site, grow, site
from tests.e2e.test_setup import NOTHING_SET, PASSWORD
from tests.home import Home
from tests.serving import serving
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

FILMS = ("Alpha", "Beta", "Gamma")


@pytest.fixture(params=sorted(PROGRAMS))
def tab(request: pytest.FixtureRequest, playwright: Playwright) -> Iterator[Tab]:
    if not os.access(PROGRAMS[request.param], os.X_OK):
        pytest.skip(f"no {request.param} at {PROGRAMS[request.param]}")
    with opened(request.param, playwright) as tab:
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


def test_progress_moves_by_the_socket_and_a_copy_and_the_cycle_can_be_stopped(tab: Tab, slow: Site) -> None:
    sign_in(tab, slow.url)
    reads(tab, "#link", "Live")
    tab.press("#run")
    moves_on(tab)
    moves_on(tab)
    asked = "performance.getEntriesByType('resource').filter(entry => entry.name.endsWith('/api/status')).length"
    assert tab.ask(asked) == 0
    tab.press("#operations [data-field=cancel]")
    reads(tab, "#recent", "Cancelled; everything is as it was.")
    moves_on(tab)
    tab.press("#stop")
    reads(tab, "#cycle", "The last cycle was stopped")


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


def test_a_setting_is_saved_and_one_of_the_environment_is_shown_as_such(tab: Tab, slow: Site) -> None:
    sign_in(tab, slow.url)
    tab.open(f"{slow.url}/admin/caching/cachepolicy/all/")
    reads(tab, "#settings", "set by CACHERR_BANDWIDTH_LIMIT")
    assert "16MB" in text(tab, "#id_bandwidth_limit")
    tab.fill("#id_reserve", "1GB")
    tab.press(".set-save [type=submit]")
    reads(tab, "body", "Saved: reserve.")
    # The message stands above the form, which the browser may not have read yet.
    until(lambda: tab.ask("document.querySelector('#id_reserve')?.value") == "1GB", "the saved reserve")


@pytest.fixture
def fresh(installation: Installation, home: Home, plex: StandIn) -> Iterator[str]:
    """The address of a Cacherr that nobody has set up."""
    for title in FILMS:
        home.film(title)
    with serving(installation, extra=NOTHING_SET | {"CACHERR_OUTBOUND_GATEWAY": plex.url}) as served:
        yield f"http://127.0.0.1:{served.port}"


def test_the_wizard_leads_from_an_empty_database_to_a_finished_first_cycle(
    tab: Tab, fresh: str, installation: Installation, plex: StandIn
) -> None:
    tab.open(f"{fresh}/")
    for field in ("#password", "#again"):
        tab.fill(field, PASSWORD)
    tab.press("main form button")
    tab.fill("#url", plex.url)
    tab.fill("#token", plex.household.owner.token)
    tab.press("[value=enter]")
    arrives(tab, "/setup/mappings/")
    tab.fill("#look_in", str(installation.array))
    tab.fill("#cache_in", str(installation.cache))
    tab.press("[value=detect]")
    tab.press("button.primary[value=use]")
    reads(tab, "main", "Proved")
    tab.press(".onward .primary")
    for step in ("/setup/users/", "/setup/space/"):
        arrives(tab, step)
        tab.press(".onward .primary")
    arrives(tab, "/setup/preview/")
    tab.press("[value=preview]")
    reads(tab, "main", "on deck for Alex")
    assert contents(installation.cache) == {}
    tab.press("[value=go]")
    arrives(tab, "/admin/")
    until(lambda: len(contents(installation.cache)) == len(FILMS), "the first cycle", PATIENCE)
    reads(tab, "#cycle", "The last cycle is done")
