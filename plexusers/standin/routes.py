"""Which path is answered by which function: one row for each endpoint."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from plexusers.standin import community_pages as community
from plexusers.standin import feed_pages as feeds
from plexusers.standin import library_pages as library
from plexusers.standin import pin_pages as pins
from plexusers.standin import plextv_pages as plextv
from plexusers.standin import server_pages as server
from plexusers.standin import watchlist_pages as watchlists
from plexusers.standin.websocket import notifications
from plexusers.standin.wire import COMMUNITY, DISCOVER, FEEDS, METADATA, PLEX_TV, Reply, Request, error

Endpoint = Callable[[Request], Reply]
Access = Literal["anyone", "account", "owner"]

READ = ("GET", "HEAD")
ACT = ("GET", "PUT", "POST")


@dataclass(frozen=True)
class Route:
    """A row of the table. `{name}` in the path stands for one segment; a path may begin with the name of a host."""

    path: str
    endpoint: Endpoint
    access: Access = "account"
    """`anyone` needs no token (or looks at it itself), `owner` answers 403 to everybody else."""
    methods: Collection[str] = READ

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression."""
        return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.path)))

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """What the placeholders stand for; None when the row is not meant."""
        found = self.pattern.fullmatch(path) if method in self.methods else None
        return found.groupdict() if found else None


SERVER: tuple[Route, ...] = (
    Route("/", server.root),
    Route("/identity", server.identity, "anyone"),
    Route("/accounts", server.accounts, "owner"),
    Route("/:/prefs", server.prefs, "owner"),
    Route("/:/scrobble", server.scrobble, methods=ACT),
    Route("/:/unscrobble", server.unscrobble, methods=ACT),
    Route("/:/progress", server.progress, methods=ACT),
    Route("/:/timeline", server.progress, methods=ACT),
    Route("/:/websockets/notifications", notifications, "anyone"),
    Route("/status/sessions", server.sessions, "owner"),
    Route("/status/sessions/history/all", server.history),
    Route("/hubs/continueWatching/items", library.continue_watching),
    Route("/library", library.root, "owner"),
    Route("/library/all", library.everything),
    Route("/library/onDeck", library.on_deck),
    Route("/library/recentlyAdded", library.recently_added),
    Route("/library/sections", library.sections),
    Route("/library/sections/{section}/all", library.section_all),
    Route("/library/sections/{section}/collections", library.section_collections),
    Route("/library/sections/{section}/onDeck", library.section_on_deck),
    Route("/library/sections/{section}/label", library.labels),
    Route("/library/sections/{section}/genre", library.genres),
    Route("/library/sections/{section}/refresh", library.section_refresh, "owner", ACT),
    Route("/library/metadata/{keys}", library.metadata),
    Route("/library/metadata/{key}/children", library.children),
    Route("/library/metadata/{key}/allLeaves", library.all_leaves),
    Route("/services/browse/{path}", server.browse, "owner"),
    Route("/photo/:/transcode", library.photo),
)

"""The Plex Media Server itself."""

ACCOUNTS: tuple[Route, ...] = (
    Route("/api/v2/user", plextv.user),
    Route("/api/users", plextv.users),
    Route("/api/home/users", plextv.home_users),
    Route("/api/home/users/{user}/switch", plextv.switch_by_number, methods=("POST",)),
    Route("/api/v2/home/users/{user}/switch", plextv.switch, methods=("POST",)),
    Route("/api/servers/{machine}/shared_servers", plextv.shared_servers, "owner"),
    Route("/api/v2/resources", plextv.resources),
    Route("/api/v2/pins", pins.begin, "anyone", ("POST",)),
    Route("/api/v2/pins/{pin}", pins.look, "anyone"),
    Route("/users/{uuid}/avatar", plextv.avatar, "anyone"),
)
"""plex.tv, which answers to two names."""


CATALOGUE: tuple[Route, ...] = (
    Route("", watchlists.provider),
    Route("/library/metadata/{key}", watchlists.metadata),
    Route("/library/metadata/{key}/userState", watchlists.user_state),
)
"""What both providers answer."""


def _on(host: str, *routes: Route) -> tuple[Route, ...]:
    return tuple(replace(route, path=f"/{host}{route.path}") for route in routes)


ROUTES: tuple[Route, ...] = (
    *SERVER,
    *(route for host in PLEX_TV for route in _on(host, *ACCOUNTS)),
    *_on(
        DISCOVER,
        Route("/library/sections/watchlist/all", watchlists.watchlist),
        Route("/actions/addToWatchlist", watchlists.add, methods=("PUT",)),
        Route("/actions/removeFromWatchlist", watchlists.remove, methods=("PUT",)),
        Route("/rss/{feed}", feeds.feed, "anyone"),
        *CATALOGUE,
    ),
    *_on(METADATA, *CATALOGUE),
    *_on(COMMUNITY, Route("/api", community.graphql, methods=("POST",))),
    *_on(FEEDS, Route("/{feed}", feeds.feed, "anyone")),
)
"""Everything a stand-in answers."""


def respond(routes: Iterable[Route], request: Request) -> Reply:
    """Finds the row for a request, checks who may ask, and answers."""
    for route in routes:
        names = route.match(request.method, request.path)
        if names is None:
            continue
        if route.access != "anyone" and request.account is None:
            break
        if route.access == "owner" and request.asker.kind != "owner":
            return error(403)
        with request.household.lock:  # an answer shows one moment, whatever changes meanwhile
            return route.endpoint(replace(request, names=names))
    else:
        return error(404 if request.account else 401)
    return error(401, at_root=request.path == "/")
