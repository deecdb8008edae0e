"""What holds for every plan, whatever the situation."""

import dataclasses
import random
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from caching.planning.limiting import Limits
from caching.planning.plan import make_plan
from caching.planning.ruling import Book
from caching.planning.score import ADVANTAGE
from caching.planning.sidecars import is_video, owners, ownerships
from caching.planning.values import Action, Decision, Eviction, FileKey, Limit, Plan, Situation
from tests.caching.planning.households import carried_out, room_for, section_of, situations

T = TypeVar("T")
LEAVES = (Action.RESTORE, Action.EVICT)
many = settings(max_examples=300, deadline=None)


def there(plan: Plan, situation: Situation) -> list[Decision]:
    """The decisions on what is on the caches once the plan was carried out."""
    cached = {item.file for item in situation.cached}
    return [one for one in plan.decisions if one.action in {Action.KEEP, Action.CACHE}
            or (one.action is Action.SKIP and one.file in cached)]  # fmt: skip


def fixed(plan: Plan, situation: Situation) -> set[FileKey | None]:
    """What is protected, waits for a person, or belongs to something of that kind."""
    conflicts = {item.file for item in situation.cached if item.conflict}
    own = {one.file for one in plan.of(Action.KEEP, Action.CACHE) if one.protected} | conflicts
    owned = {(key.cache, owner) for key in own if key for owner in ownerships(key.path)}
    return own | {
        one.file for one in plan.decisions
        if one.file and one.belongs_to
        and ((one.file.cache, owners(one.belongs_to)) in owned or "playing" in one.reason)
    }  # fmt: skip


@given(situations())
@many
def test_nothing_is_over_its_budget_unless_what_cannot_leave_fills_it_alone(situation: Situation) -> None:
    if situation.rules.eviction is Eviction.NONE:
        return
    plan = make_plan(situation)
    stays = {one.file: one.size for one in there(plan, situation) if one.file and one.size}
    cannot_leave = fixed(plan, situation)
    for storage in carried_out(situation, plan).storages:
        ours = {key for key in stays if key.cache == storage.cache}
        beside = {key for key in stays if storage.file_system in {"one", key.cache}}
        new = {one.file for one in plan.of(Action.CACHE)}
        if storage.limit is not None and sum(stays[key] for key in ours) + storage.coming > storage.limit:
            assert ours <= cannot_leave - new
        if storage.free < max(storage.minimum_free, storage.reserve):
            assert beside <= cannot_leave - new


@given(situations())
@many
def test_what_is_protected_never_leaves(situation: Situation) -> None:
    protected = {want.file for want in situation.wants if want.source in {"playing", "pin"}}
    for one in make_plan(situation).of(*LEAVES):
        (item,) = [item for item in situation.cached if item.file == one.file]
        assert one.file not in protected
        assert not item.conflict
        assert "playing" not in situation.unknown_claims
        if not item.belongs_to:
            assert not item.sources & situation.unknown_claims
            assert situation.now - item.cached_at >= situation.rules.minimum_hold


@given(situations())
@many
def test_after_a_plan_was_carried_out_the_next_one_is_empty(situation: Situation) -> None:
    after = carried_out(situation, make_plan(situation))
    assert make_plan(after).work == ()


@given(situations(), st.randoms(use_true_random=False))
@many
def test_the_order_of_the_input_does_not_matter(situation: Situation, order: random.Random) -> None:
    def shuffled(values: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(order.sample(values, len(values)))

    other = dataclasses.replace(
        situation, wants=shuffled(situation.wants), cached=shuffled(situation.cached),
        sidecars=shuffled(situation.sidecars), storages=shuffled(situation.storages),
    )  # fmt: skip
    assert make_plan(other) == make_plan(situation)


def kept_videos(situation: Situation, plan: Plan) -> list[Decision]:
    """Videos that are cached once the plan was carried out."""
    return [one for one in there(plan, situation) if one.file and is_video(one.file.path)]


@given(situations())
@many
def test_nobody_is_over_a_limit_unless_what_is_protected_fills_it_alone(situation: Situation) -> None:
    plan = make_plan(situation)
    own = Limits(situation.rules.limits)
    of: dict[Limit, list[Decision]] = {limit: [] for limit in situation.rules.limits}
    before = {item.file: item for item in situation.cached}
    for one in kept_videos(situation, plan):
        assert one.file
        item = before.get(one.file)
        for limit in own.of(one.sources or (item.sources if item else ()), [section_of(one.file)]):
            of[limit].append(one)
    for limit, files in of.items():
        is_over = (limit.size is not None and sum(one.size for one in files) > limit.size) or (
            limit.files is not None and len(files) > limit.files
        )
        assert not is_over or all(one.protected or one.action is Action.SKIP for one in files if one.size)


@given(situations())
@many
def test_what_a_rule_excludes_is_never_cached_and_leaves_unless_something_holds_it(situation: Situation) -> None:
    rules = situation.rules
    book = Book(rules.book, only_included=rules.only_included, now=situation.now)
    exempt = {want.file for want in situation.wants if want.source in {"playing", "pin"}}
    plan = make_plan(situation)
    for one in plan.decisions:
        wants = [want for want in situation.wants if want.file == one.file]
        why = book.why_not(wants[0].subject) if wants and wants[0].subject else None
        if why is None or one.file in exempt:
            continue
        assert one.action is not Action.CACHE
        if one.action is Action.KEEP:
            assert one.protected or "of grace" in one.reason
        if why.is_unknown:
            assert one.action not in LEAVES or "watched" in one.reason
        else:
            assert not one.who


def order_of_worth(situation: Situation, plan: Plan) -> list[Decision]:
    """All decisions on videos that ask for room, by what a person would want to have cached first."""
    cached = {item.file for item in situation.cached}
    asking = [one for one in plan.decisions if one.file and one.action is not Action.RESTORE and not one.belongs_to]
    return sorted(
        asking,
        key=lambda one: (
            not one.protected, not one.who, -one.score - ADVANTAGE * (one.file in cached), one.file not in cached,
            one.size, one.name, one.file,
        ),
    )  # fmt: skip


@given(situations(), st.integers(1, 200))
@many
def test_a_larger_budget_never_caches_less_value(situation: Situation, more: int) -> None:
    """Value is compared from the best file down: the first that only one plan has decides."""
    bare = dataclasses.replace(
        situation, sidecars=(), cached=tuple(one for one in situation.cached if not one.belongs_to)
    )
    if bare.rules.eviction is Eviction.FIFO:
        return
    larger = room_for(bare, more)
    small, large = make_plan(bare), make_plan(larger)
    having, more_having = ({one.file for one in there(plan, bare)} for plan in (small, large))
    order = [one.file for one in order_of_worth(bare, small)]
    assert [file in more_having for file in order] >= [file in having for file in order]


@given(situations(), st.integers(1, 200))
@many
def test_without_a_band_a_larger_budget_never_caches_less_in_score_times_size(situation: Situation, more: int) -> None:
    rules = dataclasses.replace(situation.rules, threshold_percent=100, target_percent=100, eviction=Eviction.SMART)
    one_cache = dataclasses.replace(
        situation, rules=rules, sidecars=(),
        cached=tuple(one for one in situation.cached if not one.belongs_to and one.file.cache == "ssd"),
        wants=tuple(want for want in situation.wants if want.file.cache == "ssd"),
        storages=(dataclasses.replace(situation.storages[0], file_system="ssd", limit=None),),
    )  # fmt: skip
    cached = {item.file for item in one_cache.cached}

    def worth(plan: Plan) -> int:
        stays = [one for one in there(plan, one_cache) if one.who]
        return sum((one.score + ADVANTAGE * (one.file in cached)) * one.size for one in stays if not one.protected)

    protected = {one.file for one in make_plan(one_cache).decisions if one.protected}
    if protected:
        return
    assert worth(make_plan(room_for(one_cache, more))) >= worth(make_plan(one_cache))


@given(situations())
@many
def test_nothing_leaves_for_something_that_is_worth_no_more(situation: Situation) -> None:
    plan = make_plan(situation)
    new = [one for one in plan.of(Action.CACHE) if not one.belongs_to]
    for one in plan.of(Action.EVICT):
        if one.who and not one.belongs_to and "to make room for" in one.reason:
            assert any(other.score > one.score + ADVANTAGE or other.protected for other in new)


@given(situations())
@many
def test_what_was_evicted_does_not_come_back_while_only_time_passes(situation: Situation) -> None:
    evicted: set[FileKey | None] = set()
    for _ in range(4):
        plan = make_plan(situation)
        assert not evicted & {one.file for one in plan.of(Action.CACHE)}
        evicted |= {one.file for one in plan.of(Action.EVICT)}
        situation = dataclasses.replace(carried_out(situation, plan), now=situation.now + 60)
