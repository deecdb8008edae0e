"""Reading friends' watchlists with the owner's token, by the GraphQL questions of Plex's own apps.

Unofficial. A line has a hexadecimal id, a title and a kind; a watchlist that its owner does not show is refused with
status 200. A hundred lines a page.
"""

from collections.abc import Mapping
from typing import Any

from cacherr.errors import PlexError
from plexusers.models import PlexUser
from plexusers.plextv import PlexTv, not_understood
from plexusers.watchlists.lines import Line, line

ADDRESS = "https://community.plex.tv"
PATH = "/api"
PAGE = 100
MOST_PAGES = 100
FRIENDS = "query GetAllFriends { allFriendsV2 { user { id username } } }"
WATCHLIST = """query GetWatchlistHub($uuid: ID = "", $first: PaginationInt!, $after: String) {
  user(id: $uuid) { watchlist(first: $first, after: $after) {
    nodes { id title type } pageInfo { hasNextPage endCursor } } } }"""
PRIVATE = "Plex does not show this user's watchlist to the owner."
PRIVATE_CURE = "The user can show it to friends at Plex (Account, Privacy), or sign in by the sign-in link."


class Friends:
    """The owner's friends, asked for once, when the first of their watchlists is."""

    def __init__(self, asked: PlexTv) -> None:
        self._asked = asked
        self._known: dict[str, str] | None = None

    def watchlist(self, user: PlexUser) -> tuple[Line, ...]:
        """All lines of a friend's watchlist: one request for each hundred, and one for the list of friends before.

        Raises PlexError, also when the user is no friend or shows the watchlist to nobody.
        """
        if self._known is None:
            self._known = _friends(self._asked)
        uuid = uuid_of(user, self._known)
        if not uuid:
            raise PlexError("Plex does not name this user among the owner's friends.", PRIVATE_CURE)
        return _watchlist(self._asked, uuid)


def uuid_of(user: PlexUser, friends: Mapping[str, str]) -> str:
    """A user's id among friends, whose names are given by id. By the id in the row or in the avatar's address, and by
    the name only when that is one friend's alone. Pure.
    """
    for uuid in friends:
        if uuid and (uuid == user.uuid or f"/users/{uuid}/" in user.thumb):
            return uuid
    same = [uuid for uuid, name in friends.items() if name and name.casefold() == user.username.casefold()]
    return same[0] if len(same) == 1 else ""


def _friends(asked: PlexTv) -> dict[str, str]:
    data = _answer(asked, FRIENDS, {})
    try:
        users = [one["user"] for one in data["allFriendsV2"]]
        return {str(user["id"]): str(user.get("username") or "") for user in users}
    except (AttributeError, KeyError, TypeError) as error:
        raise not_understood(PATH) from error


def _watchlist(asked: PlexTv, uuid: str) -> tuple[Line, ...]:
    found: dict[str, Line | None] = {}
    after: str | None = None
    for _ in range(MOST_PAGES):
        data = _answer(asked, WATCHLIST, {"uuid": uuid, "first": PAGE, "after": after})
        try:
            page = data["user"]["watchlist"]
            found |= {str(node["id"]): _line(node) for node in page["nodes"]}
            more, after = bool(page["pageInfo"]["hasNextPage"]), page["pageInfo"]["endCursor"]
        except (AttributeError, KeyError, TypeError) as error:
            raise not_understood(PATH) from error
        if not more:
            return tuple(one for one in found.values() if one)
    raise not_understood(PATH)


def _line(node: Mapping[str, Any]) -> Line | None:
    kind = str(node["type"]).lower()
    return line(kind, node["title"], None, [f"plex://{kind}/{node['id']}"])


def _answer(asked: PlexTv, query: str, variables: Mapping[str, object]) -> Any:
    answer = asked.facts("POST", PATH, question={"query": query, "variables": variables})
    if not isinstance(answer, dict):
        raise not_understood(PATH)
    if answer.get("errors"):
        raise PlexError(PRIVATE, PRIVATE_CURE)
    return answer.get("data")
