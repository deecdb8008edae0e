"""The rows: the Plex server, its users and what is known of each, the library's index, what plays, how sources went."""

from plexusers.models.asking import HostRest, RequestCount
from plexusers.models.library import (
    ItemKind,
    LibraryFile,
    LibraryGuid,
    LibraryItem,
    LibrarySection,
    Poster,
    SectionKind,
    TaggedItem,
    TagKind,
    TagReading,
)
from plexusers.models.playing import PlaySession
from plexusers.models.policy import PlaybackTrigger, Versions, WatchPolicy
from plexusers.models.remark import Remark, RemarkKind
from plexusers.models.server import PlexServer, new_client_identifier, validate_server_address
from plexusers.models.source import SourceState, SourceStatus
from plexusers.models.user import PREFERENCES, Avatar, PlexUser, TokenOrigin, UserKind, UserTypeDefaults
from plexusers.models.watching import WatchlistEntry, WatchReading, WatchState, is_watched

__all__ = [
    "PREFERENCES",
    "Avatar",
    "HostRest",
    "ItemKind",
    "LibraryFile",
    "LibraryGuid",
    "LibraryItem",
    "LibrarySection",
    "PlaySession",
    "PlaybackTrigger",
    "PlexServer",
    "PlexUser",
    "Poster",
    "Remark",
    "RemarkKind",
    "RequestCount",
    "SectionKind",
    "SourceState",
    "SourceStatus",
    "TagKind",
    "TagReading",
    "TaggedItem",
    "TokenOrigin",
    "UserKind",
    "UserTypeDefaults",
    "Versions",
    "WatchPolicy",
    "WatchReading",
    "WatchState",
    "WatchlistEntry",
    "is_watched",
    "new_client_identifier",
    "validate_server_address",
]
