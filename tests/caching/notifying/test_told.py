"""What happens is told: cycles, files, playbacks, troubles, and what leaves soon."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from caching import journal, upkeep
from caching.models import (
    CachedFile,
    CachePolicy,
    Cycle,
    CycleState,
    LastingTrouble,
    Notice,
    NotificationTarget,
    Operation,
    PathMapping,
    Root,
    State,
)
from caching.notifying import endings, following, keeping, sentences, troubles
from caching.notifying.values import Happening, Trouble
from plexusers.models import PlexServer, PlexUser
from tests.caching.notifying.mailbox import make_target, titles
from tests.caching.quiet import make_quiet
from tests.caching.rows import Rows, make_rows

pytestmark = pytest.mark.django_db

NOWHERE = "json://127.0.0.1:9/x"


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    return make_rows(tmp_path)


@pytest.fixture
def target(db: None) -> NotificationTarget:
    return make_target(NOWHERE)


def ended(rows: Rows, state: CycleState = CycleState.COMPLETED, **values: object) -> Cycle:
    cycle = rows.cycle
    cycle.state = state
    for name, value in values.items():
        setattr(cycle, name, value)
    return cycle


@pytest.mark.parametrize(
    ("state", "values", "title"),
    [
        (CycleState.COMPLETED, {}, None),
        (CycleState.COMPLETED, {"files_cached": 2, "bytes_cached": 3 * 1024**3}, "The cycle is done"),
        (CycleState.COMPLETED, {"failures": 1}, None),
        (CycleState.STOPPED, {}, None),
        (CycleState.STOPPED, {"files_restored": 1}, "The cycle was stopped"),
        (CycleState.FAILED, {"error": "The disk is full."}, None),
        (CycleState.FAILED, {"error": "The disk is full.", "files_cached": 1}, "The cycle failed"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_cycle_is_told_when_there_is_something_to_tell(
    rows: Rows, target: NotificationTarget, state: CycleState, values: dict[str, object], title: str | None
) -> None:
    endings.tell(ended(rows, state, **values))
    assert titles() == ([title] if title else [])


def test_the_summary_has_the_numbers(rows: Rows, target: NotificationTarget) -> None:
    endings.tell(ended(rows, files_cached=2, bytes_cached=3 * 1024**3, files_restored=1, failures=4))
    notice = Notice.objects.get()
    assert notice.facts == [["Cached", "2 files (3.0 GB)"], ["Brought back", "1 file"], ["Not done", "4 files"]]
    assert notice.level == "warning"


def test_a_file_that_is_cached_is_told_when_it_is(rows: Rows, target: NotificationTarget) -> None:
    CachedFile.objects.all().delete()
    journal.finish_cached(rows.running)
    assert titles() == ["Cached: Alpha"]


def test_a_conflict_is_an_error(rows: Rows) -> None:
    make_target(NOWHERE, "errors")
    journal.conflict(rows.running, "The copy was changed.")
    notice = Notice.objects.get()
    assert (notice.title, notice.lines, notice.level) == ("Conflict: Alpha", ["The copy was changed."], "failure")


def test_what_an_operation_lost_is_not_told(rows: Rows, target: NotificationTarget) -> None:
    Operation.objects.filter(pk=rows.running.pk).update(state=State.VERIFIED)
    with pytest.raises(journal.LostOperationError):
        journal.conflict(rows.running, "The copy was changed.")
    assert titles() == []


def trouble(key: str = "plex", event: str = "plex_unreachable", over: str = "Plex is back again") -> Trouble:
    return Trouble(key, Happening(event, "failure", "Plex is unreachable"), over)


def test_an_outage_is_told_once_and_once_its_end(target: NotificationTarget) -> None:
    now = timezone.now()
    for minute in range(60):
        following.follow([trouble()] if minute < 40 and minute % 7 else [], now + timedelta(minutes=minute))
    assert titles() == ["Plex is unreachable", "Plex is back again"]
    assert not LastingTrouble.objects.exists()


def test_a_short_outage_rings_no_bell(target: NotificationTarget) -> None:
    now = timezone.now()
    following.follow([trouble()], now)
    following.follow([], now + timedelta(minutes=1))
    following.follow([trouble()], now + timedelta(minutes=2))
    assert titles() == []


def test_plex_that_is_away_and_plex_that_refuses_are_two_things(rows: Rows) -> None:
    PlexServer.objects.update(last_error="Plex does not answer.")
    assert [one.key for one in troubles.found() if one.over] == ["plex"]
    PlexServer.objects.update(last_error="Plex refuses the token.", sign_in_needed=True)
    assert [one.key for one in troubles.found() if one.over] == ["sign-in:owner"]


def test_each_user_without_a_good_token_is_named(rows: Rows) -> None:
    PlexUser.objects.create(plex_id=5, kind="home", title="Lee", token_problem="Send the link.")
    PlexUser.objects.create(plex_id=6, kind="home", title="Off", token_problem="Send the link.", enabled=False)
    assert "Sign-in needed for Lee" in [one.happening.title for one in troubles.found()]
    assert "Sign-in needed for Off" not in [one.happening.title for one in troubles.found()]


def make_cache(directory: Path) -> None:
    from caching import proving

    for name in ("array", "cache"):
        (directory / name / "here").mkdir(parents=True, exist_ok=True)
    proving.prove(
        PathMapping.objects.create(
            name="Here", plex_prefix="/here", array_root=str(directory / "array" / "here"),
            cache_root=str(directory / "cache" / "here"), placement="symlink",
        )
    )  # fmt: skip


def test_low_space_is_less_than_what_shall_stay_free(tmp_path: Path) -> None:
    make_cache(tmp_path)
    CachePolicy(min_free_space="", reserve="").save()
    assert not [one for one in troubles.found() if one.happening.event == "low_space"]
    CachePolicy.objects.update(min_free_space="5%", reserve="9000TB")
    [found] = [one for one in troubles.found() if one.happening.event == "low_space"]
    assert found.key == f"space:{Root.objects.get(kind='cache').pk}"
    assert "should stay free" in found.happening.facts[0][1]


def test_the_same_trouble_with_other_numbers_is_the_same(rows: Rows) -> None:
    Cycle.objects.update(state=CycleState.COMPLETED, failures=3)
    one = [found.key for found in troubles.found()]
    Cycle.objects.update(failures=4)
    assert [found.key for found in troubles.found()] == one != []


def test_the_minute_tells_a_failed_cycle_once(rows: Rows, target: NotificationTarget) -> None:
    Cycle.objects.update(state=CycleState.FAILED, error="The disk is full. Make room.")
    for _ in range(3):
        keeping.tend()
    assert titles().count("The last cycle failed") == 1


def test_without_a_target_the_minute_looks_at_nothing(rows: Rows) -> None:
    PlexServer.objects.update(last_error="Plex refuses the token.", sign_in_needed=True)
    keeping.tend()
    assert not LastingTrouble.objects.exists()


def test_the_upkeep_has_the_minute_done(target: NotificationTarget, settings: Settings, tmp_path: Path) -> None:
    make_quiet(settings, tmp_path)
    PlexServer(last_error="Plex refuses the token.", sign_in_needed=True).save()
    upkeep.tend()
    assert "Plex refuses the token" in titles()


def test_what_an_audit_left_is_told_and_nothing_when_it_left_nothing() -> None:
    assert sentences.audited([]) is None
    told = sentences.audited(["Damaged. Restore it."] * 50)
    assert told is not None
    assert (told.title, len(told.lines)) == ("The audit found 50 things to look at", 20)


def plan(*hours: float) -> list[dict[str, object]]:
    now = timezone.now()
    return [
        {
            "action": "keep", "leaves_at": (now + timedelta(hours=after)).isoformat(), "leaves_why": "nobody wants it",
            "mapping": "Films", "path": f"{number}.mkv", "title": f"Film {number}", "size": 1024,
        }
        for number, after in enumerate(hours)
    ]  # fmt: skip


def test_what_leaves_within_a_day_is_told_once_and_again_when_it_stayed_meanwhile(
    rows: Rows, target: NotificationTarget
) -> None:
    endings.tell(ended(rows, plan=plan(3, 5, 30)))
    endings.tell(ended(rows, plan=plan(2, 4, 29)))
    [notice] = Notice.objects.all()
    assert notice.title == "2 files leave the cache soon"
    assert notice.lines[0].startswith("Film 0: in 3 h.")
    endings.tell(ended(rows, plan=[]))
    endings.tell(ended(rows, plan=plan(0.2)))
    assert titles()[1:] == ["Film 0 leaves the cache soon"]


def test_what_was_not_told_since_nobody_listened_is_told_later(rows: Rows) -> None:
    endings.tell(ended(rows, plan=plan(3)))
    make_target(NOWHERE, "leaving_soon")
    endings.tell(ended(rows, plan=plan(2)))
    assert titles() == ["Film 0 leaves the cache soon"]
