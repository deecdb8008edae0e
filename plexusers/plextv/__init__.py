"""plex.tv: who belongs to a server, and how to read as each of them. Plain requests, because plexapi hides errors."""

from plexusers.plextv.asking import NothingThereError, PlexTv, PlexTvRefusedError, TooManyRequestsError, not_understood
from plexusers.plextv.people import account, home, shares, users
from plexusers.plextv.signing import (
    PinRefusedError,
    begin_sign_in,
    confirm_address,
    server_token,
    servers,
    sign_in,
    switch,
)
from plexusers.plextv.values import Account, Pin, Server, Share

__all__ = [
    "Account",
    "NothingThereError",
    "Pin",
    "PinRefusedError",
    "PlexTv",
    "PlexTvRefusedError",
    "Server",
    "Share",
    "TooManyRequestsError",
    "account",
    "begin_sign_in",
    "confirm_address",
    "home",
    "not_understood",
    "server_token",
    "servers",
    "shares",
    "sign_in",
    "switch",
    "users",
]
