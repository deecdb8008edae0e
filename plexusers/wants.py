"""What people want to watch, as values. Every source answers with its wants or with why they are unknown."""

from dataclasses import dataclass
from typing import Literal

from cacherr.errors import PlexError
from plexusers.plex import Plex, PlexItem

SourceName = Literal["ondeck", "watchlist", "feed", "recent", "playing", "order", "list", "pin"]


@dataclass(frozen=True, slots=True)
class Want:
    """Somebody wants an item, with a reason."""

    item: PlexItem
    source: SourceName
    who: str
    reason: str
    claim: str = ""
    """The name under which the wish is kept on files, such as `ondeck:42`; empty: the source's own name."""
    user: int | None = None
    """plex.tv's number of who wants it; None when it is nobody in particular."""
    position: int | None = None
    """0: going on right here; 1: next; from 2 on: later. None where it has no meaning."""
    boost: int = 0
    """Added to the score."""
    since: int | None = None
    """When the wish was last shown to be alive: the last viewing, or the addition to the watchlist. Epoch, UTC."""
    priority: int = 50
    """A list's own, from 0 to 100: it takes the place of the score's base."""

    @property
    def name(self) -> str:
        """The claim in force."""
        return self.claim or self.source


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source said this time.

    `failed` tells in a sentence why it is unknown what the source wants. Wants that come nevertheless are those of its
    last good answer; what else it wanted stays, too.
    """

    source: SourceName
    who: str
    wants: tuple[Want, ...] = ()
    failed: str = ""
    claim: str = ""
    user: int | None = None

    @property
    def name(self) -> str:
        """The claim in force."""
        return self.claim or self.source


def playing_now(plex: Plex) -> Answer:
    """What is playing now, whoever plays it: protected from being taken away."""
    try:
        items = plex.playing()
    except PlexError as error:
        return Answer("playing", "anybody", failed=str(error))
    wants = (Want(item, "playing", "anybody", "playing now", position=0) for item in items)
    return Answer("playing", "anybody", tuple(wants))
