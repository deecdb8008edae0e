"""Endpoints of the discover and metadata providers: an account's watchlist, and the catalogue of films and shows."""

from collections.abc import Callable

from plexusers.standin.documents import contained
from plexusers.standin.records import Listed, Work
from plexusers.standin.wire import Answer, Reply, Request, error

PAGE, LARGEST_PAGE = 20, 100
"""How many lines of a watchlist come when nothing is said, and at most."""
IDENTIFIER = "tv.plex.provider.discover"
RELEASED_AT = 1_500_000_000
"""Since when the catalogue knows a work, in epoch seconds; it says nothing about the watchlist."""
KINDS = {"1": "movie", "2": "show"}
ORDERS: dict[str, Callable[[Listed], int | str]] = {
    "watchlistedAt": lambda line: line.since,
    "titleSort": lambda line: line.work.title.casefold(),
    "originallyAvailableAt": lambda line: line.work.year or 0,
}


def watchlist(request: Request) -> Answer:
    """A page of the asking account's watchlist, newest first. The external ids of a line have to be asked for singly.

    A managed account whose online sources are off is refused; which status a real one gets is not known for sure.
    """
    if not request.asker.discovers:
        return error(403)
    lines = _ordered(request)
    start = request.number("X-Plex-Container-Start", 0) or 0
    size = request.number("X-Plex-Container-Size", PAGE)
    page = lines[start : start + min(PAGE if size is None else size, LARGEST_PAGE)]
    facts: dict[str, object] = {
        "librarySectionID": "watchlist",
        "librarySectionTitle": "Watchlist",
        "offset": start,
        "totalSize": len(lines),
        "identifier": IDENTIFIER,
        "size": len(page),
    }
    if page:  # past the end the key is missing
        facts["Metadata"] = [catalogue_facts(line.work) for line in page]
    return contained(request, facts)


def metadata(request: Request) -> Answer:
    """A film or a show of the catalogue, with its external ids."""
    work = request.household.online.works.get(request.names["key"])
    if work is None:
        return error(404)
    full = {**catalogue_facts(work), "Guid": [{"id": guid} for guid in work.guids]}
    return contained(request, {"offset": 0, "totalSize": 1, "identifier": IDENTIFIER, "size": 1, "Metadata": [full]})


def user_state(request: Request) -> Answer:
    """Whether, and since when (epoch seconds), something is on the asking account's watchlist."""
    online, key = request.household.online, request.names["key"]
    work = online.works.get(key)
    if work is None:
        return error(404)
    since = next((line.since // 1000 for line in online.watchlist(request.asker) if line.work.key == key), None)
    state: dict[str, object] = {"ratingKey": key, "type": work.kind, "viewCount": 0, "viewedLeafCount": 0}
    if since is not None:
        state["watchlistedAt"] = since
    return contained(request, {"size": 1, "identifier": IDENTIFIER, "UserState": state})


def add(request: Request) -> Reply:
    """Puts something of the catalogue on the asking account's watchlist."""
    return _act(request, request.household.online.add_to_watchlist)


def remove(request: Request) -> Reply:
    """Takes something off the asking account's watchlist."""
    return _act(request, request.household.online.remove_from_watchlist)


def provider(request: Request) -> Answer:
    """What a provider says about itself at its root."""
    return contained(request, {"size": 0, "identifier": IDENTIFIER, "title": "Discover", "types": "movie,show"})


def catalogue_facts(work: Work) -> dict[str, object]:
    """What a list tells of a film or a show."""
    facts: dict[str, object] = {
        "guid": work.guid,
        "key": f"/library/metadata/{work.key}" + ("/children" if work.kind == "show" else ""),
        "ratingKey": work.key,
        "type": work.kind,
        "addedAt": RELEASED_AT,
        "publicPagesURL": public_page(work),
        "slug": slug_of(work),
        "userState": False,
        "title": work.title,
    }
    if work.kind == "show":
        facts |= {"leafCount": 10, "childCount": 1}  # as of the catalogue, whatever the library has
    if work.year:
        facts |= {"year": work.year, "originallyAvailableAt": f"{work.year}-06-01"}
    return facts


def slug_of(work: Work) -> str:
    """The title as it stands in addresses."""
    letters = (letter if letter.isalnum() else " " for letter in work.title.casefold())
    return "-".join("".join(letters).split())


def public_page(work: Work) -> str:
    """The page of a film or a show for everybody."""
    return f"https://watch.plex.tv/{work.kind}/{slug_of(work)}"


def _ordered(request: Request) -> list[Listed]:
    lines = request.household.online.watchlist(request.asker)
    if kind := KINDS.get(request.query.get("type", "")):
        lines = [line for line in lines if line.work.kind == kind]
    name, _, direction = request.query.get("sort", "").partition(":")
    if order := ORDERS.get(name):
        lines.sort(key=order, reverse=direction == "desc")
    return lines


def _act(request: Request, change: Callable[..., object]) -> Reply:
    work = request.household.online.works.get(request.query.get("ratingKey", ""))
    if work is None:
        return error(404)
    change(request.asker, work)
    return Answer()
