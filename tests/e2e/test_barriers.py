"""No page is in anybody's way: not of screen readers, keyboards, small screens, or the pages' own security policy."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import Installation
from tests.e2e.barriers import axe, grave, too_wide
from tests.e2e.browsing import DESKTOP, PHONE
from tests.e2e.crawling import pages
from tests.e2e.showroom import Showroom, showroom

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

FEWEST = 30
"""Far fewer pages than there are: else the links were not followed."""


@pytest.fixture
def shown(installation: Installation, browser: Browser) -> Iterator[Showroom]:
    with showroom(installation, browser) as shown:
        yield shown


def test_every_page_is_free_of_grave_barriers_in_both_themes(browser: Browser, shown: Showroom) -> None:
    script = axe()
    if not script:
        pytest.skip("axe-core is not installed; npm gets it")
    problems: dict[str, list[str]] = {}
    for size, dark in ((DESKTOP, False), (PHONE, True)):
        seen = 0
        with shown.visited(browser, size, dark=dark) as context:
            page = context.new_page()
            faults: list[str] = []
            listen(page, faults)
            for found in pages(page, shown.url):
                seen += 1
                told = grave(page, script) + [f"  error: {fault}" for fault in faults] + too_wide(page)
                faults.clear()
                if told:
                    problems[f"{found.path} at {size[0]}"] = told
        assert seen >= FEWEST
    assert not problems, "\n".join(f"{where}\n" + "\n".join(told) for where, told in problems.items())


def listen(page: Page, faults: list[str]) -> None:
    """Note what the page's scripts and its security policy complain about."""
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
