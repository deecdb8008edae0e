"""The path mappings in force: those of the environment and those of the admin."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from cacherr.env import Problem
from cacherr.errors import ConfigurationError
from caching.models import PathMapping
from caching.models.storage import Mode, Origin, WantedPlacement

OLDER_VARIABLES = {"plex": "PLEX_SOURCE", "array": "REAL_SOURCE", "cache": "CACHE_DESTINATION"}
FIELDS = {
    "plex": "plex_prefix",
    "array": "array_root",
    "cache": "cache_root",
    "host_cache": "host_cache_root",
    "cache_limit": "cache_limit",
}


@dataclass(frozen=True, slots=True)
class FromEnvironment:
    """A mapping that the environment declares, not yet a row."""

    name: str
    values: dict[str, Any]


def in_force() -> list[PathMapping]:
    """The enabled mappings, those of the environment first; rows of the environment are brought up to date."""
    _mirror(list(declared()))
    rows = PathMapping.objects.filter(enabled=True).select_related("array", "cache")
    return sorted(rows, key=lambda row: (row.origin != Origin.ENVIRONMENT, row.name))


def usable() -> list[PathMapping]:
    """The mappings in force, fit to work with. Raises ConfigurationError."""
    rows = in_force()
    if not rows:
        raise ConfigurationError(
            "No path mapping is set up, so Cacherr does not know where Plex's files are.",
            "Set PLEX_SOURCE, REAL_SOURCE and CACHE_DESTINATION, or add a path mapping in the admin.",
        )
    for one, other in itertools.combinations(rows, 2):
        if one.shares_cache_with(other):
            raise ConfigurationError(
                f"The path mappings {one} and {other} use the same cache directory, or one inside the other's.",
                "Give each path mapping a cache directory of its own: equal names would meet there.",
            )
    return rows


def declared() -> Iterator[FromEnvironment]:
    """The usable mappings of the environment."""
    for entry, _ in _entries():
        if entry is not None:
            yield entry


def problems() -> Iterator[Problem]:
    """What is wrong with the environment's mappings."""
    for _, problem in _entries():
        if problem is not None:
            yield problem


def _entries() -> Iterator[tuple[FromEnvironment | None, Problem | None]]:
    """Every mapping that the environment declares, or what is wrong with it. Names and Plex prefixes are used once."""
    seen: set[tuple[str, str]] = set()
    for entry, problem in _each():
        own = {("name", entry.name), ("Plex prefix", entry.values["plex_prefix"])} if entry else set()
        for what, text in sorted(own & seen):
            message = f"Two mappings have the {what} {text}."
            entry, problem = None, Problem("CACHERR_PATH_MAPPINGS", message, "Change or remove one of them.")  # noqa: PLW2901
        seen |= own
        yield entry, problem


def _each() -> Iterator[tuple[FromEnvironment | None, Problem | None]]:
    older = settings.OLDER_MAPPING
    if any(older.values()):
        missing = [OLDER_VARIABLES[key] for key, value in older.items() if not value]
        if missing:
            yield (
                None,
                Problem(
                    missing[0],
                    f"{' and '.join(missing)} is missing.",
                    "Set PLEX_SOURCE, REAL_SOURCE and CACHE_DESTINATION.",
                ),
            )
        else:
            mode = "copy" if settings.COPY_TO_CACHE else "move"
            entry = {"name": "environment", "placement": settings.CACHERR_PLACEMENT, "mode": mode, **older}
            yield _entry(entry, "CACHE_DESTINATION" if settings.COPY_TO_CACHE else "COPY_TO_CACHE")
    for number, value in enumerate(settings.PATH_MAPPINGS, start=1):
        yield _entry(value, "CACHERR_PATH_MAPPINGS", f"Mapping {number}: ")


def _entry(value: object, variable: str, where: str = "") -> tuple[FromEnvironment | None, Problem | None]:
    cure = (
        "Write {name, plex, array, cache} and, if needed, host_cache, cache_limit, placement (auto, union, symlink) "
        "and mode (copy, move)."
    )
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        return None, Problem(variable, f"{where}not a JSON object of texts.", cure)
    unknown = set(value) - {"name", "placement", "mode", *FIELDS}
    if unknown:
        return None, Problem(variable, f"{where}unknown key {sorted(unknown)[0]!r}.", cure)
    values = {FIELDS[key]: _trimmed(value.get(key, "")) for key in FIELDS}
    values |= {"placement": value.get("placement") or WantedPlacement.AUTO, "mode": value.get("mode") or Mode.COPY}
    entry = FromEnvironment(value.get("name") or values["plex_prefix"], values)
    try:
        PathMapping(name=entry.name, origin=Origin.ENVIRONMENT, **values).clean_fields(exclude=["name"])
        PathMapping(**values).clean_roots()
    except ValidationError as error:
        return None, Problem(variable, f"{where}{' '.join(error.messages)}", cure)
    return entry, None


def _trimmed(path: str) -> str:
    return path.rstrip("/") or path


def _mirror(entries: list[FromEnvironment]) -> None:
    """Bring the environment's rows up to date; write only what differs. A row that is gone there is switched off."""
    rows = {row.name: row for row in PathMapping.objects.filter(origin=Origin.ENVIRONMENT)}
    wanted = [(_row_of(entry, rows), {**entry.values, "enabled": True}) for entry in entries]
    changed = [
        (row, values)
        for row, values in wanted
        if row.pk is None or any(getattr(row, name) != value for name, value in values.items())
    ]
    gone = [row.pk for row in rows.values() if row.enabled]
    if not (changed or gone):
        return
    with transaction.atomic():
        # Off first: until every row has its new prefix, two of them may have the same one.
        PathMapping.objects.filter(pk__in=[*gone, *(row.pk for row, _ in changed if row.pk)]).update(enabled=False)
        for row, values in changed:
            for name, value in values.items():
                setattr(row, name, value)
            row.save()


def _row_of(entry: FromEnvironment, rows: dict[str, PathMapping]) -> PathMapping:
    """The row of a mapping, taken out of `rows`, or a new one."""
    known = rows.pop(entry.name, None) or rows.pop(_second_name(entry.name), None)
    return known or PathMapping(name=_free_name(entry.name), origin=Origin.ENVIRONMENT)


def _free_name(name: str) -> str:
    return _second_name(name) if PathMapping.objects.filter(name=name).exists() else name


def _second_name(name: str) -> str:
    """The name of the environment's row when somebody has given its own to another one in the admin."""
    return f"{name} (environment)"
