"""The table of ways back: every combination of what disks can show has an answer, and none of them loses anything."""

import itertools
from typing import Any

import pytest

from caching.bench import ConflictError
from caching.models import Operation, Root, Way
from caching.ways import Choice, GoneError, Shown, decide

ROWS: dict[str, dict[str, Any]] = {
    "symlink-copy": {"placement": "symlink", "mode": "copy"},
    "symlink-move": {"placement": "symlink", "mode": "move"},
    "union-shadow": {"placement": "union", "mode": "copy"},
    "union-park": {"placement": "union", "mode": "copy", "park_originals": True},
    "union-move": {"placement": "union", "mode": "move"},
}
COPIES = [each for each in Shown if each is not Shown.LINK]  # we make no links on a cache
EVERYTHING = list(itertools.product(ROWS, Shown, Shown, COPIES, ["cycle", "command"]))


def answer(kind: str, name: Shown, parked: Shown, copy: Shown, trigger: str) -> Choice | str:
    row = Operation(**ROWS[kind], trigger=trigger, array=Root(), cache=Root())
    try:
        return decide(row, name=name, parked=parked, copy=copy)
    except ConflictError:
        return "conflict"
    except GoneError:
        return "gone"


def test_nothing_is_called_gone_while_any_version_is_there() -> None:
    for kind, name, parked, copy, trigger in EVERYTHING:
        if answer(kind, name, parked, copy, trigger) == "gone":
            assert (name, copy) == (Shown.ABSENT, Shown.ABSENT)
            assert parked in {Shown.ABSENT, Shown.LINK}


def test_the_old_original_leaves_only_where_a_newer_file_takes_its_place() -> None:
    for each in EVERYTHING:
        choice = answer(*each)
        if isinstance(choice, Choice) and choice.drops_original:
            _, name, _, copy, _ = each
            assert choice.way in {Way.COPIED, Way.REPLACED}
            assert Shown.FOREIGN in {name, copy}


def test_the_copy_is_taken_only_when_a_whole_file_has_the_name_by_then() -> None:
    for each in EVERYTHING:
        choice = answer(*each)
        if not isinstance(choice, Choice):
            continue
        _, name, parked, copy, _ = each
        source = {
            Way.IN_PLACE: name is Shown.OURS,
            Way.REPLACED: name is Shown.FOREIGN,
            Way.BACK: parked is Shown.OURS,
            Way.COPIED: copy in {Shown.OURS, Shown.FOREIGN},
        }
        assert source[choice.way], each


def test_a_foreign_copy_is_never_removed_without_having_been_copied_back() -> None:
    for each in EVERYTHING:
        choice = answer(*each)
        if isinstance(choice, Choice) and each[3] is Shown.FOREIGN and choice.takes_copy:
            assert choice.way == Way.COPIED


@pytest.mark.parametrize("kind", ROWS)
def test_what_a_caching_left_comes_back_by_the_plain_way(kind: str) -> None:
    row = Operation(**ROWS[kind])
    name = Shown.LINK if row.is_linked else Shown.ABSENT if row.leaves_name else Shown.OURS
    parked = Shown.OURS if row.leaves_name and row.keeps_original else Shown.ABSENT
    way = Way.IN_PLACE if not row.leaves_name else Way.BACK if row.keeps_original else Way.COPIED
    assert answer(kind, name, parked, Shown.OURS, "cycle") == Choice(way)


def test_something_that_is_no_file_is_always_a_conflict() -> None:
    for each in EVERYTHING:
        if Shown.OTHER in each:
            assert answer(*each) == "conflict"


@pytest.mark.parametrize("kind", [kind for kind, row in ROWS.items() if row["mode"] == "copy"])
def test_a_damaged_original_is_made_again_from_the_good_copy(kind: str) -> None:
    row = Operation(**ROWS[kind], original_damaged=True, array=Root(), cache=Root())
    name = Shown.LINK if row.is_linked else Shown.ABSENT if row.leaves_name else Shown.OURS
    parked = Shown.OURS if row.leaves_name else Shown.ABSENT
    assert decide(row, name=name, parked=parked, copy=Shown.OURS) == Choice(Way.COPIED, drops_original=True)


def test_a_damaged_original_that_cannot_be_exchanged_is_a_conflict() -> None:
    array = Root(lacks="exchange of names")
    row = Operation(**ROWS["union-shadow"], original_damaged=True, array=array, cache=Root())
    with pytest.raises(ConflictError):
        decide(row, name=Shown.OURS, parked=Shown.ABSENT, copy=Shown.OURS)
