"""The cache's disk dies: originals get their names back, nothing on the disk is needed, and it may come back."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cacherr.errors import StorageAbsentError
from caching import auditing, journal, rescue, returning_steps, upkeep
from caching.bench import bench
from caching.models import CachedFile, CachePolicy, Operation, PathMapping, Root
from caching.playing import NOBODY
from tests.caching.ground import CONTENT, FILM, Ground, make_ground, make_ground_beside, parked_of, put_new_disk
from tests.conftest import tree

pytestmark = pytest.mark.django_db


@contextmanager
def without_cache(ground: Ground) -> Iterator[None]:
    """The disk is unmounted: an empty mount point is left."""
    away = ground.directory / "unmounted"
    ground.cache.rename(away)
    ground.cache.mkdir()
    yield
    ground.cache.rmdir()
    away.rename(ground.cache)


def test_every_parked_original_gets_its_name_back_without_the_cache(ground: Ground) -> None:
    inode = ground.write().stat().st_ino
    ground.carry_out(ground.plan_caching())
    with without_cache(ground):
        done = rescue.rescue()
        assert list(ground.cache.iterdir()) == []
        if ground.mapping.mode == "copy":
            assert not done.failed
            assert ground.on_array().read_bytes() == CONTENT
            assert ground.on_array().lstat().st_ino == inode
            assert ground.private_names() == []
        else:
            assert [file.size for file in done.lost] == [len(CONTENT)]


def test_a_second_rescue_changes_nothing(ground: Ground) -> None:
    ground.cached()
    with without_cache(ground):
        rescue.rescue()
        before, rows = tree(ground.directory), Operation.objects.count()
        rescue.rescue()
        assert (tree(ground.directory), Operation.objects.count()) == (before, rows)


def test_when_the_disk_comes_back_the_copy_is_removed_and_everything_is_as_it_was(ground: Ground) -> None:
    ground.write()
    start = tree(ground.directory)
    ground.carry_out(ground.plan_caching())
    with without_cache(ground):
        rescue.rescue()
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert tree(ground.directory) == start


def test_a_cache_that_is_there_is_left_alone(ground: Ground) -> None:
    ground.cached()
    before = tree(ground.directory)
    assert rescue.rescue().caches == []
    assert tree(ground.directory) == before


def test_without_the_array_nothing_is_concluded(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    with without_cache(ground):
        ground.array.rename(tmp_path / "array-away")
        ground.array.mkdir()
        with pytest.raises(StorageAbsentError):
            rescue.rescue()
        assert list(ground.array.iterdir()) == []


def lose_ssd_and_an_array(tmp_path: Path) -> tuple[Ground, Ground]:
    """Two mappings with a file each have lost their caches, the one that is looked at first its array as well."""
    ground = make_ground(tmp_path, "symlink")
    both = sorted((ground, make_ground_beside(ground)), key=lambda one: one.mapping.cache_id or "")
    for one in both:
        one.cached()
    for root in (both[0].cache, both[1].cache, both[0].array):
        put_new_disk(root)
    CachePolicy.objects.update(rescue_after_seconds=0)
    return both[0], both[1]


def test_what_is_on_an_array_that_is_there_is_rescued_while_another_is_absent(tmp_path: Path) -> None:
    lost, there = lose_ssd_and_an_array(tmp_path)
    with pytest.raises(StorageAbsentError, match=str(lost.array)):
        rescue.watch()
    assert there.on_array().read_bytes() == CONTENT
    assert not there.on_array().is_symlink()
    assert [row.array_id for row in Operation.objects.filter(trigger="rescue")] == [there.mapping.array_id]


def test_an_absent_array_leaves_no_row_and_is_rescued_when_it_is_back(tmp_path: Path) -> None:
    lost, _ = lose_ssd_and_an_array(tmp_path)
    for _ in range(3):
        with pytest.raises(StorageAbsentError):
            rescue.rescue()
    assert [row.state for row in Operation.objects.filter(trigger="rescue")] == ["done"]
    assert upkeep.recover().operations == ()
    lost.array.rmdir()
    lost.array.with_name("array in a drawer").rename(lost.array)
    assert [row.state for row in rescue.rescue().operations] == ["done"]
    assert lost.on_array().read_bytes() == CONTENT


def test_a_cache_whose_array_is_absent_too_is_not_forgotten_and_waits(tmp_path: Path) -> None:
    lost, _ = lose_ssd_and_an_array(tmp_path)
    PathMapping.objects.update(enabled=False)
    with pytest.raises(StorageAbsentError):
        rescue.watch()
    assert [row.array_id for row in CachedFile.objects.all()] == [lost.mapping.array_id]
    Operation.objects.filter(trigger="rescue").delete()  # as if it had been tried long ago
    assert rescue.watch() is None


def test_an_operation_on_an_absent_storage_keeps_no_order_on_others_from_being_carried_out(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    beside = make_ground_beside(ground)
    beside.cached()
    with beside.opened():
        journal.claim(beside.plan_restore())
    put_new_disk(beside.array)
    ground.write()
    order = ground.plan_caching()
    upkeep.tend()
    order.refresh_from_db()
    assert order.state == "done"


def test_the_rescue_comes_by_itself_once_the_marker_has_been_gone_for_long_enough(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    with without_cache(ground):
        assert rescue.watch() is None
        assert Root.objects.get(kind="cache").absent_since is not None
        assert ground.on_array().is_symlink()
        CachePolicy.objects.update(rescue_after_seconds=0)
        rescued = rescue.watch()
        assert rescued is not None
        assert len(rescued.operations) == 1
        assert ground.on_array().read_bytes() == CONTENT
        assert rescue.watch() is None
    rescue.watch()
    assert Root.objects.get(kind="cache").absent_since is None


def test_a_lost_cache_that_no_mapping_uses_any_more_is_forgotten(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    with without_cache(ground):
        PathMapping.objects.update(enabled=False)
        rescue.rescue()
        assert not CachedFile.objects.exists()
        assert ground.on_array().read_bytes() == CONTENT


def cut_short(ground: Ground) -> Operation:
    """A return that ended when the file was back on the array, verified, and did not have its name yet."""
    operation = ground.plan_restore()
    journal.claim(operation)
    with ground.opened() as roots:
        array, cache = roots[operation.array_id], roots[operation.cache_id]
        with bench(operation, array, cache, NOBODY) as places:
            returning_steps.verify(places, lambda done: None)
    assert (operation.state, operation.way) == ("verified", "copied")
    return operation


@pytest.mark.parametrize("placement", ["union", "symlink"])
def test_a_file_that_was_just_copied_back_when_the_disk_died_gets_its_name(tmp_path: Path, placement: str) -> None:
    ground = make_ground(tmp_path, placement, "move")
    ground.write()
    start = tree(tmp_path)
    ground.carry_out(ground.plan_caching())
    cut_short(ground)
    with without_cache(ground):
        assert rescue.rescue().lost == []
        assert ground.on_array().read_bytes() == CONTENT
        assert not ground.on_array().is_symlink()
        assert rescue.rescue().lost == []
    ground.recover()
    assert tree(tmp_path) == start
    assert not CachedFile.objects.exists()


@pytest.mark.parametrize("placement", ["union", "symlink"])
def test_its_row_ends_when_the_disk_never_comes_back(tmp_path: Path, placement: str) -> None:
    ground = make_ground(tmp_path, placement, "move")
    ground.cached()
    operation = cut_short(ground)
    with without_cache(ground):
        PathMapping.objects.update(enabled=False)
        rescue.rescue()
        operation.refresh_from_db()
        assert (operation.state, CachedFile.objects.exists()) == ("done", False)
        assert ground.on_array().read_bytes() == CONTENT


def test_a_new_file_that_took_the_name_meanwhile_keeps_it(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "union", "move")
    ground.cached()
    operation = cut_short(ground)
    ground.on_array().write_bytes(b"new")
    with without_cache(ground):
        rescue.rescue()
        assert ground.on_array().read_bytes() == b"new"
    operation.refresh_from_db()
    assert (operation.state, ground.private_names()) == ("aborted", [])


def test_a_returned_file_that_somebody_changed_is_kept_as_it_is_and_said(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "union", "move")
    ground.cached()
    operation = cut_short(ground)
    changed = next(ground.array.rglob(".cacherr.*.tmp"))
    changed.write_bytes(b"changed")
    with without_cache(ground):
        rescue.rescue()
        assert changed.read_bytes() == b"changed"
    operation.refresh_from_db()
    assert (operation.state, CachedFile.objects.get().conflict) == ("conflict", operation.outcome)


@pytest.mark.parametrize("placement", ["union", "symlink"])
def test_an_original_that_was_linked_while_it_waited_for_its_reader_is_rescued_too(
    tmp_path: Path, placement: str
) -> None:
    ground = make_ground(tmp_path, placement, "move")
    with ground.write().open("rb"):
        ground.carry_out(ground.plan_caching())
        os.link(next(ground.array.rglob(".cacherr.*.orig")), tmp_path / "backup")
    ground.recover()
    with without_cache(ground):
        assert rescue.needs_rescue(Root.objects.get(kind="cache"))
        rescue.rescue()
        assert ground.on_array().samefile(tmp_path / "backup")


NEW = b"another program's"
OTHER = b"Films/Beta (2002)/Beta.mkv"


@pytest.mark.parametrize("placement", ["union", "symlink"])
def test_no_original_is_dropped_for_another_file_while_the_cached_copy_cannot_be_seen(
    tmp_path: Path, placement: str
) -> None:
    ground = make_ground(tmp_path, placement, park=True)
    ground.cached()
    ground.on_array().unlink(missing_ok=True)
    ground.on_array().write_bytes(NEW)
    with without_cache(ground):
        (operation,) = rescue.rescue().failed
        assert operation.state == "conflict"
        assert "parked" in CachedFile.objects.get().conflict
    assert (ground.on_array().read_bytes(), parked_of(ground).read_bytes()) == (NEW, CONTENT)


def test_a_conflict_of_a_rescue_ends_with_its_cure(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    ground.on_array().unlink()
    ground.on_array().write_bytes(NEW)
    with without_cache(ground):
        rescue.rescue()
        parked_of(ground).unlink()
        assert not rescue.rescue().failed
        assert [one.kind for one in auditing.examine().findings] == ["absent"]
    file = CachedFile.objects.get()
    assert (file.conflict, file.rescued_at is None) == ("", False)
    ground.carry_out(ground.plan_restore())
    assert not CachedFile.objects.exists()
    assert ground.on_array().read_bytes() == NEW


def test_what_a_rescue_could_not_bring_back_is_not_forgotten_when_no_mapping_uses_its_cache(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    directory, elsewhere = ground.on_array().parent, tmp_path / "elsewhere"
    directory.rename(elsewhere)
    directory.symlink_to(elsewhere)
    with without_cache(ground):
        PathMapping.objects.update(enabled=False)
        assert rescue.rescue().failed
        assert rescue.needs_rescue(Root.objects.get(kind="cache"))
        directory.unlink()
        elsewhere.rename(directory)
        assert not rescue.rescue().failed
        assert ground.on_array().read_bytes() == CONTENT
    assert not CachedFile.objects.exists()


def test_an_operation_that_cannot_be_undone_does_not_keep_other_originals_parked(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached(OTHER)
    PathMapping.objects.update(mode="move")
    ground.mapping.refresh_from_db()
    with ground.write().open("rb"):  # a viewer: the original stays parked, and the operation swapped
        operation = ground.carry_out(ground.plan_caching())
        assert operation.state == "swapped"
        ground.on_array().unlink()
        ground.on_array().write_bytes(NEW)
        with without_cache(ground):
            assert operation in rescue.rescue().failed
            assert ground.on_array(OTHER).read_bytes() == CONTENT
    operation.refresh_from_db()
    assert operation.state == "conflict"
    kept = [path.read_bytes() for path in ground.on_array(FILM).parent.iterdir()]
    assert sorted(kept) == sorted([NEW, CONTENT])
