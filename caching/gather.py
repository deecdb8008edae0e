"""Gathering a situation: what everybody wants, what is cached, how much room there is. Reads only."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone

from caching import disk
from caching.models import CachedFile, CachePolicy, PathMapping
from caching.paths import locate
from caching.planning import values
from caching.planning.sizes import parse_size
from plexusers.plex import PlexFile
from plexusers.wants import Answer, Want


@dataclass(frozen=True, slots=True)
class Gathered:
    """A situation, and what carrying out its plan needs to know beyond it."""

    situation: values.Situation
    mappings: Mapping[values.FileKey, PathMapping]
    plex_paths: Mapping[values.FileKey, str]


class Gatherer:
    """Joins answers of sources with what the disks and rows say."""

    def __init__(self, mappings: Sequence[PathMapping], policy: CachePolicy) -> None:
        self.policy = policy
        self.mappings = mappings
        self.cached = {
            values.FileKey(row.cache_id, row.relative): row
            for row in CachedFile.objects.select_related("cache", "array")
        }
        self.by_key: dict[values.FileKey, PathMapping] = {}
        self.plex_paths: dict[values.FileKey, str] = {}
        self.skipped: dict[str, values.Skipped] = {}

    def gather(self, answers: Iterable[Answer]) -> Gathered:
        """The situation at this moment."""
        answers = list(answers)
        wants = [found for answer in answers for want in answer.wants for found in self._located(want)]
        situation = values.Situation(
            now=int(timezone.now().timestamp()),
            wants=tuple(wants),
            cached=tuple(_cached(key, row) for key, row in self.cached.items()),
            storages=tuple(self._storages()),
            skipped=tuple(self.skipped.values()),
            unknown_sources=frozenset(answer.source for answer in answers if answer.failed),
            rules=values.Rules(minimum_hold=self.policy.minimum_hold_hours * 3600),
        )
        return Gathered(situation, self.by_key, self.plex_paths)

    def _located(self, want: Want) -> Iterator[values.Want]:
        for file in want.item.files:
            found = locate(file.path, self.mappings)
            if found is None:
                self._skip(file, want, "no path mapping covers it: add one for its Plex path", problem=True)
                continue
            mapping, relative = found
            key = values.FileKey(_cache_key(mapping), relative)
            size = self._size(file, want, mapping, key)
            if size is not None:
                self.by_key[key], self.plex_paths[key] = mapping, file.path
                yield values.Want(
                    file=key,
                    size=size,
                    source=want.source,
                    who=want.who,
                    reason=want.reason,
                    title=want.item.title,
                    rating_key=want.item.rating_key,
                    since=want.item.last_viewed_at,
                )

    def _size(self, file: PlexFile, want: Want, mapping: PathMapping, key: values.FileKey) -> int | None:
        """The size of the original on the array; None when it cannot be cached, with the reason noted."""
        if key in self.cached:
            return self.cached[key].size
        try:
            look = look_at(mapping.array_root, mapping.array_id, key.path)
        except disk.RefusedPathError as error:
            self._skip(file, want, error.message, problem=True)
            return None
        except FileNotFoundError:
            look = disk.Look(disk.Kind.ABSENT)
        except OSError as error:
            self._skip(file, want, str(disk.named(error)), problem=True)
            return None
        if look.kind is disk.Kind.FILE:
            return look.size
        reasons = {
            disk.Kind.ABSENT: f"not found below {mapping.array_root}: check the path mapping, or rescan in Plex",
            disk.Kind.LINK: "already a link that Cacherr does not know: it is left alone",
            disk.Kind.OTHER: "not a plain file: it is left alone",
        }
        self._skip(file, want, reasons[look.kind], problem=True)
        return None

    def _skip(self, file: PlexFile, want: Want, reason: str, *, problem: bool) -> None:
        self.skipped[file.path] = values.Skipped(file.path, want.item.title, reason, problem)

    def _storages(self) -> Iterator[values.Storage]:
        limit, minimum = parse_size(self.policy.cache_limit), parse_size(self.policy.min_free_space)
        for mapping in self.mappings:
            with disk.open_root(mapping.cache_root, mapping.cache_id) as root:
                room = disk.space(root)
            yield values.Storage(
                cache=_cache_key(mapping),
                total=room.total,
                free=room.free,
                limit=limit.of(room.total) if limit else None,
                minimum_free=minimum.of(room.total) if minimum else 0,
            )


def look_at(path: str, root_id: str | None, relative: bytes) -> disk.Look:
    """See what stands at a path below a root. Raises FileNotFoundError without its directory, RefusedPathError."""
    with disk.open_root(path, root_id) as root, disk.place(root, relative) as at:
        return at.look()


def _cache_key(mapping: PathMapping) -> str:
    """The root's id, or its path while a dry run looks at a mapping that was never proved."""
    return mapping.cache_id or mapping.cache_root


def _cached(key: values.FileKey, row: CachedFile) -> values.Cached:
    return values.Cached(
        file=key,
        size=row.size,
        cached_at=int(row.cached_at.timestamp()),
        sources=frozenset(filter(None, row.sources.split(","))),
        title=row.title,
        conflict=row.conflict,
    )


def require_roots(mappings: Iterable[PathMapping]) -> None:
    """Look that every root is there, without touching anything. Raises StorageAbsentError."""
    for mapping in mappings:
        for path, root_id in ((mapping.array_root, mapping.array_id), (mapping.cache_root, mapping.cache_id)):
            with disk.open_root(path, root_id if mapping.is_proved else None):
                pass
