"""The planner: examples people can check by hand, and properties that hold whatever comes."""

import dataclasses
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caching.planning.plan import make_plan
from caching.planning.values import Action, Cached, FileKey, Plan, Rules, Situation, Skipped, Storage, Want

NOW = 1_700_000_000
HOUR, DAY = 3600, 86400


def key(name: str, cache: str = "ssd") -> FileKey:
    return FileKey(cache, name.encode())


def want(name: str, size: int = 10, **changes: object) -> Want:
    values = {"source": "ondeck", "who": "owner", "reason": "on deck", "since": NOW - DAY, "position": 0, **changes}
    return Want(file=key(name), size=size, **values)  # type: ignore[arg-type]


def cached(name: str, size: int = 10, *, hours: int = 100, sources: frozenset[str] = frozenset({"ondeck"})) -> Cached:
    return Cached(key(name), size, NOW - hours * HOUR, sources)


def ssd(free: int = 1000, *, limit: int | None = None, minimum_free: int = 0) -> tuple[Storage, ...]:
    return (Storage("ssd", 1000, free, limit, minimum_free),)


def decided(plan: Plan) -> dict[str, str]:
    return {decision.name: decision.action.value for decision in plan.decisions}


def test_what_is_wanted_and_fits_is_cached() -> None:
    plan = make_plan(Situation(NOW, wants=(want("a"), want("b")), storages=ssd()))
    assert decided(plan) == {"a": "cache", "b": "cache"}


def test_what_is_wanted_and_cached_stays() -> None:
    plan = make_plan(Situation(NOW, wants=(want("a"),), cached=(cached("a"),), storages=ssd()))
    assert decided(plan) == {"a": "keep"}


@pytest.mark.parametrize(
    ("item", "unknown", "action", "reason"),
    [
        (cached("a"), frozenset(), "restore", "nobody wants it"),
        (cached("a", hours=2), frozenset(), "keep", "minimum hold"),
        (cached("a"), frozenset({"ondeck"}), "keep", "unknown"),
        (cached("a"), frozenset({"playing"}), "keep", "unknown what is playing"),
        (cached("a", sources=frozenset({"lists"})), frozenset({"ondeck"}), "restore", "nobody wants it"),
        (dataclasses.replace(cached("a"), conflict="changed"), frozenset(), "skip", "changed"),
    ],
)
def test_what_nobody_wants_leaves_unless_something_holds_it(
    item: Cached, unknown: frozenset[str], action: str, reason: str
) -> None:
    situation = Situation(NOW, cached=(item,), storages=ssd(), unknown_claims=unknown, rules=Rules(12 * HOUR))
    decision = make_plan(situation).decisions[0]
    assert decision.action == action
    assert reason in decision.reason


@pytest.mark.parametrize(
    ("storage", "fitting", "reason"),
    [
        (ssd(limit=25), 2, "cache limit"),
        (ssd(free=25), 2, "no room on the cache"),
        (ssd(free=100, minimum_free=85), 1, "no room on the cache"),
        (ssd(limit=5), 0, "larger than the cache limit"),
    ],
)
def test_what_does_not_fit_is_skipped_with_the_reason(storage: tuple[Storage, ...], fitting: int, reason: str) -> None:
    plan = make_plan(Situation(NOW, wants=(want("a"), want("b"), want("c")), storages=storage))
    assert len(list(plan.of(Action.CACHE))) == fitting
    skipped = list(plan.of(Action.SKIP))
    assert len(skipped) == 3 - fitting
    assert all(reason in decision.reason and decision.problem for decision in skipped)


def test_the_better_score_is_served_first_when_room_is_short() -> None:
    old = want("old", since=NOW - 60 * DAY)
    plan = make_plan(Situation(NOW, wants=(old, want("fresh")), storages=ssd(limit=10)))
    assert decided(plan) == {"fresh": "cache", "old": "skip"}


def test_what_leaves_makes_room_and_leaves_first() -> None:
    plan = make_plan(Situation(NOW, wants=(want("new"),), cached=(cached("gone"),), storages=ssd(free=0)))
    assert [(decision.name, decision.action.value) for decision in plan.work] == [("gone", "restore"), ("new", "cache")]


def test_the_score_is_the_sum_of_the_parts_that_are_shown() -> None:
    wants = (want("a"), want("a", who="Sam"), want("a", who="Kim"))
    decision = make_plan(Situation(NOW, wants=wants, storages=ssd())).decisions[0]
    assert decision.score == sum(part.points for part in decision.parts) == 100
    assert decision.who == ("Kim", "Sam", "owner")


@pytest.mark.parametrize(
    ("changes", "points"),
    [
        ({}, 50 + 20 + 15 + 5),
        ({"position": 1}, 50 + 20 + 10 + 5),
        ({"position": 2}, 50 + 20 + 5),
        ({"position": None, "since": None}, 50 + 20),
        ({"since": NOW - 10 * DAY}, 50 + 20 + 15),
        ({"since": NOW - 20 * DAY}, 50 + 20 + 15 - 5),
        ({"since": NOW - 31 * DAY}, 50 + 20 + 15 - 10),
        ({"source": "watchlist", "position": None}, 50 + 10 + 10),
        ({"source": "watchlist", "position": 1, "since": NOW - 30 * DAY}, 50 + 10 + 10),
        ({"source": "watchlist", "position": 2, "since": NOW - 61 * DAY}, 50 + 10 - 10),
        ({"source": "recent", "position": None}, 50),
        ({"source": "recent", "position": None, "boost": -50}, 0),
        ({"boost": 7}, 50 + 20 + 15 + 5 + 7),
        ({"source": "list", "position": None}, 50),
        ({"source": "list", "position": None, "priority": 80}, 80),
        ({"source": "list", "position": None, "priority": 0, "boost": 7}, 7),
    ],
)
def test_the_score_follows_the_table_of_weights(changes: dict[str, Any], points: int) -> None:
    decision = make_plan(Situation(NOW, wants=(want("a", **changes),), storages=ssd())).decisions[0]
    assert decision.score == points == sum(part.points for part in decision.parts)


@pytest.mark.parametrize(("hours", "more"), [(0, 5), (23, 5), (24, 0)])
def test_what_was_cached_less_than_a_day_ago_counts_more(hours: int, more: int) -> None:
    situation = Situation(NOW, (want("a", position=2),), (cached("a", hours=hours),), ssd())
    assert make_plan(situation).decisions[0].score == 75 + more


@pytest.mark.parametrize("source", ["playing", "pin"])
def test_what_plays_or_is_pinned_has_the_full_score_whatever_else_is_said_of_it(source: str) -> None:
    (one,) = make_plan(Situation(NOW, (want("a", source=source), want("a", boost=-50)), storages=ssd())).decisions
    assert (one.score, bool(one.protected)) == (100, True)


def test_two_wants_with_the_same_points_are_no_trouble() -> None:
    wants = (want("a", since=None, position=None), want("a", source="watchlist", position=1, since=None))
    assert make_plan(Situation(NOW, wants=wants, storages=ssd())).decisions[0].score == 70


def test_a_decision_names_the_claims_under_which_a_file_is_wanted() -> None:
    wants = (want("a", claim="ondeck:1"), want("a", who="Sam", source="watchlist", claim="watchlist:2"))
    assert make_plan(Situation(NOW, wants=wants, storages=ssd())).decisions[0].sources == ("ondeck:1", "watchlist:2")


def test_of_a_wanted_file_the_earlier_claims_stay_that_are_unknown_now() -> None:
    there = cached("a", sources=frozenset({"ondeck:1", "ondeck:2", "watchlist:3"}))
    unknown = frozenset({"ondeck:2"})
    situation = Situation(NOW, (want("a", claim="ondeck:1"),), (there,), ssd(), unknown_claims=unknown)
    assert make_plan(situation).decisions[0].sources == ("ondeck:1", "ondeck:2")


def test_what_one_user_wants_is_unknown_and_that_keeps_nobody_elses_files() -> None:
    hers, his = cached("hers", sources=frozenset({"ondeck:1"})), cached("his", sources=frozenset({"ondeck:2"}))
    plan = make_plan(Situation(NOW, cached=(hers, his), storages=ssd(), unknown_claims=frozenset({"ondeck:1"})))
    assert decided(plan) == {"hers": "keep", "his": "restore"}


@pytest.mark.parametrize(
    ("held", "watched", "action", "reason"),
    [
        (100, None, "restore", "nobody wants it any more"),
        (100, 1, "keep", "watched it; stays for another 5.0 h of grace"),
        (100, 6, "restore", "everybody who wanted it has watched it"),
        (2, 1, "keep", "stays for another 10.0 h of its minimum hold"),
        (10, 1, "keep", "stays for another 5.0 h of grace"),
        (10, None, "keep", "nobody wants it; stays for another 2.0 h of its minimum hold"),
    ],
)
def test_what_everybody_has_watched_leaves_after_the_hours_of_grace(
    held: int, watched: int | None, action: str, reason: str
) -> None:
    item = dataclasses.replace(cached("a", hours=held), watched_at=None if watched is None else NOW - watched * HOUR)
    rules = Rules(minimum_hold=12 * HOUR, watched_grace=6 * HOUR)
    decision = make_plan(Situation(NOW, cached=(item,), storages=ssd(), rules=rules)).decisions[0]
    assert decision.action == action
    assert reason in decision.reason


def test_what_is_watched_again_stays_because_it_is_wanted_again() -> None:
    item = dataclasses.replace(cached("a"), watched_at=NOW - 100 * HOUR)
    plan = make_plan(Situation(NOW, wants=(want("a"),), cached=(item,), storages=ssd()))
    assert decided(plan) == {"a": "keep"}


def test_what_plays_now_has_the_full_score() -> None:
    decision = make_plan(Situation(NOW, wants=(want("a", source="playing"),), storages=ssd())).decisions[0]
    assert decision.score == 100


def test_two_people_who_want_the_same_file_get_one_decision() -> None:
    plan = make_plan(Situation(NOW, wants=(want("a"), want("a", who="Sam")), storages=ssd(limit=10)))
    assert decided(plan) == {"a": "cache"}


def test_what_was_skipped_while_gathering_is_in_the_plan_with_its_reason() -> None:
    plan = make_plan(Situation(NOW, skipped=(Skipped("/x", "X", "no path mapping covers it"),)))
    assert [(decision.action, decision.reason) for decision in plan.decisions] == [
        (Action.SKIP, "no path mapping covers it")
    ]


names = st.sampled_from([f"f{number}" for number in range(12)])


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Any mixture of wants and cached files on one cache; a file has one size, wherever it is mentioned."""
    size = {f"f{number}": draw(st.integers(0, 400)) for number in range(12)}
    wants = draw(
        st.lists(
            st.builds(
                lambda name, who, source, age: want(name, size[name], who=who, source=source, since=NOW - age),
                names, st.sampled_from(["owner", "Sam", "Kim"]), st.sampled_from(["ondeck", "playing"]),
                st.integers(0, 90 * DAY),
            ),
            max_size=20,
        )
    )  # fmt: skip
    there = draw(st.lists(names, unique=True, max_size=8))
    held = [cached(name, size[name], hours=draw(st.integers(0, 48))) for name in there]
    limit = draw(st.none() | st.integers(0, 1500))
    unknown = draw(st.frozensets(st.sampled_from(["ondeck", "playing"])))
    storages = ssd(draw(st.integers(0, 1500)), limit=limit, minimum_free=draw(st.integers(0, 100)))
    return Situation(NOW, tuple(wants), tuple(held), storages, unknown_claims=unknown)


@given(situations(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(situation: Situation, order: random.Random) -> None:
    wants, held = list(situation.wants), list(situation.cached)
    order.shuffle(wants)
    order.shuffle(held)
    shuffled = dataclasses.replace(situation, wants=tuple(wants), cached=tuple(held))
    assert make_plan(shuffled) == make_plan(situation)


@given(situations())
def test_caching_never_goes_over_the_budget(situation: Situation) -> None:
    plan, storage = make_plan(situation), situation.storages[0]
    added = sum(decision.size for decision in plan.of(Action.CACHE))
    freed = sum(decision.size for decision in plan.of(Action.RESTORE, Action.EVICT))
    stays = sum(
        decision.size for decision in plan.decisions if decision.file in {item.file for item in situation.cached}
    )
    if added and storage.limit is not None:
        assert stays - freed + added <= storage.limit
    if added:
        assert storage.free + freed - added >= storage.minimum_free


@given(situations())
def test_what_a_source_in_state_unknown_wanted_never_leaves(situation: Situation) -> None:
    plan = make_plan(situation)
    if situation.unknown_claims:
        assert not list(plan.of(Action.RESTORE, Action.EVICT))


@given(situations())
def test_after_a_plan_was_carried_out_the_next_one_is_empty(situation: Situation) -> None:
    plan, storage = make_plan(situation), situation.storages[0]
    gone = {decision.file for decision in plan.of(Action.RESTORE, Action.EVICT)}
    came = [decision for decision in plan.of(Action.CACHE) if decision.file]
    stays = [item for item in situation.cached if item.file not in gone]
    added = [Cached(row.file, row.size, NOW, frozenset(row.sources)) for row in came if row.file]
    freed = sum(item.size for item in situation.cached if item.file in gone)
    free = storage.free + freed - sum(item.size for item in added)
    after = dataclasses.replace(situation, cached=(*stays, *added), storages=(dataclasses.replace(storage, free=free),))
    assert make_plan(after).work == ()


@given(situations())
def test_every_wanted_and_every_cached_file_has_exactly_one_decision(situation: Situation) -> None:
    files = [decision.file for decision in make_plan(situation).decisions]
    assert sorted(file for file in files if file) == sorted(
        {item.file for item in situation.wants} | {item.file for item in situation.cached}
    )
