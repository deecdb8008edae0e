"""What a plan says of cached files stays on their rows, and is written only when it changed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries

from caching import outlook
from caching.planning.values import Action, Decision, FileKey, Leave, Part, Plan
from tests.caching.rows import Rows, make_rows

pytestmark = pytest.mark.django_db

NOW = 1_700_000_000
ENDS = NOW + 3600


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    return make_rows(tmp_path)


def test_score_parts_and_leaving_are_kept_and_not_written_twice(
    rows: Rows, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    key = FileKey(rows.file.cache_id, rows.file.relative)
    kept = Decision(
        Action.KEEP, "x", 1, "on deck", file=key, score=70, parts=(Part("base", 50), Part("on deck", 20)),
        who=("Alex",), sources=("ondeck:1",), leave=Leave(ENDS, "expired then"),
    )  # fmt: skip
    plan = Plan((kept,))
    outlook.keep_up(plan, {key: rows.file}, NOW)
    rows.file.refresh_from_db()
    assert (rows.file.score, rows.file.who, rows.file.sources) == (70, "Alex", "ondeck:1")
    assert rows.file.parts == [{"label": "base", "points": 50}, {"label": "on deck", "points": 20}]
    assert (rows.file.leaves_at, rows.file.leaves_why) == (datetime.fromtimestamp(ENDS, UTC), "expired then")
    with django_assert_num_queries(0):
        outlook.keep_up(plan, {key: rows.file}, NOW + 60)


def test_what_leaves_and_was_not_brought_back_says_why_it_is_to_leave(rows: Rows) -> None:
    key = FileKey(rows.file.cache_id, rows.file.relative)
    plan = Plan((Decision(Action.EVICT, "x", 1, "to make room", file=key),))
    outlook.keep_up(plan, {key: rows.file}, NOW)
    rows.file.refresh_from_db()
    assert (rows.file.leaves_at, rows.file.leaves_why) == (datetime.fromtimestamp(NOW, UTC), "to make room")
    assert rows.file.reason == "on deck"  # why it was cached
