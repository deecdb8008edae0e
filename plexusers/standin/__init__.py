"""A stand-in for a Plex Media Server: real HTTP, Plex's own XML, a household of people who watch.

It serves demonstrations and tests. It needs the standard library only and never leaves this machine.
"""

from plexusers.standin.household import Household
from plexusers.standin.records import (
    Account,
    Episode,
    Movie,
    PartFile,
    Season,
    Section,
    Show,
    Version,
    WatchState,
    Work,
)
from plexusers.standin.server import StandIn
from plexusers.standin.wire import SeenRequest

__all__ = [
    "Account",
    "Episode",
    "Household",
    "Movie",
    "PartFile",
    "Season",
    "Section",
    "SeenRequest",
    "Show",
    "StandIn",
    "Version",
    "WatchState",
    "Work",
]
