"""Lines of watchlists as rows: what is new, what is gone, and what a short feed hides."""

from datetime import UTC, datetime, timedelta

import pytest

from plexusers.models import ItemKind, WatchlistEntry
from plexusers.watchlists.keeping import keep, with_hidden
from plexusers.watchlists.lines import Line

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def film(number: int, added_at: int = 0) -> Line:
    return Line(ItemKind.MOVIE, f"Film {number}", 2001, (f"imdb://tt{number}",), added_at)


def rows() -> dict[str, int]:
    return dict(WatchlistEntry.objects.values_list("title", "added_at"))


def test_the_age_of_what_was_there_at_the_first_reading_is_unknown() -> None:
    keep(None, [film(1), film(2, added_at=5)], NOW, first=True)
    assert rows() == {"Film 1": 0, "Film 2": 5}


def test_what_is_new_later_is_as_old_as_the_reading_and_what_is_gone_leaves() -> None:
    keep(None, [film(1)], NOW, first=True)
    keep(None, [film(2), film(3, added_at=5)], NOW, first=False)
    assert rows() == {"Film 2": int(NOW.timestamp()), "Film 3": 5}
    keep(None, [film(2)], NOW + timedelta(days=1), first=False)
    assert rows() == {"Film 2": int(NOW.timestamp())}


def test_the_same_line_twice_is_one_row() -> None:
    keep(None, [film(1), film(1)], NOW, first=True)
    keep(None, [film(1)], NOW, first=False)
    assert rows() == {"Film 1": 0}


def test_a_full_feed_may_hide_what_is_older_and_nothing_else() -> None:
    keep(None, [film(number, added_at=number) for number in range(1, 60)], NOW, first=True)
    told = [film(number, added_at=number) for number in range(11, 61)]
    told.remove(film(30, added_at=30))
    told.append(film(61, added_at=61))
    kept = {line.title for line in with_hidden(None, told)}
    assert kept == {f"Film {number}" for number in range(1, 62)} - {"Film 30"}


def test_a_short_feed_hides_nothing() -> None:
    keep(None, [film(number, added_at=number) for number in range(1, 20)], NOW, first=True)
    told = [film(number, added_at=number) for number in range(5, 20)]
    assert with_hidden(None, told) == tuple(told)
