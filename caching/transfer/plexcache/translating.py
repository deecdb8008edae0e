"""PlexCache-D's settings as a document of ours, with a sentence about everything that was not taken."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cacherr.setting_changes import SettingsRefusedError, prepare
from caching.scheduling import JOBS
from caching.transfer.plexcache.keys import TAKEN, why_left
from caching.transfer.plexcache.paths import mappings_of
from caching.transfer.writing import FORMAT, VERSION
from plexusers.models import LibrarySection

Json = Mapping[str, Any]
KINDS = ("main", "home", "shared")


@dataclass(slots=True)
class Translated:
    """A document that `import_document` takes, and what was left out."""

    document: dict[str, Any] = field(default_factory=lambda: {"format": FORMAT, "version": VERSION})
    notes: list[str] = field(default_factory=list)


def is_plexcache(document: Any) -> bool:
    """Whether this is PlexCache-D's file."""
    return isinstance(document, dict) and "format" not in document and "PLEX_URL" in document


def translate(given: Json) -> Translated:
    """Read the settings. What cannot be used is noted, never raised: the rest is worth having."""
    found = Translated()
    types: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    settings = dict(_settings(given, types, found))
    found.document |= {
        "settings": _usable(settings, found),
        "types": [{"kind": kind} | values for kind, values in types.items() if values],
        "users": list(_users(given, found)),
        "libraries": list(_libraries(given)),
        "mappings": list(mappings_of(given, found.notes)),
        "pins": list(_pins(given, found)),
        "schedule": list(_schedule(given, found)),
    }
    for key in given:
        why = why_left(key)
        if why is None:
            found.notes.append(f"{key[:100]} is unknown: it was left out.")
        elif why and given[key] not in (None, "", [], {}, False):
            found.notes.append(f"{key} was not taken: {why}.")
    return found


def _settings(given: Json, types: dict[str, dict[str, Any]], found: Translated) -> Iterator[tuple[str, Any]]:
    for one in TAKEN:
        value = given.get(one.key)
        if value is None:
            continue
        try:
            converted = one.convert(value)
        except (ValueError, TypeError, OverflowError):
            found.notes.append(f"{one.key} was not taken: its value cannot be used.")
            continue
        if one.where == "settings":
            yield one.name, converted
        for kind in one.where.split() if one.where != "settings" else ():
            types[kind][one.name] = converted
    yield from _limits(given, found)
    if given.get("remote_watchlist_toggle") and isinstance(given.get("remote_watchlist_rss_url"), str):
        yield "friends_feed", given["remote_watchlist_rss_url"]


def _limits(given: Json, found: Translated) -> Iterator[tuple[str, Any]]:
    quota, limit = given.get("plexcache_quota") or "", given.get("cache_limit") or ""
    if quota or limit:
        yield "cache_limit", str(quota or limit)
    if limit and not quota:
        found.notes.append(
            "cache_limit was taken as the limit of Cacherr's own files; PlexCache-D counted everything on the drive."
        )
    threshold = given.get("cache_eviction_threshold_percent")
    if isinstance(threshold, int) and 1 <= threshold < 80:
        yield "eviction_target_percent", threshold


def _usable(settings: dict[str, Any], found: Translated) -> dict[str, Any]:
    """The settings that can be stored; the others are noted."""
    while True:
        try:
            prepare(settings, keep_overridden=True)
        except SettingsRefusedError as error:
            wrong = error.problems.keys() & settings.keys() or set(settings)
            found.notes += [f"{name} was not taken: {error.problems.get(name, str(error))}" for name in sorted(wrong)]
            settings = {name: value for name, value in settings.items() if name not in wrong}
        else:
            return settings


def _users(given: Json, found: Translated) -> Iterator[dict[str, Any]]:
    for user in _objects(given.get("users")):
        title = str(user.get("title") or "")[:200]
        try:
            number = int(user["id"])
        except (KeyError, ValueError, TypeError):
            found.notes.append(f"The user {title or 'without a name'} was not taken: it has no number of plex.tv.")
            continue
        kind = "main" if user.get("is_admin") else "home" if user.get("is_local") else "shared"
        row: dict[str, Any] = {"plex_id": number, "kind": kind, "title": title or str(number)}
        skipped = {name: _is_skipped(given, user, name) for name in ("ondeck", "watchlist")}
        row |= {name: False for name, is_skipped in skipped.items() if is_skipped}
        if isinstance(user.get("days_to_monitor"), int):
            row["stale_days"] = min(max(user["days_to_monitor"], 0), 3650)
        if user.get("watchlist_retention_days"):
            found.notes.append(f"watchlist_retention_days of {title} was not taken: it is one setting for everybody.")
        if user.get("token") and kind != "main":
            row |= {"token": str(user["token"]), "token_origin": "pasted"}
        yield row


def _is_skipped(given: Json, user: Json, what: str) -> bool:
    """By the user's own switch, or by an older list of names and tokens."""
    names = {user.get("title"), user.get("token")} - {None, ""}
    lists = [*_list(given.get(f"skip_{what}")), *_list(given.get("skip_users"))]
    return bool(user.get(f"skip_{what}")) or any(name in lists for name in names)


def _libraries(given: Json) -> Iterator[dict[str, Any]]:
    """Those that are listed are on, and all others that are known here are off. No list: all are on."""
    valid = [str(key) for key in _list(given.get("valid_sections"))]
    known = list(LibrarySection.objects.order_by("key").values_list("key", flat=True)) if valid else []
    for key in dict.fromkeys([*valid, *known]):
        yield {"key": key, "enabled": key in valid}


def _pins(given: Json, found: Translated) -> Iterator[dict[str, Any]]:
    pinned = given.get("pinned_media")
    for key, one in (pinned if isinstance(pinned, dict) else {}).items():
        if not isinstance(one, dict):
            continue
        title, kind = str(one.get("title") or key)[:500], one.get("type")
        if kind in {"movie", "show", "episode"}:
            yield {"rating_key": str(key), "season": None, "kind": kind, "title": title, "created_by": "PlexCache-D"}
        else:
            found.notes.append(f"The pin {title} was not taken: pin the season again.")


def _schedule(given: Json, found: Translated) -> Iterator[dict[str, Any]]:
    schedule = given.get("schedule")
    if not isinstance(schedule, dict) or not schedule.get("enabled"):
        return
    if schedule.get("schedule_type") == "cron":
        found.notes.append("The cron schedule was not taken: enter it in the admin, under Schedule.")
    elif isinstance(schedule.get("interval_hours"), int) and 1 <= schedule["interval_hours"] <= 24 * 7:
        yield {"task": JOBS["cycle"].task, "interval": {"every": 60 * schedule["interval_hours"], "period": "minutes"}}
    if schedule.get("dry_run"):
        found.notes.append("The schedule's dry_run was not taken: switch Dry run on, if you want it.")


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
