"""The people: who they are, what counts for them, and when they were last active."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from cacherr.envelope import Envelope, Page, Search, Window, ok
from plexusers import changing, discovery, invitations
from plexusers.models import PREFERENCES, PlexUser, UserKind
from plexusers.preferences import Person, Status, everybody, person_of, type_defaults

router = Router(tags=["users"])


class OwnPreferences(BaseModel):
    """A user's own settings; `null` means: as the user's type says."""

    model_config = ConfigDict(extra="forbid", strict=True)

    ondeck: bool | None = None
    episodes_ahead: int | None = None
    prefetch_minutes: int | None = None
    stale_days: int | None = None
    watchlist: bool | None = None
    watchlist_episodes: int | None = None
    available_days: int | None = None
    active_watching: bool | None = None
    lists: bool | None = None
    activity_days: int | None = None
    priority_boost: int | None = None


class UserChange(OwnPreferences):
    """What is to be changed; what is left out stays. Secrets can be written and are never told."""

    enabled: bool | None = None
    pin: str | None = Field(None, max_length=20, description="The PIN of a home user; an empty text forgets it.")
    token: str | None = Field(None, max_length=500, description="The user's token, for the server or for plex.tv.")
    watchlist_feed: str | None = Field(None, max_length=500, description="Address of the watchlist's RSS feed.")


class TypeChange(OwnPreferences):
    """What is to be changed in a type's defaults; what is left out stays."""

    enabled: bool | None = None


class TypesChange(BaseModel):
    """The types whose defaults are to be changed."""

    model_config = ConfigDict(extra="forbid")

    main: TypeChange | None = None
    home: TypeChange | None = None
    shared: TypeChange | None = None


class UserData(Schema):
    """A user. Times in UTC."""

    id: int
    """plex.tv's number; 1 for the owner until plex.tv has told it."""
    kind: UserKind
    title: str
    username: str
    managed: bool
    protected: bool
    enabled: bool
    status: Status
    why: str
    """Why the user is not active."""
    all_sections: bool
    sections: list[str]
    """Keys of the libraries shared, when not all are."""
    own: dict[str, bool | int | None]
    """The user's own settings; `null`: as the type says."""
    preferences: dict[str, bool | int]
    """What is in force."""
    has_pin: bool
    token_origin: str
    token_problem: str
    signin_link: str
    """The path of a fresh sign-in link for the user; empty for those who cannot sign in."""
    first_seen_at: datetime
    last_seen_at: datetime | None
    last_playback_at: datetime | None
    last_activity_at: datetime | None
    gone_at: datetime | None


class ActivityData(Schema):
    """When a user was last active, and whether the activity filter leaves the user out. Times in UTC."""

    id: int
    title: str
    kind: UserKind
    status: Status
    why: str
    activity_days: int
    last_seen_at: datetime | None
    last_playback_at: datetime | None
    last_activity_at: datetime | None


class SyncedData(Schema):
    """What a look at the users found; the texts are names."""

    new: list[str]
    renamed: list[str]
    gone: list[str]
    back: list[str]
    problems: dict[str, str]


class UserWindow(Window):
    """Which users are asked for."""

    search: Search = ""
    kind: UserKind | None = None
    status: Status | None = None


Types = dict[str, dict[str, bool | int]]


@router.get("", response=Envelope[Page[UserData]])
def get_users(request: HttpRequest, asked: Query[UserWindow]) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """The users, the owner first; `search` looks in their names."""
    return ok(asked.part(_chosen(asked), _user_data))


@router.get("activity", response=Envelope[Page[ActivityData]])
def get_activity(request: HttpRequest, asked: Query[UserWindow]) -> dict[str, Any]:  # noqa: ARG001
    """When each user was last active; a playback or a change of what is on deck counts."""
    return ok(asked.part(_chosen(asked), _activity_data))


@router.post("refresh", response=Envelope[SyncedData])
def refresh(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """Look at the users now. 503 when plex.tv is away or is not believed; then nothing has changed."""
    return ok(discovery.sync(force=True).told(), "The users are up to date.")


@router.get("types/defaults", response=Envelope[Types])
def get_defaults(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """What holds for all users of a type unless a user says otherwise."""
    return ok(_types())


@router.put("types/defaults", response=Envelope[Types])
def put_defaults(request: HttpRequest, body: TypesChange) -> dict[str, Any]:  # noqa: ARG001
    """Change the defaults of one or more types. 422 for a value that cannot be."""
    rows = type_defaults()
    for kind, values in body.model_dump(exclude_unset=True, exclude_none=True).items():
        changing.change_defaults(rows[kind], values)
    return ok(_types(), "The defaults are changed.")


@router.get("{int:plex_id}", response=Envelope[UserData])
def get_user(request: HttpRequest, plex_id: int) -> dict[str, Any]:  # noqa: ARG001
    """A user, by plex.tv's number."""
    return ok(_user_data(_person(plex_id)))


@router.put("{int:plex_id}", response=Envelope[UserData])
def put_user(request: HttpRequest, plex_id: int, body: UserChange) -> dict[str, Any]:  # noqa: ARG001
    """Change what holds for a user. 409 for a token that is not this user's, 422 for a value that cannot be."""
    said = body.model_dump(exclude_unset=True)
    changing.change_user(_row(plex_id), {name: value for name, value in said.items() if _may_be(name, value)})
    return ok(_user_data(_person(plex_id)), "The user is changed.")


@router.post("{int:plex_id}/{switch}", response=Envelope[UserData])
def switch_user(request: HttpRequest, plex_id: int, switch: Literal["enable", "disable"]) -> dict[str, Any]:  # noqa: ARG001
    """Let a user's wishes count, or not."""
    changing.change_user(_row(plex_id), {"enabled": switch == "enable"})
    return ok(_user_data(_person(plex_id)), f"The user is {switch}d.")


def _may_be(name: str, value: object) -> bool:
    """`null` is a value for preferences only; elsewhere it says nothing."""
    return value is not None or name in PREFERENCES


def _row(plex_id: int) -> PlexUser:
    return get_object_or_404(PlexUser, plex_id=plex_id)


def _person(plex_id: int) -> Person:
    row = _row(plex_id)
    return person_of(row, type_defaults()[row.kind], timezone.now())


def _chosen(asked: UserWindow) -> list[Person]:
    words = asked.search.casefold()
    return [
        person
        for person in everybody(timezone.now())
        if asked.kind in {None, person.user.kind}
        and asked.status in {None, person.status}
        and (words in person.user.title.casefold() or words in person.user.username.casefold())
    ]


def _types() -> Types:
    names = ("enabled", *PREFERENCES)
    return {kind: {name: getattr(row, name) for name in names} for kind, row in type_defaults().items()}


def _activity_data(person: Person) -> dict[str, Any]:
    names = ("title", "kind", "last_seen_at", "last_playback_at", "last_activity_at")
    facts = {name: getattr(person.user, name) for name in names}
    days = person.preferences.activity_days
    return facts | {"id": person.user.plex_id, "status": person.status, "why": person.why, "activity_days": days}


def _user_data(person: Person) -> dict[str, Any]:
    user = person.user
    names = (
        "username", "managed", "protected", "enabled", "all_sections", "sections", "token_origin", "token_problem",
        "first_seen_at", "gone_at",
    )  # fmt: skip
    return {
        **_activity_data(person),
        **{name: getattr(user, name) for name in names},
        "own": {name: getattr(user, name) for name in PREFERENCES},
        "preferences": {name: getattr(person.preferences, name) for name in PREFERENCES},
        "has_pin": bool(user.pin),
        "signin_link": invitations.address(user) if invitations.may_be_invited(user) else "",
    }
