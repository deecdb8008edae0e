"""The budgets of all caches while a plan is being made: how much there is, and who may fill it how far. In bytes.

Three amounts bound each budget. What is protected may fill all of it. What is cached stays up to the threshold; when
that is not enough, so much leaves that the target is reached. What is new fills it up to the target only, so that a
file which had to leave does not come back with the next plan; where all that is wanted fits below the threshold,
nothing has to leave, and the target does not matter.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from caching.planning.sizes import readable
from caching.planning.turns import Refusal, Tier, Turn
from caching.planning.values import Action, Cached, Decision, Eviction, Rules, Storage


@dataclass(slots=True)
class _Pool:
    """A budget that files share: the limit of a cache, or the usable part of a file system."""

    is_limit: bool
    budget: int
    threshold: int
    target: int
    held: int = 0
    """What cannot lose its room."""
    wanted: int = 0
    """That, and all that is wanted besides."""
    used: int = 0
    narrowed: set[Tier] = field(default_factory=set)
    """Whose cached files stay up to the target only, because some of them have to leave."""
    refused: set[Tier] = field(default_factory=set)
    latest: Decision | None = None
    """The new video that got room last."""

    def bound(self, turn: Turn) -> int:
        """How far this turn may fill the budget."""
        if turn.tier is Tier.PROTECTED:
            return self.budget
        if turn.is_cached:
            return self.target if turn.tier in self.narrowed else self.threshold
        return self.threshold if self.wanted <= self.threshold else self.target


class Rooms:
    """The budgets of all caches: a limit for each cache, and what is usable of each file system."""

    def __init__(self, storages: Iterable[Storage], cached: Iterable[Cached], rules: Rules) -> None:
        self._pools: dict[str, list[_Pool]] = {}
        self._rules = rules
        own: dict[str, int] = defaultdict(int)
        for item in cached:
            own[item.file.cache] += item.size
        systems: dict[tuple[str, str], list[Storage]] = defaultdict(list)
        for storage in sorted(storages, key=lambda storage: storage.cache):
            # A name of its own for each cache whose file system is not known.
            name = ("shared", storage.file_system) if storage.file_system else ("own", storage.cache)
            systems[name].append(storage)
        for shared in systems.values():
            usable = min(one.free - max(one.minimum_free, one.reserve) for one in shared)
            usable += sum(own[one.cache] + one.coming - one.pending for one in shared)
            system = self._pool(usable, sum(one.coming for one in shared), is_limit=False)
            for one in shared:
                limits = [] if one.limit is None else [self._pool(one.limit, one.coming, is_limit=True)]
                self._pools[one.cache] = [*limits, system]

    def _pool(self, budget: int, held: int, *, is_limit: bool) -> _Pool:
        budget, rules = max(budget, 0), self._rules
        percents = rules.threshold_percent, rules.target_percent
        if rules.eviction is Eviction.NONE:  # nothing leaves, so nothing could come back
            percents = 100, 100
        threshold, target = (budget * percent // 100 for percent in percents)
        target = min(threshold, target)
        return _Pool(is_limit, budget, threshold, target, held, held)

    def hold(self, cache: str, size: int) -> None:
        """A file has its room and cannot lose it."""
        for pool in self._pools.get(cache, ()):
            pool.held += size
            pool.wanted += size

    def want(self, cache: str, size: int) -> None:
        """A file is wanted: it will ask for room, or to keep the room that it has."""
        for pool in self._pools.get(cache, ()):
            pool.wanted += size

    def begin(self) -> None:
        """Nobody but those who cannot lose it has room now."""
        for pools in self._pools.values():
            for pool in pools:
                pool.used, pool.latest = pool.held, None
                pool.refused.clear()

    def narrow(self) -> bool:
        """Whether cached files were refused although the target is not reached: room must be given once more."""
        changed = False
        for pools in self._pools.values():
            for pool in pools:
                tiers = pool.refused - pool.narrowed if pool.target < pool.threshold else set()
                if Tier.WANTED in tiers:  # those whom nobody wants leave before
                    tiers.add(Tier.UNWANTED)
                pool.narrowed |= tiers
                changed = changed or bool(tiers)
        return changed

    def take(self, cache: str, size: int, turn: Turn) -> Refusal | None:
        """Use up `size` bytes for a file whose turn it is, or say why not. An empty file needs no room."""
        pools = self._pools.get(cache)
        if pools is None:
            return Refusal("its cache is not there")
        for pool in pools if size else ():
            bound = pool.bound(turn)
            if pool.used + size > bound:
                if turn.is_cached:
                    pool.refused.add(turn.tier)
                return self._refusal(pool, bound, size, turn)
        for pool in pools:
            pool.used += size
            if turn.video.action is Action.CACHE:
                pool.latest = turn.video
        return None

    def _refusal(self, pool: _Pool, bound: int, size: int, turn: Turn) -> Refusal:
        rules = self._rules
        if turn.is_cached:
            share = f"{rules.threshold_percent}% of the budget of {readable(pool.budget)}"
            return Refusal(f"more than {share} would be in use", pool.latest)
        share = "" if bound == pool.budget else f"{rules.target_percent}% of "
        needed, left = readable(size), readable(max(bound - pool.used, 0))
        if not pool.is_limit:
            return Refusal(f"no room on the cache: {needed} needed, {left} usable; free some space on its disk")
        if size > bound:
            limit = readable(pool.budget)
            return Refusal(f"larger than {share}the cache limit of {limit}: raise it to cache this file")
        return Refusal(f"no room within {share}the cache limit: {needed} needed, {left} left; raise the limit")
