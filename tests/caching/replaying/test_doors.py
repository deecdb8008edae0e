"""Replays by API, on the pages and by command."""

import json
import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from cacherr.errors import BusyError, RefusedError
from caching import lock
from caching.models import Playback, Replay, ReplayState
from caching.replaying import waiting
from caching.replaying.comparing import Asked
from plexusers.standin import StandIn
from tests.caching.neighbours import Neighbours, run, serving
from tests.caching.quiet import KEY, make_quiet
from tests.conftest import Installation
from tests.home import Home

ADDRESS = "/api/replay"
PAGE = reverse("admin:caching_replay_changelist")


@pytest.fixture
def neighbours(tmp_path: Path, settings: Settings, db: None) -> Iterator[Neighbours]:
    """A film that Alex has played twice."""
    (tmp_path / "config").mkdir()
    make_quiet(settings, tmp_path / "config")
    made = Neighbours(tmp_path)
    with serving(made) as server:
        settings.CACHERR_OUTBOUND_GATEWAY = server.url
        film = made.film("Film")
        run()
        for hours in (30, 5):
            at = timezone.now() - timedelta(hours=hours)
            Playback.objects.create(
                session_key="1", user=made.row(made.alex), who="Alex", rating_key=film.key, kind="movie",
                started_at=at, ended_at=at + timedelta(hours=1), played_seconds=3600,
            )  # fmt: skip
        yield made


def send(client: Client, method: str, path: str = ADDRESS, body: object = "", status: int = 200) -> Any:
    answer = getattr(client, method)(path, body, content_type="application/json", headers=KEY)
    assert answer.status_code == status, answer.content
    return answer.json()["data"] if status < 400 else answer.json()["error"]


def test_a_replay_is_asked_for_computed_and_told_by_api(client: Client, neighbours: Neighbours) -> None:
    asked = send(client, "post", body={"sets": [{"cache_limit": "1B"}], "others": True}, status=202)
    assert (asked["state"], asked["days"], asked["asked_by"], asked["progress"]) == ("queued", 90, "api", 0)
    assert send(client, "get", f"{ADDRESS}/{asked['id']}")["report"] is None
    assert waiting.run_waiting() == 1
    told = send(client, "get", f"{ADDRESS}/{asked['id']}")
    assert (told["state"], told["progress"], told["error"]) == ("completed", 100, "")
    assert (told["report"]["plays"], told["report"]["users"]) == (2, 1)
    present, small, *others = told["report"]["sets"]
    # It was left in the middle, so it stayed on deck.
    assert (present["name"], present["hit_rate"], small["hit_rate"]) == ("as set now", 0.5, 0.0)
    assert [one["policy"] for one in others] == ["LRU", "on deck plus five", "PlexCache-D", "clairvoyant"]
    listed = client.get(ADDRESS, headers=KEY).json()["data"]
    assert [one["id"] for one in listed["items"]] == [asked["id"]]
    send(client, "delete", f"{ADDRESS}/{asked['id']}")
    send(client, "get", f"{ADDRESS}/{asked['id']}", status=404)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"sets": [{"cache_limit": "5QB"}]}, "cache_limit cannot be '5QB'"),
        ({"sets": [{"colour": "red"}]}, "no setting that a replay can try"),
        ({"days": 0}, "days"),
        ({"sorce": "plex"}, "sorce"),
        ({"sets": [{}] * 7}, "sets"),
    ],
)
def test_what_cannot_be_replayed_is_refused_at_once(
    client: Client, neighbours: Neighbours, body: object, said: str
) -> None:
    assert said in send(client, "post", body=body, status=422)
    assert not Replay.objects.exists()


def test_only_so_many_wait_and_only_so_many_are_remembered(neighbours: Neighbours) -> None:
    for _ in range(waiting.MOST_WAITING):
        waiting.request(Asked(days=1), "alex")
    with pytest.raises(RefusedError, match="wait already"):
        waiting.request(Asked(), "alex")
    Replay.objects.update(state=ReplayState.COMPLETED)
    Replay.objects.bulk_create(Replay(source="ledger", days=1, state="failed") for _ in range(waiting.KEPT))
    waiting.request(Asked(), "alex")
    assert Replay.objects.count() == waiting.KEPT + 1


def test_an_error_is_told_and_the_next_one_is_computed(neighbours: Neighbours) -> None:
    broken = Replay.objects.create(source="dreams", days=1)
    fine = waiting.request(Asked(days=1), "alex")
    assert waiting.run_waiting() == 2
    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.state, fine.state) == ("failed", "completed")
    assert broken.error.startswith("The past cannot come from 'dreams'.")


def test_what_was_cut_short_is_told_so(neighbours: Neighbours) -> None:
    row = Replay.objects.create(source="ledger", days=1, state=ReplayState.RUNNING)
    assert waiting.run_waiting() == 0
    row.refresh_from_db()
    assert (row.state, row.error) == ("failed", waiting.CUT_SHORT)


def test_two_never_run_at_once(neighbours: Neighbours) -> None:
    with lock.held(waiting.LOCK), pytest.raises(BusyError):
        waiting.run_waiting()
    Replay.objects.create(source="ledger", days=1, state=ReplayState.RUNNING)
    with pytest.raises(IntegrityError), transaction.atomic():
        Replay.objects.create(source="ledger", days=1, state=ReplayState.RUNNING)


@pytest.mark.django_db(transaction=True)
def test_it_is_computed_in_a_thread_of_its_own(neighbours: Neighbours) -> None:
    waiting.start()
    assert not [one for one in threading.enumerate() if one.name == "replay"]  # nothing waits
    row = waiting.request(Asked(days=3), "alex")
    waiting.start()
    for thread in threading.enumerate():
        if thread.name == "replay":
            thread.join()
    row.refresh_from_db()
    assert (row.state, row.report["plays"]) == ("completed", 2)
    connection.close()


def test_the_page_offers_settings_and_shows_what_came_of_them(neighbours: Neighbours, admin_client: Client) -> None:
    page = admin_client.get(PAGE).content.decode()
    assert "Nothing has been replayed yet" in page
    assert '<label for="A-cache_limit">Cache limit</label>' in page
    given = {"source": "ledger", "days": "30", "A-cache_limit": "1B", "B-eviction_mode": "fifo", "others": "on"}
    answer = admin_client.post(PAGE, given)
    row = Replay.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        reverse("admin:caching_replay_change", args=[row.pk]),
    )
    assert (row.sets, row.others, row.asked_by) == ([{"cache_limit": "1B"}, {"eviction_mode": "fifo"}], True, "admin")
    live = admin_client.get(answer.headers["Location"]).content.decode()
    assert f'data-at="/api/replay/{row.pk}"' in live
    assert "Waiting for a worker." in live
    waiting.run_waiting()
    done = admin_client.get(answer.headers["Location"]).content.decode()
    assert "2 plays of 1 user" in done
    assert '<th scope="row">cache limit: 1B</th><td>0 %</td>' in done
    assert 'aria-label="50 % of the plays from the cache"' in done
    assert "replay.js" not in done
    assert f"Replay {row.pk}</a>: done" in admin_client.get(PAGE).content.decode()
    admin_client.post(reverse("admin:caching_replay_remove", args=[row.pk]))
    assert not Replay.objects.exists()


@pytest.mark.parametrize(
    "given", [{"A-cache_limit": "<b>"}, {"days": "-1"}, {"days": "²"}, {"days": ""}, {"source": "\0"}]
)
def test_wrong_input_stays_on_the_page_with_a_sentence(
    neighbours: Neighbours, admin_client: Client, given: dict[str, str]
) -> None:
    page = admin_client.post(PAGE, {"source": "ledger", "days": "30", "C-stale_days": "7", **given}).content.decode()
    assert 'role="alert"' in page
    assert 'value="7"' in page
    assert "<b>" not in page.partition("<main")[2]
    assert not Replay.objects.exists()


def test_who_may_only_look_cannot_ask(neighbours: Neighbours, client: Client) -> None:
    row = Replay.objects.create(source="ledger", days=1)
    client.force_login(User.objects.create_user("guest", is_staff=True))
    remove = reverse("admin:caching_replay_remove", args=[row.pk])
    for path in (PAGE, reverse("admin:caching_replay_change", args=[row.pk])):
        assert client.get(path).status_code == 403
    assert client.post(PAGE, {"days": "30"}).status_code == 403
    assert client.post(remove).status_code == 403


def test_a_page_without_its_replay_says_so(neighbours: Neighbours, admin_client: Client) -> None:
    for name in ("999", "x"):
        assert admin_client.get(reverse("admin:caching_replay_change", args=[name])).status_code == 404
    failed = Replay.objects.create(source="plex", days=1, state="failed", error="Plex does not answer.")
    page = admin_client.get(reverse("admin:caching_replay_change", args=[failed.pk])).content.decode()
    assert "Plex does not answer." in page
    Replay.objects.create(source="ledger", days=1)
    Playback.objects.all().delete()
    waiting.run_waiting()
    page = admin_client.get(reverse("admin:caching_replay_change", args=[failed.pk + 1])).content.decode()
    assert "Nothing was played in 1 day, as far as is known." in page


def test_the_command_prints_a_table_or_one_object(installation: Installation, home: Home, plex: StandIn) -> None:
    film = home.film("Alpha", on_deck=False)
    assert installation.run("cycle").code == 0
    home.finish(film)
    told = installation.run("replay", "--source", "plex", "--set", "cache_limit=1B", "episodes_ahead=3", "--others")
    assert told.code == 0, told.errors
    for words in ("1 play of 1 user in 90 days.", "as set now", "cache_limit=1B, episodes_ahead=3", "clairvoyant"):
        assert words in told.output
    report = installation.run("replay", "--json").report
    assert (report["success"], report["plays"], report["source"]) == (True, 0, "ledger")


def test_the_commands_exit_code_says_what_hindered(installation: Installation, home: Home, plex: StandIn) -> None:
    assert installation.run("cycle").code == 0
    wrong = installation.run("replay", "--set", "cache_limit")
    assert (wrong.code, wrong.errors.strip()) == (
        2, "'cache_limit' is no setting. Write NAME=VALUE, for example cache_limit=500GB.",
    )  # fmt: skip
    away = installation.run("replay", "--source", "plex", "--json", extra={"PLEX_URL": "http://127.0.0.1:9"})
    assert (away.code, json.loads(away.output)["exit_code"]) == (3, 3)
    shutil.rmtree(installation.cache)
    assert installation.run("replay").code == 4
