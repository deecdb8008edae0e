"""Gathering a situation: what everybody wants, what is cached, how much room there is. Reads only."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from django.utils import timezone

from caching import absences, changes, claims, disk, limits, open_files, rulebook, sidecars
from caching.models import LIVE_STATES, CachedFile, CachePolicy, Kind, Operation, PathMapping
from caching.paths import locate
from caching.planning import values
from plexusers.plex import PlexFile
from plexusers.wants import Answer, Want
from plexusers.watched import Interest, watched_times

NOT_A_FILE = {
    disk.Kind.ABSENT: "not found below {root}: check the path mapping, or rescan in Plex",
    disk.Kind.LINK: "already a link that Cacherr does not know: it is left alone",
    disk.Kind.OTHER: "not a plain file: it is left alone",
}


AWAY = "nothing is done with it while its storage is absent"
TAKEN = "its place on the cache belongs to a file that was renamed: it is cached once that one has left"


@dataclass(frozen=True, slots=True)
class Gathered:
    """A situation, and what carrying out its plan needs to know beyond it."""

    situation: values.Situation
    mappings: Mapping[values.FileKey, PathMapping]
    plex_paths: Mapping[values.FileKey, str]
    rows: Mapping[values.FileKey, CachedFile]
    """The cached files."""


class Gatherer:
    """Joins answers of sources with what the disks and rows say."""

    def __init__(
        self,
        mappings: Sequence[PathMapping],
        policy: CachePolicy,
        compare: changes.Compare = changes.nobody_compares,
    ) -> None:
        """`compare` tells whether cached copies that came with a new disk are what was cached."""
        self.policy = policy
        self.mappings = mappings
        self.cached = {
            values.FileKey(row.cache_id, row.relative): row
            for row in CachedFile.objects.select_related("cache", "array")
        }
        self.links = {(row.cache_id, bytes(row.link_target)): row for row in self.cached.values() if row.is_linked}
        owner = claims.owner_number()
        self.claims = {key: claims.parse(row.sources, owner) for key, row in self.cached.items()}
        self.absent = self._absent()
        arrays = {mapping.cache_id: mapping.array_id for mapping in mappings}
        self.changes = changes.of_mappings(self.cached, arrays) | changes.on_caches(self.cached, compare)
        self.by_key: dict[values.FileKey, PathMapping] = {}
        self.plex_paths: dict[values.FileKey, str] = {}
        self.skipped: dict[str, values.Skipped] = {}
        self.arrays: dict[str, disk.RootDir] = {}
        self.opened = ExitStack()

    def gather(self, answers: Iterable[Answer]) -> Gathered:
        """The situation at this moment. Raises StorageAbsentError."""
        answers = list(answers)
        with self.opened:
            wants = [found for answer in answers for want in answer.wants for found in self._located(want)]
            wanted = {want.file: self.by_key[want.file] for want in wants if want.file in self.by_key}
            found = sidecars.Searcher(self.cached, self.policy, self._array).search(wanted, self.plex_paths)
        watched = self._watched({want.file for want in wants})
        storages = tuple(self._storages({*wanted, *found.sidecars}))
        situation = values.Situation(
            now=int(timezone.now().timestamp()),
            wants=tuple(wants),
            cached=tuple(self._cached(key, row, watched.get(key)) for key, row in self.cached.items()),
            storages=storages,
            skipped=(*self.skipped.values(), *found.skipped),
            unknown_claims=frozenset(answer.name for answer in answers if answer.failed),
            rules=limits.rules(self.policy, storages),
            sidecars=tuple(found.sidecars.values()),
        )
        keys = {key: row.rating_key for key, row in self.cached.items()}
        situation = rulebook.informed(situation, self.plex_paths, keys)
        mappings, plex_paths = found.mappings | self.by_key, found.plex_paths | self.plex_paths
        return Gathered(situation, mappings, plex_paths, self.cached)

    def _absent(self) -> dict[str, str]:
        """Why nothing is done with files of roots that are absent and that no mapping uses, by the roots' ids."""
        roots = {root.pk: root for row in self.cached.values() for root in (row.array, row.cache)}
        absent = absences.left_out(roots.values(), self.mappings)
        return {root: f"{AWAY}: {error}" for root, error in absent.items()}

    def _watched(self, wanted: Collection[values.FileKey]) -> dict[values.FileKey, int]:
        """Since when those who wanted them have watched the videos that nobody wants now."""
        return watched_times(
            {
                key: Interest(row.plex_path, row.rating_key, claims.users_of(self.claims[key]))
                for key, row in self.cached.items()
                if key not in wanted and not row.belongs_to
            }
        )

    def _located(self, want: Want) -> Iterator[values.Want]:
        for file in want.item.files:
            found = locate(file.path, self.mappings)
            if want.source == "playing":
                yield from self._played_elsewhere(want, file.path, found)
            if found is None:
                self._skip(file.path, want.item.title, "no path mapping covers it: add one for its Plex path")
                continue
            mapping, relative = found
            key = values.FileKey(mapping.cache_key, relative)
            placed = self._placed(file, want.item.title, mapping, key)
            if placed is not None:
                key, size = placed
                self.by_key[key], self.plex_paths[key] = mapping, file.path
                yield _want(want, key, size)

    def _played_elsewhere(
        self, want: Want, path: str, found: tuple[PathMapping, bytes] | None
    ) -> Iterator[values.Want]:
        """What plays and is cached by a mapping that was switched off or changed since."""
        here = values.FileKey(found[0].cache_key, found[1]) if found else None
        for key, row in self.cached.items():
            if row.plex_path == path and key != here:
                self.plex_paths[key] = path
                yield _want(want, key, row.size)

    def _placed(
        self, file: PlexFile, title: str, mapping: PathMapping, key: values.FileKey
    ) -> tuple[values.FileKey, int] | None:
        """The file and its original's size; None when it cannot be cached, with the reason noted.

        It is the cached file where the path is a link to its copy: it was renamed, and stays cached as it is.
        """
        row = self.cached.get(key)
        if row is not None:
            return self._as_cached(row, file, title, mapping, key)
        try:
            look = self._look(mapping, key.path)
        except disk.RefusedPathError as error:
            self._skip(file.path, title, error.message)
            return None
        except OSError as error:
            self._skip(file.path, title, str(disk.named(error)))
            return None
        stays = look.kind is disk.Kind.FILE and open_files.why_not(look, mapping, self.policy.settle_seconds)
        if stays:
            self._skip(file.path, title, stays[0], problem=stays[1])
        elif look.kind is disk.Kind.FILE:
            return key, look.size
        elif look.target and (mapping.cache_key, look.target) in self.links:
            row = self.links[mapping.cache_key, look.target]
            return values.FileKey(row.cache_id, row.relative), row.size
        else:
            self._skip(file.path, title, NOT_A_FILE[look.kind].format(root=mapping.array_root))
        return None

    def _as_cached(
        self, row: CachedFile, file: PlexFile, title: str, mapping: PathMapping, key: values.FileKey
    ) -> tuple[values.FileKey, int] | None:
        if row.on_array != key.path:
            self._skip(file.path, title, TAKEN, problem=False)
            return None
        if file.size not in {0, row.size}:
            self._compare(key, row, mapping)
        return key, row.size

    def _compare(self, key: values.FileKey, row: CachedFile, mapping: PathMapping) -> None:
        """Plex knows another size than ours: look whether a new file has the name on the array."""
        if key in self.changes:
            return
        try:
            change = changes.on_array(row, self._look(mapping, row.on_array))
        except (OSError, disk.RefusedPathError):
            return  # what cannot be seen is unknown: nothing is concluded from it
        if change is not None:
            self.changes[key] = change

    def _look(self, mapping: PathMapping, path: bytes) -> disk.Look:
        try:
            with disk.place(self._array(mapping), path) as at:
                return at.look()
        except FileNotFoundError:
            return disk.Look(disk.Kind.ABSENT)

    def _array(self, mapping: PathMapping) -> disk.RootDir:
        """The array of a mapping, opened once for the whole gathering."""
        if mapping.array_root not in self.arrays:
            opened = self.opened.enter_context(disk.open_root(mapping.array_root, mapping.array_id))
            self.arrays[mapping.array_root] = opened
        return self.arrays[mapping.array_root]

    def _skip(self, path: str, title: str, reason: str, *, problem: bool = True) -> None:
        self.skipped[path] = values.Skipped(path, title, reason, problem)

    def _cached(self, key: values.FileKey, row: CachedFile, watched_at: int | None) -> values.Cached:
        change = self.changes.get(key)
        return values.Cached(
            file=key,
            size=change.size if change else row.size,
            cached_at=int(row.cached_at.timestamp()),
            sources=self.claims[key],
            title=row.title,
            conflict=row.conflict or self.absent.get(row.array_id) or self.absent.get(row.cache_id, ""),
            changed=change.reason if change else "",
            rescued=row.rescued_at is not None,
            belongs_to=bytes(row.belongs_to),
            watched_at=watched_at,
        )

    def _storages(self, wished: Collection[values.FileKey]) -> Iterator[values.Storage]:
        """The caches in use. What live operations bring counts, unless the plan is about to count it as a wish."""
        coming, pending = _on_the_way(wished)
        for mapping in self.mappings:
            with disk.open_root(mapping.cache_root, mapping.cache_id) as root:
                room = disk.space(root)
            key = mapping.cache_key
            yield limits.storage(key, mapping, self.policy, room, coming=coming[key], pending=pending[key])


def _want(want: Want, key: values.FileKey, size: int) -> values.Want:
    return values.Want(
        file=key,
        size=size,
        source=want.source,
        who=want.who,
        reason=want.reason,
        title=want.item.title,
        rating_key=want.item.rating_key,
        since=want.since,
        claim=want.name,
        position=want.position,
        boost=want.boost,
        priority=want.priority,
    )


def _on_the_way(wished: Collection[values.FileKey]) -> tuple[Counter[str], Counter[str]]:
    """By cache: the sizes of files that live operations are bringing, and what of them is not written yet."""
    coming: Counter[str] = Counter()
    pending: Counter[str] = Counter()
    rows = Operation.objects.filter(state__in=LIVE_STATES, kind=Kind.CACHE)
    for row in rows.only("cache_id", "path", "bytes_total", "bytes_done"):
        if values.FileKey(row.cache_id, row.relative) not in wished:
            coming[row.cache_id] += row.bytes_total
            pending[row.cache_id] += max(row.bytes_total - row.bytes_done, 0)
    return coming, pending


def storages(mappings: Sequence[PathMapping], policy: CachePolicy) -> tuple[values.Storage, ...]:
    """The caches of these mappings with their budgets, as a plan is told of them. Raises StorageAbsentError."""
    return tuple(Gatherer(mappings, policy)._storages(()))


def require_roots(mappings: Iterable[PathMapping]) -> None:
    """Look that every root is there, without touching anything. Raises StorageAbsentError."""
    for mapping in mappings:
        for path, root_id in ((mapping.array_root, mapping.array_id), (mapping.cache_root, mapping.cache_id)):
            with disk.open_root(path, root_id if mapping.is_proved else None):
                pass
