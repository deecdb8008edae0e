"""Operations on real files: what they do, what they refuse, and that nothing foreign is ever touched."""

import itertools
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from caching import moves
from caching.models import CachedFile, MadeDirectory, Operation
from caching.playing import NOBODY
from tests.caching.ground import CONTENT, Ground, Meanwhile
from tests.conftest import tree

pytestmark = pytest.mark.django_db


def test_a_cached_file_is_seen_whole_and_its_original_is_kept_unless_moved(ground: Ground) -> None:
    inode = ground.write().stat().st_ino
    done = ground.carry_out(ground.plan_caching())
    assert done.state == "done"
    assert ground.plex_sees() == CONTENT
    assert ground.on_cache().read_bytes() == CONTENT
    kept = [path for path in ground.array.rglob("*") if path.is_file() and path.lstat().st_ino == inode]
    assert len(kept) == (0 if ground.mapping.mode == "move" else 1)
    assert CachedFile.objects.get().hash == done.hash != ""


def test_a_round_trip_leaves_everything_as_it_was(ground: Ground) -> None:
    ground.write()
    before, inode = tree(ground.directory), ground.on_array().stat().st_ino
    ground.carry_out(ground.plan_caching())
    assert tree(ground.directory) != before
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert tree(ground.directory) == before
    assert ground.mapping.mode == "move" or ground.on_array().stat().st_ino == inode
    assert not CachedFile.objects.exists()
    assert not MadeDirectory.objects.exists()


def test_a_copy_has_owner_mode_times_and_attributes_of_its_original(ground: Ground) -> None:
    film = ground.write()
    film.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(film, 99, 100)
    try:
        os.setxattr(film, "user.note", b"seen at the cinema")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    film.parent.chmod(0o2775)
    ground.carry_out(ground.plan_caching())
    copy, kept = ground.on_cache().lstat(), CachedFile.objects.get()
    assert stat.S_IMODE(copy.st_mode) == 0o640
    assert copy.st_mtime_ns == 10**18 + 123_456_789
    assert os.getxattr(ground.on_cache(), "user.note") == b"seen at the cinema"
    assert stat.S_IMODE(ground.on_cache().parent.stat().st_mode) == 0o2775
    assert kept.size == len(CONTENT)
    if os.geteuid() == 0:
        assert (copy.st_uid, copy.st_gid) == (99, 100)


NAMES = [
    pytest.param(b"Films/\xff\xfe (not UTF-8).mkv", id="not UTF-8"),
    pytest.param(b"Films/" + b"n" * 251 + b".mkv", id="255 bytes"),
    pytest.param(b"Films/two\nlines.mkv", id="a newline"),
    pytest.param(b"-rf/--force.mkv", id="leading dashes"),
    pytest.param(b".hidden/.film.mkv", id="leading dots"),
    pytest.param("Löwe/Ünïcode 🎬.mkv".encode(), id="Unicode"),
    pytest.param(b"Film.mkv", id="directly below the root"),
    pytest.param(b"a/" * 40 + b"deep.mkv", id="deep"),
    pytest.param(b"Films/A [1080p].mkv", id="brackets"),
]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_bytes_and_all_of_them_work(ground: Ground, name: bytes) -> None:
    ground.write(name)
    before = tree(ground.directory)
    assert ground.carry_out(ground.plan_caching(name)).state == "done"
    assert ground.plex_sees(name) == CONTENT
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert tree(ground.directory) == before


def test_names_that_differ_in_case_only_are_two_files(ground: Ground) -> None:
    one, other = b"Films/Alpha.mkv", b"Films/ALPHA.mkv"
    for name in (one, other):
        ground.write(name, name * 100)
        assert ground.carry_out(ground.plan_caching(name)).state == "done"
    assert (ground.plex_sees(one), ground.plex_sees(other)) == (one * 100, other * 100)


def test_two_versions_of_a_film_in_one_folder_are_two_files(ground: Ground) -> None:
    small, large = b"Film/Film [1080p].mkv", b"Film/Film [2160p].mkv"
    ground.write(large, b"large" * 1000)
    ground.cached(small)
    assert ground.on_array(large).read_bytes() == b"large" * 1000
    assert ground.on_array(large).is_symlink() is False


def test_a_file_that_is_not_ours_at_the_copys_place_is_left_alone(ground: Ground) -> None:
    ground.write()
    foreign = ground.on_cache()
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"somebody else's")
    before = tree(ground.directory)
    done = ground.carry_out(ground.plan_caching())
    assert done.state == "aborted"
    assert "not Cacherr's" in done.outcome
    assert tree(ground.directory) == before


def append(film: Path) -> None:
    with film.open("ab") as file:
        file.write(b"more")


def replace(film: Path) -> None:
    film.with_suffix(".new").write_bytes(b"an upgrade")
    film.with_suffix(".new").replace(film)


def delete(film: Path) -> None:
    film.unlink()


def appear(film: Path) -> None:
    film.write_bytes(b"foreign")


def overwrite_in_place(film: Path) -> None:
    times = film.stat()
    with film.open("r+b") as file:
        file.write(b"X")
    os.utime(film, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize("happening", [append, replace, delete, overwrite_in_place])
def test_a_file_that_changes_while_it_is_copied_is_not_cached(
    ground: Ground, happening: Callable[[Path], None]
) -> None:
    film = ground.write()
    done = ground.carry_out(ground.plan_caching(), lambda: happening(film))
    assert done.state == "aborted", done.outcome
    assert not any(path.is_file() for path in ground.cache.rglob("*.mkv"))
    assert ground.private_names() == []
    if happening is replace:
        assert film.read_bytes() == b"an upgrade"
    assert film.exists() is (happening is not delete)


def test_a_foreign_file_that_appears_at_the_copys_place_while_copying_stays(ground: Ground) -> None:
    ground.write()
    done = ground.carry_out(ground.plan_caching(), lambda: appear(ground.on_cache()))
    assert done.state == "aborted"
    assert ground.on_cache().read_bytes() == b"foreign"
    assert ground.on_array().read_bytes() == CONTENT
    assert ground.private_names() == []


def test_a_copy_that_somebody_has_open_stays_until_it_is_closed(ground: Ground) -> None:
    ground.cached()
    with ground.on_cache().open("rb"):
        assert ground.carry_out(ground.plan_restore()).state == "aborted"
        assert ground.on_cache().read_bytes() == CONTENT
    assert ground.carry_out(ground.plan_restore()).state == "done"


def test_a_directory_that_is_a_link_is_not_followed(ground: Ground, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "film.mkv").write_bytes(b"outside")
    (ground.array / "Films").symlink_to(outside)
    done = ground.carry_out(ground.plan_caching(b"Films/film.mkv"))
    assert done.state == "aborted"
    assert "link" in done.outcome
    assert list(ground.cache.rglob("*.mkv")) == []


@pytest.mark.parametrize("path", [b"../outside.mkv", b"a/../../outside.mkv", b"a//b.mkv", b"./a.mkv"])
def test_a_path_that_leads_outside_is_refused(ground: Ground, path: bytes) -> None:
    (ground.directory / "outside.mkv").write_bytes(b"outside")
    done = ground.carry_out(ground.plan_caching(path))
    assert done.state == "aborted"
    assert (ground.directory / "outside.mkv").read_bytes() == b"outside"


def test_what_is_no_plain_file_is_refused(ground: Ground) -> None:
    ground.on_array().parent.mkdir(parents=True)
    os.mkfifo(ground.on_array())
    assert ground.carry_out(ground.plan_caching()).state == "aborted"
    assert stat.S_ISFIFO(ground.on_array().lstat().st_mode)


def test_a_file_has_one_live_operation_at_the_most(ground: Ground) -> None:
    ground.write()
    first = ground.plan_caching()
    with pytest.raises(AssertionError):
        ground.plan_caching()
    ground.carry_out(first)
    assert Operation.objects.count() == 1


def test_recovery_after_an_ordinary_end_changes_nothing(ground: Ground) -> None:
    ground.cached()
    before = tree(ground.directory)
    assert ground.recover().operations == ()
    assert tree(ground.directory) == before


def test_a_neighbour_in_a_directory_that_was_made_keeps_it(ground: Ground) -> None:
    ground.cached()
    neighbour = ground.on_cache().with_name("neighbour.srt")
    neighbour.write_bytes(b"subtitles")
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert neighbour.read_bytes() == b"subtitles"
    ground.recover()
    assert neighbour.exists()


def test_a_cancelled_copy_leaves_nothing(ground: Ground) -> None:
    ground.write()
    before = tree(ground.directory)
    operation = ground.plan_caching()

    def cancel() -> None:
        Operation.objects.filter(pk=operation.pk).update(cancel_requested=True)

    progress = Meanwhile(operation, cancel)
    seconds = itertools.count()
    progress.clock = lambda: float(next(seconds))
    with ground.opened() as roots:
        moves.carry_out(operation, roots, progress, NOBODY)
    operation.refresh_from_db()
    assert (operation.state, operation.outcome) == ("aborted", "Cancelled; everything is as it was.")
    assert tree(ground.directory) == before
