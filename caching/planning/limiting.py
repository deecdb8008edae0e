"""Limits of users and libraries: which of them a file counts for, and whether it fits.

A file counts for one user and one library at the most, whatever else is cached: so a plan that was carried out is full
to the same degree as the plan said. Of several users it is the one with the largest limit; where somebody wants it who
has none, or a list, a pin or an order does, it counts for nobody.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf

from caching.planning.sizes import readable
from caching.planning.turns import Refusal, Tier, Turn
from caching.planning.values import Action, Decision, Limit


@dataclass(slots=True)
class _Use:
    """What of a limit is used up."""

    size: int = 0
    files: int = 0
    latest: Decision | None = None
    """The new video that came last."""


class Limits:
    """All limits, while room is being given."""

    def __init__(self, limits: Iterable[Limit]) -> None:
        known = sorted(limits, key=lambda limit: limit.label)
        self._by_claim = {claim: limit for limit in known for claim in limit.claims}
        self._by_section = {limit.section: limit for limit in known if limit.section}
        self._held: list[Turn] = []
        self._used: dict[Limit, _Use] = {}

    def of(self, claims: Iterable[str], sections: Iterable[str]) -> tuple[Limit, ...]:
        """The limits that a file counts for, wanted under these claims and in these libraries."""
        found = (_largest(claims, self._by_claim.get), _largest(sections, self._by_section.get))
        return tuple(limit for limit in found if limit is not None)

    def hold(self, turns: Iterable[Turn]) -> None:
        """These have their room and cannot lose it, whatever the limits say."""
        self._held += [turn for turn in turns if turn.limits]

    def begin(self) -> None:
        """Nobody but those who cannot lose it has room now."""
        self._used.clear()
        for turn in self._held:
            self.take(turn)

    def refusal(self, turn: Turn) -> Refusal | None:
        """Why a video does not fit; None when it does. What is protected always does."""
        if turn.tier is Tier.PROTECTED:
            return None
        for limit in turn.limits:
            used = self._used.get(limit) or _Use()
            if reason := _why_not(limit, used, turn.video.size):
                return Refusal(reason, used.latest, limit.label)
        return None

    def take(self, turn: Turn) -> None:
        """A video has got room."""
        for limit in turn.limits:
            used = self._used.setdefault(limit, _Use())
            used.size += turn.video.size
            used.files += 1
            if turn.video.action is Action.CACHE:
                used.latest = turn.video


def _largest(names: Iterable[str], find: Callable[[str], Limit | None]) -> Limit | None:
    """The largest of the limits found by these names; None when one of them has none."""
    found: list[Limit] = []
    for name in names:
        limit = find(name)
        if limit is None:
            return None
        found.append(limit)
    return max(found, key=_width, default=None)


def _width(limit: Limit) -> tuple[float, float, str]:
    return inf if limit.size is None else limit.size, inf if limit.files is None else limit.files, limit.label


def _why_not(limit: Limit, used: _Use, size: int) -> str:
    if limit.size is not None and size and used.size + size > limit.size:
        amount = readable(limit.size)
        if size > limit.size:
            return f"larger than {limit.label} of {amount}"
        left = readable(max(limit.size - used.size, 0))
        return f"{limit.label} of {amount} is used up: {readable(size)} needed, {left} left"
    if limit.files is not None and used.files >= limit.files:
        return f"{limit.label} of {limit.files} {'file' if limit.files == 1 else 'files'} is used up"
    return ""
