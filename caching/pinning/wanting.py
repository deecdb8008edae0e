"""What pins want, from the index of the library: no request, and a handful of queries however many pins there are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from caching.models import Pin, PinKind
from caching.pinning.finding import find
from plexusers import library
from plexusers.library import Entry
from plexusers.models import Versions
from plexusers.plex import PlexItem
from plexusers.shelf import Shelf
from plexusers.wants import Answer, Want

SOURCE: Final = "pin"
OWNER = "the owner"


@dataclass(frozen=True, slots=True)
class Pinned:
    """A pin and what the library has of it: nothing when that is gone or its library is switched off."""

    pin: Pin
    items: tuple[PlexItem, ...]
    doubt: str = ""
    """Why it is unknown what the library has of it, a sentence with its cure."""

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes by path as Plex sees it, each path once."""
        return {file.path: file.size for item in self.items for file in item.files}

    @property
    def size(self) -> int:
        """Bytes of all its files together."""
        return sum(self.sizes.values())


def answer(default: Versions, doubt: str = "") -> Answer:
    """What is pinned. `doubt` tells why the index is not known well: then what was pinned before stays as well.

    It stays, too, while it is unknown what one of the pins means.
    """
    pinned = items_of(Pin.objects.all(), default)
    wants = (_want(one.pin, item) for one in pinned for item in one.items)
    failed = doubt or " ".join(one.doubt for one in pinned if one.doubt)
    return Answer(SOURCE, OWNER, tuple(wants), failed if pinned else "")


def items_of(pins: Iterable[Pin], default: Versions) -> list[Pinned]:
    """What the library has of each pin, with the files of the versions that count: `default` unless the pin says.

    The pins need no rows yet.
    """
    asked = list(pins)
    found = find(asked)
    shows = {one.rating_key for pin, those in zip(asked, found, strict=True) if _is_many(pin) for one in those.entries}
    episodes = library.episodes_of(shows)
    wanted = [_wanted(pin, those.entries, episodes) for pin, those in zip(asked, found, strict=True)]
    versions = [Versions(pin.versions or default) for pin in asked]
    shelves = {one: Shelf(one) for one in versions}
    for own, shelf in shelves.items():
        # All at once; below the shelf answers from what it has.
        shelf.files(
            one.rating_key for those, theirs in zip(wanted, versions, strict=True) if theirs == own for one in those
        )
    return [
        Pinned(pin, tuple(shelves[own].items(those).values()), of.doubt)
        for pin, those, own, of in zip(asked, wanted, versions, found, strict=True)
    ]


def _wanted(pin: Pin, those: Sequence[Entry], episodes: Mapping[str, tuple[Entry, ...]]) -> list[Entry]:
    if not _is_many(pin):
        return list(those)
    of_show = [episode for show in those for episode in episodes.get(show.rating_key, ())]
    return [one for one in of_show if pin.kind == PinKind.SHOW or one.season == pin.season]


def _is_many(pin: Pin) -> bool:
    return pin.kind in {PinKind.SHOW, PinKind.SEASON}


def _want(pin: Pin, item: PlexItem) -> Want:
    reason = f"pinned with {pin.title}" if _is_many(pin) else "pinned"
    return Want(item, SOURCE, pin.created_by or OWNER, reason, SOURCE)
