"""Playback in a real `serve`: what starts in Plex is seen at once, and what comes next is cached, no cycle run."""

import pytest

from plexusers.standin import StandIn
from tests.caching.series import Series
from tests.conftest import Installation, contents
from tests.home import Home
from tests.serving import Served, rows, serving
from tests.waiting import until

LINKED = {"CACHERR_PLACEMENT": "symlink"}
NOW_AND_THEN = {**LINKED, "CACHERR_SESSION_SECONDS": "3600"}
"""So seldom that only a hint explains a look."""


@pytest.fixture
def series(home: Home, plex: StandIn) -> Series:
    return Series(home)


def heard(plex: StandIn, served: Served) -> Served:
    """Once Plex's notices come in."""
    assert served.port
    until(lambda: plex.household.notices.listeners, "the watcher to listen")
    until(lambda: asked(plex), "the first look")
    return served


def asked(plex: StandIn) -> int:
    """How often somebody looked at what plays."""
    return sum(request.path == "/status/sessions" for request in plex.requests)


def cached(installation: Installation) -> set[str]:
    return set(contents(installation.cache))


def test_an_episode_that_starts_brings_itself_and_the_next_ones_to_the_cache_without_a_cycle(
    installation: Installation, home: Home, plex: StandIn, series: Series
) -> None:
    with serving(installation, extra=NOW_AND_THEN) as served:
        heard(plex, served)
        home.household.start_playing(home.owner, series.episodes["s1e2"])
        expected = series.paths("s1e2", "s1e3", "s2e1", "s2e2")
        until(lambda: cached(installation) == expected, "the episodes to be cached")
        assert rows(installation, "SELECT count(*) FROM caching_cycle") == [(0,)]
        (session,) = served.get("/api/sessions")[1]["data"]["items"]
        assert (session["user"], session["served"], session["state"]) == ("Alex", "array", "playing")
        home.household.stop_playing(home.owner)
        until(lambda: not served.get("/api/sessions")[1]["data"]["items"], "the session to end")
        assert served.end() == 0, served.text
        assert "Traceback" not in served.text
    assert {mode for (mode,) in rows(installation, "SELECT mode FROM caching_cachedfile")} == {"copy"}
    assert rows(installation, "SELECT count(*) FROM caching_playback WHERE ended_at IS NOT NULL") == [(1,)]
