"""Opening the dashboard in a real browser."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.e2e.site import PASSWORD

BROWSER = os.environ.get("CACHERR_TEST_BROWSER") or "/usr/bin/chromium"
DESKTOP = (1440, 900)
PHONE = (360, 740)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    with sync_playwright() as playwright, chromium(playwright) as browser:
        yield browser


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The same by a Playwright that runs already: a thread can have one only."""
    browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
    yield browser
    browser.close()


@contextmanager
def signed_in(
    browser: Browser,
    url: str,
    size: tuple[int, int] = DESKTOP,
    *,
    dark: bool = False,
    user: str = "admin",
    password: str = PASSWORD,
) -> Iterator[BrowserContext]:
    """A browser profile with somebody signed in."""
    context = browser.new_context(
        base_url=url, viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light",
        locale="en-GB", timezone_id="Europe/Berlin",
    )  # fmt: skip
    page = context.new_page()
    page.goto("/admin/login/")
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill(password)
    page.locator("form [type=submit]").first.click()
    page.wait_for_url("**/admin/")
    page.close()
    yield context
    context.close()


def dashboard(context: BrowserContext) -> Page:
    """A tab with the dashboard, whose socket is connected."""
    page = context.new_page()
    page.goto("/admin/")
    page.locator('#link[data-state="live"]').wait_for()
    return page
