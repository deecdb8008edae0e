"""When a cached file leaves and why, as far as a plan can tell: what every page and program says about it."""

from collections.abc import Collection, Mapping, Sequence

from caching.planning.expiry import expires_at
from caching.planning.score import PROTECTING
from caching.planning.values import Action, Decision, Leave, Want

ONCE_UNWANTED = Leave(None, "once nobody wants it any more")
ONCE_SEEN_TO = Leave(None, "not by itself: somebody has to look at it first")
NOT_WHILE = {"playing": Leave(None, "not while it plays"), "pin": Leave(None, "not before it is unpinned")}


def of_wanted(
    wants: Sequence[Want], expiry: Mapping[str, int], held_until: int, unknown: Collection[str] = ()
) -> Leave:
    """Of a file that somebody wants. `held_until` is the end of its minimum hold; `unknown` claims keep it as well.

    `expiry` are the bounds of `expiry.bounds`.
    """
    for want in wants:
        if want.source in PROTECTING:
            return NOT_WHILE[want.source]
    if unknown:
        return of_unknown(unknown)
    if (ends := expires_at(wants, expiry)) is None:
        return ONCE_UNWANTED
    return Leave(max(ends, held_until), "all wishes for it are expired then")


def of_unknown(claims: Collection[str]) -> Leave:
    """Of a file that stays because somebody could not be asked."""
    return Leave(None, f"not before it is known what {', '.join(sorted(claims))} wants")


def outlook(decision: Decision, now: int) -> Leave:
    """What a plan that was made at this time (seconds since 1970 UTC) says of a file, also of one that leaves now."""
    if decision.action in {Action.RESTORE, Action.EVICT}:
        return Leave(now, decision.reason)
    return decision.leave or Leave(None, "")
