"""One way to use a page in three browsers: Chromium and Firefox through Playwright, WebKit through its own driver.

What a page shows is asked of the page itself; pressing and typing are done as a person does them.
"""

import glob
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from playwright.sync_api import Browser, Page, Playwright
from selenium import webdriver
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tests.e2e.browsing import BROWSER, DESKTOP, chromium
from tests.e2e.site import PASSWORD
from tests.waiting import until

FIREFOX = os.environ.get("CACHERR_TEST_FIREFOX") or "/usr/bin/firefox-esr"
WEBKIT = os.environ.get("CACHERR_TEST_WEBKIT") or "/usr/bin/WebKitWebDriver"
MINI_BROWSERS = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"
PROGRAMS = {"chromium": BROWSER, "firefox": FIREFOX, "webkit": WEBKIT}
PATIENCE = 60.0
"""Seconds that a page may take on a busy machine."""


class Tab(Protocol):
    """A tab of some browser."""

    def open(self, address: str) -> None:
        """Go to an address and wait until it is loaded."""

    def press(self, css: str) -> None:
        """Click what the selector finds first, once it is there."""

    def fill(self, css: str, value: str) -> None:
        """Type into a field, instead of what stands there."""

    def ask(self, expression: str) -> Any:
        """What a JavaScript expression is on the page."""


class PlaywrightTab:
    """A tab of Chromium or Firefox."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, address: str) -> None:
        self.page.goto(address)

    def press(self, css: str) -> None:
        self.page.locator(css).first.click(timeout=PATIENCE * 1000)

    def fill(self, css: str, value: str) -> None:
        self.page.locator(css).first.fill(value, timeout=PATIENCE * 1000)

    def ask(self, expression: str) -> Any:
        return self.page.evaluate(f"() => ({expression})")


class WebKitTab:
    """A tab of WebKit."""

    def __init__(self, driver: WebDriver) -> None:
        self.driver = driver

    def open(self, address: str) -> None:
        self.driver.get(address)

    def press(self, css: str) -> None:
        shown(self, css)
        element = self.driver.find_element("css selector", css)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def fill(self, css: str, value: str) -> None:
        shown(self, css)
        element = self.driver.find_element("css selector", css)
        element.clear()
        element.send_keys(value)

    def ask(self, expression: str) -> Any:
        return self.driver.execute_script(f"return ({expression})")


def text(tab: Tab, css: str) -> str:
    """The text that a person reads there; empty when there is no such place."""
    return str(tab.ask(f"document.querySelector({css!r})?.innerText ?? ''"))


def shown(tab: Tab, css: str) -> None:
    """Wait until something is to be seen there."""
    until(lambda: tab.ask(f"!!document.querySelector({css!r})?.checkVisibility()"), f"{css} to be seen", PATIENCE)


def reads(tab: Tab, css: str, words: str) -> None:
    """Wait until those words are to be read there."""
    until(lambda: words in text(tab, css), f"{words!r} in {css}", PATIENCE)


def path(tab: Tab) -> str:
    """The path of the page."""
    return str(tab.ask("location.pathname"))


def arrives(tab: Tab, address: str) -> None:
    """Wait until the tab shows the page of this path."""
    until(lambda: path(tab) == address, address, PATIENCE)


def sign_in(tab: Tab, url: str) -> None:
    """Sign in as the admin, up to the dashboard."""
    tab.open(f"{url}/admin/login/")
    tab.fill("#id_username", "admin")
    tab.fill("#id_password", PASSWORD)
    tab.press("form [type=submit]")
    arrives(tab, "/admin/")


@contextmanager
def opened(engine: str, playwright: Playwright, size: tuple[int, int] = DESKTOP) -> Iterator[Tab]:
    """A tab of a browser that nobody has used before: `chromium`, `firefox` or `webkit`."""
    if engine == "webkit":
        with _screen(size) as display, _webkit(display, size) as driver:
            yield WebKitTab(driver)
        return
    with chromium(playwright) if engine == "chromium" else _firefox(playwright) as browser:
        yield PlaywrightTab(browser.new_page(viewport={"width": size[0], "height": size[1]}))


@contextmanager
def _firefox(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.firefox.launch(channel="moz-firefox", executable_path=FIREFOX)
    yield browser
    browser.close()


@contextmanager
def _screen(size: tuple[int, int]) -> Iterator[str]:
    """A screen without a screen: WebKit's browser has no mode without a window."""
    reader, writer = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(writer),
        "-screen",
        "0",
        f"{size[0] + 100}x{size[1] + 200}x24",
        "-nolisten",
        "tcp",
    ]
    server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        with os.fdopen(reader) as answer:
            yield f":{answer.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def _webkit(display: str, size: tuple[int, int]) -> Iterator[WebDriver]:
    options = Options()
    options.binary_location = glob.glob(MINI_BROWSERS)[0]
    options.add_argument("--automation")
    environment = {**os.environ, "DISPLAY": display, "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
    driver = webdriver.WebKitGTK(options=options, service=Service(WEBKIT, env=environment))
    try:
        driver.set_window_size(*size)
        yield driver
    finally:
        driver.quit()
