"""The page of logs in a real browser: lines come by themselves, wait during a pause, and are only text."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.cacherr.test_logbook import make_logger
from tests.e2e.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_lines_come_by_themselves_and_wait_during_a_pause(quick: Site, quick_context: BrowserContext) -> None:
    page = quick_context.new_page()
    page.goto("/admin/caching/cycle/logs/?level=warning")
    page.locator('#link[data-state="live"]').wait_for()
    log = make_logger(quick.installation.config / "logs", "caching.cycle")
    log.info("not so bad")
    log.warning("hello <b>there</b>")
    expect(page.get_by_text("hello <b>there</b>")).to_have_count(1, timeout=60_000)
    expect(page.get_by_text("not so bad")).to_have_count(0)
    page.get_by_role("button", name="Pause").click()
    log.warning("later")
    expect(page.locator("#held")).to_contain_text("new since the pause.", timeout=60_000)  # the server may log as well
    expect(page.get_by_text("later", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("later", exact=True)).to_have_count(1)
    lines = page.locator("#lines > li").all_inner_texts()
    assert [line.split()[-1] for line in lines if line.endswith(("later", "</b>"))] == ["later", "<b>there</b>"]
