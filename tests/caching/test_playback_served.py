"""Playback in a real `serve`: what starts in Plex is seen at once, and what comes next is cached, no cycle run."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from plexusers.standin import StandIn, faults
from plexusers.standin.webhooks import send_plex, send_tautulli
from tests.caching.series import Series
from tests.conftest import PROJECT, Installation, contents
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


def execute(installation: Installation, statement: str) -> None:
    """Change a row behind everybody's back, as the admin page of another process does."""
    with closing(sqlite3.connect(installation.config / "cacherr.sqlite3", timeout=20)) as database, database:
        database.execute(statement)


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


def test_a_websocket_that_breaks_off_is_opened_again_and_hints_once_more(
    installation: Installation, home: Home, plex: StandIn, series: Series
) -> None:
    with serving(installation, extra=NOW_AND_THEN) as served:
        heard(plex, served)
        before = asked(plex)
        home.household.notices.send(None)
        until(lambda: asked(plex) > before and home.household.notices.listeners, "the watcher to listen again")
        home.household.start_playing(home.owner, series.episodes["s2e2"])
        until(lambda: cached(installation) == series.paths("s2e2"), "the episode to be cached")


def test_without_notices_and_with_plex_away_for_a_while_looking_is_enough(
    installation: Installation, home: Home, plex: StandIn, series: Series
) -> None:
    plex.fail("/:/websockets", faults.Status(404))
    plex.stop()
    with serving(installation, extra={**LINKED, "CACHERR_SESSION_SECONDS": "5"}) as served:
        until(lambda: served.get("/api/watcher/status")[1]["data"]["error"], "the watcher to be told nothing")
        plex.start()
        home.household.start_playing(home.owner, series.episodes["s2e2"])
        until(lambda: cached(installation) == series.paths("s2e2"), "the episode to be cached")
        told = served.get("/api/watcher/status")[1]["data"]
        assert (told["error"], told["listening"], told["alive"]) == ("", False, True)


@pytest.mark.parametrize("kind", ["plex", "tautulli"])
def test_a_webhook_makes_it_look_at_once(
    installation: Installation, home: Home, plex: StandIn, series: Series, kind: str
) -> None:
    plex.fail("/:/websockets", faults.Status(404))
    secret = {"CACHERR_WEBHOOK_SECRET": "chosen"}
    with serving(installation, extra={**NOW_AND_THEN, **secret}) as served:
        assert served.port
        until(lambda: asked(plex), "the first look")
        episode = series.episodes["s2e2"]
        home.household.start_playing(home.owner, episode)
        address = f"http://127.0.0.1:{served.port}/api/webhooks/{kind}"
        if kind == "plex":
            assert send_plex(f"{address}/wrong", home.household, home.owner, episode) == 404
            assert send_plex(f"{address}/chosen", home.household, home.owner, episode) == 200
        else:
            assert send_tautulli(f"{address}/chosen", home.owner, episode) == 200
        until(lambda: cached(installation) == series.paths("s2e2"), "the episode to be cached")
        assert "chosen" not in served.text


@pytest.mark.parametrize("slots", [1, 2])
def test_slow_copies_in_every_place_do_not_hold_up_what_comes_next_for_somebody_who_plays(
    installation: Installation, home: Home, plex: StandIn, series: Series, slots: int
) -> None:
    for number in range(slots):
        home.film(f"Film {number}", bytes(range(256)) * 16384)
    slowly = {"CACHERR_COPY_CHUNK": "4096", "CACHERR_BANDWIDTH_LIMIT": "32KB"}  # a film takes two minutes
    with serving(installation, extra={**NOW_AND_THEN, **slowly, "CACHERR_OPERATIONS_TO_CACHE": str(slots)}) as served:
        heard(plex, served)
        assert served.get("/api/start-cache", method="POST", body={})[0] == 202
        films = until(lambda: at_once(installation, slots), "copies in every place")
        home.household.start_playing(home.owner, series.episodes["s2e1"])
        until(lambda: cached(installation) == series.paths("s2e1", "s2e2"), "the episodes to be cached")
        assert all(copy.exists() for copy in films)
        assert rows(installation, "SELECT state FROM caching_cycle") == [("running",)]


def at_once(installation: Installation, slots: int) -> list[Path]:
    """The copies in progress, when there are so many."""
    copies = installation.copies_in_progress()
    return copies if len(copies) == slots else []


def test_switched_off_it_asks_plex_nothing_and_switched_on_it_sees_what_plays(
    installation: Installation, home: Home, plex: StandIn, series: Series
) -> None:
    with serving(installation, extra=NOW_AND_THEN) as served:
        heard(plex, served)
        home.household.start_playing(home.owner, series.episodes["s2e2"])
        until(lambda: served.get("/api/sessions")[1]["data"]["items"], "the session to be seen")
        assert served.get("/api/watcher/stop", method="POST")[0] == 200
        until(lambda: not served.get("/api/sessions")[1]["data"]["items"], "the sessions to be forgotten")
        assert served.get("/api/watcher/status")[1]["data"]["enabled"] is False
        until(lambda: not home.household.notices.listeners, "the watcher to listen no more")
        assert served.get("/api/watcher/start", method="POST")[0] == 200
        until(lambda: served.get("/api/sessions")[1]["data"]["items"], "the session to be seen again")


def test_another_address_of_plex_is_listened_to_as_soon_as_it_is_entered(
    installation: Installation, home: Home, plex: StandIn, series: Series
) -> None:
    address = installation.variables.pop("PLEX_URL")
    with serving(installation, extra={**LINKED, "CACHERR_SESSION_SECONDS": "5"}) as served:
        assert served.port
        execute(
            installation,
            "INSERT OR IGNORE INTO plexusers_plexserver (id, plex_url, plex_token, client_identifier,"
            " machine_identifier, friendly_name, last_error) VALUES (1, '', '', 'c', '', '', '')",
        )
        execute(installation, f"UPDATE plexusers_plexserver SET plex_url = '{address}'")
        until(lambda: home.household.notices.listeners and asked(plex), "the watcher to listen")
        with StandIn(home.household) as moved:
            execute(installation, f"UPDATE plexusers_plexserver SET plex_url = '{moved.url}'")
            until(lambda: asked(moved) and any("websockets" in one.path for one in moved.requests), "the new one")


@contextmanager
def worker(installation: Installation, name: str) -> Iterator[subprocess.Popen[str]]:
    """A worker of its own, as the compose stack has one."""
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "cacherr", "worker", "--pool", "threads"]
    alive = {"CACHERR_LIVENESS_PATH": str(installation.directory / f"{name}.alive")}
    environment = installation.environment({**NOW_AND_THEN, **alive})
    with open(installation.directory / f"{name}.log", "w") as log:
        process = subprocess.Popen(
            [*command, "--hostname", f"{name}@here", "--without-mingle"],
            env=environment, cwd=PROJECT, text=True, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait(60)


def test_a_worker_of_its_own_watches_and_another_one_takes_over_when_it_dies(
    installation: Installation, home: Home, plex: StandIn, series: Series
) -> None:
    for name in ("queue", "control"):
        (installation.config / "broker" / name).mkdir(parents=True, exist_ok=True)
    notices = home.household.notices
    with worker(installation, "first") as first:
        until(lambda: notices.listeners, "the first worker to listen")
        with worker(installation, "second") as second:
            until((installation.directory / "second.alive").exists, "the second worker to be there")
            assert notices.listeners == 1
            first.send_signal(signal.SIGTERM)
            assert first.wait(60) == 0
            until(lambda: notices.listeners and asked(plex) > 1, "the second worker to watch")
            home.household.start_playing(home.owner, series.episodes["s2e2"])
            until(lambda: cached(installation) == series.paths("s2e2"), "the episode to be cached")
            second.send_signal(signal.SIGTERM)
            assert second.wait(60) == 0
