"""The dashboard's cards of phases, operations to cancel, what comes next and what happened, in a real browser."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import Installation
from tests.e2e.browsing import PHONE, dashboard, signed_in
from tests.e2e.proxy import proxy_without_sockets
from tests.e2e.site import Site
from tests.e2e.test_dashboard import A_CYCLE, run_now, wait_until_beyond

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def picture(page: Page, name: str) -> None:
    """A picture for whoever asks for one."""
    if directory := os.environ.get("CACHERR_TEST_PICTURES"):
        page.screenshot(path=Path(directory) / f"{name}.png", full_page=True)


def test_a_running_cycle_shows_its_phases_and_one_operation_is_cancelled_alone(slow: Site, slow_page: Page) -> None:
    run_now(slow_page)
    wait_until_beyond(slow_page, 0)
    phases = slow_page.get_by_role("list", name="Phases of the cycle")
    expect(phases.locator("[aria-current=step]")).to_have_text("Cache")
    expect(phases.locator("[data-state=done]")).to_have_count(7)
    picture(slow_page, "running")
    operation = slow_page.locator("#operations .dash-operation")
    title = operation.locator("a").inner_text()
    cancel = slow_page.get_by_role("button", name=f"Cancel: {title}", exact=True)
    cancel.focus()
    cancel.press("Enter")
    expect(slow_page.get_by_role("status")).to_have_text("It stops within a second.")
    done = slow_page.locator("#recent li", has_text=title)
    expect(done).to_contain_text("Cancelled; everything is as it was.", timeout=A_CYCLE)
    expect(operation.locator("a")).not_to_have_text(title, timeout=A_CYCLE)
    expect(slow_page.locator("#cycle [data-field=headline]")).to_have_text("Caching files")
    focused = slow_page.evaluate("document.activeElement.closest('#operations') !== null")
    assert focused, "the keyboard was sent away"


def test_what_waits_is_cancelled_before_it_begins(slow_page: Page) -> None:
    run_now(slow_page)
    wait_until_beyond(slow_page, 0)
    waiting = slow_page.locator("#operations ol li")
    expect(waiting).to_have_count(2)
    waiting.last.get_by_role("button").click()
    expect(slow_page.get_by_role("status")).to_have_text("Cancelled.")
    expect(waiting).to_have_count(1, timeout=A_CYCLE)


def test_a_backup_run_from_the_card_of_what_comes_next_is_told_in_the_activity(quick: Site, page: Page) -> None:
    expect(page.locator("#next li")).to_have_count(5)
    expect(page.locator("#next li", has_text="Cycle").locator("time")).to_contain_text("in ")
    page.get_by_role("button", name="Do now: Backup").click()
    expect(page.get_by_role("status")).to_have_text("Backup: a worker begins now.")
    expect(page.locator("#activity li").first).to_contain_text("A backup was made", timeout=A_CYCLE)
    (made,) = (quick.installation.config / "backups").iterdir()
    assert (made / "cacherr.sqlite3").exists()


def test_the_charts_and_the_activity_follow_a_cycle_without_a_reload(page: Page) -> None:
    page.evaluate("window.openedOnce = true")
    expect(page.get_by_text("The chart begins with the first cached file")).to_be_visible()
    run_now(page)
    expect(page.locator("#activity li").first).to_contain_text("A cycle was done: 3 files cached", timeout=A_CYCLE)
    expect(page.locator("#usage polygon")).to_have_count(1, timeout=A_CYCLE)
    assert page.evaluate("window.openedOnce")


def test_polling_is_as_often_as_the_setting_says(browser: Browser, installation: Installation, slow: Site) -> None:
    slow.close()
    installation.variables["CACHERR_DASHBOARD_POLL_SECONDS"] = "1"
    slow.start()
    with (
        proxy_without_sockets(slow.port) as port,
        signed_in(browser, f"http://127.0.0.1:{port}") as context,
    ):
        page = context.new_page()
        page.goto("/admin/")
        expect(page.locator("#link")).to_have_text("Polling every second")
        run_now(page)
        wait_until_beyond(page, 0)
        expect(page.locator("#cycle [aria-current=step]")).to_have_text("Cache")


def test_a_schedule_is_changed_by_its_page_and_the_dashboard_follows(quick_context: BrowserContext, page: Page) -> None:
    other = quick_context.new_page()
    other.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    other.goto("/admin/caching/cycle/schedules/")
    audit = other.locator("#schedule-audit")
    audit.get_by_text("Change").click()
    expect(audit.get_by_label("Line of cron")).to_have_value("0 4 * * 0")
    audit.get_by_label("Line of cron").fill("never")
    audit.get_by_role("button", name="Save").click()
    expect(audit.get_by_role("alert")).to_contain_text("never is no time that ever comes.")
    picture(other, "wrong-schedule")
    audit.get_by_label("At an interval").check()
    expect(audit.get_by_label("Line of cron")).to_be_hidden()
    audit.get_by_label("Every", exact=True).fill("2")
    audit.get_by_label("Unit").select_option("days")
    audit.get_by_label("Switched on").uncheck()
    audit.get_by_role("button", name="Save").click()
    expect(other.get_by_text("Audit: switched off.")).to_be_visible()
    assert other.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    told = "Schedule changed: Audit, switched off."
    expect(page.locator("#activity li").first).to_contain_text(told, timeout=A_CYCLE)
    expect(page.locator("#next li", has_text="Audit").locator("[data-field=off]")).to_be_visible()
    again = dashboard(quick_context).locator("#next li", has_text="Audit")
    expect(again.locator("[data-field=off]")).to_be_visible()
