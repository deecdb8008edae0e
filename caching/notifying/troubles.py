"""What is wrong now, from rows, as troubles that are told once."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from caching import limits, problems, state
from caching.models import CachePolicy, NoticeEvent, NoticeLevel
from caching.notifying.values import Happening, Trouble
from caching.planning.sizes import readable
from plexusers.models import PlexServer, PlexUser

CLEARLY_PERCENT = 90
"""Free space of less than this share of what is to stay free is low: the last bytes come and go."""
ALMOST_FULL_PERCENT = 1
"""Where nothing is to stay free."""


def found() -> list[Trouble]:
    """All of them. Reads rows, and how full the caches are."""
    cycle, stats = state.current_cycle(), state.stats_data()
    own = [*_plex(PlexServer.stored()), *_users(), *_space(stats)]
    told = [line for trouble in own for line in trouble.happening.lines]
    rest = (one for one in problems.found(cycle, stats) if not any(line in one["message"] for line in told))
    return [*own, *_others(rest)]


def _plex(server: PlexServer) -> Iterator[Trouble]:
    if not server.last_error:
        return
    if server.sign_in_needed:
        told = Happening(NoticeEvent.SIGN_IN, NoticeLevel.FAILURE, "Plex refuses the token", (server.last_error,))
        yield Trouble("sign-in:owner", told, "Plex takes the token again")
    else:
        lines = (server.last_error, "Cached files stay where they are.")
        told = Happening(NoticeEvent.PLEX_UNREACHABLE, NoticeLevel.FAILURE, "Plex is unreachable", lines)
        yield Trouble("plex", told, "Plex is back again")


def _users() -> Iterator[Trouble]:
    for user in PlexUser.objects.filter(enabled=True).exclude(token_problem=""):
        lines = (user.token_problem,)
        told = Happening(NoticeEvent.SIGN_IN, NoticeLevel.WARNING, f"Sign-in needed for {user}", lines)
        yield Trouble(f"sign-in:{user.pk}", told)


def _space(stats: Mapping[str, Any]) -> Iterator[Trouble]:
    policy = CachePolicy.effective()
    for cache in stats["caches"]:
        total, free = cache["total"], cache["free"]
        if not cache["present"]:
            continue
        floor = limits.stays_free(policy, total)
        if free * 100 < max(floor * CLEARLY_PERCENT, total * ALMOST_FULL_PERCENT):
            wanted = f", {readable(floor)} should stay free" if floor else ""
            facts = (("Free", f"{readable(free)} of {readable(total)}{wanted}"),)
            title = f"Low space on {cache['path']}"
            told = Happening(NoticeEvent.LOW_SPACE, NoticeLevel.WARNING, title, (), facts)
            yield Trouble(f"space:{cache['id']}", told, f"There is room again on {cache['path']}")


def _others(shown: Iterable[problems.Problem]) -> Iterator[Trouble]:
    """What the dashboard shows, under the words without numbers: these change while the trouble stays the same."""
    for problem in shown:
        if problem["level"] == "note":
            continue
        critical = problem["level"] == "critical"
        event = NoticeEvent.ERRORS if critical else NoticeEvent.WARNINGS
        level = NoticeLevel.FAILURE if critical else NoticeLevel.WARNING
        words = re.sub(r"[\d.,]+", "#", problem["message"])
        title, _, rest = problem["message"].partition(". ")
        told = Happening(event, level, title.rstrip("."), (rest,) if rest else ())
        yield Trouble(f"{problem['page']}:{hashlib.sha256(words.encode()).hexdigest()[:40]}", told)
