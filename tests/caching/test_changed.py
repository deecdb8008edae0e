"""What other programs do to a file while it is cached, and that the newest bytes win and nothing is guessed."""

import os
from pathlib import Path

import pytest

from caching.models import CachedFile
from tests.caching.ground import CONTENT, Ground, make_ground
from tests.conftest import tree

pytestmark = pytest.mark.django_db

NEW = b"a better version" * 9000


@pytest.fixture
def ground(ground: Ground) -> Ground:
    ground.cached()
    return ground


def put(at: Path, content: bytes = NEW) -> None:
    """What Sonarr and Radarr do: a complete new file takes the name."""
    fresh = at.with_name("import.partial")
    fresh.write_bytes(content)
    os.utime(fresh, ns=(10**18, 10**18 + 5))
    fresh.replace(at)


def whole(ground: Ground) -> dict[str, bytes]:
    """Every plain file with its content, links not followed, private ones included."""
    files = [path for path in ground.directory.rglob("*") if path.is_file() and not path.is_symlink()]
    return {path.name: path.read_bytes() for path in files if not path.name.startswith(".cacherr-")}


def test_a_copy_that_was_replaced_comes_back_as_the_new_file_and_the_old_one_is_gone(ground: Ground) -> None:
    put(ground.on_cache())
    done = ground.carry_out(ground.plan_restore())
    assert (done.state, done.outcome, done.way) == ("done", "", "copied")
    assert ground.on_array().read_bytes() == NEW
    assert not ground.on_array().is_symlink()
    assert ground.on_array().stat().st_mtime_ns == 10**18 + 5
    assert whole(ground) == {"Alpha (2001).mkv": NEW}
    assert not CachedFile.objects.exists()
    assert [path.name for path in ground.cache.iterdir() if path.is_dir()] == []


def test_a_new_file_under_the_originals_name_keeps_it_and_the_old_versions_are_gone(ground: Ground) -> None:
    put(ground.on_array())
    if ground.mapping.proved_placement == "union" and (ground.park or ground.mapping.mode == "move"):
        before = tree(ground.directory)
        assert ground.carry_out(ground.plan_restore()).state == "conflict", "behind a union nobody sees it"
        assert tree(ground.directory) == before
        return
    done = ground.carry_out(ground.plan_restore())
    assert (done.state, done.outcome, done.way) == ("done", "", "replaced")
    assert whole(ground) == {"Alpha (2001).mkv": NEW}
    assert ground.on_array().read_bytes() == NEW


def test_a_new_file_that_is_still_being_written_is_waited_for(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    put(ground.on_array(), NEW[:10])
    with ground.on_array().open("ab"):
        done = ground.carry_out(ground.plan_restore())
    assert (done.state, done.outcome.split(".")[0]) == ("aborted", "The new file is still being written")
    assert ground.on_cache().read_bytes() == CONTENT


def test_new_files_in_both_places_are_a_conflict_and_both_stay(ground: Ground) -> None:
    put(ground.on_cache())
    put(ground.on_array(), b"another one")
    before = tree(ground.directory)
    done = ground.carry_out(ground.plan_restore())
    assert done.state == "conflict"
    assert CachedFile.objects.get().conflict == done.outcome
    assert tree(ground.directory) == before


def test_a_copy_that_was_deleted_leaves_the_original_where_there_is_one(ground: Ground) -> None:
    ground.on_cache().unlink()
    done = ground.carry_out(ground.plan_restore("command"))
    if ground.mapping.mode == "copy":
        assert (done.state, done.outcome) == ("done", "")
        assert ground.on_array().read_bytes() == CONTENT
        assert not ground.on_array().is_symlink()
    elif ground.mapping.proved_placement == "union":
        assert (done.state, done.outcome) == ("done", "It was deleted by another program while it was cached.")
    else:
        assert done.state == "conflict"
    assert ground.private_names() == []


def test_a_deleted_link_is_a_conflict_for_a_cycle_and_brought_back_when_a_person_asks(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    ground.on_array().unlink()
    before = tree(tmp_path)
    assert ground.carry_out(ground.plan_restore()).state == "conflict"
    assert tree(tmp_path) == before
    assert ground.carry_out(ground.plan_restore("command")).state == "done"
    assert ground.on_array().read_bytes() == CONTENT
    assert whole(ground) == {"Alpha (2001).mkv": CONTENT}


def test_an_original_deleted_behind_a_union_is_a_conflict_for_a_cycle_and_copied_back_when_a_person_asks(
    tmp_path: Path,
) -> None:
    ground = make_ground(tmp_path, "union")
    ground.cached()
    ground.on_array().unlink()
    assert ground.carry_out(ground.plan_restore()).state == "conflict"
    assert ground.on_cache().read_bytes() == CONTENT
    assert ground.carry_out(ground.plan_restore("command")).state == "done"
    assert ground.on_array().read_bytes() == CONTENT


def test_a_parked_original_that_another_program_deleted_is_made_again_from_the_copy(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    next(ground.array.rglob(".cacherr.*.orig")).unlink()
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert whole(ground) == {"Alpha (2001).mkv": CONTENT}


def test_a_file_that_was_deleted_everywhere_is_forgotten(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "union")
    ground.cached()
    ground.on_cache().unlink()
    ground.on_array().unlink()
    done = ground.carry_out(ground.plan_restore())
    assert done.state == "done"
    assert not CachedFile.objects.exists()
    assert [path.name for path in ground.cache.iterdir() if path.is_dir()] == []


def test_a_foreign_file_at_the_parking_place_is_a_conflict_and_stays(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    parked = next(ground.array.rglob(".cacherr.*.orig"))
    put(parked)
    before = tree(tmp_path)
    assert ground.carry_out(ground.plan_restore()).state == "conflict"
    assert tree(tmp_path) == before


def test_a_file_with_hard_links_is_not_moved(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink", "move")
    film = ground.write()
    os.link(film, film.with_name("seed.mkv"))
    done = ground.carry_out(ground.plan_caching())
    assert (done.state, "2 hard links" in done.outcome) == ("aborted", True)
    assert film.stat().st_nlink == 2


def test_hard_links_survive_a_round_trip_in_mode_copy(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    film = ground.write()
    seed = film.with_name("seed.mkv")
    os.link(film, seed)
    ground.carry_out(ground.plan_caching())
    ground.carry_out(ground.plan_restore())
    assert film.samefile(seed)
    assert os.listxattr(film) == []


def test_a_moved_original_that_somebody_has_open_is_kept_until_it_is_closed(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "union", "move")
    film = ground.write()
    with film.open("rb") as playing:
        waiting = ground.carry_out(ground.plan_caching())
        assert waiting.state == "swapped"
        assert playing.read() == CONTENT
    (done,) = ground.recover().operations
    assert done.state == "done"
    assert whole(ground) == {"Alpha (2001).mkv": CONTENT}
