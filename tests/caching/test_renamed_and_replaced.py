"""Our link was renamed while its file was cached, and something else has its old name: both are kept."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from caching import auditing, orders, rescue, sparing
from caching.bench import AbortedError, bench
from caching.models import CachedFile, Operation, PathMapping, State, Way
from caching.playing import NOBODY
from caching.returning_steps import swap
from tests.caching.ground import CONTENT, FILM, Ground, make_ground, make_ground_beside, parked_of
from tests.caching.test_renamed import BOTH, DIRECTORY, FAR, FILE, MOVED, ground, is_back, rename, verify_quietly

__all__ = ["ground"]
pytestmark = pytest.mark.django_db

OTHER = b"another episode, which got the number of ours"
ONE = b"Films/Alpha (2001)/One.mkv"


def take_old_name(ground: Ground, to: bytes) -> Path:
    """As when numbers shift by one: ours is renamed, and a new file gets the old name. Where ours is now."""
    new = rename(ground, to)
    ground.on_array().parent.mkdir(exist_ok=True)
    ground.on_array().write_bytes(OTHER)
    return new


@pytest.mark.parametrize("to", [FILE, MOVED, BOTH, FAR])
@pytest.mark.parametrize("trigger", ["cycle", "command"])
def test_the_file_comes_back_under_its_new_name_and_the_other_stays(ground: Ground, to: bytes, trigger: str) -> None:
    new = take_old_name(ground, to)
    done = ground.carry_out(ground.plan_restore(trigger))
    assert (done.state, done.outcome) == ("done", "")
    assert ground.on_array().read_bytes() == OTHER
    ground.on_array().unlink()
    assert is_back(ground, new)


def test_a_repair_brings_it_back_under_its_new_name(ground: Ground) -> None:
    new = take_old_name(ground, FILE)
    assert [one.kind for one in auditing.examine().findings] == ["renamed"]
    auditing.repair(verified=False, watch=lambda _file, _done: None)
    assert (new.read_bytes(), ground.on_array().read_bytes()) == (CONTENT, OTHER)


@pytest.mark.parametrize("to", [FILE, FAR])
def test_when_the_cache_is_dead_the_original_gets_the_new_name(tmp_path: Path, to: bytes) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    new = take_old_name(ground, to)
    ground.cache.rename(tmp_path / "dead")
    (operation,) = rescue.rescue().operations
    assert operation.state == State.DONE, operation.outcome
    assert (new.read_bytes(), ground.on_array().read_bytes()) == (CONTENT, OTHER)


@pytest.mark.parametrize("where", ["a relative link", "below another array", "nowhere"])
def test_a_rescue_drops_no_original_for_a_file_that_has_its_name(tmp_path: Path, where: str) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    new = take_old_name(ground, FAR)
    target = os.readlink(new)
    new.unlink()
    if where == "a relative link":
        new.symlink_to(os.path.relpath(target, new.parent))
    elif where == "below another array":
        (make_ground_beside(ground).array / "X.mkv").symlink_to(target)
    ground.cache.rename(tmp_path / "dead")
    (operation,) = rescue.rescue().operations
    parked = parked_of(ground)
    assert (operation.state, parked.read_bytes()) == (State.CONFLICT, CONTENT)
    assert f"give {parked} the name that you want" in operation.outcome
    parked.rename(new.with_name("kept.mkv"))
    (operation,) = rescue.rescue().operations
    assert (operation.state, ground.on_array().read_bytes()) == (State.DONE, OTHER)


def test_an_array_that_is_not_there_may_have_the_link_of_an_upgraded_file(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    beside = make_ground_beside(ground)
    take_old_name(ground, FILE).rename(beside.array / "X.mkv")
    away = beside.array.rename(beside.array.with_name("unplugged"))
    done = ground.carry_out(ground.plan_restore())
    assert (done.state, len(ground.private_names())) == (State.ABORTED, 1)
    away.rename(beside.array)
    done = ground.carry_out(ground.plan_restore())
    assert done.state == State.CONFLICT
    assert f"moved below another array while it was cached: {beside.array / 'X.mkv'}" in done.outcome
    PathMapping.objects.filter(pk=beside.mapping.pk).update(enabled=False)
    beside.array.rename(away)
    assert ground.carry_out(ground.plan_restore("api")).state == State.DONE


def test_the_array_is_not_searched_while_the_old_copy_is_open(ground: Ground) -> None:
    new = take_old_name(ground, FAR)
    with ground.on_cache().open("rb"):
        done = ground.carry_out(ground.plan_restore())
        assert (done.state, done.outcome) == ("aborted", "Somebody has the file open. It is tried again later.")
    assert not CachedFile.objects.get().renamed_to
    assert ground.carry_out(ground.plan_restore()).state == State.DONE
    assert new.read_bytes() == CONTENT


def test_links_in_snapshots_are_left_alone(ground: Ground) -> None:
    for number in "12":
        films = ground.array / "Films"
        shutil.copytree(films, ground.array / ".snapshots" / number / "Films", symlinks=True)
    ground.on_array().unlink()
    ground.on_array().write_bytes(OTHER)
    assert ground.carry_out(ground.plan_restore()).state == State.DONE


def test_a_parked_original_is_not_taken_out_of_a_snapshot(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    kept = ground.array / ".snapshots" / "1" / "Films" / parked_of(ground).name
    kept.parent.mkdir(parents=True)
    rename(ground, FAR)
    parked_of(ground).rename(kept)
    done = ground.carry_out(ground.plan_restore("command"))
    assert (done.state, done.outcome) == (State.DONE, "")
    assert kept.read_bytes() == CONTENT


@pytest.mark.parametrize("alive", [True, False])
def test_a_link_that_was_moved_out_of_a_renamed_directory_gets_its_parked_original(tmp_path: Path, alive: bool) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    renamed = rename(ground, DIRECTORY)
    new = ground.on_array(MOVED)
    new.parent.mkdir()
    renamed.rename(new)
    if alive:
        assert ground.carry_out(ground.plan_restore()).state == State.DONE
        assert ground.private_names() == []
    else:
        ground.cache.rename(tmp_path / "dead")
        assert [one.state for one in rescue.rescue().operations] == [State.DONE]
    assert new.read_bytes() == CONTENT
    assert not new.is_symlink()


def test_two_cached_files_whose_names_shifted_by_one_both_come_back(ground: Ground) -> None:
    ground.on_array(ONE).write_bytes(OTHER)
    ground.carry_out(ground.plan_caching(ONE, len(OTHER)))
    ground.on_array().rename(ground.on_array(FILE))
    ground.on_array(ONE).rename(ground.on_array())
    for operation in orders.give_all_back("command").operations:
        assert ground.carry_out(operation).state == "done"
    assert (ground.on_array(FILE).read_bytes(), ground.on_array().read_bytes()) == (CONTENT, OTHER)
    assert not CachedFile.objects.exists()
    assert not any(ground.on_array(path).is_symlink() for path in (FILE, FILM))


def test_a_new_file_at_the_name_of_a_deleted_link_is_an_upgrade(ground: Ground) -> None:
    ground.on_array().unlink()
    ground.on_array().write_bytes(OTHER)
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert ground.on_array().read_bytes() == OTHER
    assert not (ground.on_cache().exists() or ground.private_names() or CachedFile.objects.exists())


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own below the array's root."""
    disk = tmp_path / "array" / "Films" / "Other"
    disk.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=True)
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk: run as root")
def test_a_rescue_gives_the_old_name_where_the_link_was_moved_to_another_disk(other_disk: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    link = ground.on_array()
    (other_disk / link.name).symlink_to(os.readlink(link))
    link.unlink()
    ground.cache.rename(tmp_path / "dead")
    (operation,) = rescue.rescue().operations
    assert operation.state == State.DONE, operation.outcome
    assert ground.on_array().read_bytes() == CONTENT


def followed(ground: Ground, to: bytes) -> Path:
    """Its link was renamed, and Cacherr has noticed, but somebody had it open."""
    CachedFile.objects.update(plex_path=f"/plex/{FILM.decode()}")
    new = rename(ground, to)
    with ground.on_cache().open("rb"):
        ground.carry_out(ground.plan_restore())
    assert bytes(CachedFile.objects.get().renamed_to) == to
    return new


def test_what_is_wanted_by_its_new_name_stays(ground: Ground) -> None:
    followed(ground, FILE)
    ground.plan_restore()
    assert sparing.spare([f"/plex/{FILE.decode()}"], [ground.mapping]) == 1
    assert not Operation.objects.filter(state=State.PLANNED).exists()


def test_when_the_new_directory_is_gone_as_well_plex_is_thought_to_have_the_old_name(ground: Ground) -> None:
    new = followed(ground, BOTH)
    for path in (*new.parent.iterdir(), new.parent):
        path.rmdir() if path.is_dir() else path.unlink()
    ground.carry_out(ground.plan_restore())
    row = CachedFile.objects.get()
    assert (bytes(row.renamed_to), row.plex_path) == (b"", f"/plex/{FILM.decode()}")


def test_a_rename_after_an_upgrade_was_seen_is_noticed_before_the_copy_is_taken(ground: Ground) -> None:
    link = os.readlink(ground.on_array())
    ground.on_array().unlink()
    ground.on_array().write_bytes(OTHER)
    operation = ground.plan_restore()
    new = ground.on_array(FILE)
    with ground.opened() as roots:
        with bench(operation, roots[operation.array_id], roots[operation.cache_id], NOBODY) as places:
            verify_quietly(places)
        assert operation.way == Way.REPLACED
        new.symlink_to(link)
        with (
            bench(operation, roots[operation.array_id], roots[operation.cache_id], NOBODY) as places,
            pytest.raises(AbortedError, match="renamed at this moment"),
        ):
            swap(places)
    assert new.read_bytes() == CONTENT
