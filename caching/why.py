"""Why a file is cached or not: who wants it, its score with parts, the decision, and what would change it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from cacherr.errors import BusyError, RefusedError
from caching import mappings, preview, rulebook
from caching.advice import NONE, Facts, advice, reason_without_decision
from caching.models import CachedFile, CachePolicy, PathMapping
from caching.named import is_path, plex_path_of
from caching.paths import locate
from caching.planning.ruling import NOT_INCLUDED, Refused
from caching.preview import Preview
from plexusers import library
from plexusers.mirroring import batched
from plexusers.models import LibraryFile, WatchState, is_watched

NOTHING = Refused("")
MOST = 500
"""So many files of a directory or a show are explained at the most."""


@dataclass(frozen=True, slots=True)
class Known:
    """A file as the index of the library has it. Size in bytes."""

    path: str
    rating_key: str
    title: str
    size: int
    switched_off: str = ""


@dataclass(slots=True)
class Named:
    """What a person asks about."""

    paths: list[str] = field(default_factory=list)
    known: dict[str, list[Known]] = field(default_factory=dict)


def of_path(path: str) -> dict[str, Any]:
    """Explain a file, or those in a directory, by Plex's path or one on array or cache. Raises what `explain` does."""
    try:
        path = plex_path_of(path, mappings.in_force())
    except RefusedError:
        if not is_path(path):
            raise
    rows = LibraryFile.objects.filter(path=path)
    below = path if path.endswith(("/", "\\")) else path + ("\\" if "\\" in path and "/" not in path else "/")
    rows = rows if rows.exists() else LibraryFile.objects.filter(path__startswith=below)
    known = _known(rows.order_by("path")[:MOST])
    return explain(Named(list(known) or [path], known))


def of_key(rating_key: str) -> dict[str, Any]:
    """Explain a film, an episode, or a show's episodes. Raises RefusedError for an unknown one, and as `explain`."""
    rows = LibraryFile.objects.filter(item__rating_key=rating_key)
    rows = rows if rows.exists() else LibraryFile.objects.filter(item__show_key=rating_key)
    known = _known(rows.order_by("item__season", "item__number", "path")[:MOST])
    shown = preview.now_or_latest()
    paths = dict.fromkeys([*known, *(one["plex_path"] for one in shown.decisions if one["rating_key"] == rating_key)])
    if not paths:
        raise RefusedError(
            "The index of the library has nothing by this rating key.",
            "Look for the title in the library; of a season ask by one of its episodes.",
        )
    return explain(Named(list(paths), known), shown)


def of_text(text: str) -> dict[str, Any]:
    """Explain what a path or a rating key names."""
    return of_path(text) if is_path(text) else of_key(text)


def of_file(row: CachedFile) -> dict[str, Any]:
    """Explain a cached file."""
    return explain(Named([row.plex_path], _known(LibraryFile.objects.filter(path=row.plex_path))))


def explain(named: Named, shown: Preview | None = None) -> dict[str, Any]:
    """Explain files by the plan of now. Raises ConfigurationError, BusyError, PlexError, StorageAbsentError."""
    shown = shown or preview.now_or_latest()
    told = _Telling(named, shown)
    error = shown.instead_of
    return {
        "at": shown.at.isoformat(),
        "trouble": shown.trouble,
        "instead_of": str(error) if error else "",
        "exit_code": error.exit_code if error and not isinstance(error, BusyError) else 0,
        "files": [told.file(path) for path in named.paths],
    }


class _Telling:
    """Tells of files by one plan; everything is read once for all of them."""

    def __init__(self, named: Named, shown: Preview) -> None:
        self._known = named.known
        self._mappings: list[PathMapping] = mappings.in_force()
        self._policy = CachePolicy.effective()
        self._decisions = {one["plex_path"]: one for one in shown.decisions}
        self._by_key: defaultdict[str, list[str]] = defaultdict(list)
        self._lowest: dict[str, int] = {}
        for one in shown.decisions:
            if one["rating_key"] and one["sources"]:
                self._by_key[one["rating_key"]].append(one["plex_path"])
            if one["action"] == "keep" and one["sources"] and not one["belongs_to"]:
                lowest = self._lowest.get(one["mapping"], one["score"])
                self._lowest[one["mapping"]] = min(lowest, one["score"])
        rows = (CachedFile.objects.filter(plex_path__in=batch) for batch in batched(named.paths))
        self._cached = {row.plex_path: row for batch in rows for row in batch}
        every = [known for those in named.known.values() for known in those]
        self._refused = rulebook.refused((one.rating_key, one.path, one.size) for one in every)
        self._watched = _watched(one.rating_key for one in every)

    def file(self, path: str) -> dict[str, Any]:
        """Everything about one file."""
        decision, row, known = self._decisions.get(path), self._cached.get(path), self._known.get(path, [])
        facts = self._facts(path, decision, row, known)
        told: Mapping[str, Any] = decision or {}
        title = told.get("title") or " and ".join(one.title for one in known) or (row.title if row else "")
        return {
            "path": path,
            "title": title,
            "rating_key": told.get("rating_key") or (known[0].rating_key if known else ""),
            "size": facts.size,
            "cached": facts.cached,
            "cached_file_id": row.pk if row else None,
            "decision": facts.action,
            "reason": told.get("reason") or reason_without_decision(facts),
            "score": facts.score,
            "parts": told.get("parts", []),
            "wanted_by": list(facts.who),
            "sources": list(facts.sources),
            "belongs_to": facts.belongs_to,
            "would_change": list(advice(facts)),
        }

    def _facts(
        self, path: str, decision: Mapping[str, Any] | None, row: CachedFile | None, known: list[Known]
    ) -> Facts:
        told: Mapping[str, Any] = decision or {}
        refused = self._refused.get(path, NOTHING)
        others = {other for one in known for other in self._by_key[one.rating_key]} - {path}
        return Facts(
            action=told.get("action", NONE),
            sources=tuple(told.get("sources", ())),
            who=tuple(told.get("who", ())),
            cached=row is not None,
            conflict=bool(row and row.conflict),
            problem=bool(told.get("problem")),
            size=told.get("size") or (row.size if row else known[0].size if known else 0),
            score=told.get("score", 0),
            lowest=self._lowest.get(told.get("mapping", "")),
            belongs_to=told.get("belongs_to", ""),
            covered=locate(path, self._mappings) is not None,
            in_library=bool(known),
            switched_off=next((one.switched_off for one in known), ""),
            other_version=decision is None and bool(others),
            watched_by=tuple(sorted({who for one in known for who in self._watched[one.rating_key]})),
            rule=told.get("rule", refused.rule),
            limit=told.get("limit", ""),
            only_included=told.get("reason", refused.reason).startswith(NOT_INCLUDED),
            paused=self._policy.paused,
            dry_run=self._policy.dry_run,
        )


def _known(rows: QuerySet[LibraryFile]) -> dict[str, list[Known]]:
    """What the index has, by path, in the order given: two episodes may share a file. A query, and one for labels."""
    fields = ("path", "size", "item__rating_key", "item__title", "item__section__enabled", "item__section__title")
    values = list(rows.values_list(*fields))
    labels = library.entries(key for _, _, key, *_ in values)
    found: defaultdict[str, list[Known]] = defaultdict(list)
    for path, size, key, title, enabled, section in values:
        label = labels[key].label if key in labels else title
        found[path].append(Known(path, key, label, size, "" if enabled else section))
    return dict(found)


def _watched(keys: Iterable[str]) -> defaultdict[str, list[str]]:
    """Who watched items to their end, by rating key. One query for each 500."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for batch in batched(set(keys)):
        rows = WatchState.objects.filter(rating_key__in=batch, views__gt=0)
        for key, who, views, offset in rows.values_list("rating_key", "user__title", "views", "offset"):
            if is_watched(views, offset):
                found[key].append(who)
    return found
