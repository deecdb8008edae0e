"""Settings to try in a replay: which there are, how they are written, and what holds with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django_celery_beat.models import PeriodicTask

from cacherr.env import Override
from cacherr.errors import ConfigurationError
from cacherr.overrides import SettingField, parse_override
from caching import disk, limits
from caching.models import CachedFile, CachePolicy, Mode, PathMapping
from caching.planning.values import Storage
from caching.replaying.values import Habits, Setup
from plexusers.models import UserTypeDefaults, WatchPolicy
from plexusers.preferences import Person

OF_CACHE = (
    "cache_limit", "min_free_space", "reserve", "eviction_mode", "eviction_threshold_percent",
    "eviction_target_percent", "minimum_hold_hours", "ondeck_expiry_days",
)  # fmt: skip
OF_WATCHING = ("watched_grace_hours", "playback_trigger")
OF_USERS = ("ondeck", "episodes_ahead", "prefetch_minutes", "stale_days", "active_watching", "priority_boost")
"""What is given holds for every user; what is not, as each user has it."""
CYCLE = "cycle_minutes"
USUAL_CYCLE = 60
MOST_SETS = 6
NAMES = (*OF_CACHE, *OF_WATCHING, *OF_USERS, CYCLE)

Values = Mapping[str, Any]
"""Settings by name, as their fields have them."""


@dataclass(frozen=True, slots=True)
class Caches:
    """The caches that there are, with their room now."""

    mappings: tuple[PathMapping, ...]
    rooms: tuple[disk.Space, ...]
    own: Mapping[str, int]
    """By cache: the bytes of Cacherr's own files."""


def field_of(name: str) -> SettingField:
    """The field that says what a setting may be. Raises ConfigurationError for a name that is none."""
    if name == CYCLE:
        return models.PositiveIntegerField(validators=[MinValueValidator(5), MaxValueValidator(7 * 24 * 60)])
    for those, model in ((OF_CACHE, CachePolicy), (OF_WATCHING, WatchPolicy), (OF_USERS, UserTypeDefaults)):
        if name in those:
            return model._meta.get_field(name)  # type: ignore[return-value]
    raise ConfigurationError(f"{name} is no setting that a replay can try.", f"There are {', '.join(NAMES)}.")


def parsed(texts: Mapping[str, str]) -> Values:
    """Settings from texts. Raises ConfigurationError naming what is wrong."""
    found = {}
    for name, text in texts.items():
        try:
            found[name] = parse_override(field_of(name), Override(name, text))
        except ValidationError as error:
            raise ConfigurationError(f"{name} cannot be {text!r}.", " ".join(error.messages)) from error
    policy, _ = _policies(found)
    try:
        policy.clean()
    except ValidationError as error:
        raise ConfigurationError("These settings do not go together.", " ".join(error.messages)) from error
    return found


def assignments(words: Iterable[str]) -> dict[str, str]:
    """Settings as people write them, `NAME=VALUE`. Raises ConfigurationError."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise ConfigurationError(f"{word!r} is no setting.", "Write NAME=VALUE, for example cache_limit=500GB.")
        found[name.strip()] = value
    return found


def caches(mappings: Iterable[PathMapping]) -> Caches:
    """Look at the caches' room. Raises StorageAbsentError."""
    known = tuple(mappings)
    rooms = []
    for mapping in known:
        with disk.open_root(mapping.cache_root, mapping.cache_id) as root:
            rooms.append(disk.space(root))
    rows = CachedFile.objects.order_by().values_list("cache_id").annotate(models.Sum("size"))
    return Caches(known, tuple(rooms), dict(rows))


def setup_of(values: Values, people: Mapping[str, Person], there: Caches) -> Setup:
    """What holds with these settings instead of those in force."""
    policy, watching = _policies(values)
    storages = tuple(_storages(there, policy))
    rules = replace(limits.rules(policy, storages), watched_grace=watching.watched_grace_hours * limits.HOUR)
    return Setup(
        storages=storages,
        rules=rules,
        habits={who: _habits(person, values) for who, person in people.items()},
        trigger=watching.playback_trigger,
        cycle_seconds=values.get(CYCLE, usual_cycle()) * 60,
        moving=frozenset(mapping.cache_key for mapping in there.mappings if mapping.mode == Mode.MOVE),
    )


def in_force() -> Values:
    """The settings in force that a replay could try, without those of users, who have their own."""
    policy, watching = _policies({})
    own = {name: getattr(policy, name) for name in OF_CACHE}
    return own | {name: getattr(watching, name) for name in OF_WATCHING} | {CYCLE: usual_cycle()}


def usual_cycle() -> int:
    """Minutes between two cycles by the schedule; an hour where that is no simple interval."""
    task = PeriodicTask.objects.filter(task="caching.tasks.run_cycle", enabled=True).select_related("interval").first()
    interval = task.interval if task else None
    if interval is None:
        return USUAL_CYCLE
    return max(5, int(interval.schedule.run_every.total_seconds() // 60))


def _policies(values: Values) -> tuple[CachePolicy, WatchPolicy]:
    policy, watching = CachePolicy.effective(), WatchPolicy.effective()
    for row, names in ((policy, OF_CACHE), (watching, OF_WATCHING)):
        for name in names:
            if name in values:
                setattr(row, name, values[name])
    return policy, watching


def _habits(person: Person, values: Values) -> Habits:
    own = person.preferences
    habits = {name: values.get(name, getattr(own, name)) for name in OF_USERS}
    if not person.user.enabled:
        habits |= {"ondeck": False, "active_watching": False}
    return Habits(**habits)


def _storages(there: Caches, policy: CachePolicy) -> Iterable[Storage]:
    """The caches as if nothing of Cacherr's were on them; those on one file system are emptied together."""
    freed: dict[str, int] = {}
    pairs = list(zip(there.mappings, there.rooms, strict=True))
    for mapping, room in pairs:
        system = room.file_system or mapping.cache_key
        freed[system] = freed.get(system, 0) + there.own.get(mapping.cache_id or "", 0)
    for mapping, room in pairs:
        emptied = replace(room, free=room.free + freed[room.file_system or mapping.cache_key])
        yield limits.storage(mapping.cache_key, mapping, policy, emptied, coming=0, pending=0)
