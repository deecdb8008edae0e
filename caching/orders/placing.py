"""Writing orders into the journal: rows that wait for whoever carries them out. Touches no file."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cacherr.errors import RefusedError
from caching import journal, pausing, sparing
from caching.models import CachedFile, CachePolicy, Kind, Operation, PathMapping, State
from caching.orders.wishes import Wishes, decide, wishes_of
from caching.planning.sidecars import is_video, owners, ownerships
from caching.targets import Refusal, bases, bases_of_files, cached_files

BUSY = "An operation on it is not finished yet."
REASONS = {Kind.CACHE: "ordered", Kind.RESTORE: "ordered", Kind.EVICT: "ordered, to make room"}


class DryRunError(RefusedError):
    """Cacherr is set to touch no file."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Origin:
    """Who ordered it and, for an undo or a retry, what it follows."""

    trigger: str
    follows: Operation | None = None

    def of(self, path_key: str) -> dict[str, Any]:
        """The fields of an operation on this path: only the file itself follows, not its sidecars."""
        mine = self.follows is not None and self.follows.path_key == path_key
        return {"trigger": self.trigger, "follows": self.follows if mine else None}


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of an order: operations that wait, targets refused, and targets where nothing has to be done."""

    operations: tuple[Operation, ...] = ()
    refused: tuple[Refusal, ...] = ()
    kept: tuple[str, ...] = ()


def require_allowed() -> None:
    """Raises DryRunError while no file may be touched, PausedError while Cacherr is paused."""
    if CachePolicy.effective().dry_run:
        raise DryRunError("Dry run is on, so no file is touched.", "Switch it off in the caching settings first.")
    pausing.require_going()


def cache(texts: Sequence[bytes], mappings: Sequence[PathMapping], trigger: str) -> Placed:
    """Order files to be cached, within the budget. The mappings are proved. Raises PlexError, StorageAbsentError."""
    return cache_wishes(wishes_of(texts, mappings), mappings, Origin(trigger), REASONS[Kind.CACHE])


def cache_wishes(wishes: Wishes, mappings: Sequence[PathMapping], origin: Origin, reason: str) -> Placed:
    """Order what is wished for, with its sidecars. What is cached and was about to leave stays.

    Raises StorageAbsentError.
    """
    decided = decide(wishes, mappings, reason)
    sparing.spare(decided.here, mappings)
    operations, refused = [], list(decided.refused)
    for decision in decided.work:
        key = decision.file
        if key is None:
            continue
        plex_path = os.fsencode(decided.gathered.plex_paths[key]).decode("utf-8", "backslashreplace")
        mapping = decided.gathered.mappings[key]
        # Not with the origin of another file: a sidecar follows nothing.
        row = journal.plan_caching(None, decision, mapping, plex_path, trigger=origin.trigger)
        if row is None:
            refused.append(Refusal(decision.name, BUSY))
            continue
        operations.append(_following(row, origin))
    return Placed(tuple(operations), tuple(refused), decided.kept)


def _following(row: Operation, origin: Origin) -> Operation:
    follows = origin.of(row.path_key)["follows"]
    if follows is not None:
        Operation.objects.filter(pk=row.pk).update(follows=follows)
        row.follows = follows
    return row


def give_back(texts: Sequence[bytes], mappings: Sequence[PathMapping], kind: Kind, trigger: str) -> Placed:
    """Order cached files to be restored or evicted, with their sidecars. Raises PlexError."""
    known = [*bases(mappings), *bases_of_files()]
    files: dict[int, CachedFile] = {}
    refused = []
    for text in texts:
        try:
            files |= {row.pk: row for row in cached_files(text, known)}
        except RefusedError as error:
            refused.append(Refusal(os.fsdecode(text), str(error)))
    placed = give_files_back(files.values(), kind, Origin(trigger), REASONS[kind])
    return replace(placed, refused=(*refused, *placed.refused))


def give_all_back(trigger: str) -> Placed:
    """Order every cached file to be restored, those in conflict as well."""
    rows = CachedFile.objects.select_related("array", "cache").order_by("id")
    return give_files_back(rows, Kind.RESTORE, Origin(trigger), REASONS[Kind.RESTORE])


def give_files_back(
    files: Iterable[CachedFile], kind: Kind, origin: Origin, reason: str, *, sidecars: bool = True
) -> Placed:
    """Order these files back; with `sidecars`, also those that no video needs any more then."""
    operations, refused = [], []
    for file in with_sidecars(list(files)) if sidecars else files:
        fields = origin.of(file.path_key)
        if file.conflict and fields["follows"] is None:
            fields["follows"] = _conflict_of(file)
        row = journal.plan_return(None, kind, file, reason, **fields)
        if row is None:
            refused.append(Refusal(os.fsdecode(file.relative), BUSY))
        else:
            operations.append(row)
    return Placed(tuple(operations), tuple(refused))


def _conflict_of(file: CachedFile) -> Operation | None:
    rows = Operation.objects.filter(cache_id=file.cache_id, path_key=file.path_key, state=State.CONFLICT)
    return rows.order_by("-id").first()


def with_sidecars(files: list[CachedFile]) -> list[CachedFile]:
    """The files, and the sidecars that belong to videos among them and to none that stays cached."""
    leaving = {row.pk for row in files}
    found = list(files)
    for cache in {row.cache_id for row in files}:
        wanted = {owner for row in files if row.cache_id == cache for owner in ownerships(row.relative)}
        sidecars = CachedFile.objects.filter(cache_id=cache).exclude(belongs_to=b"").exclude(pk__in=leaving)
        coming = [row for row in sidecars if owners(bytes(row.belongs_to)) in wanted]
        if coming:
            needed = _needed_by_others(cache, leaving)
            free = [row.pk for row in coming if owners(bytes(row.belongs_to)) not in needed]
            found += CachedFile.objects.select_related("array", "cache").filter(pk__in=free).order_by("id")
    return found


def _needed_by_others(cache: str, leaving: set[int]) -> set[bytes]:
    """What sidecars may belong to because a video stays."""
    rows = CachedFile.objects.filter(cache_id=cache, belongs_to=b"").values_list("pk", "path")
    staying = (bytes(path) for pk, path in rows if pk not in leaving)
    return {owner for path in staying if is_video(path.rpartition(b"/")[2]) for owner in ownerships(path)}
