"""`make_plan`: from a situation to a plan, the same for dry run, preview, API and worker."""

from collections import defaultdict
from collections.abc import Iterable

from caching.planning.score import score
from caching.planning.sizes import readable
from caching.planning.values import Action, Cached, Decision, FileKey, Part, Plan, Situation, Skipped, Storage, Want


def make_plan(situation: Situation) -> Plan:
    """Decide what becomes of every wanted and every cached file.

    Deterministic: the order of the input does not matter. Restores come first because they make room, then caching,
    best score first; among equals the smaller file, then the name.
    """
    wants = _by_file(situation.wants)
    cached = {item.file: item for item in situation.cached}
    leaving = [_stay_or_leave(item, situation) for key, item in cached.items() if key not in wants]
    keeping = [_wanted_and_cached(item, wants[key], situation) for key, item in cached.items() if key in wants]
    wishes = [_wish(key, group, situation) for key, group in wants.items() if key not in cached]
    decisions = [*leaving, *keeping]
    caching = _fit(wishes, decisions, situation)
    decisions.extend(caching)
    decisions.extend(_skip(skipped) for skipped in situation.skipped)
    return Plan(tuple(sorted(decisions, key=_order)))


def _by_file(wants: Iterable[Want]) -> dict[FileKey, list[Want]]:
    groups: dict[FileKey, list[Want]] = defaultdict(list)
    for want in sorted(wants, key=lambda want: (want.file, want.source, want.who, want.rating_key)):
        groups[want.file].append(want)
    return groups


def _wish(key: FileKey, wants: list[Want], situation: Situation, action: Action = Action.CACHE) -> Decision:
    points, parts = score(wants, situation.now)
    return Decision(
        action=action,
        name=key.name,
        size=wants[0].size,
        reason="; ".join(dict.fromkeys(want.reason for want in wants)),
        title=wants[0].title,
        file=key,
        score=points,
        parts=parts,
        who=tuple(dict.fromkeys(want.who for want in wants)),
        sources=tuple(dict.fromkeys(want.source for want in wants)),
        rating_key=wants[0].rating_key,
    )


def _wanted_and_cached(item: Cached, wants: list[Want], situation: Situation) -> Decision:
    if item.conflict:
        return _conflict(item)
    return _wish(item.file, wants, situation, Action.KEEP)


def _stay_or_leave(item: Cached, situation: Situation) -> Decision:
    """A cached file that nobody is known to want now."""
    if item.conflict:
        return _conflict(item)
    unknown = item.sources & situation.unknown_sources
    held = situation.now - item.cached_at
    if "playing" in situation.unknown_sources:
        action, reason = Action.KEEP, "stays: it is unknown what is playing"
    elif unknown:
        action, reason = Action.KEEP, f"stays: what {', '.join(sorted(unknown))} wants is unknown"
    elif held < situation.rules.minimum_hold:
        hours = (situation.rules.minimum_hold - held) / 3600
        action, reason = Action.KEEP, f"nobody wants it; stays for another {hours:.1f} h of its minimum hold"
    else:
        action, reason = Action.RESTORE, "nobody wants it any more"
    return Decision(action, item.file.name, item.size, reason, title=item.title, file=item.file)


def _conflict(item: Cached) -> Decision:
    return Decision(
        Action.SKIP, item.file.name, item.size, item.conflict, title=item.title, file=item.file, problem=True
    )


def _skip(skipped: Skipped) -> Decision:
    return Decision(Action.SKIP, skipped.name, 0, skipped.reason, title=skipped.title, problem=skipped.problem)


def _fit(wishes: list[Decision], others: list[Decision], situation: Situation) -> list[Decision]:
    """Take wishes by rank while they fit into their cache's budget; say of each other why not."""
    rooms = {storage.cache: _Room(storage) for storage in situation.storages}
    for decision in others:
        room = rooms.get(decision.file.cache) if decision.file else None
        if room is not None:
            room.count(decision)
    result = []
    for wish in sorted(wishes, key=_order):
        room = rooms.get(wish.file.cache) if wish.file else None
        refusal = room.take(wish.size) if room else "its cache is not there"
        result.append(wish if not refusal else _refused(wish, refusal))
    return result


def _refused(wish: Decision, refusal: str) -> Decision:
    return Decision(
        Action.SKIP, wish.name, wish.size, refusal, title=wish.title, file=wish.file, score=wish.score,
        parts=wish.parts, who=wish.who, sources=wish.sources, rating_key=wish.rating_key, problem=True,
    )  # fmt: skip


class _Room:
    """What is left of one cache's budget while a plan is being made."""

    def __init__(self, storage: Storage) -> None:
        self.limit = storage.limit
        self.free = storage.free - storage.minimum_free
        self.used = 0

    def count(self, decision: Decision) -> None:
        if decision.action is Action.RESTORE:
            self.free += decision.size
        else:
            self.used += decision.size

    def take(self, size: int) -> str:
        """Use up `size` bytes, or say why not."""
        if self.limit is not None and size > self.limit:
            return f"larger than the cache limit of {readable(self.limit)}: raise it to cache this file"
        if self.limit is not None and self.used + size > self.limit:
            left = readable(max(self.limit - self.used, 0))
            return f"no room within the cache limit: {readable(size)} needed, {left} left; raise the limit"
        if size > self.free:
            left = readable(max(self.free, 0))
            return f"no room on the cache: {readable(size)} needed, {left} usable; free some space on its disk"
        self.used += size
        self.free -= size
        return ""


_RANK = {Action.RESTORE: 0, Action.EVICT: 1, Action.CACHE: 2, Action.KEEP: 3, Action.SKIP: 4}


def _order(decision: Decision) -> tuple[int, int, int, str, tuple[Part, ...]]:
    return _RANK[decision.action], -decision.score, decision.size, decision.name, decision.parts
