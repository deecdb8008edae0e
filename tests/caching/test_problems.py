"""What the dashboard tells people to look at, and in which order."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from caching import auditing, problems, state, upkeep
from caching.auditing import Audited
from caching.models import Audit, CachedFile, Cycle, CycleState, PathMapping
from plexusers import remarks
from plexusers.models import PlexServer, PlexUser, RemarkKind, SourceState
from tests.caching.rows import Rows, make_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    return make_rows(tmp_path)


def snapshot() -> dict[str, Any]:
    return state.snapshot(0)


def told() -> list[tuple[str, str]]:
    """Level and page of each problem of the present cycle with caches that are all there."""
    found = problems.found(state.current_cycle(), {"caches": [], "conflicts": 0})
    return [(problem["level"], problem["page"]) for problem in found]


def test_an_empty_installation_is_told_to_set_up_plex_and_a_mapping() -> None:
    assert told() == [("warning", "plex"), ("warning", "mapping")]


def test_a_cycle_that_failed_for_want_of_setup_adds_nothing() -> None:
    Cycle.objects.create(state=CycleState.FAILED, error="Plex is not set up.")
    assert told() == [("warning", "plex"), ("warning", "mapping")]


def test_all_is_well_when_nothing_is_wrong(rows: Rows) -> None:
    assert told() == []
    assert problems.health([]) == "healthy"


def test_a_failed_cycle_is_critical_and_says_why(rows: Rows) -> None:
    Cycle.objects.update(state=CycleState.FAILED, error="The disk is full.")
    found = problems.found(state.current_cycle(), {"caches": [], "conflicts": 0})
    assert [problem["message"] for problem in found] == ["The last cycle failed. The disk is full."]
    assert problems.health(found) == "critical"


def test_a_cycle_that_was_cut_short_tells_how_to_go_on(rows: Rows) -> None:
    Cycle.objects.update(state=CycleState.INTERRUPTED, error="Cacherr ended.")
    assert "Choose Run now to go on." in snapshot()["problems"][-1]["message"]


def trouble(title: str, source: str, why: str, **values: Any) -> None:
    user, _ = PlexUser.objects.get_or_create(
        title=title, defaults={"kind": "home", "plex_id": PlexUser.objects.count() + 2, **values}
    )
    now = timezone.now()
    SourceState.objects.create(source=source, user=user, status="failed", since=now, checked_at=now, why=why)


def test_what_is_unknown_is_told_in_a_line_for_each_reason_until_it_is_known_again(rows: Rows) -> None:
    trouble("Sam", "ondeck", "Plex is away.")
    trouble("Sam", "watchlist", "plex.tv is away.")
    trouble("Kim", "ondeck", "Plex is away.")
    trouble("Lou", "ondeck", "Nobody asks.", enabled=False)
    found = problems.found(state.current_cycle(), {"caches": [], "conflicts": 0})
    assert [problem["message"] for problem in found] == [
        "Not known for sure now: what Sam has on deck, what Kim has on deck. Plex is away.",
        "Not known for sure now: the watchlist of Sam. plex.tv is away.",
    ]
    assert told() == [("warning", "sources"), ("warning", "sources")]
    Cycle.objects.update(
        state=CycleState.COMPLETED, error="Not known for sure now: what Sam has on deck. Plex is away."
    )
    assert told() == [("warning", "sources"), ("warning", "sources")]
    SourceState.objects.update(status="fresh")
    Cycle.objects.update(error="")
    assert told() == []


def test_files_that_failed_are_counted(rows: Rows) -> None:
    Cycle.objects.update(state=CycleState.COMPLETED, failures=2)
    assert told() == [("warning", "cycle")]
    assert "2 files" in snapshot()["problems"][-1]["message"]


def test_what_is_wrong_with_plex_is_told_once(rows: Rows) -> None:
    PlexServer.objects.update(last_error="Plex does not answer.")
    assert told() == [("warning", "plex")]
    Cycle.objects.update(state=CycleState.FAILED, error="Plex does not answer.")
    assert told() == [("critical", "cycle")]


def test_an_absent_cache_is_critical_and_told_once(rows: Rows) -> None:
    absent = {"present": False, "error": "/mnt/cache is not there. Mount it."}
    Cycle.objects.update(state=CycleState.FAILED, error="/mnt/cache is not there. Mount it.")
    found = problems.found(state.current_cycle(), {"caches": [absent], "conflicts": 0})
    assert [(problem["level"], problem["page"]) for problem in found] == [("critical", "mappings")]


def test_a_cached_file_in_conflict_wants_a_look(rows: Rows) -> None:
    CachedFile.objects.update(conflict="Somebody replaced it.")
    assert {"level": "warning", "page": "files"}.items() <= snapshot()["problems"][-1].items()


def test_a_cache_that_nobody_uses_any_more_is_not_shown(rows: Rows) -> None:
    assert [cache["path"] for cache in snapshot()["stats"]["caches"]] == [rows.file.cache.path]
    CachedFile.objects.all().delete()
    assert snapshot()["stats"]["caches"] == []
    PathMapping.objects.update(cache=rows.file.cache)
    assert [cache["path"] for cache in snapshot()["stats"]["caches"]] == [rows.file.cache.path]


def test_a_backup_that_failed_is_told_until_the_next_one(rows: Rows) -> None:
    remarks.note(RemarkKind.BACKUP, "No backup could be made.", warning=True)
    assert told() == [("warning", "schedules")]
    remarks.note(RemarkKind.BACKUP, "A backup was made.")
    assert told() == []


def test_what_the_schedules_audit_left_is_told_until_an_audit_leaves_nothing(rows: Rows) -> None:
    Audit.objects.all().delete()
    upkeep.audit()
    assert Audit.objects.get().trigger == "schedule"
    assert ("warning", "audit") in told()
    auditing.record(Audited(files=2), "schedule", timezone.now())
    assert told() == []
