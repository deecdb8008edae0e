"""The database is lost: what the disks remember is enough to bring everything back."""

import json
from pathlib import Path

import pytest

from caching import auditing, disk, manifest, upkeep
from caching.models import CachedFile, Cycle, MadeDirectory, Operation, PathMapping, Root
from tests.caching.ground import CONTENT, FILM, Ground, damage, make_ground, parked_of
from tests.conftest import tree

pytestmark = pytest.mark.django_db


def lose_database(ground: Ground) -> None:
    """Everything goes but the mapping, which a person enters again."""
    for model in (CachedFile, Operation, MadeDirectory, Cycle):
        model._default_manager.all().delete()
    PathMapping.objects.update(array=None, cache=None, proved_placement="", proved_prefix="")
    Root.objects.all().delete()


def forget_records(ground: Ground, *states: str) -> None:
    """The manifests lose what was noted of operations in these states."""
    for path in ground.directory.rglob(".cacherr-manifest"):
        lines = [line for line in path.read_bytes().split(b"\n") if line]
        path.write_bytes(b"".join(b"\n" + line for line in lines if json.loads(line)["state"] not in states))


def test_a_cached_file_is_known_again_and_a_restore_leads_back_to_the_start(ground: Ground) -> None:
    ground.write()
    start = tree(ground.directory)
    ground.carry_out(ground.plan_caching())
    before = CachedFile.objects.values("hash", "array_print", "cache_print", "original_name", "mode").get()
    cached = tree(ground.directory)
    lose_database(ground)
    assert upkeep.recover().operations == ()
    assert tree(ground.directory) == cached, "without being told, a recovery touches nothing unknown"
    rebuilt = upkeep.recover(rebuild_rows=True)
    assert [found.files for found in rebuilt.rebuilt] == [[FILM.decode()]]
    assert CachedFile.objects.values("hash", "array_print", "cache_print", "original_name", "mode").get() == before
    assert tree(ground.directory) == cached
    assert upkeep.recover(rebuild_rows=True).rebuilt[0].files == []
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert tree(ground.directory) == start


def test_a_restored_file_is_not_found_again(ground: Ground) -> None:
    ground.cached()
    ground.carry_out(ground.plan_restore())
    lose_database(ground)
    upkeep.recover(rebuild_rows=True)
    assert not CachedFile.objects.exists()


@pytest.mark.parametrize("park", [("symlink", False), ("union", True)])
def test_without_manifests_the_tags_of_parked_originals_are_enough(tmp_path: Path, park: tuple[str, bool]) -> None:
    ground = make_ground(tmp_path, park[0], park=park[1])
    ground.write()
    start = tree(tmp_path)
    ground.carry_out(ground.plan_caching())
    lose_database(ground)
    for path in tmp_path.rglob(".cacherr-manifest"):
        path.unlink()
    upkeep.recover(rebuild_rows=True)
    assert ground.carry_out(ground.plan_restore()).state == "done"
    left = {name for name in tree(tmp_path) if name.startswith("array")}
    assert left == {name for name in start if name.startswith("array")}


def test_without_manifests_an_original_whose_link_was_renamed_is_named_and_left_alone(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    new = ground.on_array().rename(ground.on_array().with_name("renamed.mkv"))
    lose_database(ground)
    for path in tmp_path.rglob(".cacherr-manifest"):
        path.unlink()
    rebuilt = upkeep.recover(rebuild_rows=True).rebuilt
    assert [len(found.unknown) for found in rebuilt] == [1]
    assert not CachedFile.objects.exists()
    assert new.read_bytes() == CONTENT


def test_a_parked_original_without_a_tag_is_named_and_left_alone(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    stranger = ground.on_array().parent / ".cacherr.0123456789ab.orig"
    stranger.parent.mkdir(parents=True)
    stranger.write_bytes(b"whose?")
    found = upkeep.recover(rebuild_rows=True)
    assert found.rebuilt[0].unknown == ["Films/Alpha (2001)/.cacherr.0123456789ab.orig"]
    assert stranger.read_bytes() == b"whose?"


@pytest.mark.parametrize("both", [False, True])
def test_what_was_found_damaged_is_known_again(tmp_path: Path, both: bool) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    damage(parked_of(ground))
    if both:
        damage(ground.on_cache())
    auditing.examine(verified=True)
    lose_database(ground)
    upkeep.recover(rebuild_rows=True)
    row = CachedFile.objects.get()
    assert (row.original_damaged, row.copy_damaged) == (True, both)
    if not both:
        assert ground.carry_out(ground.plan_restore()).state == "done"
        assert ground.on_array().read_bytes() == CONTENT


def test_damage_of_a_file_that_came_back_does_not_make_it_cached_again(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    row = CachedFile.objects.get()
    ground.carry_out(ground.plan_restore())
    with disk.open_root(row.cache.path, row.cache.pk) as cache:
        manifest.note_damage(row, cache)
    lose_database(ground)
    upkeep.recover(rebuild_rows=True)
    assert not CachedFile.objects.exists()


def test_the_only_copy_of_a_moved_file_is_kept_when_the_last_record_was_lost(ground: Ground) -> None:
    ground.cached()
    cached = tree(ground.directory)
    forget_records(ground, "done")
    lose_database(ground)
    done = upkeep.recover(rebuild_rows=True)
    assert [row.state for row in done.operations] == ["done"]
    assert ground.plex_sees() == CONTENT
    assert tree(ground.directory) == cached
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert ground.on_array().read_bytes() == CONTENT


def test_an_unfinished_operation_behind_a_link_is_named_and_left_alone(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "union", "move")
    ground.cached()
    forget_records(ground, "done")
    lose_database(ground)
    films = ground.array / "Films"
    films.rename(tmp_path / "elsewhere")
    films.symlink_to(tmp_path / "elsewhere")
    assert upkeep.recover(rebuild_rows=True).rebuilt[0].unknown == [FILM.decode()]
    assert ground.on_cache().read_bytes() == CONTENT


def test_records_of_earlier_versions_are_understood(ground: Ground) -> None:
    ground.cached()
    for path in ground.directory.rglob(".cacherr-manifest"):
        lines = [json.loads(line) for line in path.read_bytes().splitlines() if line]
        later = ("renamed_to", "original_damaged", "copy_damaged")
        older = [{name: value for name, value in line.items() if name not in later} for line in lines]
        path.write_text("".join(json.dumps(line) + "\n" for line in older))
    lose_database(ground)
    upkeep.recover(rebuild_rows=True)
    assert CachedFile.objects.get().relative == FILM
