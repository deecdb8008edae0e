"""The journal: every change of an operation's state is one committed compare-and-set."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from cacherr.errors import CacherrError
from caching import damage
from caching.models import (
    LIVE_STATES,
    PLAYBACK,
    CachedFile,
    CachePolicy,
    Cycle,
    Kind,
    MadeDirectory,
    Mode,
    Operation,
    PathMapping,
    Placement,
    State,
)
from caching.models.file_row import path_key
from caching.notifying import outbox, sentences
from caching.outlook import leaving, parts_of
from caching.planning.values import Action, Decision

PLAYING = "playing"
ADOPTED = "adopted"
ADOPTED_REASON = "it was cached before Cacherr came"
KINDS = {Action.CACHE: Kind.CACHE, Action.RESTORE: Kind.RESTORE, Action.EVICT: Kind.EVICT}


class LostOperationError(CacherrError):
    """Another process moved the operation on: this one lets go of it."""


def plan_caching(
    cycle: Cycle | None, decision: Decision, mapping: PathMapping, plex_path: str, **origin: Any
) -> Operation | None:
    """Write the intention to cache a file; None when the file has a live operation already.

    `origin` is `trigger` and `follows` of an operation that somebody ordered.
    """
    if decision.file is None or mapping.array is None or mapping.cache is None:
        raise LostOperationError("The mapping was never proved.", "Prove it, then try again.")
    # What is playing is only ever copied: its original must not be taken away.
    mode = Mode.COPY if PLAYING in decision.sources else Mode(mapping.mode)
    return _write(
        Operation(
            **origin,
            cycle=cycle,
            kind=Kind.CACHE,
            placement=mapping.proved_placement,
            mode=mode,
            park_originals=_parks(mapping, mode),
            belongs_to=decision.belongs_to,
            array=mapping.array,
            cache=mapping.cache,
            path=decision.file.path,
            bytes_total=decision.size,
            plex_path=plex_path,
            title=decision.title[:500],
            rating_key=decision.rating_key,
            score=decision.score,
            sources=",".join(decision.sources),
            who=", ".join(decision.who)[:500],
            reason=decision.reason,
            parts=parts_of(decision),
            **leaving(decision, 0),  # what is about to be cached does not leave now
        )
    )


def _parks(mapping: PathMapping, mode: Mode) -> bool:
    on_union = mapping.proved_placement == Placement.UNION and mode == Mode.COPY
    return on_union and bool(CachePolicy.effective().park_originals)


def plan_return(cycle: Cycle | None, kind: Kind, file: CachedFile, reason: str, **origin: Any) -> Operation | None:
    """Write the intention to restore or evict a cached file; None when the file has a live operation already.

    `origin` is `trigger` and `follows` of an operation that somebody ordered.
    """
    return _write(
        Operation(
            **file.shared() | {"reason": reason} | origin,
            cycle=cycle,
            kind=kind,
            source_print=file.array_print,
            target_print=file.cache_print,
            bytes_total=file.size,
        )
    )


def _write(operation: Operation) -> Operation | None:
    operation.path_key = path_key(operation.relative)
    try:
        with transaction.atomic():
            operation.save(force_insert=True)
    except IntegrityError:
        return None  # `one_live_operation_per_path`: somebody is at it
    return operation


def claim(operation: Operation) -> None:
    """Take a planned operation on, if nobody has begun or cancelled it. Raises LostOperationError otherwise."""
    now = timezone.now()
    waiting = Operation.objects.filter(
        pk=operation.pk, state=State.PLANNED, started_at__isnull=True, cancel_requested=False
    )
    if waiting.update(started_at=now) != 1:
        raise LostOperationError(f"Operation {operation.pk} was cancelled, or begun by another process.")
    operation.started_at = now


def advance(operation: Operation, to: State, **changes: Any) -> None:
    """Move an operation to its next state, if it still is where we left it. Raises LostOperationError otherwise."""
    changed = Operation.objects.filter(pk=operation.pk, state=operation.state).update(state=to, **changes)
    if changed != 1:
        raise LostOperationError(f"Operation {operation.pk} was taken on by another process.")
    operation.state = to
    for name, value in changes.items():
        setattr(operation, name, value)


def note(operation: Operation, **changes: Any) -> None:
    """Change what the row says of an operation without moving it on. Raises LostOperationError."""
    if Operation.objects.filter(pk=operation.pk, state=operation.state).update(**changes) != 1:
        raise LostOperationError(f"Operation {operation.pk} was taken on by another process.")
    for name, value in changes.items():
        setattr(operation, name, value)


def recognise(operation: Operation, field: str, fingerprint: str) -> None:
    """Note under which fingerprint a file is known from now on, on the operation and on the cached file's row.

    `field` is `source_print` or `target_print`. Raises LostOperationError.
    """
    name = {"source_print": "array_print", "target_print": "cache_print"}[field]
    known = getattr(operation, field)
    with transaction.atomic():
        note(operation, **{field: fingerprint})
        cached_file(operation).filter(**{name: known}).update(**{name: fingerprint})


def recognise_file(file: CachedFile, field: str, fingerprint: str) -> None:
    """The same of a cached file alone, unless somebody noted something else. `field`: `array_print`, `cache_print`."""
    known = {"pk": file.pk, field: getattr(file, field)}
    if CachedFile.objects.filter(**known).update(**{field: fingerprint}):
        setattr(file, field, fingerprint)


def note_damage(file: CachedFile, news: Mapping[str, bool]) -> bool:
    """Note what was learned of a file's `copy_damaged` and `original_damaged`. False when it is another file now.

    A file of which no good copy is known is kept from being touched, and free again once one was read well.
    """
    same = CachedFile.objects.filter(pk=file.pk, array_print=file.array_print, cache_print=file.cache_print)
    with transaction.atomic():
        if not same.update(**news):
            return False
        file.refresh_from_db(fields=["copy_damaged", "original_damaged", "conflict"])
        hold = " ".join(damage.no_good_one(file) or ())
        if same.filter(conflict__in=damage.UNDISPUTED).update(conflict=hold):
            file.conflict = hold
    return True


def note_damaged_copy(operation: Operation) -> CachedFile | None:
    """Note that a return found the cached copy damaged. Its file's row."""
    operation.copy_damaged = True
    with transaction.atomic():
        note(operation, copy_damaged=True)
        cached_file(operation).update(copy_damaged=True)
    return cached_file(operation).first()


def know_damage(operation: Operation) -> None:
    """Let an operation know what its file's row knows of damage."""
    names = ("original_damaged", "copy_damaged")
    known = cached_file(operation).values(*names).first() or {}
    news = {name: value for name, value in known.items() if getattr(operation, name) != value}
    if news:
        note(operation, **news)


def follow(operation: Operation) -> None:
    """Let the cached file's row say as well where its name is now. Raises LostOperationError when there is none."""
    changed = cached_file(operation).filter(array_id=operation.array_id)
    if changed.update(renamed_to=operation.renamed_to, plex_path=operation.plex_path) != 1:
        raise LostOperationError(f"The file of operation {operation.pk} is not cached any more.")


def finish_cached(operation: Operation) -> None:
    """End a caching operation: the file's row and the operation's end are one transaction."""
    with transaction.atomic():
        advance(operation, State.DONE, finished_at=timezone.now(), bytes_done=operation.bytes_total)
        _cached_as(operation, timezone.now())
        outbox.tell(sentences.moved(operation))


def adopt(values: Mapping[str, Any], cached_at: datetime | None) -> Operation:
    """Write what an operation that was done by another program would have left: itself, done, and the file's row."""
    now = timezone.now()
    operation = Operation(
        **values, kind=Kind.CACHE, state=State.DONE, trigger=ADOPTED, reason=ADOPTED_REASON, started_at=now,
        finished_at=now, bytes_done=values["bytes_total"], path_key=path_key(values["path"]),
    )  # fmt: skip
    with transaction.atomic():
        operation.save(force_insert=True)
        _cached_as(operation, min(cached_at or now, now))
    return operation


def _cached_as(operation: Operation, cached_at: datetime) -> None:
    CachedFile.objects.create(
        **operation.shared(),
        size=operation.bytes_total,
        array_print=operation.source_print,
        cache_print=operation.target_print,
        cached_at=cached_at,
    )


def finish_returned(operation: Operation, outcome: str = "") -> None:
    """End a restore or an eviction: the file's row goes with it.

    After a rescue it stays: the copy may still be there when its disk comes back.
    """
    with transaction.atomic():
        now = timezone.now()
        advance(operation, State.DONE, finished_at=now, bytes_done=operation.bytes_total, outcome=outcome)
        if not outcome:  # the file stands on the array, and the directories that were made for it belong to it
            MadeDirectory.above(operation.array_id, operation.on_array).delete()
        if operation.is_rescue:
            cached_file(operation).update(rescued_at=now, conflict="")
        else:
            cached_file(operation).delete()
        outbox.tell(sentences.moved(operation))


def abort(operation: Operation, outcome: str) -> None:
    """End an operation that left everything as it was."""
    advance(operation, State.ABORTED, finished_at=timezone.now(), outcome=outcome)


def put_back(operation: Operation) -> bool:
    """Let an order that left everything as it was wait again; False when somebody has cancelled it. The value follows.

    Raises LostOperationError when another process moved it on.
    """
    fresh = {"started_at": None, "bytes_done": 0, "bytes_per_second": 0}
    begun = Operation.objects.filter(pk=operation.pk, state=State.PLANNED, started_at__isnull=False)
    if begun.filter(cancel_requested=False).update(**fresh) != 1:
        if begun.exists():
            return False
        raise LostOperationError(f"Operation {operation.pk} was taken on by another process.")
    for name, value in fresh.items():
        setattr(operation, name, value)
    return True


def cancel(operation: Operation, outcome: str) -> bool:
    """End an operation that nobody has begun; False when somebody has, or it is over. The value stays as it was."""
    waiting = Operation.objects.filter(pk=operation.pk, state=State.PLANNED, started_at__isnull=True)
    return waiting.update(state=State.ABORTED, finished_at=timezone.now(), outcome=outcome) == 1


def conflict(operation: Operation, outcome: str) -> None:
    """End an operation that met something it must not touch: both versions stay and a person has to look."""
    with transaction.atomic():
        advance(operation, State.CONFLICT, finished_at=timezone.now(), outcome=outcome)
        cached_file(operation).update(conflict=outcome)
        outbox.tell(sentences.in_conflict(operation, outcome))


def cached_file(operation: Operation) -> QuerySet[CachedFile]:
    """The row of the file that an operation is about, as a query."""
    return CachedFile.objects.filter(cache=operation.cache, path_key=operation.path_key)


def live() -> list[Operation]:
    """The operations that are not finished, oldest first."""
    rows = Operation.objects.filter(state__in=LIVE_STATES).select_related("array", "cache")
    return list(rows.order_by("id"))


def urgent(known: Collection[int]) -> Operation | None:
    """The oldest order of somebody's playback that nobody has begun and that is none of the known ones."""
    rows = Operation.objects.filter(trigger=PLAYBACK, state=State.PLANNED, started_at=None, cycle=None)
    return rows.exclude(pk__in=known).select_related("array", "cache").order_by("id").first()
