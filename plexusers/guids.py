"""Names that other services have for an item, from the guids of new and of older agents. Pure.

A new agent's guid is `plex://movie/HEX`, with `imdb://tt…`, `tmdb://N` and `tvdb://N` beside it. Older agents have one
guid with everything in it: `com.plexapp.agents.thetvdb://268592/1/2?lang=en` names show, season and episode. What such
an episode is called by itself is not told, so only its show gets a name from it.
"""

import re
from collections.abc import Iterable

SCHEMES = frozenset({"plex", "imdb", "tmdb", "tvdb", "anidb"})
"""The services whose names are kept."""
OLDER_AGENTS = {
    "com.plexapp.agents.imdb": "imdb",
    "com.plexapp.agents.themoviedb": "tmdb",
    "com.plexapp.agents.thetvdb": "tvdb",
    "com.plexapp.agents.thetvdbdvdorder": "tvdb",
}
MIXED_AGENTS = frozenset({"com.plexapp.agents.hama", "com.plexapp.agents.xbmcnfo", "com.plexapp.agents.xbmcnfotv"})
"""Agents that take names of several services and say which: `hama://anidb-123`, `xbmcnfo://tt0123456`."""
_PREFIXED = re.compile(r"(anidb|imdb|tmdb|tvdb)\d?-(.+)")
_IDS = {
    "plex": re.compile(r"[a-z]+/[0-9a-z]+"),
    "imdb": re.compile(r"tt0*[1-9]\d*"),
    "tmdb": re.compile(r"0*[1-9]\d*"),
    "tvdb": re.compile(r"0*[1-9]\d*"),
    "anidb": re.compile(r"0*[1-9]\d*"),
}


def names_of(guid: str, others: Iterable[str] = (), *, episode: bool = False) -> tuple[str, ...]:
    """All names of an item, its main guid's first, each once: `imdb://tt…` and the like.

    Guids that name nothing outside this server (`local://…`, `com.plexapp.agents.none://…`) give none.
    """
    found = [_name(guid, episode=episode), *(_new(one) for one in others)]
    return tuple(dict.fromkeys(name for name in found if name))


def _name(guid: str, *, episode: bool) -> str:
    scheme, _, rest = guid.strip().partition("://")
    scheme = scheme.lower()
    if scheme not in OLDER_AGENTS and scheme not in MIXED_AGENTS:
        return _new(guid)
    if episode:
        return ""  # the identity is the show's
    return _checked(*_older(scheme, rest.partition("?")[0].partition("/")[0]))


def _older(scheme: str, identity: str) -> tuple[str, str]:
    if found := _PREFIXED.fullmatch(identity):
        return found[1], found[2]
    if identity.startswith("tt"):
        return "imdb", identity
    return OLDER_AGENTS.get(scheme, ""), identity


def _new(guid: str) -> str:
    scheme, _, identity = guid.strip().partition("://")
    return _checked(scheme.lower(), identity.partition("?")[0])


def _checked(scheme: str, identity: str) -> str:
    """The name, or nothing when it is none: an agent that found nothing writes `tmdb://` or `imdb://tt0000000`."""
    known = _IDS.get(scheme)
    return f"{scheme}://{identity}" if known and known.fullmatch(identity) else ""
