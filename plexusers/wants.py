"""What people want to watch. Every source answers with its wants or with why they are unknown."""

from dataclasses import dataclass
from typing import Literal

from cacherr.errors import PlexError
from plexusers.plex import Plex, PlexItem

SourceName = Literal["ondeck", "playing", "order"]


@dataclass(frozen=True, slots=True)
class Want:
    """Somebody wants an item, with a reason."""

    item: PlexItem
    source: SourceName
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source said this time. `failed` tells why nothing is known; then `wants` is empty and means nothing."""

    source: SourceName
    who: str
    wants: tuple[Want, ...] = ()
    failed: str = ""


def owner_on_deck(plex: Plex) -> Answer:
    """What the owner has on deck. One request."""
    try:
        items = plex.on_deck()
    except PlexError as error:
        return Answer("ondeck", "owner", failed=str(error))
    return Answer("ondeck", "owner", tuple(Want(item, "ondeck", "owner", "on deck for the owner") for item in items))


def playing_now(plex: Plex) -> Answer:
    """What is playing now, whoever plays it: protected from being taken away."""
    try:
        items = plex.playing()
    except PlexError as error:
        return Answer("playing", "anybody", failed=str(error))
    return Answer("playing", "anybody", tuple(Want(item, "playing", "anybody", "playing now") for item in items))
