"""The file's directory on the array is gone while the file is cached: it comes back all the same."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from caching import disk, journal, manifest, upkeep
from caching.directories import make_parents, remove_idle_directories
from caching.models import CachedFile, Kind, MadeDirectory, Operation
from tests.caching.disk.conftest import mounted
from tests.caching.ground import CONTENT, FILM, Ground, make_ground
from tests.caching.test_rebuild import lose_database
from tests.conftest import tree

pytestmark = pytest.mark.django_db

FILMS, ALPHA = "Films", "Films/Alpha (2001)"


def vanish(ground: Ground, directory: str = FILMS) -> None:
    """What Unraid's mover and Sonarr do with directories that nothing is in; links go with them."""
    shutil.rmtree(ground.array / directory)


@pytest.fixture(params=["union", "symlink"])
def moved(request: pytest.FixtureRequest, tmp_path: Path) -> Ground:
    """A file in mode `move`: its only copy is the cached one."""
    ground = make_ground(tmp_path, request.param, "move")
    ground.cached()
    return ground


@pytest.fixture
def alone(tmp_path: Path) -> Ground:
    """The same on a union, where nothing of it is left on the array."""
    ground = make_ground(tmp_path, "union", "move")
    ground.cached()
    vanish(ground)
    return ground


def made(ground: Ground) -> list[str]:
    """The directories on the array that are recorded as made by Cacherr."""
    rows = MadeDirectory.objects.filter(root_id=ground.mapping.array_id).order_by("path")
    return [bytes(path).decode() for path in rows.values_list("path", flat=True)]


def directories(ground: Ground) -> list[str]:
    """Every directory on the array."""
    return sorted(str(path.relative_to(ground.array)) for path in ground.array.rglob("*") if path.is_dir())


@pytest.mark.parametrize("gone", [FILMS, ALPHA])
@pytest.mark.parametrize("kind", [Kind.RESTORE, Kind.EVICT])
def test_a_moved_file_comes_back_with_its_directories_as_they_were(moved: Ground, kind: Kind, gone: str) -> None:
    vanish(moved, gone)
    file = CachedFile.objects.select_related("array", "cache").get()
    for path, mode in ((FILMS, 0o2775), (ALPHA, 0o750)):
        (moved.cache / path).chmod(mode)
        if os.geteuid() == 0:
            os.chown(moved.cache / path, 99, 100)
    operation = moved.plan_return(file, kind)
    operation.trigger = "command"  # without the link a cycle asks a person first
    operation.save()
    done = moved.carry_out(operation)
    assert (done.state, done.outcome, done.way) == ("done", "", "copied")
    assert moved.on_array().read_bytes() == CONTENT
    assert moved.on_array().stat().st_mtime_ns == 10**18 + 123_456_789
    status = (moved.array / ALPHA).stat()
    assert stat.S_IMODE(status.st_mode) == 0o750
    if os.geteuid() == 0:
        assert (status.st_uid, status.st_gid) == (99, 100)
    assert made(moved) == [], "they belong to the file now"
    assert [path.name for path in moved.cache.iterdir() if path.is_dir()] == []


def test_a_cycle_brings_it_back_from_a_union_and_asks_first_where_its_link_was_deleted(moved: Ground) -> None:
    vanish(moved)
    before = tree(moved.directory)
    done = moved.carry_out(moved.plan_restore())
    if moved.mapping.proved_placement == "union":
        assert (done.state, directories(moved)) == ("done", [FILMS, ALPHA])
    else:
        assert (done.state, tree(moved.directory)) == ("conflict", before)
    assert made(moved) == []


@pytest.mark.parametrize(("placement", "park"), [("union", False), ("union", True), ("symlink", False)])
def test_an_original_that_went_with_its_directory_is_made_again_when_a_person_asks(
    tmp_path: Path, placement: str, park: bool
) -> None:
    ground = make_ground(tmp_path, placement, "copy", park=park)
    ground.cached()
    vanish(ground)
    done = ground.carry_out(ground.plan_restore("command"))
    assert (done.state, done.outcome) == ("done", "")
    assert ground.on_array().read_bytes() == CONTENT


def test_a_file_that_is_gone_from_everywhere_leaves_no_directory(alone: Ground) -> None:
    alone.on_cache().unlink()
    done = alone.carry_out(alone.plan_restore())
    assert (done.state, done.outcome) == ("done", "It was deleted by another program while it was cached.")
    assert directories(alone) == []
    assert not CachedFile.objects.exists()
    assert made(alone) == []


def test_what_was_made_is_removed_again_when_the_copy_is_open(alone: Ground) -> None:
    before = tree(alone.directory)
    with alone.on_cache().open("rb"):
        done = alone.carry_out(alone.plan_restore())
    assert (done.state, done.outcome.split(".")[0]) == ("aborted", "Somebody has the file open")
    assert tree(alone.directory) == before
    assert made(alone) == []


def begun(ground: Ground) -> Operation:
    """A return as a crash leaves it right after the directories: the rows are there, and so are the directories."""
    operation = ground.plan_restore()
    journal.claim(operation)
    with ground.opened() as roots:
        make_parents(operation, roots[operation.array_id], like=roots[operation.cache_id])
    assert directories(ground) == [FILMS, ALPHA]
    assert made(ground) == [FILMS, ALPHA]
    return operation


@pytest.mark.parametrize("left", [[FILMS, ALPHA], [FILMS], []], ids=["both", "one", "none"])
def test_a_crash_before_the_file_is_back_leaves_no_directory(alone: Ground, left: list[str]) -> None:
    before = tree(alone.directory)
    begun(alone)
    for path in (ALPHA, FILMS):
        if path not in left:
            (alone.array / path).rmdir()
    assert [operation.state for operation in alone.recover().operations] == ["aborted"]
    assert tree(alone.directory) == before
    assert made(alone) == []
    assert alone.carry_out(alone.plan_restore()).state == "done"


def test_a_crash_and_a_lost_database_leave_no_directory(alone: Ground) -> None:
    before = tree(alone.directory)
    operation = begun(alone)
    with alone.opened() as roots:
        manifest.note(operation, roots.values())
    lose_database(alone)
    assert upkeep.recover(rebuild_rows=True).rebuilt[0].operations == [str(alone.on_array().relative_to(alone.array))]
    assert tree(alone.directory) == before
    assert CachedFile.objects.exists()
    assert made(alone) == []


def test_what_another_program_puts_into_a_directory_that_was_made_keeps_it(alone: Ground) -> None:
    begun(alone)
    poster = alone.on_array().with_name("poster.jpg")
    poster.write_bytes(b"poster")
    alone.recover()
    assert poster.read_bytes() == b"poster"
    assert alone.carry_out(alone.plan_restore()).state == "done"
    poster.unlink()
    alone.recover()
    assert alone.on_array().read_bytes() == CONTENT


def test_a_directory_that_is_being_used_is_not_idle(alone: Ground) -> None:
    begun(alone)
    remove_idle_directories()
    assert directories(alone) == made(alone) == [FILMS, ALPHA]


@pytest.mark.parametrize("first", ["done", "aborted"])
def test_two_files_that_come_back_at_once_share_the_directories_that_were_made(tmp_path: Path, first: str) -> None:
    ground = make_ground(tmp_path, "union", "move")
    beside = f"{ALPHA}/Alpha.en.srt".encode()
    for path in (FILM, beside):
        ground.cached(path)
    vanish(ground)
    one, other = (ground.plan_return(file) for file in CachedFile.objects.select_related("array", "cache"))
    journal.claim(other)
    with ExitStack() as stack:
        if first == "aborted":
            stack.enter_context((ground.cache / os.fsdecode(one.relative)).open("rb"))
        assert ground.carry_out(one).state == first
    assert directories(ground) == [FILMS, ALPHA], "the other one may be about to write there"
    ground.recover()
    other.refresh_from_db()
    assert other.state == "aborted"
    assert directories(ground) == ([FILMS, ALPHA] if first == "done" else [])
    assert made(ground) == []


def test_a_directory_that_another_program_makes_at_this_moment_stays_its_own(tmp_path: Path) -> None:
    for name in ("one/Films", "other/Films"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "one/Films").chmod(0o700)
    with disk.open_root(str(tmp_path / "one"), None) as root, disk.open_root(str(tmp_path / "other"), None) as like:
        (tmp_path / "other/Films/A").mkdir(mode=0o750)
        assert disk.make_directories(root, like, [b"Films", b"Films/A"]) == [b"Films/A"]
    assert stat.S_IMODE((tmp_path / "one/Films").stat().st_mode) == 0o700


def take_directory(ground: Ground) -> None:
    vanish(ground)


def take_file(ground: Ground) -> None:
    next((ground.array / ALPHA).iterdir()).unlink()


@pytest.mark.parametrize("taken", [take_directory, take_file], ids=["directory", "file"])
def test_what_is_taken_while_it_is_made_is_no_loss_and_it_is_tried_again(
    alone: Ground, taken: Callable[[Ground], None]
) -> None:
    before = tree(alone.directory)
    done = alone.carry_out(alone.plan_restore(), lambda: taken(alone))
    assert done.state == "aborted", done.outcome
    assert tree(alone.directory) == before
    assert made(alone) == []
    assert alone.carry_out(alone.plan_restore()).state == "done"


def put_link(ground: Ground) -> None:
    outside = ground.directory / "outside"
    outside.mkdir()
    (ground.array / FILMS).symlink_to(outside)


def put_link_below(ground: Ground) -> None:
    outside = ground.directory / "outside"
    outside.mkdir()
    (ground.array / FILMS).mkdir()
    (ground.array / ALPHA).symlink_to(outside)


def put_file(ground: Ground) -> None:
    (ground.array / FILMS).write_bytes(b"a file")


@pytest.mark.parametrize("put", [put_link, put_link_below, put_file], ids=["link", "link below", "file"])
def test_where_something_else_has_the_directorys_name_the_file_stays_cached_and_the_cure_is_said(
    alone: Ground, put: Callable[[Ground], None]
) -> None:
    put(alone)
    before = tree(alone.directory)
    done = alone.carry_out(alone.plan_restore())
    assert done.state == "aborted"
    assert re.fullmatch(
        r"A directory in Films/Alpha \(2001\).* is a link or no directory. Make it one again; until then .*",
        done.outcome,
    )
    assert tree(alone.directory) == before
    assert made(alone) == []
    alone.recover()
    assert tree(alone.directory) == before


def test_a_link_on_the_way_to_a_directory_that_was_made_is_not_followed(alone: Ground) -> None:
    begun(alone)
    shutil.move(alone.array / FILMS, alone.directory / "outside")
    (alone.array / FILMS).symlink_to(alone.directory / "outside")
    before = tree(alone.directory)
    alone.recover()
    assert tree(alone.directory) == before


@pytest.mark.parametrize(
    ("options", "said"),
    [("remount,ro", "The disk is mounted read-only"), ("remount,nr_inodes={used}", "The disk is full")],
    ids=["read-only", "no room for a directory"],
)
def test_where_no_directory_can_be_made_the_file_stays_cached_and_the_cure_is_said(
    tmp_path: Path, options: str, said: str
) -> None:
    with mounted(tmp_path / "array", "tmpfs", "size=8m,mode=755"):
        ground = make_ground(tmp_path, "union", "move")
        ground.cached()
        vanish(ground)
        room = os.statvfs(ground.array)
        used = room.f_files - room.f_ffree
        before = tree(ground.cache)
        remount(ground.array, options.format(used=used))
        done = ground.carry_out(ground.plan_restore())
        assert (done.state, done.outcome.partition(" (")[0]) == ("aborted", said)
        assert done.outcome.count(".") >= 2, "the cure follows"
        assert tree(ground.cache) == before
        assert directories(ground) == []
        remount(ground.array, "remount,rw,nr_inodes=1000")
        assert ground.carry_out(ground.plan_restore()).state == "done"
        assert made(ground) == []


def remount(at: Path, options: str) -> None:
    """Change the options of a mounted file system."""
    subprocess.run(["mount", "-o", options, at], check=True)
