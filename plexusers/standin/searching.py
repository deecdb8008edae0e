"""Which items a list holds, and in which order: the filters and sorts of a query, for the account that asks."""

from collections.abc import Callable, Iterable

from plexusers.standin.records import Episode, Item, Movie, Season, Section, Show
from plexusers.standin.tagging import tag_id, tags_of
from plexusers.standin.wire import Request

CLASSES: dict[str, type[Item]] = {"1": Movie, "2": Show, "3": Season, "4": Episode}
"""By Plex's numbers for kinds of items."""
COMPARED = ("addedAt", "updatedAt", "lastViewedAt")
"""Times in epoch seconds by which a list can be cut (`addedAt>=N`) and sorted."""

Times = Callable[[Item], int]


def shared_sections(request: Request, *, shown: bool = False) -> list[Section]:
    """The sections the asking account may see; `shown` leaves those out that are hidden from the home screen."""
    sections = request.household.sections.values()
    return [one for one in sections if request.asker.sees(one.key) and not (shown and one.hidden)]


def search(request: Request, sections: Iterable[Section], kind: str) -> list[Item]:
    """The items of sections, of one kind or of all, narrowed down and sorted as the query says."""
    household, query = request.household, request.query
    found = [item for one in sections for item in household.listed(one, CLASSES.get(kind))]
    if guid := query.get("guid"):
        found = [item for item in found if item.guid == guid]
    if title := query.get("title", "").casefold():
        found = [item for item in found if title in item.title.casefold()]
    for kind_of_tag in ("label", "genre"):
        if wanted := query.get(kind_of_tag):
            found = [item for item in found if wanted in map(tag_id, tags_of(item, kind_of_tag))]
    for argument in query:
        name, _, after = argument.partition(">")
        since, times = request.number(argument), _times(request, name)
        if since is not None and times and argument != name:
            found = [item for item in found if times(item) >= since + (after == ">")]
    return _sorted(request, found)


def _sorted(request: Request, found: list[Item]) -> list[Item]:
    """Several sorts are divided by commas, the one that counts most first; a list comes by title."""
    for sort in reversed(request.query.get("sort", "").split(",")):
        name, _, direction = sort.partition(":")
        if times := _times(request, name):
            found.sort(key=times, reverse=direction == "desc")
        elif direction == "desc":
            found.reverse()
    return found


def _times(request: Request, name: str) -> Times | None:
    """Tells the time of that name of an item; of a show with `episode.` before it, the latest of its episodes."""
    below, _, attribute = name.rpartition(".")
    if attribute not in COMPARED:
        return None
    household = request.household

    def of_leaves(item: Item) -> list[int]:
        leaves = household.leaves(item)
        if attribute == "lastViewedAt":
            return [household.state(request.asker, leaf).last_viewed_at or 0 for leaf in leaves]
        return [_time(leaf, attribute) for leaf in leaves]

    def time(item: Item) -> int:
        if below == "episode" or attribute == "lastViewedAt":
            return max(of_leaves(item), default=0)
        return _time(item, attribute)

    return time


def _time(item: Item, attribute: str) -> int:
    return item.added_at if attribute == "addedAt" else item.updated_at
