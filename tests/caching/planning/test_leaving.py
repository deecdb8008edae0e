"""When cached files leave and why, as the plan tells it."""

import pytest

from caching.planning.leaving import outlook
from caching.planning.plan import make_plan
from caching.planning.values import Leave, Rules, Situation, Want
from tests.caching.planning.test_plan import DAY, HOUR, NOW, cached, key, ssd, want

RULES = Rules(minimum_hold=12 * HOUR, watched_grace=6 * HOUR)
EXPIRING = Rules(minimum_hold=12 * HOUR, expiry=(("ondeck", 30 * DAY), ("watchlist", 10 * DAY)))


def left(situation: Situation) -> Leave:
    (decision,) = make_plan(situation).decisions
    return outlook(decision, situation.now)


@pytest.mark.parametrize(
    ("hours", "watched", "at", "why"),
    [
        pytest.param(2, None, NOW + 10 * HOUR, "minimum hold", id="held"),
        pytest.param(100, 1, NOW + 5 * HOUR, "watched it", id="in its grace"),
        pytest.param(2, 1, NOW + 10 * HOUR, "watched it", id="the later of the two"),
        pytest.param(100, None, NOW, "nobody wants it any more", id="now"),
    ],
)
def test_what_nobody_wants_leaves_when_hold_and_grace_are_over(
    hours: int, watched: int | None, at: int, why: str
) -> None:
    item = cached("a", hours=hours)
    if watched is not None:
        item = type(item)(item.file, item.size, item.cached_at, item.sources, watched_at=NOW - watched * HOUR)
    leave = left(Situation(NOW, cached=(item,), storages=ssd(), rules=RULES))
    assert leave.at == at
    assert why in leave.why


@pytest.mark.parametrize(
    ("wants", "at"),
    [
        pytest.param([want("a", since=NOW - DAY)], NOW + 29 * DAY, id="one"),
        pytest.param(
            [want("a", since=NOW - DAY), want("a", who="kim", since=NOW - 9 * DAY)], NOW + 29 * DAY, id="last"
        ),
        pytest.param([want("a", since=NOW - DAY), want("a", who="list", source="list")], None, id="one never expires"),
        pytest.param([want("a", since=None)], None, id="of no known age"),
    ],
)
def test_what_is_wanted_leaves_when_its_last_wish_expires(wants: list[Want], at: int | None) -> None:
    situation = Situation(NOW, wants=tuple(wants), cached=(cached("a"),), storages=ssd(), rules=EXPIRING)
    assert left(situation).at == at


def test_a_wish_that_expires_before_the_minimum_hold_is_over_makes_nothing_leave_earlier() -> None:
    wish, item = want("a", since=NOW - 30 * DAY + HOUR), cached("a", hours=2)
    situation = Situation(NOW, wants=(wish,), cached=(item,), storages=ssd(), rules=EXPIRING)
    assert left(situation).at == NOW + 10 * HOUR


@pytest.mark.parametrize(
    ("source", "why"), [("ondeck", "once nobody wants it"), ("pin", "unpinned"), ("playing", "while it plays")]
)
def test_without_a_date_it_is_told_what_has_to_happen(source: str, why: str) -> None:
    situation = Situation(NOW, wants=(want("a", source=source),), cached=(cached("a"),), storages=ssd(), rules=RULES)
    assert (left(situation).at, why in left(situation).why) == (None, True)


@pytest.mark.parametrize("is_wanted", [True, False])
def test_what_an_unknown_source_wanted_has_no_date(is_wanted: bool) -> None:
    item = cached("a", sources=frozenset({"watchlist:7"}))
    wants = (want("a"),) if is_wanted else ()
    situation = Situation(
        NOW, wants=wants, cached=(item,), storages=ssd(), rules=EXPIRING, unknown_claims=frozenset({"watchlist:7"})
    )
    assert left(situation) == Leave(None, "not before it is known what watchlist:7 wants")


def test_what_leaves_to_make_room_leaves_now_and_says_so() -> None:
    situation = Situation(NOW, wants=(want("a"),), cached=(cached("a"),), storages=ssd(limit=5), rules=RULES)
    leave = left(situation)
    assert leave.at == NOW
    assert "its score is" in leave.why


def test_what_is_about_to_be_cached_tells_already_when_it_leaves() -> None:
    (decision,) = make_plan(Situation(NOW, wants=(want("a"),), storages=ssd(), rules=EXPIRING)).decisions
    assert decision.file == key("a")
    assert decision.leave == Leave(NOW + 29 * DAY, "all wishes for it are expired then")


def test_a_conflict_does_not_end_by_itself() -> None:
    item = type(cached("a"))(key("a"), 10, NOW - 100 * HOUR, frozenset(), conflict="two versions")
    assert "somebody has to look" in left(Situation(NOW, cached=(item,), storages=ssd())).why
