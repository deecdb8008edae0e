"""The GraphQL endpoint of the community host: who my friends are, and what is on the watchlist of one of them.

Only these two questions are understood, in the words that clients use for them; the answers have the recorded shapes.
How a watchlist that friends may not see is answered is not known for sure.
"""

import base64
import binascii
import json
from collections.abc import Mapping

from plexusers.standin.documents import as_json
from plexusers.standin.records import Account, Listed
from plexusers.standin.watchlist_pages import public_page
from plexusers.standin.wire import Answer, Request, error

LARGEST_PAGE = 100


def graphql(request: Request) -> Answer:
    """Answers one question. Whoever asks for something it cannot have is told so with status 200."""
    asked = _question(request)
    if asked is None:
        return error(400)
    query, variables = asked
    if "allFriendsV2" in query:
        people = [{"user": {"id": one.uuid, "username": one.username}} for one in friends(request)]
        return as_json({"data": {"allFriendsV2": people}})
    return _watchlist(request, variables) if "watchlist" in query else error(400)


def friends(request: Request) -> list[Account]:
    """The friends of the account that asks: the owner's are those outside the home, everybody else's is the owner."""
    members = request.household.members
    if request.asker.kind == "owner":
        return [one for one in members if one.kind == "shared"]
    return [one for one in members if one.kind == "owner" and request.asker.kind == "shared"]


def _question(request: Request) -> tuple[str, Mapping[str, object]] | None:
    """The query's text and its variables; None when the body is no question."""
    try:
        body = json.loads(request.body)
        variables = body.get("variables") or {}
        return str(body["query"]), variables if isinstance(variables, dict) else {}
    except (ValueError, KeyError, AttributeError):
        return None


def _watchlist(request: Request, variables: Mapping[str, object]) -> Answer:
    wanted = variables.get("uuid") or variables.get("id")
    known = [*friends(request), request.asker]
    account = next((one for one in known if one.uuid == wanted), None)
    if account is None:
        return _refused("user", {"user": None})
    online = request.household.online
    if account.id in online.private and account.id != request.asker.id:
        return _refused("watchlist", {"user": {"watchlist": None}})
    return _page(online.watchlist(account), variables)


def _page(lines: list[Listed], variables: Mapping[str, object]) -> Answer:
    before = _since(variables.get("after"))
    first = variables.get("first")
    size = min(first if isinstance(first, int) and first > 0 else LARGEST_PAGE, LARGEST_PAGE)
    rest = [line for line in lines if before is None or line.since < before]
    nodes = [
        {
            "id": line.work.key,
            "title": line.work.title,
            "publicPagesURL": public_page(line.work),
            "type": line.work.kind.upper(),
        }
        for line in rest[:size]
    ]
    cursor = base64.b64encode(str(rest[:size][-1].since).encode()).decode() if nodes else None
    page = {"nodes": nodes, "pageInfo": {"hasNextPage": len(rest) > size, "endCursor": cursor}}
    return as_json({"data": {"user": {"watchlist": page}}})


def _since(cursor: object) -> int | None:
    """The time in epoch milliseconds that a cursor stands for; None when there is no cursor, or a wrong one."""
    try:
        return int(base64.b64decode(str(cursor), validate=True)) if cursor else None
    except (binascii.Error, ValueError):
        return None


def _refused(what: str, data: Mapping[str, object]) -> Answer:
    message = f"You are not allowed to see this {what}"
    return as_json({"errors": [{"message": message, "extensions": {"code": "FORBIDDEN"}}], "data": data})
