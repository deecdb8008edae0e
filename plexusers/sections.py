"""The libraries as the server names them, kept as rows."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from cacherr.errors import PlexError
from plexusers.models import LibrarySection, SectionKind
from plexusers.plex import PlexSection

GONE_FOR = timedelta(hours=1)
"""A library that Plex named no more, and names no more so much later, is gone."""


def mirror(told: Iterable[PlexSection], now: datetime) -> dict[str, LibrarySection]:
    """Bring the rows of films' and shows' libraries up to date; the rows of those that are there, by key.

    Raises PlexError when Plex names none at all though there were some: that is a server with a trouble, and no news.
    """
    known = {row.key: row for row in LibrarySection.objects.all()}
    there = {one.key: one for one in told if one.kind in SectionKind.values}
    if known and not there:
        raise PlexError("Plex names no library at all.", "Look at Plex: its libraries should be there.")
    rows = {key: _brought_up_to_date(known.get(key), one) for key, one in there.items()}
    _miss({key: row for key, row in known.items() if key not in there}, now)
    return rows


def _brought_up_to_date(row: LibrarySection | None, told: PlexSection) -> LibrarySection:
    values: dict[str, Any] = {
        "uuid": told.uuid[:64],
        "kind": told.kind,
        "title": told.title[:200],
        "locations": list(told.locations),
        "missing_since": None,
    }
    if row is None:
        return LibrarySection.objects.create(key=told.key, **values)
    if row.uuid and told.uuid and row.uuid != values["uuid"]:
        # Another library has the key of one that is gone: nothing that is known of it holds.
        values |= {"content_changed": None, "changes_until": 0, "whole_due_at": None}
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)
    return row


def _miss(rows: Mapping[str, LibrarySection], now: datetime) -> None:
    """Note since when libraries are missing; remove those that were missing before and still are."""
    for row in rows.values():
        if row.missing_since is None:
            row.missing_since = now
            row.save(update_fields=["missing_since"])
        elif now - row.missing_since >= GONE_FOR:
            row.delete()
