"""The dashboard's card of what plays, in a real browser."""

import pytest
from playwright.sync_api import Locator, Page, expect

from plexusers.standin import Movie
from tests.e2e.site import Site
from tests.home import Home

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SOON = 30_000
"""Milliseconds."""


def height(card: Locator) -> float:
    box = card.bounding_box()
    assert box is not None
    return box["height"]


def test_what_starts_pauses_and_stops_is_shown_without_a_reload_and_nothing_jumps(
    quick: Site, home: Home, page: Page
) -> None:
    card, household = page.locator("#playing"), home.household
    film = next(item for item in household.items.values() if isinstance(item, Movie) and item.title == "Beta")
    note = card.get_by_text("Nobody is playing anything.")
    expect(note).to_be_visible(timeout=SOON)
    page.set_viewport_size({"width": 360, "height": 740})
    before = height(card)
    household.start_playing(home.owner, film)
    session = card.get_by_role("list", name="What is playing now").get_by_role("listitem")
    expect(session).to_contain_text("Beta (2001)", timeout=SOON)
    expect(session).to_contain_text("From the array")
    expect(session).to_contain_text("Alex · Television · playing")
    expect(note).to_be_hidden()
    assert abs(height(card) - before) <= 2
    cached = page.locator("#recent li").first
    expect(cached).to_contain_text("Beta", timeout=SOON)
    household.start_playing(home.owner, film, state="paused")
    expect(session).to_contain_text("paused", timeout=SOON)
    household.stop_playing(home.owner)
    expect(note).to_be_visible(timeout=SOON)
    expect(session).to_have_count(0)
    household.start_playing(home.owner, film)
    expect(session).to_contain_text("From the cache", timeout=SOON)
    page.reload()
    expect(session).to_contain_text("From the cache")
