"""The wizard in a real browser: from an empty database to a finished first cycle that moved real files."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from plexusers.standin import StandIn
from tests.conftest import Installation, contents
from tests.e2e.browsing import DESKTOP, PHONE
from tests.e2e.test_dashboard import A_CYCLE
from tests.home import Home
from tests.serving import rows, serving
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

NOTHING_SET = {"PLEX_SOURCE": "", "REAL_SOURCE": "", "CACHE_DESTINATION": "", "PLEX_URL": "", "PLEX_TOKEN": ""}
PASSWORD = "correct horse battery"


@pytest.fixture
def url(installation: Installation, home: Home, plex: StandIn, browser: Browser) -> Iterator[str]:
    """A Cacherr that nobody has set up; Plex has three films on deck."""
    for title in ("Alpha", "Beta", "Gamma"):
        home.film(title)
    with serving(installation, extra=NOTHING_SET | {"CACHERR_OUTBOUND_GATEWAY": plex.url}) as served:
        yield f"http://127.0.0.1:{served.port}"


@pytest.fixture(params=[(DESKTOP, True), (PHONE, False)], ids=["desktop", "phone-without-scripts"])
def visitor(request: pytest.FixtureRequest, browser: Browser, url: str) -> Iterator[BrowserContext]:
    (width, height), scripts = request.param
    context = browser.new_context(
        base_url=url, viewport={"width": width, "height": height}, java_script_enabled=scripts, locale="en-GB"
    )
    yield context
    context.close()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def create_account(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome")
    for label in ("Password", "Password, once more"):
        page.get_by_label(label, exact=True).fill(PASSWORD)
    press(page, "Create the account")


def sign_in_with_plex(page: Page, plex: StandIn) -> None:
    """Plex's own page stands outside: what would lead there is held, and its owner confirms the code."""
    led_to: list[str] = []

    def hold(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        led_to.append(route.fetch(max_redirects=0).headers["location"])
        route.fulfill(status=200, body="Plex", content_type="text/html")

    page.route("**/setup/plex/", hold)
    press(page, "Sign in with Plex")
    expect(page.get_by_text("Plex", exact=True)).to_be_visible()
    page.unroute("**/setup/plex/", hold)
    assert led_to[0].startswith("https://app.plex.tv/auth#?")
    page.goto("/setup/plex/waiting/")
    expect(page.get_by_role("status")).to_contain_text("goes on by itself")
    (pin,) = plex.household.online.pins.values()
    plex.household.online.claim_pin(pin.code, plex.household.owner)
    page.wait_for_url("**/setup/plex/", timeout=A_CYCLE)
    press(page, "Try and use it")


def find_the_files(page: Page, installation: Installation) -> None:
    page.wait_for_url("**/setup/mappings/")
    page.get_by_label("Directory with media").fill(str(installation.array))
    page.get_by_label("Directory on the SSD").fill(str(installation.cache))
    press(page, "Detect")
    array = page.get_by_label("On the array").first
    expect(array).to_have_value(str(installation.array / "Movies"))
    array.fill("/data/media/Movies")  # as Plex's own container calls it
    press(page, "Prove and use")
    expect(page.get_by_role("alert")).to_contain_text("how Plex's own container names it")
    page.get_by_label("On the array").first.fill(str(installation.array / "Movies"))
    press(page, "Prove and use")
    expect(page.get_by_text("Proved", exact=True)).to_be_visible()


def test_from_an_empty_database_to_a_finished_first_cycle(
    visitor: BrowserContext, installation: Installation, plex: StandIn
) -> None:
    before = installation.public_files()
    page = visitor.new_page()
    create_account(page)
    sign_in_with_plex(page, plex)
    find_the_files(page, installation)
    page.get_by_role("link", name="Continue").click()
    expect(page.get_by_label("Alex")).to_be_checked()
    press(page, "Continue")
    page.get_by_label("Minimum free space").fill("0")
    press(page, "Continue")
    press(page, "Show the preview")
    expect(page.get_by_text("To be cached: on deck for Alex")).to_have_count(3, timeout=A_CYCLE)
    fits = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert fits, "the page is wider than the window"
    assert contents(installation.cache) == {}
    assert rows(installation, "SELECT id FROM caching_cycle") == []
    press(page, "Go")
    page.wait_for_url("**/admin/")
    until(lambda: rows(installation, "SELECT id FROM caching_cycle WHERE state = 'completed'"), "the first cycle")
    page.reload()
    expect(page.locator("#cycle")).to_contain_text("The last cycle is done")
    assert len(contents(installation.cache)) == 3
    assert installation.public_files() == before


def test_the_wizard_can_be_left_and_taken_up_in_another_browser(
    visitor: BrowserContext, browser: Browser, url: str
) -> None:
    create_account(visitor.new_page())
    other = browser.new_context(base_url=url)
    page = other.new_page()
    page.goto("/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("form [type=submit]").first.click()
    page.wait_for_url("**/setup/plex/")
    other.close()
