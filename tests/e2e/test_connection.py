"""What the dashboard does when the server, the socket or the login is lost."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.browsing import signed_in
from tests.e2e.proxy import proxy_without_sockets
from tests.e2e.site import Site
from tests.e2e.test_dashboard import A_CYCLE, run_now, wait_until_beyond

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_killed_server_is_noticed_and_its_return_as_well(slow: Site, slow_page: Page) -> None:
    slow_page.evaluate("window.openedOnce = true")
    run_now(slow_page)
    wait_until_beyond(slow_page, 0)
    slow.kill()
    expect(slow_page.locator("#link")).to_have_text("Reconnecting …")
    slow.start()
    expect(slow_page.locator("#link")).to_have_text("Live", timeout=A_CYCLE)
    expect(slow_page.locator("#cycle")).to_contain_text("The last cycle was cut short", timeout=A_CYCLE)
    expect(slow_page.locator("#problems")).to_contain_text("Choose Run now to go on.")
    expect(slow_page.get_by_role("button", name="Stop")).to_be_hidden()
    run_now(slow_page)
    wait_until_beyond(slow_page, 0)
    assert slow_page.evaluate("window.openedOnce")


def test_where_sockets_are_blocked_the_page_updates_by_polling(browser: Browser, slow: Site) -> None:
    with (
        proxy_without_sockets(slow.port) as port,
        signed_in(browser, f"http://127.0.0.1:{port}") as context,
    ):
        page = context.new_page()
        page.goto("/admin/")
        expect(page.locator("#link")).to_have_text("Polling every 5 seconds")
        run_now(page)
        wait_until_beyond(page, 0)
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("#cycle")).to_contain_text("The last cycle was stopped", timeout=A_CYCLE)
        expect(page.locator("#link")).to_have_text("Polling every 5 seconds")


def test_a_lost_login_leads_to_the_sign_in_page(quick_context: BrowserContext, page: Page) -> None:
    quick_context.clear_cookies(name="sessionid")
    run_now(page)
    expect(page.get_by_role("alert")).to_contain_text("You are signed out")
    expect(page.locator("#link")).to_have_text("Signed out")
    page.get_by_role("link", name="Sign in again").click()
    page.wait_for_url("**/admin/login/?next=/admin/")


def test_a_socket_refused_for_want_of_a_login_says_so(quick: Site, quick_context: BrowserContext, page: Page) -> None:
    quick_context.clear_cookies(name="sessionid")
    quick.kill()
    expect(page.locator("#link")).to_have_text("Reconnecting …")
    quick.start()
    expect(page.get_by_role("alert")).to_contain_text("You are signed out", timeout=A_CYCLE)
