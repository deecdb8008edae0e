"""Writing what Plex tells of items into the index: only what differs, batch by batch.

Each batch is a short transaction of its own, begun only when there is something to write: on SQLite the journal of file
operations waits for every transaction.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import F

from plexusers.answers import Listed, ListedFile
from plexusers.models import ItemKind, LibraryFile, LibraryGuid, LibraryItem, WatchState

BATCH = 500
"""Rows at a time; more parameters than that are slow, and some databases take 999 at the most."""
GONE_AFTER = 2
"""So many complete, undisturbed readings must miss an item before it leaves."""
COLUMNS = (
    "section_id", "kind", "guid", "title", "year", "released", "show_key", "season", "number", "edition", "duration",
    "added_at", "updated_at", "missing",
)  # fmt: skip

T = TypeVar("T")


@dataclass
class _Known:
    """What the index has of an item."""

    pk: int
    row: tuple[Any, ...]
    names: set[str] = field(default_factory=set)
    files: list[ListedFile] = field(default_factory=list)


NOTHING = _Known(0, ())


@dataclass(frozen=True, slots=True)
class Missed:
    """An item that a reading did not have; `times` counts this one."""

    pk: int
    rating_key: str
    times: int


def batched(things: Iterable[T]) -> Iterator[list[T]]:
    """The things in lists that a query can take."""
    rest = list(things)
    for start in range(0, len(rest), BATCH):
        yield rest[start : start + BATCH]


def write(section: int, told: Sequence[Listed]) -> int:
    """Bring items of a section (its primary key) up to date; says how many were new or different.

    Three queries for each batch when nothing differs. What was counted as missing and is told of again is not missing.
    """
    return sum(_write_batch(section, batch) for batch in batched(told))


def absent_items(section: int, kind: ItemKind, seen: Collection[str]) -> list[Missed]:
    """Items of a section that a reading did not have. One query."""
    rows = LibraryItem.objects.filter(section=section, kind=kind).values_list("pk", "rating_key", "missing")
    return [Missed(pk, key, missing + 1) for pk, key, missing in rows if key not in seen]


def count_absent(missed: Iterable[Missed]) -> int:
    """Count what a complete, undisturbed reading did not have; remove what was missing before. Says how many went."""
    found = list(missed)
    waiting = [one for one in found if one.times < GONE_AFTER]
    removed = [one for one in found if one.times >= GONE_AFTER]
    for batch in batched(waiting):
        LibraryItem.objects.filter(pk__in=[one.pk for one in batch]).update(missing=F("missing") + 1)
    for batch in batched(removed):
        with transaction.atomic():
            WatchState.objects.filter(rating_key__in=[one.rating_key for one in batch]).delete()
            LibraryItem.objects.filter(pk__in=[one.pk for one in batch]).delete()
    return len(removed)


def _write_batch(section: int, told: Sequence[Listed]) -> int:
    known = _known([item.rating_key for item in told])
    pairs = [(item, known.get(item.rating_key, NOTHING)) for item in told]
    rows = [item for item, have in pairs if have.row != _row(section, item)]
    named = [item for item, have in pairs if have.names != set(item.names)]
    filed = [item for item, have in pairs if tuple(sorted(have.files)) != item.files]
    if not (rows or named or filed):
        return 0
    with transaction.atomic():
        pks = {key: have.pk for key, have in known.items()} | _put_rows(section, rows)
        _put_names({pks[item.rating_key]: item for item in named})
        _put_files({pks[item.rating_key]: item for item in filed})
    return len({item.rating_key for item in (*rows, *named, *filed)})


def _known(keys: Sequence[str]) -> dict[str, _Known]:
    rows = LibraryItem.objects.filter(rating_key__in=keys).values_list("pk", "rating_key", *COLUMNS)
    known = {key: _Known(pk, tuple(row)) for pk, key, *row in rows}
    by_pk = {have.pk: have for have in known.values()}
    for pk, name in LibraryGuid.objects.filter(item__in=by_pk).values_list("item_id", "guid"):
        by_pk[pk].names.add(name)
    files = LibraryFile.objects.filter(item__in=by_pk).order_by()
    columns = ("version", "part", "path", "size", "height", "optimized", "resolution")
    for pk, *file in files.values_list("item_id", *columns):
        by_pk[pk].files.append(_file(*file))
    return known


def _file(*columns: Any) -> ListedFile:
    return ListedFile(*columns)


def _row(section: int, item: Listed) -> tuple[Any, ...]:
    """The item as the columns hold it."""
    return (
        section, item.kind, item.guid, item.title, item.year, item.released, item.show_key, item.season, item.number,
        item.edition, item.duration, item.added_at, item.updated_at, 0,
    )  # fmt: skip


def _put_rows(section: int, items: Iterable[Listed]) -> dict[str, int]:
    """Insert or update; the primary keys by rating key."""
    rows = [
        LibraryItem(rating_key=item.rating_key, **dict(zip(COLUMNS, _row(section, item), strict=True)))
        for item in items
    ]
    written = LibraryItem.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["rating_key"], update_fields=COLUMNS
    )
    return {row.rating_key: row.pk for row in written}


def _put_names(items: Mapping[int, Listed]) -> None:
    LibraryGuid.objects.filter(item__in=items).delete()
    LibraryGuid.objects.bulk_create(
        [LibraryGuid(item_id=pk, guid=name) for pk, item in items.items() for name in item.names]
    )


def _put_files(items: Mapping[int, Listed]) -> None:
    LibraryFile.objects.filter(item__in=items).delete()
    LibraryFile.objects.bulk_create(
        [
            LibraryFile(
                item_id=pk, version=file.version, part=file.part, path=file.path, size=file.size, height=file.height,
                optimized=file.optimized, resolution=file.resolution,
            )
            for pk, item in items.items()
            for file in item.files
        ]
    )  # fmt: skip
