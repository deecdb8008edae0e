"""The disk of the configuration is full: the journal takes no row, so nothing is begun, and one line says why."""

from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection

from caching import beginning, tasks
from caching.models import Cycle, CycleState

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL's disk is not ours to fill"),
]


@pytest.fixture
def full_database() -> Iterator[None]:
    """No further page, and in those of cycles no room for another one."""
    beginning.finish()
    pages = _pragma("page_count")
    _pragma(f"max_page_count={pages + 4}")
    for trigger in ("schedule", ""):
        with pytest.raises(OperationalError, match="full"):
            while True:
                Cycle.objects.create(trigger=trigger, state=CycleState.COMPLETED)
    yield
    _pragma("max_page_count=1073741823")


def _pragma(text: str) -> int:
    with connection.cursor() as cursor:
        return int(cursor.execute(f"PRAGMA {text}").fetchone()[0])


def test_a_cycle_that_cannot_be_written_down_ends_with_one_sentence(
    full_database: None, caplog: pytest.LogCaptureFixture
) -> None:
    tasks.run_cycle()
    (said,) = {record.getMessage() for record in caplog.records if record.name == "caching.tasks"}
    assert said.startswith("The database cannot be used: database or disk is full.")
    assert said.endswith("has room. Everything is tried again by itself.")
    assert not any(record.exc_info for record in caplog.records)
