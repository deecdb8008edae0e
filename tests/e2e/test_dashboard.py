"""The dashboard in a real browser, before a real server that moves real files."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from caching.dashboard import files_text, time_left
from caching.planning.sizes import readable
from tests.conftest import Installation
from tests.e2e.browsing import PHONE, dashboard, signed_in
from tests.e2e.site import MIB, Site, site
from tests.home import PLEX_PREFIX, Home

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

A_CYCLE = 60_000
"""Milliseconds that a whole cycle may take on a busy machine."""


def run_now(page: Page) -> None:
    page.get_by_role("button", name="Run now").click()


def percent(page: Page) -> float:
    """How far the running copy is, as the page shows it; waits until there is one."""
    bar = page.locator("#operations progress").first
    bar.wait_for(timeout=A_CYCLE)
    return float(bar.get_attribute("value") or 0)


def wait_until_beyond(page: Page, value: float) -> None:
    page.wait_for_function(
        "value => document.querySelector('#operations progress')?.value > value", arg=value, timeout=A_CYCLE
    )


def test_a_running_copy_moves_without_any_polling(slow_page: Page) -> None:
    asked: list[str] = []
    slow_page.on("request", lambda request: asked.append(request.url))
    run_now(slow_page)
    first = percent(slow_page)
    wait_until_beyond(slow_page, first)
    wait_until_beyond(slow_page, percent(slow_page))
    expect(slow_page.locator("#operations")).to_contain_text("left")
    expect(slow_page.get_by_role("list", name="Operations being carried out").get_by_role("listitem")).to_have_count(1)
    expect(slow_page.locator("#operations ol li")).to_have_count(2)
    expect(slow_page.get_by_role("status")).to_contain_text("A cycle is running.")
    assert not [url for url in asked if url.endswith("/api/status")]


def test_stop_ends_the_copy_and_the_journal_says_cancelled(slow: Site, slow_page: Page) -> None:
    run_now(slow_page)
    wait_until_beyond(slow_page, 0)
    slow_page.get_by_role("button", name="Stop").click()
    expect(slow_page.locator("#recent")).to_contain_text("Cancelled; everything is as it was.", timeout=A_CYCLE)
    expect(slow_page.locator("#cycle")).to_contain_text("The last cycle was stopped")
    expect(slow_page.get_by_role("button", name="Stop")).to_be_hidden()
    expect(slow_page.get_by_role("button", name="Run now")).to_be_focused()
    state = slow.served.get("/api/status")[1]["data"]
    assert state["cycle"]["state"] == "stopped"
    assert [row["outcome"] for row in state["recent"]][-1] == "Cancelled; everything is as it was."
    assert not [
        path for path in slow.installation.cache.rglob("*") if path.is_file() and not path.name.startswith(".cacherr-")
    ]


def test_pause_lets_copies_rest_and_resume_lets_them_go_on(slow_page: Page) -> None:
    run_now(slow_page)
    wait_until_beyond(slow_page, 0)
    slow_page.get_by_role("button", name="Pause").click()
    resume = slow_page.get_by_role("button", name="Resume")
    expect(resume).to_be_focused()
    expect(slow_page.locator("#problems")).to_contain_text("Cacherr is paused: nothing is moved.")
    expect(slow_page.locator("#health")).to_have_text("Healthy")
    expect(slow_page.locator("#operations [data-field=speed]").first).to_have_text("", timeout=A_CYCLE)
    rested = percent(slow_page)
    resume.click()
    wait_until_beyond(slow_page, rested)
    expect(slow_page.get_by_role("button", name="Pause")).to_be_focused()
    expect(slow_page.locator("#problems li")).to_have_count(0)


def test_a_page_opened_in_the_middle_shows_the_operation_at_once(
    browser: Browser, slow: Site, slow_context: BrowserContext, slow_page: Page
) -> None:
    run_now(slow_page)
    wait_until_beyond(slow_page, 0)
    title = slow_page.locator("#operations .dash-operation a").first.inner_text()
    cookies = slow_context.storage_state()
    without_script = browser.new_context(base_url=slow.url, storage_state=cookies, java_script_enabled=False)
    still = without_script.new_page()
    still.goto("/admin/")
    expect(still.locator("#operations .dash-operation a")).to_have_text(title)
    expect(still.locator("#operations .dash-operation")).to_contain_text("To the SSD")
    expect(still.locator("#operations ol li")).to_have_count(2)
    without_script.close()
    late = dashboard(slow_context)
    expect(late.locator("#operations .dash-operation a")).to_have_text(title)
    wait_until_beyond(late, percent(late))


def test_run_now_leads_to_cached_files_shown(quick: Site, page: Page) -> None:
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.reload()
    run_now(page)
    expect(page.locator("#cycle")).to_contain_text("The last cycle is done", timeout=A_CYCLE)
    expect(page.locator("#caches")).to_contain_text("3 files")
    expect(page.locator("#caches")).to_contain_text(str(quick.installation.cache))
    expect(page.locator("#recent li")).to_have_count(3)
    expect(page.locator("#recent li").first).to_contain_text("Cached")
    expect(page.locator("#recent time").first).to_contain_text("just now")
    expect(page.get_by_text("No file is being moved.")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("The last cycle is done: 3 files cached, 0 files restored.")
    assert faults == []


def test_a_preview_says_that_nothing_was_touched(quick: Site, page: Page) -> None:
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("This was a preview: nothing was touched.")).to_be_visible(timeout=A_CYCLE)
    expect(page.locator("#caches")).to_contain_text("0 files")
    assert list(quick.installation.cache.iterdir()) == []
    page.get_by_role("link", name="See what it would do").click()
    page.wait_for_url("**/admin/caching/cycle/1/change/")


def test_a_refused_request_is_told_in_the_servers_own_words(slow_page: Page) -> None:
    run_now(slow_page)
    wait_until_beyond(slow_page, 0)
    # As a page that does not know of the running cycle yet would do.
    slow_page.evaluate("const run = document.getElementById('run'); run.ariaDisabled = 'false'; run.click()")
    expect(slow_page.get_by_role("status")).to_contain_text("A cycle is running already. Wait until it is done")


def test_an_absent_disk_is_told_with_its_cure(quick: Site, page: Page) -> None:
    run_now(page)
    expect(page.locator("#cycle")).to_contain_text("The last cycle is done", timeout=A_CYCLE)
    away = quick.installation.cache.rename(quick.installation.directory / "unplugged")
    expect(page.locator("#caches").get_by_text("Not there", exact=True)).to_be_visible(timeout=A_CYCLE)
    expect(page.locator("#problems")).to_contain_text("Mount it, or correct its path.")
    expect(page.locator("#health")).to_have_text("Critical")
    away.rename(quick.installation.cache)
    expect(page.locator("#health")).to_have_text("Healthy", timeout=A_CYCLE)


def test_work_of_the_command_line_appears_without_a_reload(quick: Site, page: Page) -> None:
    assert quick.installation.run("cycle").code == 0
    expect(page.locator("#caches")).to_contain_text("3 files", timeout=A_CYCLE)
    expect(page.locator("#recent li")).to_have_count(3)


def test_titles_are_text_and_never_markup(home: Home, page: Page) -> None:
    title = "<img src=x onerror=\"document.title='hurt'\"><b>Bold & Sons</b>"
    home.write("Movies/<b>bold.mkv", b"a film")
    version = home.household.version(home.household.part(f"{PLEX_PREFIX}/Movies/<b>bold.mkv", 6))
    film = home.household.add_movie(home.films, title, version, year=2001)
    home.household.watch(home.owner, film, offset_ms=60_000)
    run_now(page)
    link = page.locator("#recent a", has_text="Bold & Sons")
    expect(link).to_contain_text(title, timeout=A_CYCLE)
    page.reload()
    expect(link).to_contain_text(title)
    expect(page).to_have_title("Dashboard | Cacherr")


def test_the_script_writes_numbers_like_the_servers_first_state(page: Page) -> None:
    sizes = [0, 1, 1023, 1024, 102_348, 102_400, 5 * MIB + 1, 999 * MIB, 1023 * MIB, 7_340_032_000, 3 << 40, 3 << 50]
    seconds = [None, 0, 59, 60, 3599, 3600, 7384]
    written = page.evaluate(
        """async ([sizes, seconds]) => {
            const words = await import('/static/caching/words.js');
            return [sizes.map(words.bytes), seconds.map(words.timeLeft), [0, 1, 2].map(words.files)];
        }""",
        [sizes, seconds],
    )
    assert written == [
        [readable(size) for size in sizes],
        [time_left(left) for left in seconds],
        [files_text(count) for count in (0, 1, 2)],
    ]


def test_an_empty_installation_says_what_to_do(browser: Browser, installation: Installation) -> None:
    installation.variables |= dict.fromkeys(("PLEX_SOURCE", "REAL_SOURCE", "CACHE_DESTINATION"), "")
    with site(installation) as made, signed_in(browser, made.url) as context:
        page = dashboard(context)
        expect(page.get_by_text("No cycle has run yet.")).to_be_visible()
        expect(page.locator("#health")).to_have_text("Warning")
        expect(page.get_by_role("link", name="Set up Plex")).to_be_visible()
        page.get_by_role("link", name="Add a path mapping").click()
        page.wait_for_url("**/admin/caching/pathmapping/add/")


def test_nothing_is_cut_off_on_a_small_phone(browser: Browser, slow: Site) -> None:
    with signed_in(browser, slow.url, PHONE) as context:
        page = dashboard(context)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
        run_now(page)
        wait_until_beyond(page, 0)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
