"""What holds for a user, decided without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexusers.models import PREFERENCES, PlexUser, UserTypeDefaults
from plexusers.preferences import Status, everybody, is_away, person_of, preferences_of, status_of, type_defaults

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DEFAULTS = UserTypeDefaults(kind="shared", activity_days=30, watchlist=True, episodes_ahead=5, priority_boost=7)


@pytest.mark.parametrize("name", PREFERENCES)
def test_a_users_own_value_wins_also_when_it_is_false_or_zero(name: str) -> None:
    default = getattr(DEFAULTS, name)
    assert getattr(preferences_of(PlexUser(), DEFAULTS), name) == default
    for own in (False, True) if isinstance(default, bool) else (0, 3):
        assert getattr(preferences_of(PlexUser(**{name: own}), DEFAULTS), name) == own


def test_a_negative_boost_is_a_value() -> None:
    assert preferences_of(PlexUser(priority_boost=-50), DEFAULTS).priority_boost == -50


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


@pytest.mark.parametrize(
    ("user", "status"),
    [
        (PlexUser(), "active"),
        (PlexUser(last_activity_at=ago(29)), "active"),
        (PlexUser(last_activity_at=ago(30)), "active"),
        (PlexUser(last_activity_at=ago(30.1)), "inactive"),
        (PlexUser(last_activity_at=ago(300), activity_days=0), "active"),
        (PlexUser(last_activity_at=ago(2), activity_days=1), "inactive"),
        (PlexUser(last_activity_at=NOW + timedelta(days=1)), "active"),
        (PlexUser(gone_at=ago(1)), "inactive"),
        (PlexUser(gone_at=ago(1), enabled=False), "disabled"),
        (PlexUser(enabled=False), "disabled"),
    ],
)
def test_the_status_says_whether_a_user_counts(user: PlexUser, status: Status) -> None:
    assert status_of(user, preferences_of(user, DEFAULTS), NOW) == status
    person = person_of(user, DEFAULTS, NOW)
    assert (person.status, bool(person.why)) == (status, status != "active")


@given(days=st.integers(0, 3650), hours=st.integers(0, 100_000))
def test_nobody_is_away_for_less_than_the_filters_days(days: int, hours: int) -> None:
    away = is_away(NOW - timedelta(hours=hours), days, NOW)
    assert away == (days > 0 and hours > days * 24)
    assert not is_away(None, days, NOW)


@pytest.mark.django_db
def test_the_types_begin_as_documented() -> None:
    kinds = type_defaults()
    assert {kind: row.activity_days for kind, row in kinds.items()} == {"main": 0, "home": 90, "shared": 30}
    switches = ("enabled", "ondeck", "watchlist", "active_watching", "lists")
    assert {kind: [getattr(row, name) for name in switches] for kind, row in kinds.items()} == {
        "main": [True] * 5,
        "home": [True] * 5,
        "shared": [True, True, False, False, False],
    }


@pytest.mark.django_db
def test_everybody_comes_with_the_owner_first() -> None:
    for number, (kind, title) in enumerate([("shared", "b"), ("home", "Z"), ("main", "Y"), ("shared", "A")], 10):
        PlexUser.objects.create(plex_id=number, kind=kind, title=title)
    assert [person.user.title for person in everybody(NOW)] == ["Y", "Z", "A", "b"]
    assert [person.preferences.watchlist for person in everybody(NOW)] == [True, True, False, False]
