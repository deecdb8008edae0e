"""What lists want to have cached, each list an answer of its own. Asks the rows only; nobody outside."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from cacherr.errors import ConfigurationError
from importlists.choosing import Chosen, choose_again
from importlists.models import ImportList, ListItem, ListState
from importlists.providers import chart_of
from importlists.selecting import episodes_of_show
from plexusers import library
from plexusers.answers import Viewed
from plexusers.library import Entry
from plexusers.models import ItemKind, PlexUser, UserKind, Versions
from plexusers.plex import PlexItem
from plexusers.preferences import person_of, type_defaults
from plexusers.shelf import Shelf
from plexusers.wants import Answer, Want

NEVER_READ = "It was not read yet."


def wanted(now: datetime, versions: Versions, shelf: Shelf | None = None, unsure: str = "") -> tuple[Answer, ...]:
    """What every list that counts wants (`now` aware, UTC). A handful of queries for all, none for a position.

    A list whose last answer was bad wants what its last good one had, and says why more is unknown. `unsure` tells why
    the index of the library is not known well: then nobody knows what else the lists want.
    """
    shelf = shelf or Shelf(versions)
    rows = list(counting(now))
    known = {row.pk: (items, chosen) for row, items, chosen in choose_again(_read(rows), shelf, now.date())}
    answers = []
    for row in rows:
        states = shelf.viewed_by(row.user) if row.user is not None else {}
        wants = tuple(_wants(row, *known[row.pk], shelf, states)) if row.pk in known else ()
        number = row.user.plex_id if row.user else None
        answers.append(Answer("list", str(row), wants, doubt(row) or unsure, row.claim, number))
    return tuple(answers)


def _read(rows: Iterable[ImportList]) -> list[ImportList]:
    """Those that were read well once."""
    return [row for row in rows if row.good_at is not None]


def counting(now: datetime) -> Iterator[ImportList]:
    """The lists that count: enabled, and of somebody whose lists count."""
    defaults = type_defaults()
    owner = PlexUser.objects.filter(kind=UserKind.MAIN).first()
    for row in ImportList.objects.filter(enabled=True).select_related("user"):
        row.user = row.user or owner
        if row.user is not None:
            person = person_of(row.user, defaults[row.user.kind], now)
            if person.status != "active" or not person.preferences.lists:
                continue
        yield row


def doubt(row: ImportList) -> str:
    """Why it is not known what the list wants now; empty when it is."""
    if row.state == ListState.NEW:
        return NEVER_READ
    if row.state == ListState.FRESH or row.good_at is None:
        return row.why
    return f"{row.why} What it had on {row.good_at:%Y-%m-%d %H:%M} UTC counts until then."


def _wants(
    row: ImportList, items: Sequence[ListItem], chosen: Chosen, shelf: Shelf, states: Mapping[str, Viewed]
) -> Iterator[Want]:  # fmt: skip
    places: list[tuple[int, list[Entry]]] = []
    picked = [(items[index].position, chosen.matches[index]) for index in chosen.selection.chosen]
    films = library.entries(key for _, found in picked if found.kind == ItemKind.MOVIE for key in found.keys)
    shows = shelf.episodes(key for _, found in picked if found.kind == ItemKind.SHOW for key in found.keys)
    for position, found in picked:
        for key in found.keys:
            if key in films:
                places.append((position, [films[key]]))
            elif key in shows:
                places.append((position, episodes_of_show(shows[key], states, row.episodes, row.choice)))
    files = shelf.items([entry for _, entries in places for entry in entries], states)
    for position, entries in places:
        yield from (_want(row, position, files[one.rating_key]) for one in entries if one.rating_key in files)


def _want(row: ImportList, position: int, item: PlexItem) -> Want:
    return Want(
        item, "list", str(row), f"position {position} on {source_of(row)}", claim=row.claim,
        user=row.user.plex_id if row.user else None, priority=row.priority,
    )  # fmt: skip


def source_of(row: ImportList) -> str:
    """What a person calls the list's source: `Trakt: trending`."""
    try:
        provider, chart = chart_of(row.provider, row.chart)
    except ConfigurationError:
        return f"{row.provider}: {row.chart}"  # of a provider that a newer version had
    kind = f" {row.media}" if row.media != "both" else ""
    return f"{provider.name_of(chart)}{kind}" + (f" {row.argument}" if row.argument else "")
