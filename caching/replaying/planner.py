"""Cacherr itself as a policy: the very planner of the cycles, and what playback orders between them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from caching.planning.plan import make_plan
from caching.planning.score import BY_AGE, DAY
from caching.planning.values import Action, Cached, Decision, Eviction, Situation, Want
from caching.replaying.audience import DECK_SECONDS, claim_of, users_of
from caching.replaying.simulating import NEVER, Policy, World
from caching.replaying.values import Setup, Title
from plexusers.models import PlaybackTrigger
from plexusers.watched import watched_time


class Planner(Policy):
    """What Cacherr would have done."""

    name = "Cacherr"

    def cycle(self, world: World) -> int:
        """Plan with what everybody has on deck, and carry it out."""
        since = []
        wants: list[Want] = []
        for course in world.audience.courses(world.now):
            since.append(course.since)
            wants += course.wants
        wants += [want for title in world.played() for want in _playing(title, "anybody")]
        asked = situation(world, wants)
        plan = make_plan(asked)
        for decision in plan.decisions:
            _carry_out(world, decision)
        return world.now + 1 if plan.work else _due(world.setup, asked, since)

    def begun(self, world: World, title: Title, who: str) -> None:
        """What plays, and what comes after it, is cached at once where the settings say so."""
        if world.setup.trigger == PlaybackTrigger.START:
            _order(world, who, [*_playing(title, who), *_next(world, who, title)])

    def finished(self, world: World, title: Title, who: str) -> None:
        """What comes after it is cached at once where the settings say so."""
        if world.setup.trigger == PlaybackTrigger.COMPLETION:
            _order(world, who, list(_next(world, who, title)))


def situation(world: World, wants: Iterable[Want]) -> Situation:
    """The moment as the planner is told of it."""
    contents = world.contents
    wants = tuple(wants)
    wanted = {want.file for want in wants}
    cached = tuple(
        Cached(
            file, copy.size, copy.cached_at, copy.claims,
            watched_at=None if file in wanted else watched_time(
                users_of(copy.claims), world.past.library.works.get(file, ()), world.audience.watched
            ),
        )
        for file, copy in contents.files.items()
    )  # fmt: skip
    return Situation(world.now, wants, cached, contents.storages(), rules=world.setup.rules)


def _playing(title: Title, who: str) -> Iterator[Want]:
    for file, size in title.files:
        yield Want(file, size, "playing", who, "playing", title.name, title.rating_key, position=0)


def _next(world: World, who: str, title: Title) -> Iterator[Want]:
    ahead = world.audience.ahead(who, title, world.now) if title.show else ()
    for position, one in enumerate(ahead, 1):
        for file, size in one.files:
            yield Want(
                file, size, "ondeck", who, "comes next", one.name, one.rating_key, claim=claim_of(who),
                position=position, boost=world.setup.habits_of(who).priority_boost,
            )  # fmt: skip


def _order(world: World, who: str, wants: list[Want]) -> None:
    """Cached as an order is: nothing leaves for it, and it may fill the whole budget."""
    if not wants or not world.setup.habits_of(who).active_watching:
        return
    asked = situation(world, wants)
    rules = replace(asked.rules, eviction=Eviction.NONE)
    plan = make_plan(replace(asked, rules=rules, unknown_claims=frozenset({"playing"})))
    for decision in plan.of(Action.CACHE):
        _carry_out(world, decision)


def _carry_out(world: World, decision: Decision) -> None:
    file, contents = decision.file, world.contents
    if file is None:
        return
    if decision.action is Action.CACHE:
        contents.bring(file, decision.size, world.now, decision.sources)
    elif decision.action in {Action.RESTORE, Action.EVICT}:
        contents.let_go(file, world.now)
    elif decision.action is Action.KEEP and decision.sources:
        contents.files[file].claims = frozenset(decision.sources)


def _steps(setup: Setup) -> list[int]:
    """After how many seconds without being watched something that is on deck changes its worth."""
    aging = BY_AGE["ondeck"]
    days = {aging.fresh_days, *(days for days, _ in aging.old)}
    stale = {habits.stale_days for habits in setup.habits.values()}
    expiry = {seconds for source, seconds in setup.rules.expiry if source == "ondeck" and seconds}
    return sorted({DECK_SECONDS, *expiry, *(day * DAY for day in {*days, *stale} if day)})


def _due(setup: Setup, asked: Situation, since: Iterable[int]) -> int:
    """When time alone changes what a plan says: something grows too old, a hold or a grace is over."""
    now, rules, steps = asked.now, asked.rules, _steps(setup)
    times = [at + step for at in since for step in steps]
    for item in asked.cached:
        times += [item.cached_at + DAY, item.cached_at + rules.minimum_hold]
        if item.watched_at is not None:
            times.append(item.watched_at + rules.watched_grace)
    # Some limits hold in the very second, others after it.
    return min((at + late for at in times for late in (0, 1) if at + late > now), default=NEVER)
