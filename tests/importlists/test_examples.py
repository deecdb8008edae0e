"""The tables of docs/lists.md, read and held to."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importlists.selecting import Position, Rule, episodes_of_show, select
from plexusers.answers import Viewed
from plexusers.library import Entry
from tests.conftest import PROJECT

TODAY = date(2026, 11, 24)


def rows(heading: str) -> list[tuple[str, ...]]:
    """The rows of the table with this first row, as texts."""
    lines = (PROJECT / "docs/lists.md").read_text(encoding="utf-8").splitlines()
    found = []
    for line in lines[lines.index(heading) + 2 :]:
        if not line.startswith("|"):
            break
        found.append(tuple(cell.strip() for cell in line[1:-1].split("|")))
    return found


def position(word: str) -> Position:
    told = re.fullmatch(r"[A-Z](\+?\d+|\?)?", word)
    if not told:
        return Position(in_library=False)
    age = told[1] or "?"
    days = 0 if age == "?" else -int(age) if age.startswith("+") else int(age)
    return Position(in_library=True, aired="" if age == "?" else (TODAY - timedelta(days=days)).isoformat())


@pytest.mark.parametrize("row", rows("| list | count | how | aired within | caches | looked at |"), ids=" | ".join)
def test_a_list_chooses_as_the_documentation_says(row: tuple[str, ...]) -> None:
    there, count, how, aired, caches, checked = row
    words = there.split()
    limit = int(how.partition("fill to ")[2] or 100)
    rule = Rule(int(count), how.startswith("fill"), limit, int(aired or 0))
    selection = select([position(word) for word in words], rule, TODAY)
    assert [words[index] for index in selection.chosen] == caches.split()
    assert selection.checked == int(checked)
    assert selection.why_not.keys() == set(range(len(words))) - set(selection.chosen)
    assert all(selection.why_not.values())


def episode(number: int, season: int = 1) -> Entry:
    released = (date(2026, 1, 1) + timedelta(weeks=number)).isoformat()
    key = f"{season}-{number}"
    return Entry(key, "episode", "2", "", f"Episode {number}", None, released, "show", "Show", season, number, 0, 0)


@pytest.mark.parametrize(
    ("watched", "count", "which", "caches"), rows("| watched | episodes per show | which | caches |")
)
def test_a_show_gives_the_episodes_that_the_documentation_says(
    watched: str, count: str, which: str, caches: str
) -> None:
    states = {f"1-{word}": Viewed(f"1-{word}", 1, 0, 1_700_000_000 + int(word)) for word in watched.split()}
    episodes = [episode(9, season=0), *map(episode, range(1, 6))]
    chosen = episodes_of_show(episodes, states, int(count), which)
    assert [str(one.number) for one in chosen] == caches.split()


WORDS = st.lists(st.sampled_from(["A", "-", "A3", "A40", "A+2", "A?"]), max_size=30)


@given(WORDS, st.integers(1, 12), st.booleans(), st.integers(1, 40), st.sampled_from([0, 30]))
def test_never_more_than_asked_for_and_never_from_further_down_than_allowed(
    words: list[str], count: int, fill: bool, limit: int, days: int
) -> None:
    positions = [position(word) for word in words]
    selection = select(positions, Rule(count, fill, limit, days), TODAY)
    assert len(selection.chosen) <= count
    assert all(index < (limit if fill else count) for index in selection.chosen)
    assert all(positions[index].in_library for index in selection.chosen)
    assert list(selection.chosen) == sorted(set(selection.chosen))
    assert selection.checked <= len(words)
