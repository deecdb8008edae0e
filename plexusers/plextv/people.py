"""Who is who on plex.tv, and what of a server is shared with whom.

`/api/users` and `/api/home/users` are XML only; managed users have neither username nor email there.
"""

import re
from collections.abc import Callable
from typing import TypeVar
from xml.etree.ElementTree import Element

from plexusers.plextv.asking import NothingThereError, PlexTv, not_understood
from plexusers.plextv.values import Account, Share

T = TypeVar("T")

ACCOUNT = "/api/v2/user"
USERS = "/api/users"
HOME = "/api/home/users"


def account(plex_tv: PlexTv) -> Account:
    """Whose token it is. One request. Raises PlexSignInError when it is nobody's, PlexError."""
    root = plex_tv.element("GET", ACCOUNT)
    if root.tag != "user":
        raise not_understood(ACCOUNT)
    return _each(ACCOUNT, [root], _account)[0]


def users(plex_tv: PlexTv) -> tuple[Account, ...]:
    """Friends and home users, also friends with whom nothing is shared. One request. Raises PlexError."""
    return _each(USERS, plex_tv.container(USERS), _account)


def home(plex_tv: PlexTv) -> tuple[Account, ...]:
    """Everybody in the owner's Plex Home, the owner too; nobody without a home. One request. Raises PlexError."""
    try:
        found = plex_tv.container(HOME)
    except NothingThereError:
        return ()
    return _each(HOME, found, lambda element: _account(element, at_home=True))


def shares(plex_tv: PlexTv, machine_identifier: str) -> tuple[Share, ...]:
    """What of a server is shared with whom, with everybody's token: one request for all. Raises PlexError."""
    path = f"/api/servers/{machine_identifier}/shared_servers"
    return _each(path, plex_tv.container(path), _share)


def _each(path: str, elements: "Element | list[Element]", make: Callable[[Element], T]) -> tuple[T, ...]:
    try:
        return tuple(make(element) for element in elements)
    except (KeyError, ValueError) as error:
        # Without a number nobody can be told apart; to leave one out would look as if they had gone.
        raise not_understood(path) from error


def _account(element: Element, *, at_home: bool = False) -> Account:
    said = element.attrib
    return Account(
        plex_id=int(said["id"]),
        title=said.get("title", ""),
        uuid=said.get("uuid") or _uuid_in(said.get("thumb", "")),
        username=said.get("username", ""),
        email=said.get("email", ""),
        thumb=said.get("thumb", ""),
        at_home=at_home or said.get("home") == "1",
        managed=said.get("restricted") == "1",
        protected=said.get("protected") == "1",
        servers=frozenset(
            server.get("machineIdentifier", "") for server in element.iter("Server") if server.get("pending") != "1"
        ),
    )


def _uuid_in(thumb: str) -> str:
    """`/api/users` tells no uuid, but the avatar's address has it: https://plex.tv/users/UUID/avatar?c=TIME."""
    found = re.search(r"/users/([0-9a-f]+)/avatar", thumb)
    return found[1] if found else ""


def _share(element: Element) -> Share:
    return Share(
        plex_id=int(element.attrib["userID"]),
        token=element.get("accessToken", ""),
        all_sections=element.get("allLibraries") == "1",
        sections=tuple(one.attrib["key"] for one in element.iter("Section") if one.get("shared") == "1"),
    )
