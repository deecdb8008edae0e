"""The page of all settings in a real browser."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.browsing import PHONE
from tests.e2e.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGE = "/admin/caching/cachepolicy/all/"
SOON = 30_000
"""Milliseconds."""


@pytest.fixture
def settings_page(quick_context: BrowserContext) -> Page:
    page = quick_context.new_page()
    page.goto(PAGE)
    return page


def test_a_setting_is_found_saved_and_shown_again_and_an_overridden_one_cannot_be_changed(settings_page: Page) -> None:
    page = settings_page
    limit = page.get_by_label("Bandwidth limit", exact=True)
    expect(limit).to_have_count(0)
    expect(page.get_by_text("set by CACHERR_BANDWIDTH_LIMIT")).to_be_visible()
    expect(page.locator("#id_bandwidth_limit")).to_contain_text("16MB")
    search = page.get_by_role("searchbox", name="Search names")
    search.fill("reserve downloads")
    expect(page.locator("#settings-found")).to_have_text("1 setting")
    expect(page.get_by_label("Cache limit")).to_be_hidden()
    page.get_by_label("Reserve").fill("1GB")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved: reserve.")).to_be_visible(timeout=SOON)
    expect(page.get_by_label("Reserve")).to_have_value("1GB")


def test_without_a_script_everything_is_there_and_on_a_phone_nothing_is_cut_off(
    quick: Site, settings_page: Page
) -> None:
    settings_page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    width = settings_page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE[0]
    assert not settings_page.locator("#settings-search").is_hidden()
    source = settings_page.request.get(PAGE).text()
    assert 'id="settings-search" class="set-search" role="search" hidden' in source
    assert source.count("data-setting") >= 40
