"""Cached files as a download: CSV, JSON or text, piece by piece, so that a large cache needs no memory.

Bytes of names that are no text are escaped (`\\xff`), as everywhere. What a spreadsheet would take for a formula gets
an apostrophe in front: that is how OWASP and every office program keep it a text.
"""

import csv
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Literal

from asgiref.sync import sync_to_async
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from caching.cached.showing import file_data, where
from caching.models import CachedFile

Format = Literal["csv", "json", "txt"]
TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "txt": "text/plain; charset=utf-8",
}
AT_ONCE = 500
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How what a spreadsheet calculates begins, in full-width forms as well."""
COLUMNS = (
    "id", "title", "file_name", "plex_path", "array_path", "cache_path", "size", "score", "parts", "status", "reason",
    "who", "sources", "placement", "mode", "conflict", "cached_at", "leaves_at", "leaves_why",
)  # fmt: skip


def download(rows: QuerySet[CachedFile], form: Format) -> StreamingHttpResponse:
    """The answer that a browser saves under a name."""
    answer = StreamingHttpResponse(exported(rows, form), content_type=TYPES[form])
    answer.headers["Content-Disposition"] = f'attachment; filename="cached-files.{form}"'
    return answer


async def exported(rows: QuerySet[CachedFile], form: Format) -> AsyncIterator[str]:
    """The download in pieces. The database is asked by a thread, some hundred rows at a time: no cursor stays open."""
    pieces = _WRITERS[form](rows)
    while (piece := await sync_to_async(_next)(pieces)) is not None:
        yield piece


def _next(pieces: Iterator[str]) -> str | None:
    return next(pieces, None)


def batches(rows: QuerySet[CachedFile]) -> Iterator[list[CachedFile]]:
    """All rows by their number, some hundred at a time; what comes or goes meanwhile disturbs nothing."""
    rows, last = rows.select_related("array", "cache").order_by("pk"), 0
    while batch := list(rows.filter(pk__gt=last)[:AT_ONCE]):
        yield batch
        last = batch[-1].pk


def described(row: CachedFile) -> dict[str, Any]:
    """A row of the export."""
    values = file_data(row) | where(row)
    return {name: values[name] for name in COLUMNS}


def as_csv(rows: QuerySet[CachedFile]) -> Iterator[str]:
    """A table for spreadsheets, by RFC 4180."""
    yield _table([COLUMNS])
    for batch in batches(rows):
        yield _table([[_cell(value) for value in described(row).values()] for row in batch])


def as_json(rows: QuerySet[CachedFile]) -> Iterator[str]:
    """A list of objects."""
    before = "["
    for batch in batches(rows):
        for row in batch:
            yield before + json.dumps(described(row), cls=DjangoJSONEncoder)
            before = ",\n"
    yield "]\n" if before != "[" else "[]\n"


def as_text(rows: QuerySet[CachedFile]) -> Iterator[str]:
    """A path on the array a line; a line break in a name is escaped, so that a line stays a file."""
    for batch in batches(rows):
        yield "".join(f"{one_line(where(row)['array_path'])}\n" for row in batch)


def one_line(text: str) -> str:
    """Line breaks and other control characters escaped."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


class _Lines:
    """What `csv` writes to: it hands the text on."""

    def write(self, text: str) -> str:
        return text


def _table(lines: Iterable[Iterable[str]]) -> str:
    writer = csv.writer(_Lines())
    return "".join(str(writer.writerow(line)) for line in lines)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(f"{part['label']} {part['points']:+}" for part in value)
    text = "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


_WRITERS = {"csv": as_csv, "json": as_json, "txt": as_text}
