"""Replays of what real rows and a real server tell, and whether they come to what a real cycle does."""

import os
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cacherr.errors import ConfigurationError, PlexError
from caching import mappings
from caching.models import CachePolicy, PathMapping, Playback
from caching.replaying import comparing, recalling, scenarios
from caching.replaying.comparing import asked, compare
from caching.replaying.planner import Planner
from caching.replaying.simulating import Simulation
from plexusers.models import LibraryItem, UserTypeDefaults, WatchPolicy
from plexusers.standin import Account, Episode, Movie, StandIn, faults
from tests.caching.neighbours import Neighbours, cached, run

pytestmark = pytest.mark.django_db


def ago(**span: float) -> datetime:
    return timezone.now() - timedelta(**span)


def watched(
    neighbours: Neighbours, account: Account, thing: Movie | Episode, at: datetime, *, half: bool = False
) -> None:
    """Somebody watched something: Plex knows it, and so does the ledger."""
    end = at + timedelta(minutes=40)
    if half:
        neighbours.household.watch(account, thing, offset_ms=60_000, at=int(end.timestamp()))
    else:
        neighbours.household.mark_watched(account, thing, at=int(end.timestamp()))
    Playback.objects.create(
        session_key="1", user=neighbours.row(account), who=account.title, rating_key=thing.key, kind="episode",
        title=thing.title, served="array", started_at=at, ended_at=end, played_seconds=2400, finished=not half,
    )  # fmt: skip


@pytest.fixture
def lived(neighbours: Neighbours, plex: StandIn) -> Neighbours:
    """Some days of a household: half a film, a show to its third episode, and another one to its end."""
    _, show = neighbours.show("Show", 4, 3)
    _, short = neighbours.show("Short", 2)
    film, _ = neighbours.film("Film"), neighbours.film("Other")
    run()
    LibraryItem.objects.update(added_at=1)
    for number, episode in enumerate(show[:3]):
        watched(neighbours, neighbours.alex, episode, ago(days=9 - number, minutes=20 * number))
    watched(neighbours, neighbours.sam, show[0], ago(days=5))
    for number, episode in enumerate(short):
        watched(neighbours, neighbours.alex, episode, ago(days=4, hours=-1.5 * number))
    watched(neighbours, neighbours.kim, film, ago(days=3), half=True)
    UserTypeDefaults.objects.update(episodes_ahead=2)
    WatchPolicy.objects.update(playback_trigger="none")
    return neighbours


def simulated(source: recalling.Source = "ledger") -> set[str]:
    """What would be cached now, by a replay of the last days."""
    known = mappings.usable()
    recalled = recalling.recall(source, 30, known)
    replay = Simulation(recalled.past, Planner(), scenarios.setup_of({}, recalled.people, scenarios.caches(known)))
    replay.run()
    names = (os.path.basename(os.fsdecode(file.path)) for file in replay.world.contents.files)
    return {os.path.splitext(name)[0] for name in names}


def test_a_replay_comes_to_what_a_cycle_really_does(lived: Neighbours) -> None:
    run()
    assert cached() == {"Show 1x4", "Show 2x1", "Show 2x2", "Show 1x2", "Show 1x3", "Film"}
    assert simulated() == cached()


def test_so_does_one_of_plexs_own_history(lived: Neighbours) -> None:
    run()
    assert simulated("plex") == cached()
    # It does not tell of what was left in the middle.
    assert compare(asked("plex", 30, [], others=True))["sets"][-1]["from_cache"] == 6


def test_what_was_watched_before_is_known(lived: Neighbours) -> None:
    Playback.objects.filter(started_at__lt=ago(days=6)).delete()
    run()
    assert simulated() == cached()


def test_so_is_what_nobody_saw_being_watched(lived: Neighbours) -> None:
    Playback.objects.filter(started_at__gte=ago(days=6)).delete()
    run()
    assert simulated() == cached()
    assert compare(asked("ledger", 30, [], others=True))["sets"][-1]["from_cache"] == 3


def test_what_is_gone_and_what_no_mapping_covers_is_counted_apart(lived: Neighbours) -> None:
    LibraryItem.objects.filter(title="Film").delete()
    report = compare(asked("ledger", 30, [], others=False))
    assert (report["plays"], report["gone"], report["outside"]) == (7, 1, 0)
    PathMapping.objects.update(plex_prefix="/elsewhere")
    report = compare(asked("ledger", 30, [], others=False))
    assert (report["gone"], report["outside"], report["sets"][0]["hit_rate"]) == (1, 6, None)
    assert report["notes"][:2] == [
        "1 play of what the library does not have any more could not be replayed.",
        "6 plays of what no path mapping covers could not be replayed.",
    ]


def test_sets_stand_side_by_side_those_in_force_first(lived: Neighbours) -> None:
    CachePolicy.objects.update(cache_limit="1GB")
    sets = [{"cache_limit": "1B"}, {"episodes_ahead": "0", "eviction_mode": "none"}]
    report = compare(asked("ledger", 30, sets, others=True))
    names = [row["name"] for row in report["sets"]]
    assert names[:3] == ["as set now", "cache_limit=1B", "episodes_ahead=0, eviction_mode=none"]
    assert names[3:] == ["LRU", "on deck plus five", "PlexCache-D", "clairvoyant"]
    now, nothing, _, *_, best = report["sets"]
    assert (now["from_cache"], nothing["from_cache"], best["from_cache"]) == (3, 0, 7)
    assert nothing["bytes_cached"] == 0 < now["bytes_cached"]
    assert report["settings"]["cache_limit"] == "1GB"
    assert CachePolicy.effective().cache_limit == "1GB"


def test_progress_is_told_over_all_sets(lived: Neighbours) -> None:
    told: list[float] = []
    compare(asked("ledger", 30, [{"episodes_ahead": "1"}], others=False), told.append)
    assert told == sorted(told)
    assert (told[-1], 0.5 in told) == (1, True)


def test_a_past_without_plays_comes_to_nothing(neighbours: Neighbours, plex: StandIn) -> None:
    run()
    report = compare(asked("ledger", 30, [], others=True))
    assert (report["plays"], {row["hit_rate"] for row in report["sets"]}) == (0, {None})


def test_plex_being_away_is_no_empty_past(lived: Neighbours, plex: StandIn) -> None:
    plex.fail("/status/sessions/history/all", faults.Status(500))
    with pytest.raises(PlexError):
        compare(asked("plex", 30, [], others=False))


WRONG: dict[str, dict[str, Any]] = {
    "no such setting": {"sets": [{"colour": "red"}]},
    "a secret is none": {"sets": [{"webhook_secret": "x"}]},
    "no size": {"sets": [{"cache_limit": "5QB"}]},
    "no number": {"sets": [{"episodes_ahead": "many"}]},
    "too many": {"sets": [{"episodes_ahead": "101"}]},
    "no choice": {"sets": [{"eviction_mode": "clever"}]},
    "the target above the threshold": {"sets": [{"eviction_target_percent": "95"}]},
    "cycles without a pause": {"sets": [{"cycle_minutes": "0"}]},
    "no days": {"days": 0},
    "too many days": {"days": 4000},
    "too many sets": {"sets": [{}] * 7},
    "no such source": {"source": "dreams"},
}  # fmt: skip


@pytest.mark.parametrize("words", WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_replayed_is_refused_with_a_sentence(db: None, words: dict[str, Any]) -> None:
    given: dict[str, Any] = {"source": "ledger", "days": 30, "sets": [], **words}
    with pytest.raises(ConfigurationError) as refusal:
        asked(given["source"], given["days"], given["sets"], others=False)
    assert refusal.value.cure


def test_settings_are_read_as_everywhere(db: None) -> None:
    texts = {"ondeck": "false", "active_watching": "yes", "cache_limit": " 5 GB ", "cycle_minutes": "15"}
    values = scenarios.parsed(texts)
    assert values == {"ondeck": False, "active_watching": True, "cache_limit": "5 GB", "cycle_minutes": 15}


@pytest.mark.parametrize("name", scenarios.NAMES)
def test_each_setting_reaches_the_replay(lived: Neighbours, name: str) -> None:
    values: dict[str, Any] = {
        "cache_limit": "3GB", "min_free_space": "1GB", "reserve": "2GB", "eviction_mode": "fifo",
        "eviction_threshold_percent": 85, "eviction_target_percent": 70, "minimum_hold_hours": 3,
        "ondeck_expiry_days": 9, "watched_grace_hours": 4, "playback_trigger": "completion", "ondeck": False,
        "episodes_ahead": 9, "prefetch_minutes": 90, "stale_days": 8, "active_watching": False,
        "priority_boost": 7, "cycle_minutes": 17,
    }  # fmt: skip
    there = scenarios.caches(mappings.usable())
    people = recalling.recall("ledger", 30, there.mappings).people
    assert scenarios.setup_of({name: values[name]}, people, there) != scenarios.setup_of({}, people, there)


def test_the_present_is_told_by_names_that_can_be_tried(db: None) -> None:
    assert set(scenarios.in_force()) == set(scenarios.NAMES) - set(scenarios.OF_USERS)
    assert scenarios.in_force()["cycle_minutes"] == 60
    assert comparing.PRESENT == "as set now"
