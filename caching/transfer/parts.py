"""What a document of settings holds beside the settings themselves: one row of a table for each model.

Which fields go along is read from the model: everything that a person can edit. To carry another model, add a row.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django_celery_beat.models import PeriodicTask

from cacherr.errors import CacherrError
from cacherr.fields import EncryptedField
from cacherr.overrides import SettingField
from caching import scheduling
from caching.models import CacheLimit, NotificationTarget, PathMapping, Pin, Rule
from caching.models.storage import Origin
from caching.notifying import targets
from caching.scheduling.reading import timing_of
from importlists import changing
from importlists.models import ImportList
from plexusers.models import LibrarySection, PlexUser, UserKind, UserTypeDefaults

CARRIED = (models.BooleanField, models.IntegerField, models.CharField, models.TextField)
INTERVAL = ("every", "period")
SHORTEST = {job.task: job.shortest for job in scheduling.JOBS.values()}
"""What people may change the schedule of, and how many seconds must lie between two runs."""
CRONTAB = ("minute", "hour", "day_of_week", "day_of_month", "month_of_year", "timezone")


def save(row: models.Model) -> None:
    """Store a row that was checked."""
    row.save()


def check(part: "Part", row: models.Model) -> None:
    """Whether the row may be stored, as far as the document speaks of it. Raises ValidationError."""
    carried = {*part.key, *part.links, *(one.name for one in part.fields())}
    row.full_clean(exclude={one.name for one in row._meta.concrete_fields} - carried)


def _check_list(part: "Part", row: models.Model) -> None:
    check(part, row)
    if isinstance(row, ImportList):
        changing.check(row)


def _check_target(part: "Part", row: models.Model) -> None:
    if isinstance(row, NotificationTarget) and row.url:
        targets.check(row)
    check(part, row)


def _check_schedule(part: "Part", row: models.Model) -> None:
    check(part, row)
    if isinstance(row, PeriodicTask) and (timing := timing_of(row)) is not None:
        try:
            timing.check(SHORTEST[row.task])
        except CacherrError as error:
            raise ValidationError(str(error)) from error


def _save_list(row: models.Model) -> None:
    if isinstance(row, ImportList):
        changing.put(row)


def by_key(part: "Part", values: Mapping[str, Any]) -> Q:
    """Finds a row again by the part's key."""
    return Q(**{name: values.get(name) for name in part.key})


def _user(part: "Part", values: Mapping[str, Any]) -> Q:
    """The owner is one, whatever number plex.tv has told by now."""
    found = by_key(part, values)
    return found | Q(kind=UserKind.MAIN) if values.get("kind") == UserKind.MAIN else found


def _holder(part: "Part", values: Mapping[str, Any]) -> Q:
    """A limit is that of one user, one library or each user of a type."""
    for name, (key,) in part.links.items():
        if isinstance(values.get(name), dict):
            return Q(**{f"{name}__{key}": values[name].get(key)})
    return by_key(part, values)


@dataclass(frozen=True, slots=True)
class Part:
    """One model's share of a document."""

    name: str
    model: type[models.Model]
    key: tuple[str, ...]
    """Finds a row again in another installation."""
    chosen: Q = field(default_factory=Q)
    """Which rows are carried."""
    only: tuple[str, ...] = ()
    """The fields that are carried, when not all that can be edited are."""
    also: tuple[str, ...] = ()
    """Fields that nobody edits and that belong to it all the same."""
    first: tuple[str, ...] = ()
    """Fields that count only for a row that is new."""
    with_secrets: tuple[str, ...] = ()
    """Fields that mean nothing without the row's secrets."""
    links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """References to other rows, and the fields by which those are found; of schedules they are made."""
    makes: bool = True
    """Whether a row is made that is not there."""
    absent: str = ""
    """Why not, a sentence's end."""
    find: Callable[["Part", Mapping[str, Any]], Q] = by_key
    check: Callable[["Part", models.Model], None] = check
    save: Callable[[models.Model], None] = save

    def fields(self, *, secrets: bool = True) -> Iterator[SettingField]:
        """The plain fields that are carried, without the key."""
        named = {*self.also, *self.first, *(self.with_secrets if secrets else ())}
        for one in self.model._meta.concrete_fields:
            if one.name in self.key or one.is_relation or one.primary_key or not isinstance(one, CARRIED):
                continue
            wanted = one.name in self.only if self.only else one.editable
            if (wanted or one.name in named) and (secrets or not isinstance(one, EncryptedField)):
                yield one

    def key_fields(self) -> list[SettingField]:
        """The fields of the key."""
        return [one for one in self.model._meta.concrete_fields if one.name in self.key]

    def secrets(self) -> set[str]:
        """The names of the fields that go along only when secrets do."""
        return {one.name for one in self.fields() if isinstance(one, EncryptedField)}

    def rows(self) -> Iterator[models.Model]:
        """The rows that are carried, in the order of their keys."""
        yield from self.model._default_manager.filter(self.chosen).order_by(*self.key).select_related(*self.links)


PARTS: tuple[Part, ...] = (
    Part("types", UserTypeDefaults, ("kind",)),
    Part(
        "users", PlexUser, ("plex_id",), first=("kind", "title", "username"), with_secrets=("token_origin",), find=_user
    ),
    Part(
        "libraries", LibrarySection, ("key",), only=("enabled",), makes=False,
        absent="Plex has not told of it yet: look at the libraries, then import again",
    ),
    Part(
        "lists", ImportList, ("name",), also=("file",), links={"user": ("plex_id",)},
        check=_check_list, save=_save_list,
    ),
    Part("rules", Rule, ("name",)),
    Part(
        "limits", CacheLimit, ("kind",), links={"user": ("plex_id",), "library": ("key",)}, find=_holder,
    ),
    Part("mappings", PathMapping, ("name",), chosen=Q(origin=Origin.ADMIN)),
    Part("notifications", NotificationTarget, ("name",), check=_check_target),
    Part("pins", Pin, ("rating_key", "season")),
    Part(
        "schedule", PeriodicTask, ("task",), chosen=Q(task__in=list(SHORTEST)), only=("enabled",), makes=False,
        links={"interval": INTERVAL, "crontab": CRONTAB}, absent="nothing of this name is done on a schedule here",
        check=_check_schedule,
    ),
)  # fmt: skip
