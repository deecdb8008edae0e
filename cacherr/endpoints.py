"""Names for what is asked of others: a host and an endpoint, so that requests can be counted and shown.

A path may hold what nobody else should see: the number of a feed is its password, and a webhook's last part too. So
only words that are known to belong to somebody's interface stay; everything else is shown as `{id}`, and queries are
left out. A new endpoint that is not listed here is counted all the same, only with less of a name.
"""

from urllib.parse import urlsplit

SERVER = "server"
"""The name of the Plex server among the hosts: its address is the owner's own matter."""

UNKNOWN = "{id}"
MOST_PARTS = 8

WORDS = frozenset(
    {
        # the Plex server
        "identity", "hubs", "home", "onDeck", "library", "sections", "all", "metadata", "allLeaves", "children",
        "status", "sessions", "history", "accounts", "prefs", "activities", "butler", "statistics", "resources",
        "media", "providers", "photo", ":", "transcode", "websockets", "notifications", "eventsource",
        "continueWatching", "items", "streams", "parts", "search", "servers", "recentlyAdded", "unwatched", "label",
        "genre",
        # plex.tv and its hosts
        "api", "v1", "v2", "users", "user", "account", "shared_servers", "shared_items", "switch", "pins",
        "friends", "devices", "webhooks", "watchlist", "rss", "userState", "actions", "tags", "feed", "signin",
        "ping", "geoip",
        # lists
        "movies", "shows", "movie", "tv", "show", "popular", "trending", "watched", "played", "anticipated",
        "collected", "boxoffice", "lists", "list", "person", "discover", "top_rated", "upcoming", "now_playing",
        "airing_today", "on_the_air", "day", "week", "external_ids", "find", "keyword", "collection", "oauth",
        "device", "code", "token", "revoke", "recommendations", "json", "graphql", "chart", "title",
        # notifications
        "services", "message", "notify",
    }
)  # fmt: skip
NAMED_VERSIONS = {"api.themoviedb.org": frozenset({"3", "4"})}
"""Where the first part of the path is a version that looks like a number."""


def host_of(address: str) -> str:
    """The host of an address as it is counted: without a name and a password, with a port that is not the usual one."""
    return urlsplit(address).netloc.rpartition("@")[2].lower()


def endpoint_of(address: str) -> str:
    """The address's path with everything but known words left out."""
    parts = urlsplit(address)
    names = [name for name in parts.path.split("/") if name]
    versions = NAMED_VERSIONS.get(host_of(address), frozenset())
    shown = [
        name if name in WORDS or (place == 0 and name in versions) else UNKNOWN
        for place, name in enumerate(names[:MOST_PARTS])
    ]
    return "/" + "/".join([*shown, *(["…"] if len(names) > MOST_PARTS else [])])
