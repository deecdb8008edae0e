import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from plexusers.standin import StandIn
from tests.conftest import Installation
from tests.e2e.browsing import BROWSER, chromium, dashboard, signed_in
from tests.e2e.site import MIB, Site, grow, site
from tests.home import Home

FILMS = ("Alpha", "Beta", "Gamma")


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Of the package, not of the session: while it runs, its event loop is in the way of other tests."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium."""
    if not os.access(BROWSER, os.X_OK):
        pytest.skip(f"no browser at {BROWSER}: install Chromium, or name one in CACHERR_TEST_BROWSER")
    with chromium(playwright) as browser:
        yield browser


@pytest.fixture
def quick(installation: Installation, home: Home, plex: StandIn, browser: Browser) -> Iterator[Site]:
    """A served Cacherr with three small films on deck."""
    for title in FILMS:
        home.film(title)
    with site(installation) as made:
        yield made


@pytest.fixture
def slow(installation: Installation, home: Home, plex: StandIn, browser: Browser) -> Iterator[Site]:
    """A served Cacherr with three films on deck that take many seconds each."""
    for title in FILMS:
        home.film(title)
        grow(installation.array / f"Movies/{title}/{title}.mkv", 512 * MIB)
    with site(installation) as made:
        yield made


@pytest.fixture
def quick_context(browser: Browser, quick: Site) -> Iterator[BrowserContext]:
    with signed_in(browser, quick.url) as context:
        yield context


@pytest.fixture
def slow_context(browser: Browser, slow: Site) -> Iterator[BrowserContext]:
    with signed_in(browser, slow.url) as context:
        yield context


@pytest.fixture
def page(quick_context: BrowserContext) -> Page:
    """The dashboard of the quick one."""
    return dashboard(quick_context)


@pytest.fixture
def slow_page(slow_context: BrowserContext) -> Page:
    """The dashboard of the slow one."""
    return dashboard(slow_context)
