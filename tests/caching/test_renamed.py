"""Sonarr or Radarr renames our link, or its directory, while the file is cached: Cacherr follows it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from caching import auditing, journal, manifest, mappings, orders, renamed, rescue, upkeep
from caching.bench import Bench, bench
from caching.describe import status_of_file
from caching.models import CachedFile, Kind, Operation, State
from caching.playing import NOBODY
from caching.returning_steps import swap, verify
from plexusers.models import LibraryFile, LibraryItem, LibrarySection
from tests.caching.ground import CONTENT, FILM, Ground, make_ground, make_ground_beside
from tests.caching.test_rebuild import lose_database
from tests.conftest import tree

pytestmark = pytest.mark.django_db

FILE = b"Films/Alpha (2001)/Alpha (2001) [1080p].mkv"
DIRECTORY = b"Films/Alpha (2002)/Alpha (2001).mkv"
BOTH = b"Films/Alpha (2002)/Alpha (2002) [1080p].mkv"
MOVED = b"Films/Other/Alpha (2001).mkv"
FAR = b"Kids/Old/Alpha/Alpha (2001).mkv"
NO_TEXT = b"Films/Alpha (2001)/Alph\xe9\n.mkv"
NEAR = [
    pytest.param(FILE, id="file"),
    pytest.param(DIRECTORY, id="directory"),
    pytest.param(BOTH, id="both"),
    pytest.param(MOVED, id="moved out of its directory"),
    pytest.param(NO_TEXT, id="no text"),
]


def rename(ground: Ground, to: bytes, source: bytes = FILM) -> Path:
    """As Sonarr and Radarr do: the directory first, where all of it gets another name, then the file."""
    old, new = ground.on_array(source), ground.on_array(to)
    if to in {DIRECTORY, BOTH}:
        old.parent.rename(new.parent)
        old = new.parent / old.name
    new.parent.mkdir(parents=True, exist_ok=True)
    old.rename(new)
    return new


@pytest.fixture(params=["copy", "move"])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Ground:
    ground = make_ground(tmp_path, "symlink", request.param)
    ground.cached()
    return ground


def is_back(ground: Ground, at: Path) -> bool:
    """Whether the file, whole and with its time, is under this name, and nothing else of it is anywhere."""
    files = [path for path in ground.directory.rglob("*") if path.is_file() or path.is_symlink()]
    left = [path for path in files if path.name not in {".cacherr-root", ".cacherr-manifest"}]
    whole = at.is_file() and not at.is_symlink() and at.read_bytes() == CONTENT
    return whole and left == [at] and at.stat().st_mtime_ns == 10**18 + 123_456_789 and not CachedFile.objects.exists()


@pytest.mark.parametrize("to", NEAR)
@pytest.mark.parametrize("trigger", ["cycle", "command"])
def test_the_file_comes_back_under_the_new_name(ground: Ground, to: bytes, trigger: str) -> None:
    new = rename(ground, to)
    assert new.read_bytes() == CONTENT
    done = ground.carry_out(ground.plan_restore(trigger))
    assert (done.state, done.outcome) == ("done", "")
    assert is_back(ground, new)
    assert "it was renamed to " in done.reason


@pytest.mark.parametrize("kind", [Kind.RESTORE, Kind.EVICT])
def test_evicting_follows_too(ground: Ground, kind: Kind) -> None:
    new = rename(ground, BOTH)
    done = ground.carry_out(ground.plan_return(CachedFile.objects.select_related("array", "cache").get(), kind))
    assert done.state == "done", done.outcome
    assert is_back(ground, new)


def test_the_original_comes_back_as_the_very_file_it_was(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink", "copy")
    inode = ground.write().stat().st_ino
    ground.carry_out(ground.plan_caching())
    new = rename(ground, MOVED)
    assert ground.carry_out(ground.plan_restore()).way == "back"
    assert new.stat().st_ino == inode


def test_restoring_all_finds_a_link_that_was_moved_far_away(ground: Ground) -> None:
    new = rename(ground, FAR)
    placed = orders.give_all_back("command")
    done = ground.carry_out(placed.operations[0])
    assert (done.state, done.outcome) == ("done", "")
    assert is_back(ground, new)


def test_a_cycle_asks_a_person_about_a_link_that_is_far_away_and_tells_nobody_to_delete(ground: Ground) -> None:
    rename(ground, FAR)
    before = tree(ground.directory)
    done = ground.carry_out(ground.plan_restore())
    assert done.state == "conflict"
    assert "deleted or moved far away" in done.outcome
    assert "yourself" not in done.outcome
    assert ("only one: do not delete it" in done.outcome) == (ground.mapping.mode == "move")
    assert tree(ground.directory) == before


def test_a_cycle_finds_a_link_where_plex_has_the_item_now(ground: Ground) -> None:
    new = rename(ground, FAR)
    section = LibrarySection.objects.create(key="1", kind="movie", title="Films")
    item = LibraryItem.objects.create(rating_key="7", section=section, kind="movie", title="Alpha")
    LibraryFile.objects.create(item=item, path="/plex/" + os.fsdecode(FAR), version="1")
    CachedFile.objects.update(rating_key="7")
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert is_back(ground, new)


def test_a_link_that_was_really_deleted_comes_back_under_its_old_name_when_a_person_asks(ground: Ground) -> None:
    ground.on_array().unlink()
    assert ground.carry_out(ground.plan_restore("command")).state == "done"
    assert is_back(ground, ground.on_array())


def test_history_and_status_tell_the_new_name(ground: Ground) -> None:
    CachedFile.objects.update(plex_path="/plex/" + os.fsdecode(FILM))
    new = rename(ground, MOVED)
    with ground.on_cache().open("rb"):
        done = ground.carry_out(ground.plan_restore())
    assert done.reason == f"test; it was renamed to {new} while it was cached"
    told = status_of_file(CachedFile.objects.select_related("array", "cache").get())
    assert (told["plex_path"], told["array_path"]) == ("/plex/" + os.fsdecode(MOVED), str(new))
    assert told["cache_path"] == str(ground.on_cache())
    assert [os.path.exists(path) for path in told["private"]] == [True] * (ground.mapping.mode == "copy")


def test_it_can_be_named_by_its_new_path(ground: Ground) -> None:
    new = rename(ground, FAR)
    placed = orders.give_back([os.fsencode(new)], mappings.usable(), Kind.RESTORE, "command")
    assert placed.refused == ()
    assert ground.carry_out(placed.operations[0]).state == "done"
    assert is_back(ground, new)


@pytest.mark.parametrize("to", [FILE, FAR])
def test_with_a_second_link_nothing_is_taken_and_both_are_named(ground: Ground, to: bytes) -> None:
    new = rename(ground, to)
    second = new.with_name("Second.mkv")
    second.symlink_to(new.readlink())
    before = tree(ground.directory)
    done = ground.carry_out(ground.plan_restore("command"))
    assert done.state == "conflict"
    assert all(str(path) in done.outcome for path in (new, second))
    assert tree(ground.directory) == before


def test_a_relative_link_is_told_and_not_followed(ground: Ground) -> None:
    ground.on_array().unlink()
    link = ground.on_array(FILE)
    link.symlink_to(os.path.relpath(ground.on_cache(), link.parent))
    before = tree(ground.directory)
    done = ground.carry_out(ground.plan_restore("command"))
    assert (done.state, str(link) in done.outcome) == ("conflict", True)
    assert tree(ground.directory) == before


def test_a_link_below_another_array_is_told_and_not_followed(ground: Ground) -> None:
    away = make_ground_beside(ground).array / "Alpha.mkv"
    ground.on_array().rename(away)
    done = ground.carry_out(ground.plan_restore("command"))
    assert (done.state, str(away) in done.outcome) == ("conflict", True)
    assert away.read_bytes() == CONTENT


@pytest.mark.parametrize("to", NEAR)
def test_the_audit_tells_the_rename_and_repairs_it(ground: Ground, to: bytes) -> None:
    new = rename(ground, to)
    found = [one for one in auditing.examine().findings if one.file is not None]
    assert [(one.kind, one.repairable) for one in found] == [("renamed", True)]
    assert os.fsencode(new).decode("utf-8", "backslashreplace") in found[0].message
    repaired = auditing.order_repairs("command")
    assert ground.carry_out(repaired.operations[0]).state == "done"
    assert is_back(ground, new)


def test_the_audit_repairs_a_rename_that_was_taken_for_a_deletion_before(ground: Ground) -> None:
    new = rename(ground, FILE)
    CachedFile.objects.update(conflict="Another program deleted it. Restore it, or delete it yourself.")
    assert [one.kind for one in auditing.examine().findings] == ["renamed"]
    repaired = auditing.order_repairs("command")
    assert ground.carry_out(repaired.operations[0]).state == "done"
    assert is_back(ground, new)


def test_a_rename_while_the_file_is_copied_back_takes_nothing_from_the_link(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink", "move")
    ground.cached()
    done = ground.carry_out(ground.plan_restore("command"), lambda: void(rename(ground, FAR)))
    assert (done.state, done.outcome.split(".")[0]) == ("aborted", "It was renamed at this moment")
    assert ground.on_array(FAR).read_bytes() == CONTENT
    assert ground.private_names() == [], "the copy that was made goes again"
    assert ground.carry_out(ground.plan_restore("command")).state == "done"
    assert is_back(ground, ground.on_array(FAR))


def void(_: object) -> None:
    """Give no answer."""


def test_a_file_that_is_open_stays_cached_and_is_known_under_its_new_name(ground: Ground) -> None:
    new = rename(ground, MOVED)
    with ground.on_cache().open("rb"):
        assert ground.carry_out(ground.plan_restore()).state == "aborted"
    assert new.read_bytes() == CONTENT
    row = CachedFile.objects.get()
    assert (row.on_array, row.relative) == (MOVED, FILM)
    assert [one.kind for one in auditing.examine().findings] == [], "its parked original has moved along"
    again = rename(ground, FILE, MOVED)
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert is_back(ground, again)


def as_noted(ground: Ground, to: bytes) -> Operation:
    """A return as a crash leaves it right after its row says where the link is."""
    operation = ground.plan_restore()
    journal.claim(operation)
    journal.note(operation, renamed_to=to)
    return operation


def as_moved(ground: Ground, to: bytes) -> Operation:
    """The same, after the parked original came along."""
    operation = as_noted(ground, to)
    for parked in ground.on_array().parent.glob(".cacherr.*.orig") if ground.on_array().parent.exists() else ():
        parked.rename(ground.on_array(to).parent / parked.name)
    return operation


def as_followed(ground: Ground, _to: bytes) -> Operation:
    """The same, after the file's row says it as well."""
    operation = ground.plan_restore()
    journal.claim(operation)
    with ground.opened() as roots:
        renamed.follow(operation, roots[operation.array_id], roots[operation.cache_id], lambda: None)
    return operation


@pytest.mark.parametrize("crashed", [as_noted, as_moved, as_followed])
@pytest.mark.parametrize("to", [MOVED, BOTH])
def test_after_a_crash_at_any_point_of_following_it_is_followed_again(
    ground: Ground, to: bytes, crashed: Callable[[Ground, bytes], Operation]
) -> None:
    new = rename(ground, to)
    crashed(ground, to)
    assert new.read_bytes() == CONTENT
    ground.recover()
    assert not any(row.is_live for row in Operation.objects.all())
    assert CachedFile.objects.get().on_array == to
    parked = [path.parent for path in ground.array.rglob(".cacherr.*.orig")]
    assert parked == [new.parent] * (ground.mapping.mode == "copy")
    after = tree(ground.directory)
    ground.recover()
    assert tree(ground.directory) == after
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert is_back(ground, new)


@pytest.mark.parametrize("state", [State.VERIFIED, State.SWAPPED])
def test_recovery_goes_on_under_the_new_name_also_after_the_database_was_lost(ground: Ground, state: State) -> None:
    new = rename(ground, BOTH)
    operation = as_followed(ground, BOTH)
    with ground.opened() as roots:
        pair = roots[operation.array_id], roots[operation.cache_id]
        for step in (verify_quietly, swap) if state is State.SWAPPED else (verify_quietly,):
            with bench(operation, *pair, NOBODY) as places:
                manifest.record(places)
                step(places)
        with bench(operation, *pair, NOBODY) as places:
            manifest.record(places)
    assert operation.state == state
    assert new.read_bytes() == CONTENT
    lose_database(ground)
    upkeep.recover(rebuild_rows=True)
    assert not Operation.objects.exclude(state__in=(State.DONE, State.ABORTED)).exists()
    assert is_back(ground, new)


def verify_quietly(places: Bench) -> None:
    """The first step, watched by nobody."""
    verify(places, lambda _done: None)


def test_a_rescue_gives_the_original_the_new_name(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink", "copy")
    ground.cached()
    new = rename(ground, MOVED)
    ground.cache.rename(tmp_path / "dead")
    ground.cache.mkdir()
    assert [one.state for one in rescue.rescue().operations] == ["done"]
    assert new.read_bytes() == CONTENT
    assert not ground.on_array().exists()


def test_what_was_followed_and_then_deleted_with_its_directory_comes_back_under_its_first_name(ground: Ground) -> None:
    new = rename(ground, BOTH)
    with ground.on_cache().open("rb"):
        assert ground.carry_out(ground.plan_restore()).state == "aborted"
    for path in new.parent.iterdir():
        path.unlink()
    new.parent.rmdir()
    done = ground.carry_out(ground.plan_restore("command"))
    assert (done.state, done.outcome) == ("done", "")
    assert ground.on_array().read_bytes() == CONTENT
