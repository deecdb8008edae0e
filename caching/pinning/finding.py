"""Which items of the library a pin means, though Plex may number everything anew. Rows only.

A rating key is only good on the server that gave it: once Plex was set up afresh, another film has it. So a pin's guid
has to agree, or else the title that it was pinned under.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from caching.models import Pin, PinKind
from plexusers import guids, library
from plexusers.library import Entry
from plexusers.models import ItemKind

ITEM_KINDS: Final = {
    PinKind.MOVIE: ItemKind.MOVIE,
    PinKind.SHOW: ItemKind.SHOW,
    PinKind.SEASON: ItemKind.SHOW,
    PinKind.EPISODE: ItemKind.EPISODE,
}
"""What the index finds by a pin's rating key or guid."""
NUMBERED: Final = ("local://", "tv.plex.agents.none://")
"""How guids begin that are made of the rating key itself: they tell no more than that."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the library has of a pin: nothing when that is gone or its library is switched off."""

    entries: tuple[Entry, ...] = ()
    renumbered: bool = False
    """Whether Plex has given it another rating key than the pin's."""
    doubt: str = ""
    """Why it is unknown, a sentence with its cure: something else has its rating key now."""


def find(pins: Iterable[Pin]) -> list[Found]:
    """What the index has of each pin, which needs no row yet. A handful of queries however many there are."""
    asked = list(pins)
    known = library.entries(pin.rating_key for pin in asked)
    entries = [known.get(pin.rating_key) for pin in asked]
    lost = [pin for pin, entry in zip(asked, entries, strict=True) if not (entry and _agree(pin, entry))]
    named = {
        kind: library.items_by_guids({name for pin in lost for name in _names(pin)}, kind)
        for kind in {_kind(pin) for pin in lost if _names(pin)}
    }
    return [
        _found(pin, entry, [one for name in _names(pin) for one in named.get(_kind(pin), {}).get(name, ())])
        for pin, entry in zip(asked, entries, strict=True)
    ]


def _found(pin: Pin, entry: Entry | None, named: Sequence[Entry]) -> Found:
    """What a pin means: `entry` has its rating key, `named` its guid. Pure."""
    if entry is not None and (_agree(pin, entry) or entry in named):
        return Found((entry,))
    if named:
        return Found(tuple(named), renumbered=True)
    if entry is None:
        return Found()
    if entry.kind == _kind(pin) and title_of(entry, pin.season) == pin.title:
        return Found((entry,))
    return Found(
        doubt=f"The rating key of the pin {pin.title} belongs to {entry.label} now, and nothing else in the library is "
        "certainly what was pinned. Pin it again where it is, or unpin it."
    )


def _agree(pin: Pin, entry: Entry) -> bool:
    """Whether an item with a pin's rating key is what was pinned. A pin without a guid has nothing to compare."""
    if entry.kind != _kind(pin):
        return False
    if pin.guid.startswith(NUMBERED):
        return entry.guid == pin.guid and title_of(entry, pin.season) == pin.title
    return pin.guid in {"", entry.guid}


def _names(pin: Pin) -> tuple[str, ...]:
    """The names under which the index knows a pin's guid."""
    return guids.names_of(pin.guid, episode=pin.kind == PinKind.EPISODE)


def _kind(pin: Pin) -> ItemKind:
    return ITEM_KINDS[PinKind(pin.kind)]


def title_of(entry: Entry, season: int | None) -> str:
    """What a person calls an item, or a season of it, as pins keep it."""
    return (entry.label if season is None else season_title(entry.label, season))[:500]


def season_title(show: str, season: int) -> str:
    """What a person calls a season."""
    return f"{show}, specials" if season == library.SPECIALS else f"{show}, season {season}"
