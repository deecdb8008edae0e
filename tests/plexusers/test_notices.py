"""Listening to Plex's notices: what counts as a hint, and that no broken connection ends it."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from plexusers.models import PlexServer
from plexusers.notices import LONGEST_WAIT, Listener, backoff, plays
from plexusers.standin import Household, Movie, StandIn, faults
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "s3cret-token-of-alex"


class House:
    """A film, and Alex who owns it."""

    def __init__(self) -> None:
        self.household = household = Household("Home", "machine-1")
        self.alex = household.add_account("Alex", TOKEN, "owner")
        self.section = household.add_section("movie", "Movies", "/data/Movies")
        self.film = self.add("Alpha")

    def add(self, title: str) -> Movie:
        part = self.household.part(f"/data/Movies/{title}.mkv", 9)
        return self.household.add_movie(self.section, title, self.household.version(part))


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def standin(house: House) -> Iterator[StandIn]:
    with StandIn(house.household) as server:
        PlexServer(plex_url=server.url, plex_token=TOKEN).save()
        yield server


class Hints:
    """Counts hints."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


@contextmanager
def listening(standin: StandIn) -> Iterator[tuple[Listener, Hints]]:
    """A listener that has its connection and was told to look once for it."""
    hints = Hints()
    listener = Listener(hints, waits=lambda _: 0.05)
    listener.start()
    try:
        until(lambda: standin.household.notices.listeners and hints.count, "the listener to be connected")
        yield listener, hints
    finally:
        listener.stop()
        listener.join(20)


def notice(state: str, session: object = "84", item: object = "1337", **more: object) -> str:
    entry = {"sessionKey": session, "ratingKey": item, "state": state, "viewOffset": 1000, **more}
    content = {"type": "playing", "size": 1, "PlaySessionStateNotification": [entry]}
    return json.dumps({"NotificationContainer": content})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (notice("playing"), {"84": ("1337", "playing")}),
        (notice("playing", 84, 1337), {"84": ("1337", "playing")}),
        (notice("buffering"), {"84": ("1337", "playing")}),
        (notice("stopped"), {"84": ("1337", "stopped")}),
        ('{"NotificationContainer": {"type": "timeline", "size": 1, "TimelineEntry": [{"itemID": "1"}]}}', {}),
        ('{"NotificationContainer": {"type": "never.heard.of", "size": 0}}', {}),
        ('{"NotificationContainer": {"type": "playing", "size": 1}}', {}),
        ('{"NotificationContainer": {"type": "playing", "PlaySessionStateNotification": [7]}}', {}),
        ('{"NotificationContainer": {"type": "playing", "PlaySessionStateNotification": [{"state": "playing"}]}}', {}),
        ('{"NotificationContainer": []}', {}),
        ("[]", {}),
        ("null", {}),
        ("<html>", {}),
        ("", {}),
        ("[" * 100_000, {}),
    ],
)
def test_a_message_is_about_sessions_or_about_nothing(text: str, expected: dict[str, tuple[str, str]]) -> None:
    assert plays(text) == expected
    assert plays(text.encode()) == expected


def test_what_only_repeats_itself_is_no_hint() -> None:
    hints = Hints()
    listener = Listener(hints)
    counts = []
    for text in (
        notice("playing"), notice("playing", viewOffset=2000), notice("buffering"), notice("paused"),
        notice("paused"), notice("playing"), notice("playing", item="1338"), notice("stopped", item="1338"),
        notice("playing", item="1338"), '{"NotificationContainer": {"type": "activity", "size": 0}}',
    ):  # fmt: skip
        listener.hear(text)
        counts.append(hints.count)
    assert counts == [1, 1, 1, 2, 2, 3, 4, 5, 6, 6]


def test_playback_is_a_hint_and_a_scan_of_the_library_is_none(house: House, standin: StandIn) -> None:
    with listening(standin) as (_, hints):
        before = hints.count
        for number in range(200):
            house.add(f"Film {number}")
        house.household.start_playing(house.alex, house.film)
        until(lambda: hints.count > before, "a hint")
        assert hints.count == before + 1
        house.household.stop_playing(house.alex)
        until(lambda: hints.count > before + 1, "a second hint")


def test_a_connection_that_is_broken_off_is_made_again_and_is_a_hint_of_its_own(house: House, standin: StandIn) -> None:
    with listening(standin) as (_, hints):
        before = hints.count
        house.household.notices.send(None)
        until(lambda: hints.count > before, "the listener to be back")
        until(lambda: house.household.notices.listeners, "the server to see it")
        before = hints.count
        house.household.start_playing(house.alex, house.film)
        until(lambda: hints.count > before, "a hint")


def test_a_server_that_goes_away_and_comes_back_is_found_again(house: House, standin: StandIn) -> None:
    with listening(standin) as (listener, hints):
        standin.stop()
        until(lambda: not listener.listening, "the listener to notice")
        before = hints.count
        standin.start()
        until(lambda: hints.count > before, "the listener to be back")


@pytest.mark.parametrize(
    "fault", [faults.Status(401), faults.Status(503), faults.Reset(), faults.Status(200)], ids=repr
)
def test_a_refusal_or_nonsense_is_tried_again_and_the_token_is_in_no_log(
    standin: StandIn, fault: faults.Fault, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("", "plexusers", "websockets"):
        caplog.set_level(logging.DEBUG, name)
    standin.fail("/:/websockets", fault, times=4)
    with listening(standin):
        assert len(standin.requests) >= 2
    assert TOKEN not in caplog.text
    assert "No connection" in caplog.text or "refuses" in caplog.text


def test_a_server_that_takes_no_token_in_a_header_gets_it_in_the_query_and_in_no_log(
    house: House, standin: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("", "plexusers", "websockets"):
        caplog.set_level(logging.DEBUG, name)
    house.household.notices.takes_header = False
    with listening(standin):
        pass
    assert TOKEN not in caplog.text


def test_it_ends_soon_after_it_was_told_to(standin: StandIn) -> None:
    with listening(standin) as (listener, _):
        began = time.monotonic()
        listener.stop()
        listener.join(20)
        assert time.monotonic() - began < 10
    assert not [thread for thread in threading.enumerate() if thread.name == "plex-notices"]


def test_without_an_address_it_waits_for_one(house: House) -> None:
    hints = Hints()
    listener = Listener(hints, waits=lambda _: 0.05)
    listener.start()
    with StandIn(house.household) as standin:
        assert not hints.count
        PlexServer(plex_url=standin.url, plex_token=TOKEN).save()
        until(lambda: hints.count, "the listener to be connected")
        listener.stop()
        listener.join(20)


def test_waits_double_up_to_a_limit_and_are_never_the_same_for_everybody() -> None:
    for failures in range(30):
        longest = min(LONGEST_WAIT, 2.0**failures)
        waits = {backoff(failures) for _ in range(50)}
        assert len(waits) > 1
        assert all(longest / 2 <= wait <= longest for wait in waits)
