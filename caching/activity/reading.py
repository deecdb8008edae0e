"""One list out of five tables: the keys of what may be in the wanted part are merged, then only its rows are read."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from caching.activity import telling
from caching.models import LIVE_STATES, Audit, Cycle, CycleState, Operation, Playback
from plexusers.models import Remark, RemarkKind


class Kind(StrEnum):
    """What an entry is about."""

    CYCLE = "cycle"
    OPERATION = "operation"
    PLAY = "play"
    AUDIT = "audit"
    SOURCE = "source"
    USER = "user"
    LIST = "list"
    PIN = "pin"
    MAPPING = "mapping"
    SETTING = "setting"
    BACKUP = "backup"


NOTED = frozenset(Kind(kind) for kind in RemarkKind)
"""The kinds of what has no row but the sentence."""
_REMARK = "remark"


class _Key(NamedTuple):
    """One entry: when, which table, which row. The latest first, when sorted by `order`."""

    at: datetime
    table: str
    number: int

    @property
    def order(self) -> tuple[float, str, int]:
        return -self.at.timestamp(), self.table, -self.number


def entries(kinds: Collection[Kind] = (), *, limit: int = 50, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """A part of the list, newest first, and how long all of it is; without kinds of every kind. Fifteen queries."""
    tables = _tables(set(kinds or Kind))
    keys = _newest(tables, offset + limit)[offset:]
    return _told(keys), sum(rows.count() for rows, _ in tables.values())


def latest(count: int) -> list[dict[str, Any]]:
    """The newest entries; not single operations, which their cycle counts. Eight queries at most."""
    return _told(_newest(_tables(set(Kind) - {Kind.OPERATION}), count))


def _tables(kinds: set[Kind]) -> dict[str, tuple[QuerySet[Any], Any]]:
    """The rows of these kinds by table, each with when they happened."""
    live = (CycleState.QUEUED, CycleState.RUNNING)
    every: dict[str, tuple[QuerySet[Any], Any]] = {
        Kind.CYCLE: (Cycle.objects.exclude(state__in=live).defer("plan"), Coalesce("finished_at", "asked_at")),
        Kind.OPERATION: (Operation.objects.exclude(state__in=LIVE_STATES), Coalesce("finished_at", "created_at")),
        Kind.AUDIT: (Audit.objects.defer("findings"), F("finished_at")),
        Kind.PLAY: (Playback.objects.select_related("user"), F("started_at")),
    }
    found = {table: one for table, one in every.items() if table in kinds}
    if noted := sorted(kinds & NOTED):
        found[_REMARK] = (Remark.objects.filter(kind__in=noted), F("at"))
    return found


def _newest(tables: dict[str, tuple[QuerySet[Any], Any]], count: int) -> list[_Key]:
    keys = [
        _Key(moment, table, number)
        for table, (rows, at) in tables.items()
        for moment, number in rows.annotate(moment=at).order_by("-moment", "-pk").values_list("moment", "pk")[:count]
    ]
    return sorted(keys, key=lambda key: key.order)[:count]


def _told(keys: Sequence[_Key]) -> list[dict[str, Any]]:
    """The entries of these keys, in their order. One query for each table that has some."""
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for key in keys:
        numbers[key.table].append(key.number)
    tables = _tables(set(Kind))
    rows = {table: tables[table][0].in_bulk(pks) for table, pks in numbers.items()}
    return [
        {"id": f"{key.table}-{key.number}", "at": key.at.isoformat(), **_TELL[key.table](rows[key.table][key.number])}
        for key in keys
        if key.number in rows[key.table]  # it may have been removed meanwhile
    ]


_TELL: dict[str, Callable[[Any], dict[str, Any]]] = {
    Kind.CYCLE: telling.of_cycle,
    Kind.OPERATION: telling.of_operation,
    Kind.PLAY: telling.of_play,
    Kind.AUDIT: telling.of_audit,
    _REMARK: telling.of_remark,
}
