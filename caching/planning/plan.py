"""`make_plan`: from a situation to a plan, the same for dry run, preview, API and worker."""

from collections import defaultdict
from collections.abc import Iterable

from caching.planning.belonging import Company, followers, join, rank, why_it_must_leave
from caching.planning.room import Rooms
from caching.planning.score import score
from caching.planning.values import Action, Cached, Decision, FileKey, Part, Plan, Situation, Skipped, Want


def make_plan(situation: Situation) -> Plan:
    """Decide what becomes of every wanted and every cached file, and of the sidecars that belong to them.

    Deterministic: the order of the input does not matter. Restores come first because they make room, then caching,
    best score first; among equals the smaller file, then the name; sidecars other than subtitles come after all videos.
    """
    wants = _by_file(situation.wants)
    sidecars = followers(situation, wants)
    beside = {follower.file for follower in sidecars}
    videos = [item for item in situation.cached if item.file not in beside]
    there = {item.file for item in videos}
    settled = [_settle(item, wants.get(item.file, []), situation) for item in videos]
    wishes = [_wish(key, group, situation) for key, group in wants.items() if key not in there]

    staying = [decision for decision in settled if decision.action is not Action.RESTORE]
    company = Company(situation, staying, wishes)
    answers = [(follower, company.settle(follower)) for follower in sidecars]
    settled.extend(decision for _, decision in answers if decision is not None)
    undecided = [follower for follower, decision in answers if decision is None]

    rooms = Rooms(situation.storages)
    for decision in settled:
        _account(decision, rooms)
    for follower in undecided:
        if follower.cached:  # it is weighed again, together with the video that it may stay for
            rooms.release(follower.file.cache, follower.size)
    wanted = [decision for decision in staying if decision.file in wants and decision.action is Action.KEEP]
    joined = join(undecided, [*wishes, *wanted], rooms)
    return _in_order([*settled, *joined, *(_skip(skipped) for skipped in situation.skipped)])


def _by_file(wants: Iterable[Want]) -> dict[FileKey, list[Want]]:
    groups: dict[FileKey, list[Want]] = defaultdict(list)
    for want in sorted(wants, key=_identity):
        groups[want.file].append(want)
    return groups


def _identity(want: Want) -> tuple[FileKey, str, str, str, int]:
    return want.file, want.name, want.who, want.rating_key, -1 if want.position is None else want.position


def _wish(
    key: FileKey,
    wants: list[Want],
    situation: Situation,
    action: Action = Action.CACHE,
    claims: frozenset[str] = frozenset(),
) -> Decision:
    """What is wanted. `claims` are those of before: of a source that is unknown now, its claim stays."""
    points, parts = score(wants, situation.now)
    unknown = sorted(claims & situation.unknown_claims)
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
        sources=tuple(dict.fromkeys([*(want.name for want in wants), *unknown])),
        rating_key=wants[0].rating_key,
    )


def _settle(item: Cached, wants: list[Want], situation: Situation) -> Decision:
    """A cached file that is nobody's sidecar: whether it stays hangs on no other file."""
    if item.conflict:
        return _of(item, Action.SKIP, item.conflict, problem=True)
    playing = any(want.source == "playing" for want in wants) or "playing" in situation.unknown_claims
    reason = why_it_must_leave(item)
    if reason and not playing:
        return _of(item, Action.RESTORE, reason)
    if not wants:
        return _stay_or_leave(item, situation)
    return _wish(item.file, wants, situation, Action.KEEP, item.sources)


def _stay_or_leave(item: Cached, situation: Situation) -> Decision:
    """A cached file that nobody is known to want now."""
    unknown = item.sources & situation.unknown_claims
    if "playing" in situation.unknown_claims:
        return _of(item, Action.KEEP, "stays: it is unknown what is playing")
    if unknown:
        return _of(item, Action.KEEP, f"stays: what {', '.join(sorted(unknown))} wants is unknown")
    return _of(item, *_by_time(item, situation))


def _by_time(item: Cached, situation: Situation) -> tuple[Action, str]:
    """What nobody wants stays for its minimum hold, and for the hours of grace after it was watched."""
    rules = situation.rules
    why = "nobody wants it" if item.watched_at is None else "everybody who wanted it has watched it"
    held = item.cached_at + rules.minimum_hold - situation.now
    grace = item.watched_at + rules.watched_grace - situation.now if item.watched_at is not None else 0
    if max(held, grace) <= 0:
        return Action.RESTORE, "nobody wants it any more" if item.watched_at is None else why
    what = "of its minimum hold" if held >= grace else "of grace"
    return Action.KEEP, f"{why}; stays for another {max(held, grace) / 3600:.1f} h {what}"


def _of(item: Cached, action: Action, reason: str, *, problem: bool = False) -> Decision:
    return Decision(action, item.file.name, item.size, reason, title=item.title, file=item.file, problem=problem)


def _skip(skipped: Skipped) -> Decision:
    return Decision(Action.SKIP, skipped.name, 0, skipped.reason, title=skipped.title, problem=skipped.problem)


def _account(decision: Decision, rooms: Rooms) -> None:
    if decision.file is None:
        return
    if decision.action is Action.RESTORE:
        rooms.release(decision.file.cache, decision.size)
    else:
        rooms.hold(decision.file.cache, decision.size)


_RANK = {Action.RESTORE: 0, Action.EVICT: 1, Action.CACHE: 2, Action.KEEP: 3, Action.SKIP: 4}


def _in_order(decisions: Iterable[Decision]) -> Plan:
    """Restores, then caching in the order in which room was given, then what stays and what is skipped."""

    def order(numbered: tuple[int, Decision]) -> tuple[int, int, tuple[int, int, str, FileKey], tuple[Part, ...]]:
        number, decision = numbered
        turn = number if decision.action is Action.CACHE else 0
        return _RANK[decision.action], turn, rank(decision), decision.parts

    return Plan(tuple(decision for _, decision in sorted(enumerate(decisions), key=order)))
