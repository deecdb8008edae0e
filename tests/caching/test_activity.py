"""What happened, as one list: from the rows that tell of it, newest first, and never a secret."""

from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from caching import activity, mappings, pausing
from caching.activity import Kind
from caching.models import Audit, CachePolicy, Cycle, CycleState, Operation, PathMapping, Pin, Playback
from importlists.models import ImportList
from plexusers import remarks, sources
from plexusers.models import PlexServer, PlexUser, Remark, RemarkKind, WatchPolicy
from tests.caching.quiet import KEY, make_quiet
from tests.caching.rows import Rows, make_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def installation(settings: Settings, tmp_path: Path) -> None:
    make_quiet(settings, tmp_path)


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    """One of everything; nothing of it was noted yet."""
    made = make_rows(tmp_path)
    Remark.objects.all().delete()
    Audit.objects.all().delete()
    return made


def told(*kinds: Kind) -> list[str]:
    return [one["message"] for one in activity.entries(kinds)[0]]


# ---- what is told --------------------------------------------------------------------------------------------------

DONE = "A cycle was done: {} cached, {} restored."
CYCLES: list[tuple[dict[str, Any], str, str]] = [
    ({"state": "completed", "files_cached": 3, "files_restored": 1}, "note", DONE.format("3 files", "1 file")),
    ({"state": "completed", "dry_run": True}, "note", "A preview was made."),
    ({"state": "completed", "failures": 1}, "warning", DONE.format("0 files", "0 files")),
    ({"state": "stopped"}, "note", "A cycle was stopped: 0 files cached, 0 files restored."),
    ({"state": "stopped", "dry_run": True}, "note", "A cycle was stopped, a preview."),
    ({"state": "failed", "error": "Full."}, "critical", "A cycle failed: 0 files cached, 0 files restored. Full."),
    ({"state": "interrupted"}, "warning", "A cycle was cut short: 0 files cached, 0 files restored."),
]  # fmt: skip


@pytest.mark.parametrize(("values", "level", "message"), CYCLES, ids=[message for *_, message in CYCLES])
def test_a_cycle_is_told_when_it_is_over(values: dict[str, Any], level: str, message: str) -> None:
    Cycle.objects.create(state=CycleState.RUNNING)
    row = Cycle.objects.create(**values, finished_at=timezone.now())
    ((one,), total) = activity.entries()
    assert (one["level"], one["message"], total) == (level, message, 1)
    assert one["page"] == f"/admin/caching/cycle/{row.pk}/change/"


def test_an_operation_is_told_with_its_reason_or_with_what_became_of_it(rows: Rows) -> None:
    Operation.objects.filter(pk=rows.done.pk).update(reason="on deck for Alex")
    assert told(Kind.OPERATION) == ["Cached Alpha: on deck for Alex"]
    Operation.objects.filter(pk=rows.done.pk).update(state="aborted", outcome="Cancelled.", kind="evict")
    assert told(Kind.OPERATION) == ["Not evicted: Alpha. Cancelled."]


def test_a_play_says_who_what_and_from_where(rows: Rows) -> None:
    assert told(Kind.PLAY) == ["Alex began to play Alpha, from the cache"]
    Playback.objects.update(ended_at=timezone.now(), served="array", user=PlexUser.objects.get())
    assert told(Kind.PLAY) == ["Kim played Alpha, from the array"]


def test_a_source_is_told_when_it_fails_and_when_it_is_known_again_and_not_in_between() -> None:
    user, now = PlexUser.objects.create(plex_id=5, kind="home", title="Sam"), timezone.now()
    Remark.objects.all().delete()
    sources.was_good("ondeck", now, user=user)
    assert told() == []
    for _ in range(3):
        sources.was_bad("ondeck", now, "Plex is away.", user=user)
    sources.was_good("ondeck", now, user=user)
    sources.was_good("ondeck", now, user=user)
    assert told(Kind.SOURCE) == [
        "Known again: what Sam has on deck.", "Not known for sure: what Sam has on deck. Plex is away.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("warnings", "level", "words"), [(0, "note", "nothing"), (1, "warning", "1 thing"), (2, "warning", "2 things")]
)
def test_an_audit_says_what_it_left(warnings: int, level: str, words: str) -> None:
    now = timezone.now()
    Audit.objects.create(trigger="schedule", started_at=now, finished_at=now, files=3, warnings=warnings)
    ((one,), _) = activity.entries([Kind.AUDIT])
    assert (one["level"], one["message"]) == (level, f"An audit of 3 files left {words} to look at.")


# ---- what people change --------------------------------------------------------------------------------------------


def test_changed_settings_are_named_without_their_values() -> None:
    PlexServer(plex_url="http://plex:32400", plex_token="s3cret").save()
    policy = CachePolicy(cache_limit="10GB")
    policy.save()
    policy.reserve = "5GB"
    policy.save()
    policy.save()
    WatchPolicy(friends_feed="https://rss.plex.tv/s3cret").save()
    messages = told()
    assert messages == [
        "Changed: Watching settings, friends' watchlist feed.", "Changed: Caching settings, reserve.",
        "Changed: Caching settings, cache limit.", "Changed: Plex server, address, token.",
    ]  # fmt: skip
    assert "s3cret" not in str(messages)


def test_pausing_reads_like_pausing() -> None:
    pausing.pause()
    pausing.resume()
    assert told(Kind.SETTING) == ["Cacherr was resumed.", "Cacherr was paused."]


def test_pins_lists_and_mappings_are_told_when_they_come_and_go() -> None:
    for model, values in (
        (Pin, {"kind": "movie", "rating_key": "1", "title": "Alpha"}),
        (ImportList, {"name": "Popular", "provider": "trakt", "chart": "trending"}),
        (PathMapping, {"name": "Films", "plex_prefix": "/data", "array_root": "/a", "cache_root": "/c"}),
    ):
        model.objects.create(**values).delete()
    assert told() == [
        "Path mapping removed: Films.", "Path mapping added: Films.", "List removed: Popular.", "List added: Popular.",
        "Unpinned: Alpha.", "Pinned: Alpha.",
    ]  # fmt: skip


def test_what_cacherr_writes_by_itself_is_no_news(rows: Rows, settings: Settings) -> None:
    user = PlexUser.objects.get()
    user.token, user.token_problem, user.last_seen_at = "another", "", timezone.now()
    user.save()
    server = PlexServer.objects.get()
    server.last_error = "Plex is away."
    server.save()
    settings.OLDER_MAPPING = {"plex": "/data", "array": "/array", "cache": "/cache"}
    mappings.in_force()
    assert not Remark.objects.exists()
    user.enabled = False
    user.save()
    assert told(Kind.USER) == ["Changed: Kim, enabled."]


def test_only_the_latest_sentences_are_kept() -> None:
    Remark.objects.bulk_create(Remark(kind=RemarkKind.PIN, message=str(number)) for number in range(remarks.KEPT + 5))
    remarks.tidy()
    remarks.tidy()
    assert Remark.objects.count() == remarks.KEPT
    assert not Remark.objects.filter(message="4").exists()


# ---- the list ------------------------------------------------------------------------------------------------------


def test_the_list_is_merged_by_time_and_cut_into_pages(rows: Rows) -> None:
    now = timezone.now()
    Cycle.objects.filter(pk=rows.cycle.pk).update(state="completed", finished_at=now)
    Operation.objects.filter(pk=rows.done.pk).update(finished_at=now - timedelta(minutes=1))
    Remark.objects.create(kind=RemarkKind.PIN, message="Pinned: X.", at=now - timedelta(minutes=2))
    Playback.objects.update(started_at=now - timedelta(minutes=3))
    whole, total = activity.entries()
    assert [one["kind"] for one in whole] == ["cycle", "operation", "pin", "play"]
    pages = [activity.entries(limit=3, offset=offset)[0] for offset in (0, 3, 6)]
    assert list(chain(*pages)) == whole
    assert total == 4
    assert [one["kind"] for one in activity.latest(2)] == ["cycle", "pin"]


def test_the_api_tells_it_in_pages_and_by_kind(client: Client, rows: Rows) -> None:
    body = client.get("/api/activity?limit=1", headers=KEY).json()["data"]
    assert body["pagination"] == {"limit": 1, "offset": 0, "total": 2, "has_more": True}
    body = client.get("/api/activity?kind=play&kind=pin", headers=KEY).json()["data"]
    assert [one["kind"] for one in body["items"]] == ["play"]
    assert client.get("/api/activity?kind=dance", headers=KEY).status_code == 422
    assert client.get("/api/activity").status_code == 401


@pytest.mark.parametrize("many", [1, 60])
def test_a_page_asks_the_database_no_more_when_there_is_more(
    rows: Rows, django_assert_max_num_queries: Any, many: int
) -> None:
    for _ in range(many):
        Cycle.objects.create(state=CycleState.COMPLETED, finished_at=timezone.now())
        Remark.objects.create(kind=RemarkKind.USER, message="x")
    with django_assert_max_num_queries(15):
        activity.entries()
    with django_assert_max_num_queries(8):
        activity.latest(20)


def test_every_kind_that_is_noted_has_its_page(rows: Rows, admin_client: Client) -> None:
    for kind in RemarkKind:
        remarks.note(kind, "x")
    pages = {one["page"] for one in activity.entries()[0]}
    assert [page for page in pages if admin_client.get(page, follow=True).status_code != 200] == []
    assert {kind.value for kind in RemarkKind} < {kind.value for kind in Kind}
