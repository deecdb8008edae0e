"""What plex.tv tells, as frozen values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody whom plex.tv knows."""

    plex_id: int
    title: str
    uuid: str = ""
    username: str = ""
    """Empty for managed users."""
    email: str = ""
    thumb: str = ""
    """Address of the avatar."""
    at_home: bool = False
    """In the owner's Plex Home."""
    managed: bool = False
    """A home user without an account of its own."""
    protected: bool = False
    """Plex asks for a PIN before somebody becomes this user."""
    servers: frozenset[str] = frozenset()
    """Machine identifiers of the owner's servers that are shared with this user."""


@dataclass(frozen=True, slots=True)
class Share:
    """What of one server is shared with a user, and the user's token for it. The token may be missing."""

    plex_id: int
    token: str
    all_sections: bool
    sections: tuple[str, ...]
    """Keys of the sections, when not all of them are shared."""

    def __repr__(self) -> str:
        return f"Share({self.plex_id})"  # a token must not get into a log


@dataclass(frozen=True, slots=True)
class Server:
    """A Plex server that an account may use."""

    name: str
    machine_identifier: str
    owned: bool
    """Whether the account is its owner."""
    addresses: tuple[str, ...]
    """Where it says that it can be reached, those at home first; Plex's relay is none of them."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A sign-in in progress: whoever confirms its code at plex.tv gives us a token."""

    pin_id: int
    code: str
    expires_in: int
    """Seconds."""
    token: str = ""
    """The account's token, once the sign-in is confirmed."""

    def __repr__(self) -> str:
        return f"Pin({self.pin_id})"  # a code or a token must not get into a log
