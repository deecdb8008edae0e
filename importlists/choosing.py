"""Matching a list's positions with the library, choosing among them, and remembering both on the rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from importlists.contract import Entry
from importlists.matching import Match, match
from importlists.models import Depth, ImportList, ListItem
from importlists.selecting import Position, Rule, Selection, newest_date, select
from plexusers import library
from plexusers.models import ItemKind
from plexusers.shelf import Shelf

REMEMBERED = ("way", "rating_keys", "found_kind", "chosen", "why_not")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A list's entries, what of the library they are, and which of them are to be cached."""

    entries: Sequence[Entry]
    matches: Sequence[Match]
    selection: Selection

    def why_not(self, index: int) -> str:
        """Why the position is not to be cached; empty when it is."""
        if index in self.selection.chosen:
            return ""
        return self.matches[index].why_not or self.selection.why_not.get(index, "")


def choose(rule: Rule, entries: Sequence[Entry], matches: Sequence[Match], shelf: Shelf, today: date) -> Chosen:
    """Choose among entries that were matched. A handful of queries where dates count, else none."""
    dates = _dates(matches, shelf) if rule.aired_days else {}
    positions = [
        Position(bool(found.keys), max((dates.get(key, "") for key in found.keys), default="") or _own(entry, found))
        for entry, found in zip(entries, matches, strict=True)
    ]
    return Chosen(entries, matches, select(positions, rule, today))


def rule_of(row: ImportList) -> Rule:
    """How this list is chosen from."""
    return Rule(row.count, row.depth == Depth.FILL, row.fill_limit, row.aired_days)


def entry_of(item: ListItem) -> Entry:
    """A stored position as an entry."""
    kind = ItemKind(item.kind) if item.kind else None
    return Entry(item.title, item.year, kind, tuple(item.names), item.released)


def choose_again(
    rows: Sequence[ImportList], shelf: Shelf, today: date
) -> Iterator[tuple[ImportList, list[ListItem], Chosen]]:  # fmt: skip
    """Choose from what was read last of each list, as the library is now; what differs is written.

    All lists are matched together: a handful of queries, however many they are.
    """
    items: dict[int, list[ListItem]] = {row.pk: [] for row in rows}
    for item in ListItem.objects.filter(import_list__in=items).order_by("position"):
        items[item.import_list_id].append(item)
    matches = iter(match([entry_of(item) for row in rows for item in items[row.pk]]))
    for row in rows:
        mine = items[row.pk]
        found = [next(matches) for _ in mine]
        chosen = choose(rule_of(row), [entry_of(item) for item in mine], found, shelf, today)
        different = [item for index, item in enumerate(mine) if remember(item, index, chosen)]
        if different:
            ListItem.objects.bulk_update(different, REMEMBERED, batch_size=100)
        count(row, chosen)
        yield row, mine, chosen


def remember(item: ListItem, index: int, chosen: Chosen) -> bool:
    """Put on the item what it was found to be; says whether that is news."""
    found = chosen.matches[index]
    kind = found.kind.value if found.kind else ""
    news = {
        "way": found.way.value, "rating_keys": list(found.keys), "found_kind": kind,
        "chosen": index in chosen.selection.chosen, "why_not": chosen.why_not(index),
    }  # fmt: skip
    old = {name: getattr(item, name) for name in news}
    for name, value in news.items():
        setattr(item, name, value)
    return old != news


def count(row: ImportList, chosen: Chosen) -> None:
    """Put on the list how far it came."""
    number, checked = len(chosen.selection.chosen), chosen.selection.checked
    if (row.chosen, row.checked) != (number, checked):
        row.chosen, row.checked = number, checked
        ImportList.objects.filter(pk=row.pk).update(chosen=number, checked=checked)


def _dates(matches: Sequence[Match], shelf: Shelf) -> dict[str, str]:
    """When films were released and shows broadcast last, by rating key."""
    films = [key for found in matches if found.kind == ItemKind.MOVIE for key in found.keys]
    shows = [key for found in matches if found.kind == ItemKind.SHOW for key in found.keys]
    dates = {key: entry.released for key, entry in library.entries(films).items()}
    return dates | {show: newest_date(episodes) for show, episodes in shelf.episodes(shows).items()}


def _own(entry: Entry, found: Match) -> str:
    """What the list itself says of a film; of a show it tells the first broadcast, which says nothing here."""
    return entry.released if found.kind == ItemKind.MOVIE else ""
