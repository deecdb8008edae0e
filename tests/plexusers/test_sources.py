"""How sources answered: what is believed, what is due, how it is said."""

from datetime import UTC, datetime, timedelta

import pytest

from plexusers import sources
from plexusers.models import PlexUser, SourceState

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("before", "count", "suspicious"),
    [(0, 0, False), (3, 0, False), (4, 0, True), (4, 1, True), (4, 2, False), (5, 2, True), (100, 50, False),
     (100, 49, True), (100, 300, False)],
)  # fmt: skip
def test_a_sharp_drop_of_at_least_a_few_is_suspicious(before: int, count: int, suspicious: bool) -> None:
    assert sources.is_suspicious(before, count) is suspicious


def state(source: str = "ondeck") -> tuple[str, int, int, datetime]:
    row = SourceState.objects.get(source=source)
    return row.status, row.count, row.drops, row.since


@pytest.mark.django_db
def test_a_drop_is_believed_when_it_is_answered_twice() -> None:
    assert sources.judge("ondeck", NOW, 10) == ""
    assert "Of 10 things 2 are left" in sources.judge("ondeck", NOW + HOUR, 2)
    assert state() == ("stale", 10, 1, NOW + HOUR)
    assert sources.judge("ondeck", NOW + 2 * HOUR, 2) == ""
    assert state() == ("fresh", 2, 0, NOW + 2 * HOUR)


@pytest.mark.django_db
def test_a_failure_between_two_drops_changes_nothing_and_a_good_answer_begins_anew() -> None:
    sources.judge("ondeck", NOW, 10)
    assert sources.judge("ondeck", NOW, 2)
    sources.was_bad("ondeck", NOW, "Away.")
    assert sources.judge("ondeck", NOW, 9) == ""
    assert sources.judge("ondeck", NOW, 2)


@pytest.mark.django_db
def test_the_time_of_a_state_is_when_it_began() -> None:
    sources.was_bad("ondeck", NOW, "Away.")
    sources.was_bad("ondeck", NOW + HOUR, "Still away.")
    assert state() == ("failed", 0, 0, NOW)


@pytest.mark.django_db
def test_what_never_answered_well_has_failed_even_where_an_old_answer_would_do() -> None:
    sources.was_bad("watchlist", NOW, "Away.", stale=True)
    assert state("watchlist")[0] == "failed"
    sources.was_good("watchlist", NOW)
    sources.was_bad("watchlist", NOW, "Away.", stale=True)
    assert state("watchlist")[0] == "stale"


@pytest.mark.django_db
def test_a_source_is_due_when_it_is_old_or_was_not_good() -> None:
    assert sources.is_due("feed", NOW, HOUR)
    sources.was_good("feed", NOW)
    assert not sources.is_due("feed", NOW + HOUR / 2, HOUR)
    assert sources.is_due("feed", NOW + HOUR, HOUR)
    sources.was_bad("feed", NOW, "Away.")
    assert sources.is_due("feed", NOW, HOUR)


@pytest.mark.django_db
def test_each_user_has_a_state_of_their_own() -> None:
    sam, kim = [PlexUser.objects.create(plex_id=number, kind="home") for number in (2, 3)]
    sources.judge("ondeck", NOW, 10, user=sam)
    sources.judge("ondeck", NOW, 0, user=kim)
    assert sources.judge("ondeck", NOW, 0, user=sam)
    assert [row.user for row in sources.troubles([sam.pk, kim.pk])] == [sam]
    assert sources.troubles([kim.pk]) == []


def test_one_line_tells_of_all_that_is_unknown_for_one_reason() -> None:
    failures = [("ondeck", "Sam", "A."), ("watchlist", "Sam", "A."), ("users", "", "B."), ("ondeck", "Sam", "A.")]
    assert sources.lines(failures) == [
        "Not known for sure now: what Sam has on deck, the watchlist of Sam. A.",
        "Not known for sure now: the users. B.",
    ]
