"""`make_plan`: from a situation to a plan, the same for dry run, preview, API and worker."""

import gc
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from caching.planning.belonging import Company, Waiting, followers, why_it_must_leave
from caching.planning.expiry import alive, bounds
from caching.planning.leaving import ONCE_SEEN_TO, ONCE_UNWANTED, of_unknown, of_wanted
from caching.planning.limiting import Limits
from caching.planning.room import Rooms
from caching.planning.ruling import Refused, counting
from caching.planning.score import protection, score
from caching.planning.seating import give_room
from caching.planning.turns import NOWHERE, Tier, Turn, in_turn, rank
from caching.planning.values import (
    Action,
    Cached,
    Decision,
    Eviction,
    FileKey,
    Leave,
    Limit,
    Plan,
    Situation,
    Skipped,
    Want,
)

UNWANTED = "nobody wants it"


def make_plan(situation: Situation) -> Plan:
    """Decide what becomes of every wanted and every cached file, and of the sidecars that belong to them.

    Deterministic: the order of the input does not matter. What leaves comes first because it makes room, then caching,
    best score first; among equals the smaller file, then the name; sidecars other than subtitles come after all videos.
    """
    with _no_search_for_garbage():
        return _Planning(situation).plan()


@contextmanager
def _no_search_for_garbage() -> Iterator[None]:
    """A large plan makes a hundred thousand values and no cycle: to search them takes a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Planning:
    """A plan while it is made."""

    def __init__(self, situation: Situation) -> None:
        self._situation, self._rules = situation, situation.rules
        allowed, self._refused = counting(situation.wants, self._rules, situation.now)
        alive_ones, expired = alive(allowed, self._rules.expiry, situation.now)
        for key, reason in expired.items():
            self._refused.setdefault(key, Refused(reason))
        self._wants = _by_file(alive_ones)
        self._expiry = bounds(self._rules.expiry)
        self._limits = Limits(self._rules.limits)
        self._cached = {item.file: item for item in situation.cached}
        self._caches = {storage.cache for storage in situation.storages}

    def plan(self) -> Plan:
        """All decisions in their order."""
        situation = self._situation
        sidecars = followers(situation, self._wants)
        beside = {follower.file for follower in sidecars}
        videos = [item for item in situation.cached if item.file not in beside]
        settled = [self._settle(item) for item in videos]
        wishes = [self._wish(key, group) for key, group in self._wants.items() if key not in self._cached]

        turns = [self._turn(one) for one in (*settled, *wishes) if one.action in {Action.KEEP, Action.CACHE}]
        fixed = [one for one in settled if one.action is Action.SKIP]
        self._limits.hold([*map(self._turn, fixed), *(turn for turn in turns if turn.is_settled)])
        fixed += [turn.video for turn in turns if turn.is_settled]
        turns = [turn for turn in turns if not turn.is_settled or turn.video.who]
        seeking = [turn.video for turn in turns if not turn.is_settled]
        company = Company(situation, sidecars, fixed, seeking)
        answers = [(follower, company.settle(follower)) for follower in sidecars]
        undecided = [follower for follower, decision in answers if decision is None]
        alone = [decision for _, decision in answers if decision is not None]

        leaving = [one for one in settled if one.action is Action.RESTORE]
        waiting = Waiting(undecided)
        rooms = self._rooms([*fixed, *alone], turns, waiting)
        eviction = self._rules.eviction
        cached_at = {item.file: item.cached_at for item in situation.cached}
        served = give_room(in_turn(turns, eviction, cached_at), waiting, rooms, self._limits, eviction)
        refused = self._not_counting()
        return _in_order([*leaving, *fixed, *alone, *served, *refused, *(_skip(one) for one in situation.skipped)])

    def _turn(self, video: Decision) -> Turn:
        is_wanted = video.file in self._wants
        tier = Tier.PROTECTED if video.protected else Tier.WANTED if is_wanted else Tier.UNWANTED
        limits = self._limits_of(video) if self._rules.limits and video.file else ()
        return Turn(video, tier, is_cached=video.action is Action.KEEP, limits=limits)

    def _limits_of(self, video: Decision) -> tuple[Limit, ...]:
        """The limits that a video counts for: those of who wants it, or else of who wanted it last."""
        key = video.file or NOWHERE
        wants, item = self._wants.get(key, ()), self._cached.get(key)
        sections = [want.subject.section for want in wants if want.subject] or ([item.section] if item else [])
        return self._limits.of(video.sources or (item.sources if item else ()), sections)

    def _rooms(self, placed: Iterable[Decision], turns: Sequence[Turn], waiting: Waiting) -> Rooms:
        """The budgets, with what cannot lose its room, and what will ask for some."""
        rooms = Rooms(self._situation.storages, self._situation.cached, self._rules)
        for one in placed:
            if one.file is not None and one.action is not Action.RESTORE:
                rooms.hold(one.file.cache, one.size)
        asking = [turn for turn in turns if turn.tier is not Tier.UNWANTED]
        wanted: Counter[str] = Counter()
        for turn in asking:
            if turn.video.file is not None and not turn.is_settled:
                wanted[turn.video.file.cache] += turn.video.size
        company = {id(one): one for turn in asking for one in waiting.of(turn.video)} if waiting else {}
        for follower in company.values():
            wanted[follower.file.cache] += follower.size
        for cache, size in wanted.items():
            rooms.want(cache, size)
        return rooms

    def _wish(self, key: FileKey, wants: list[Want], item: Cached | None = None) -> Decision:
        """What is wanted. Of a cached file those claims of before stay that are unknown now."""
        situation = self._situation
        points, parts = score(wants, situation.now, item.cached_at if item else None)
        unknown = sorted(item.sources & situation.unknown_claims) if item else ()
        first, alone = wants[0], len(wants) == 1 and not unknown
        protected = self._why_protected(item, wants) if item else protection(wants)
        leave = ONCE_UNWANTED  # of most files nothing else is to be said: a large plan has tens of thousands
        if protected or unknown or self._expiry:
            held_until = (item.cached_at if item else situation.now) + self._rules.minimum_hold
            leave = of_wanted(wants, self._expiry, held_until, unknown)
        if alone:
            reason = first.reason
            who: tuple[str, ...] = (first.who,)
            sources: tuple[str, ...] = (first.name,)
        else:
            reason = "; ".join(dict.fromkeys([want.reason for want in wants]))
            who = tuple(dict.fromkeys([want.who for want in wants]))
            sources = tuple(dict.fromkeys([*(want.name for want in wants), *unknown]))
        return Decision(
            Action.KEEP if item else Action.CACHE, key.name, first.size, reason, first.title, key, points, parts, who,
            sources, first.rating_key, protected=protected, leave=leave,
        )  # fmt: skip

    def _settle(self, item: Cached) -> Decision:
        """A cached file that is nobody's sidecar, as far as room does not matter."""
        if item.conflict:
            return _of(item, Action.SKIP, item.conflict, problem=True, leave=ONCE_SEEN_TO)
        wants = self._wants.get(item.file, [])
        playing = any(want.source == "playing" for want in wants) or "playing" in self._situation.unknown_claims
        reason = why_it_must_leave(item)
        if reason and not playing:
            return _of(item, Action.RESTORE, reason)
        return self._wish(item.file, wants, item) if wants else self._unwanted(item)

    def _why_protected(self, item: Cached, wants: Sequence[Want]) -> str:
        """Why a cached file keeps its room, whatever else wants it; empty when it may have to leave."""
        unknown = item.sources & self._situation.unknown_claims
        held = item.cached_at + self._rules.minimum_hold - self._situation.now
        if "playing" in self._situation.unknown_claims:
            return "it is unknown what is playing"
        if protecting := protection(wants):
            return protecting
        if unknown:
            return f"what {', '.join(sorted(unknown))} wants is unknown"
        if held > 0:
            return f"its minimum hold lasts another {held / 3600:.1f} h"
        if self._rules.eviction is Eviction.NONE:
            return "nothing leaves to make room: eviction is off"
        return "" if item.file.cache in self._caches else "its cache is not there"

    def _unwanted(self, item: Cached) -> Decision:
        """A cached file that nobody is known to want now."""
        if unknown := (item.sources | {"playing"}) & self._situation.unknown_claims:
            protected = self._why_protected(item, ())
            return _of(item, Action.KEEP, f"stays: {protected}", protected=protected, leave=of_unknown(unknown))
        rules, now = self._rules, self._situation.now
        refused = self._refused.get(item.file, Refused(UNWANTED))
        if refused.is_unknown:
            leave = Leave(None, f"not before it is known whether the rule {refused.rule} hits it")
            stays = _of(item, Action.KEEP, f"stays: {refused.reason}", protected=refused.reason, leave=leave)
            return stays._replace(rule=refused.rule)
        gone = refused.reason
        why = gone if item.watched_at is None else "everybody who wanted it has watched it"
        held = item.cached_at + rules.minimum_hold - now
        grace = item.watched_at + rules.watched_grace - now if item.watched_at is not None else 0
        if max(held, grace) <= 0:
            leaves = _of(item, Action.RESTORE, f"{why} any more" if why == UNWANTED else why)
            return leaves._replace(rule=refused.rule)
        what = "of its minimum hold" if held >= grace else "of grace"
        reason = f"{why}; stays for another {max(held, grace) / 3600:.1f} h {what}"
        leave = Leave(now + max(held, grace), f"{why}, and that is the end {what}")
        protected = self._why_protected(item, ())
        return _of(item, Action.KEEP, reason, protected=protected, leave=leave)._replace(rule=refused.rule)

    def _not_counting(self) -> list[Decision]:
        """What is not cached because no wish for it counts: by a rule, or because all are expired."""
        left = self._refused.keys() - self._wants.keys() - self._cached.keys()
        first: dict[FileKey, Want] = {}
        for want in self._situation.wants if left else ():
            if want.file in left and (want.file not in first or _identity(want) < _identity(first[want.file])):
                first[want.file] = want
        return [
            Decision(
                Action.SKIP, key.name, want.size, self._refused[key].reason, title=want.title, file=key,
                rating_key=want.rating_key, rule=self._refused[key].rule,
            )
            for key, want in first.items()
        ]  # fmt: skip


def _by_file(wants: Iterable[Want]) -> dict[FileKey, list[Want]]:
    groups: dict[FileKey, list[Want]] = defaultdict(list)
    for want in wants:
        groups[want.file].append(want)
    for group in groups.values():
        if len(group) > 1:
            group.sort(key=_identity)
    return groups


def _identity(want: Want) -> tuple[FileKey, str, str, str, int]:
    return want.file, want.name, want.who, want.rating_key, -1 if want.position is None else want.position


def _of(
    item: Cached, action: Action, reason: str, *, problem: bool = False, protected: str = "", leave: Leave | None = None
) -> Decision:
    return Decision(
        action, item.file.name, item.size, reason, title=item.title, file=item.file, problem=problem,
        protected=protected, leave=leave,
    )  # fmt: skip


def _skip(skipped: Skipped) -> Decision:
    return Decision(Action.SKIP, skipped.name, 0, skipped.reason, title=skipped.title, problem=skipped.problem)


_ORDER = (Action.RESTORE, Action.EVICT, Action.CACHE, Action.KEEP, Action.SKIP)


def _in_order(decisions: Iterable[Decision]) -> Plan:
    """What leaves, then caching in the order in which room was given, then what stays and what is skipped."""
    groups: dict[Action, list[Decision]] = {action: [] for action in _ORDER}
    for one in decisions:
        groups[one.action].append(one)
    for action, group in groups.items():
        if action is not Action.CACHE:
            group.sort(key=rank)
    return Plan(tuple(one for group in groups.values() for one in group))
