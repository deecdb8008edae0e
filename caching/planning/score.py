"""How much a file deserves the cache, 0 to 100, in parts that the user is shown."""

from collections.abc import Sequence

from caching.planning.values import Part, Want

DAY = 86400

# The one table of weights. docs/planning.md explains it.
BASE = 50
BY_SOURCE = {"ondeck": 20}
CURRENT_EPISODE = 15
FURTHER_USER = 5
FURTHER_USERS_MOST = 15
# On deck by age in days: the first row whose bound is not passed counts.
ON_DECK_FRESH_DAYS, ON_DECK_FRESH = 7, 5
ON_DECK_AGING = ((30, -10), (14, -5))
PROTECTED = 100


def score(wants: Sequence[Want], now: int) -> tuple[int, tuple[Part, ...]]:
    """The score of a file from everybody's wants for it, with its parts. The best want decides, further users add."""
    if any(want.source == "playing" for want in wants):
        return PROTECTED, (Part("playing now", PROTECTED),)
    best = max((_of_one(want, now) for want in wants), key=lambda parts: (sum(part.points for part in parts), parts))
    parts = [Part(label, points) for label, points in ((part.label, part.points) for part in best)]
    further = min((len({want.who for want in wants}) - 1) * FURTHER_USER, FURTHER_USERS_MOST)
    if further:
        parts.append(Part("wanted by further users", further))
    return max(0, min(100, sum(part.points for part in parts))), tuple(parts)


def _of_one(want: Want, now: int) -> list[Part]:
    parts = [Part("base", BASE)]
    if points := BY_SOURCE.get(want.source):
        parts.append(Part("on deck", points))
        parts.append(Part("current", CURRENT_EPISODE))
    if want.since is not None:
        parts.extend(_freshness(now - want.since))
    return parts


def _freshness(age: int) -> list[Part]:
    if age < ON_DECK_FRESH_DAYS * DAY:
        return [Part(f"fresher than {ON_DECK_FRESH_DAYS} days", ON_DECK_FRESH)]
    for days, points in ON_DECK_AGING:
        if age > days * DAY:
            return [Part(f"older than {days} days", points)]
    return []
