"""Sessions and the watcher by API."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from cacherr.env import Override
from caching import state
from caching.models import Playback, WatcherState
from plexusers.models import PlaySession, PlexUser, WatchPolicy
from tests.caching.quiet import KEY, make_quiet

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def installation(settings: Settings, tmp_path: Path) -> None:
    make_quiet(settings, tmp_path)


def ask(client: Client, path: str, status: int = 200) -> Any:
    answer = client.get(f"/api/{path}", headers=KEY)
    assert answer.status_code == status, answer.content
    return answer.json()["data"]


def order(client: Client, path: str, status: int = 200) -> Any:
    answer = client.post(f"/api/{path}", headers=KEY)
    assert answer.status_code == status, answer.content
    return answer.json()["data"]


def play(number: int, *, over: bool = False, **session: Any) -> None:
    now = timezone.now()
    facts = {"session_key": str(number), "who": "Kim", "rating_key": str(number), "kind": "episode"}
    if not over:
        PlaySession.objects.create(**facts, title=f"Part {number}", seen_at=now, **session)
    Playback.objects.create(
        **facts, title=f"Part {number}", served="cache", started_at=now, ended_at=now if over else None
    )


def test_what_plays_is_told_with_the_users_name_of_today_and_where_it_came_from(client: Client) -> None:
    user = PlexUser.objects.create(plex_id=77, kind="shared", title="Kimberley")
    play(1, user=user, state="paused", offset=250, duration=1000, player="TV")
    play(2, over=True)
    PlaySession.objects.create(session_key="3", who="Stranger", kind="track", title="Song", seen_at=timezone.now())
    page = ask(client, "sessions")
    assert page["pagination"] == {"limit": 50, "offset": 0, "total": 2, "has_more": False}
    first, second = page["items"]
    assert (first["user"], first["user_id"], first["served"], first["state"]) == ("Kimberley", 77, "cache", "paused")
    assert (first["progress_percent"], first["offset_ms"], first["duration_ms"]) == (25.0, 250, 1000)
    assert (second["user"], second["user_id"], second["served"], second["kind"]) == ("Stranger", None, "", "track")
    assert ask(client, "status")["active_sessions"] == 2
    assert ask(client, "sessions?limit=1&offset=1")["items"] == [second]


@pytest.mark.parametrize("many", [1, 60])
def test_the_number_of_queries_does_not_grow(client: Client, django_assert_max_num_queries: Any, many: int) -> None:
    user = PlexUser.objects.create(plex_id=77, kind="shared", title="Kim")
    for number in range(many):
        play(number, user=user)
    with django_assert_max_num_queries(10):
        ask(client, "sessions")
    with django_assert_max_num_queries(10):
        ask(client, "watcher/status")


def test_the_watcher_can_be_switched_off_and_on_and_is_asked_to_look(client: Client) -> None:
    assert ask(client, "watcher/status")["enabled"] is True
    assert order(client, "watcher/stop")["enabled"] is False
    assert WatchPolicy.stored().watch_sessions is False
    assert order(client, "watcher/start")["enabled"] is True
    assert WatcherState.objects.get().asked == 2


def test_when_the_environment_decides_the_answer_says_so(client: Client, settings: Settings) -> None:
    settings.CACHERR_OVERRIDES = {"WATCH_SESSIONS": Override("CACHERR_WATCH_SESSIONS", "false")}
    assert ask(client, "watcher/status")["enabled"] is False
    for what in ("start", "stop"):
        order(client, f"watcher/{what}", 409)
    assert WatchPolicy.stored().watch_sessions is True


def test_its_signs_of_life_and_its_troubles_are_told(client: Client) -> None:
    assert ask(client, "watcher/status")["alive"] is False
    now = timezone.now()
    WatcherState.objects.create(alive_at=now, looked_at=now, listening=True, error="Plex does not answer.")
    told = ask(client, "watcher/status")
    assert (told["alive"], told["listening"], told["error"]) == (True, True, "Plex does not answer.")
    assert told["looked_at"]
    WatcherState.objects.update(alive_at=now - timedelta(minutes=2))
    assert state.watching()["alive"] is False


def test_the_history_can_be_cleared_and_what_plays_stays(client: Client) -> None:
    play(1)
    play(2, over=True)
    told = ask(client, "watcher/status")
    assert (told["history"], told["active_sessions"]) == (2, 1)
    assert [row["title"] for row in told["recent"]] == ["Part 2", "Part 1"]
    assert order(client, "watcher/clear-history") == {"forgotten": 1}
    assert [row["title"] for row in ask(client, "watcher/status")["recent"]] == ["Part 1"]


def test_a_person_can_clear_the_history_on_its_page(admin_client: Client) -> None:
    play(2, over=True)
    page = admin_client.get("/admin/caching/playback/").content.decode()
    assert "Clear history" in page
    assert admin_client.get("/admin/caching/playback/clear/").status_code == 405
    admin_client.post("/admin/caching/playback/clear/")
    assert not Playback.objects.exists()
