"""What holds for a user: the user's own settings over those of the type, and whether the user counts at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from cacherr.overrides import as_supposed
from plexusers.models import PREFERENCES, PlexUser, UserTypeDefaults

Status = Literal["active", "inactive", "disabled"]


@dataclass(frozen=True, slots=True)
class Preferences:
    """Settings in force for one user. Days, minutes and numbers of episodes; 0 switches a filter off."""

    ondeck: bool
    episodes_ahead: int
    prefetch_minutes: int
    stale_days: int
    watchlist: bool
    watchlist_episodes: int
    available_days: int
    active_watching: bool
    lists: bool
    activity_days: int
    priority_boost: int


@dataclass(frozen=True, slots=True)
class Person:
    """A user with what holds for them now."""

    user: PlexUser
    preferences: Preferences
    status: Status
    why: str
    """Why the user is not active, a sentence; empty for active ones."""


def preferences_of(user: PlexUser, defaults: UserTypeDefaults) -> Preferences:
    """The user's own values, and the type's where the user has none. False and 0 are values."""
    own: dict[str, Any] = {name: getattr(user, name) for name in PREFERENCES}
    return Preferences(**{name: getattr(defaults, name) if own[name] is None else own[name] for name in PREFERENCES})


def person_of(user: PlexUser, defaults: UserTypeDefaults, now: datetime) -> Person:
    """The user with what holds at this time (UTC)."""
    preferences = preferences_of(user, defaults)
    status, why = standing(user, preferences.activity_days, now)
    return Person(user, preferences, status, why)


def status_of(user: PlexUser, preferences: Preferences, now: datetime) -> Status:
    """Whether the user's wishes count: not those of disabled users, nor of those who have left or are away for long."""
    return standing(user, preferences.activity_days, now)[0]


def standing(user: PlexUser, activity_days: int, now: datetime) -> tuple[Status, str]:
    """The status with the filter's days in force, and why the user is not active, a sentence."""
    if not user.enabled:
        return "disabled", "Switched off here."
    if user.gone_at is not None:
        return "inactive", "The server is not shared with this user any more."
    if is_away(user.last_activity_at, activity_days, now):
        return "inactive", f"Excluded by the activity filter: played nothing for more than {activity_days} days."
    return "active", ""


def is_away(last_activity: datetime | None, days: int, now: datetime) -> bool:
    """Whether the last activity was longer ago than the filter allows. Of whom nothing is known is not away."""
    return bool(days) and last_activity is not None and now - last_activity > timedelta(days=days)


def type_defaults() -> Mapping[str, UserTypeDefaults]:
    """The defaults of each type of user, from the database or, where a row is missing, the model's own. One query."""
    rows = {row.kind: row for row in as_supposed(UserTypeDefaults.objects.all())}
    return {kind: rows.get(kind) or UserTypeDefaults(kind=kind) for kind in ("main", "home", "shared")}


def everybody(now: datetime) -> tuple[Person, ...]:
    """All known users with what holds for them, the owner first, then those at home. Two queries."""
    defaults = type_defaults()
    order = list(defaults)
    users = sorted(
        as_supposed(PlexUser.objects.all()), key=lambda user: (order.index(user.kind), user.title.lower(), user.plex_id)
    )
    return tuple(person_of(user, defaults[user.kind], now) for user in users)
