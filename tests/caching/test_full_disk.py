"""A disk is full to its last block: what comes back, and so makes room, does not wait for it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from caching import disk, exclusions, journal, manifest, rescue, returning_steps, tasks, upkeep
from caching.bench import bench
from caching.models import CachedFile, Kind, Operation, State
from caching.playing import NOBODY
from tests.caching.disk.conftest import mounted
from tests.caching.ground import COMBINATIONS, CONTENT, FILM, Ground, damage, make_ground
from tests.caching.test_rebuild import lose_database
from tests.conftest import tree

pytestmark = pytest.mark.django_db

PAGE = 4096
SMALL = "size=8m,mode=755"
MANIFEST = ".cacherr-manifest"
KEEPING = [one for one in COMBINATIONS if one.values[0][1] == "copy"]  # type: ignore[index]


@pytest.fixture
def small_cache(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "cache", "tmpfs", SMALL) as at:
        yield at


@pytest.fixture
def small_array(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "array", "tmpfs", SMALL) as at:
        yield at


def made(tmp_path: Path, combination: tuple[str, str, bool]) -> Ground:
    placement, mode, park = combination
    return make_ground(tmp_path, placement, mode, park=park)


def fill(root: Path, *, left: int = 0) -> Path:
    """Another program takes every block; of its last one the manifest has so many bytes left."""
    with (root / MANIFEST).open("ab") as file:
        file.write(b"\n" * (-(file.tell() + left) % PAGE))
    download = root / "download"
    with download.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(PAGE))
        except OSError as error:
            assert disk.is_full(error)
    return download


@pytest.mark.parametrize("combination", COMBINATIONS)
@pytest.mark.parametrize("kind", [Kind.EVICT, Kind.RESTORE])
def test_a_file_leaves_a_full_cache(
    small_cache: Path, tmp_path: Path, combination: tuple[str, str, bool], kind: Kind
) -> None:
    ground = made(tmp_path, combination)
    ground.write()
    start = tree(ground.array)
    ground.carry_out(ground.plan_caching())
    fill(small_cache)
    done = ground.carry_out(ground.plan_return(CachedFile.objects.get(), kind))
    assert (done.state, done.outcome) == (State.DONE, "")
    assert tree(ground.array) == start
    assert not (ground.on_cache().exists() or ground.private_names())


@pytest.mark.parametrize("combination", KEEPING)
def test_a_parked_original_gets_its_name_back_on_a_full_array(
    small_array: Path, tmp_path: Path, combination: tuple[str, str, bool]
) -> None:
    ground = made(tmp_path, combination)
    inode = ground.write().stat().st_ino
    ground.carry_out(ground.plan_caching())
    fill(small_array)
    done = ground.carry_out(ground.plan_restore())
    assert (done.state, done.outcome) == (State.DONE, "")
    assert ground.on_array().stat().st_ino == inode


def test_a_rescue_needs_no_room_on_the_array(small_array: Path, tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    fill(small_array)
    ground.cache.rename(tmp_path / "dead")
    (operation,) = rescue.rescue().operations
    assert operation.state == State.DONE, operation.outcome
    assert ground.on_array().read_bytes() == CONTENT


def test_what_has_to_be_copied_back_waits_on_the_cache_until_the_array_has_room(
    small_array: Path, tmp_path: Path
) -> None:
    ground = make_ground(tmp_path, "union", "move")
    ground.cached()
    download = fill(small_array)
    done = ground.carry_out(ground.plan_restore())
    assert (done.state, done.outcome.partition(":")[0]) == (State.ABORTED, "The disk is full")
    assert ground.plex_sees() == CONTENT
    download.unlink()
    assert ground.carry_out(ground.plan_restore()).state == State.DONE


def test_nothing_is_cached_where_it_could_not_be_noted(small_cache: Path, tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "union")
    ground.write()
    fill(small_cache)
    done = ground.carry_out(ground.plan_caching())
    assert (done.state, done.outcome.partition(".")[0]) == (State.ABORTED, "The disk is full")


def test_a_damaged_copy_is_told_though_the_manifest_takes_no_line(small_cache: Path, tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "union", "move")
    ground.cached()
    damage(ground.on_cache())
    fill(small_cache)
    assert ground.carry_out(ground.plan_restore()).state == State.CONFLICT
    assert CachedFile.objects.get().copy_damaged


def test_a_line_that_a_full_disk_tore_spoils_no_other(small_cache: Path, tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "union")
    ground.cached()
    download = fill(small_cache, left=100)
    with ground.on_cache().open("rb"):
        assert ground.carry_out(ground.plan_restore()).state == State.ABORTED
    assert (small_cache / MANIFEST).stat().st_size % PAGE == 0, "a part of the line was written"
    download.unlink()
    ground.cached(b"Films/Beta (2002).mkv")
    lose_database(ground)
    upkeep.recover(rebuild_rows=True)
    assert {row.relative for row in CachedFile.objects.all()} == {FILM, b"Films/Beta (2002).mkv"}


def test_where_the_movers_list_cannot_be_written_the_work_is_done_and_one_sentence_says_it(
    tmp_path: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with mounted(tmp_path / "config", "tmpfs", SMALL) as config:
        settings.CONFIG_DIR = config
        ground = make_ground(tmp_path, "union")
        ground.cached()
        operation = ground.plan_restore()
        Operation.objects.update(trigger="api")
        (config / exclusions.NAME).write_bytes(b"/what/was/cached/before\n")
        fill(config)
        ground.cached(b"Films/Beta (2002).mkv")
        tasks.run_orders()
    operation.refresh_from_db()
    assert operation.state == State.DONE
    (said,) = {record.getMessage() for record in caplog.records if record.name == "caching.tasks"}
    assert said.startswith("The disk is full.")


STEPS = {"verified": 1, "swapped": 2}
RETURNING = (lambda at: returning_steps.verify(at, lambda done: None), returning_steps.swap, returning_steps.remove)


def cut_short(ground: Ground, steps: int, *, noted: bool) -> Operation:
    """A return of which a full disk took no record, or only the first, and which ended after so many of its steps."""
    operation = ground.plan_restore()
    journal.claim(operation)
    with ground.opened() as roots:
        for step in range(steps):
            with bench(operation, roots[operation.array_id], roots[operation.cache_id], NOBODY) as places:
                if noted and not step:
                    manifest.record(places)
                RETURNING[step](places)
    return operation


@pytest.mark.parametrize("noted", [False, True], ids=["no record", "the first record"])
@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_a_rebuild_loses_nothing_of_a_return_that_could_not_be_noted(ground: Ground, steps: int, noted: bool) -> None:
    ground.write()
    ground.carry_out(ground.plan_caching())
    cut_short(ground, steps, noted=noted)
    lose_database(ground)
    upkeep.recover(rebuild_rows=True)
    assert ground.plex_sees() == CONTENT
    upkeep.recover()
    assert ground.plex_sees() == CONTENT
    done = ground.carry_out(ground.plan_restore())
    assert (done.state, done.outcome) == (State.DONE, "")
    assert ground.on_array().read_bytes() == CONTENT
    assert not (ground.on_array().is_symlink() or ground.on_cache().exists())
    assert not CachedFile.objects.exists()


@pytest.mark.parametrize("noted", [False, True], ids=["no record", "the first record"])
def test_a_return_that_was_done_without_a_record_is_no_cached_file_for_long(ground: Ground, noted: bool) -> None:
    ground.cached()
    cut_short(ground, 3, noted=noted)
    lose_database(ground)
    upkeep.recover(rebuild_rows=True)
    assert ground.carry_out(ground.plan_restore()).state == State.DONE
    assert ground.on_array().read_bytes() == CONTENT
    assert not CachedFile.objects.exists()


def test_what_may_have_had_the_name_is_named_and_left_alone(tmp_path: Path) -> None:
    """The return had exchanged names with a file that another program had just put there, and was cut short."""
    ground = make_ground(tmp_path, "symlink", "move")
    ground.cached()
    operation = cut_short(ground, 1, noted=True)
    private = ground.on_array().with_name(f".cacherr.{operation.token}.tmp")
    newer = tmp_path / "newer.mkv"
    newer.write_bytes(b"newer")
    ground.on_array().unlink()
    private.rename(ground.on_array())
    newer.rename(private)
    lose_database(ground)
    unknown = upkeep.recover(rebuild_rows=True).rebuilt[0].unknown
    assert unknown == [os.path.join(os.path.dirname(FILM.decode()), private.name)]
    assert (private.read_bytes(), ground.plex_sees()) == (b"newer", CONTENT)
