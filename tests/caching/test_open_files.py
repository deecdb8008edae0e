"""Where nobody can tell who has a file open: files of somebody else, and root without the capability LEASE."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cacherr.errors import ConfigurationError
from caching import disk, doctor, open_files, proving
from caching.models import CachedFile, CachePolicy, Mode, Operation, PathMapping, Root
from caching.planning.values import Action
from tests.caching.ground import CONTENT, FILM, Ground, make_ground, parked_of
from tests.caching.test_gather import planned, wants
from tests.capabilities import as_root, without_lease

pytestmark = [pytest.mark.django_db, as_root]

OWNER = 99
SUBTITLE = FILM.replace(b".mkv", b".srt")


@pytest.fixture
def moved(tmp_path: Path) -> Ground:
    """Nothing cached yet, placement `symlink`, mode `move`."""
    return make_ground(tmp_path, "symlink", "move")


def write(ground: Ground, path: bytes = FILM) -> Path:
    """A file of somebody else."""
    film = ground.write(path)
    os.chown(film, OWNER, 100)
    return film


@contextmanager
def being_written(film: Path) -> Iterator[None]:
    """An upload that stalls, and comes to its end afterwards."""
    with film.open("ab", buffering=0) as writer:
        yield
        writer.write(b"the rest of the film")


def no_rest_needed() -> None:
    CachePolicy.objects.update(settle_minutes=0)


# ---- caching --------------------------------------------------------------------------------------------------------


def test_a_file_that_is_being_written_is_left_alone(ground: Ground) -> None:
    film = write(ground)
    with without_lease(), being_written(film):
        done = ground.carry_out(ground.plan_caching())
    assert (done.state, film.stat().st_nlink, film.read_bytes()) == ("aborted", 1, CONTENT + b"the rest of the film")
    assert not ground.on_cache().exists()
    assert ground.private_names() == []


def test_a_file_at_rest_is_copied(links: Ground) -> None:
    write(links)
    no_rest_needed()
    with without_lease():
        links.cached()
        assert links.carry_out(links.plan_restore()).state == "done"
    assert links.plex_sees() == CONTENT


def test_a_file_at_rest_is_not_moved_and_the_cure_is_named(moved: Ground) -> None:
    film = write(moved)
    no_rest_needed()
    with without_lease():
        done = moved.carry_out(moved.plan_caching())
    assert (done.state, film.is_symlink()) == ("aborted", False)
    for cure in ("--user 99", "--cap-add LEASE", "mode copy"):
        assert cure in done.outcome


def test_root_moves_its_own_files_all_the_same(moved: Ground) -> None:
    with without_lease():
        moved.cached()
        assert moved.private_names() == []
        assert moved.carry_out(moved.plan_restore()).state == "done"


def test_the_plan_says_that_a_file_has_just_arrived(links: Ground) -> None:
    write(links)
    with without_lease():
        (waiting,) = planned(links, wants(FILM)).decisions
        assert (waiting.action, waiting.reason, waiting.problem) == (Action.SKIP, open_files.ARRIVED, False)
        no_rest_needed()
        assert [decision.action for decision in planned(links, wants(FILM)).decisions] == [Action.CACHE]


def test_the_plan_says_why_a_file_is_not_moved(moved: Ground) -> None:
    write(moved)
    no_rest_needed()
    with without_lease():
        (refused,) = planned(moved, wants(FILM)).decisions
    assert (refused.action, refused.problem, "--cap-add LEASE" in refused.reason) == (Action.SKIP, True, True)


def test_the_plan_waits_for_a_sidecar_too(links: Ground) -> None:
    links.write()
    write(links, SUBTITLE)
    with without_lease():
        decisions = {decision.name: decision.action for decision in planned(links, wants(FILM)).decisions}
    assert sorted(decisions.values()) == [Action.CACHE, Action.SKIP]


# ---- the original that waits to be removed --------------------------------------------------------------------------


@pytest.mark.parametrize("placement", ["symlink", "union"])
def test_an_original_of_which_it_cannot_be_told_any_more_stays_and_comes_back(tmp_path: Path, placement: str) -> None:
    """Another container was started meanwhile, without the capability; somebody may still be writing."""
    ground = make_ground(tmp_path, placement, "move")
    film = ground.write()
    with film.open("rb"):
        waiting = ground.carry_out(ground.plan_caching())
        assert waiting.state == "swapped"
    os.chown(parked_of(ground), OWNER, 100)
    with without_lease():
        ground.recover()
        assert Operation.objects.get().state == "done"
        row = CachedFile.objects.get()
        assert (row.mode, row.keeps_original) == (Mode.COPY, True)
        assert parked_of(ground).read_bytes() == CONTENT
        assert ground.carry_out(ground.plan_restore()).state == "done"
    assert (ground.plex_sees(), ground.private_names()) == (CONTENT, [])


# ---- coming back ----------------------------------------------------------------------------------------------------


def test_what_was_moved_comes_back(moved: Ground) -> None:
    moved.cached()
    os.chown(moved.on_cache(), OWNER, 100)
    with without_lease():
        assert moved.carry_out(moved.plan_restore()).state == "done"
    assert moved.plex_sees() == CONTENT


def test_a_new_version_comes_back_once_it_was_at_rest(moved: Ground) -> None:
    moved.cached()
    upgraded = moved.on_cache()
    upgraded.unlink()
    upgraded.write_bytes(b"half of a better film")
    os.chown(upgraded, OWNER, 100)
    with without_lease():
        assert moved.carry_out(moved.plan_restore()).state == "aborted"
        assert upgraded.read_bytes() == b"half of a better film"
        no_rest_needed()
        assert moved.carry_out(moved.plan_restore()).state == "done"
    assert moved.plex_sees() == b"half of a better film"


# ---- proving and the doctor -----------------------------------------------------------------------------------------


def test_mode_move_is_refused_where_everything_belongs_to_somebody_else(tmp_path: Path) -> None:
    films = tmp_path / "array/Films"
    films.mkdir(parents=True)
    os.chown(films, OWNER, 100)
    with without_lease():
        with pytest.raises(ConfigurationError, match="user 99") as refused:
            make_ground(tmp_path, "symlink", "move")
        assert "--cap-add LEASE" in refused.value.cure
        PathMapping.objects.update(mode=Mode.COPY)
        assert proving.prove(PathMapping.objects.get()).is_proved


def test_mode_move_is_refused_where_the_file_system_has_no_leases(moved: Ground) -> None:
    Root.objects.update(lacks=disk.Ability.LEASE)
    moved.mapping.refresh_from_db()
    with pytest.raises(ConfigurationError, match="which mode move needs"):
        proving.prove(moved.mapping, anew=True)
    assert proving.prove(moved.mapping) == moved.mapping, "a cycle goes on, so that what is cached comes back"
    moved.write()
    (refused,) = planned(moved, wants(FILM)).decisions
    assert (refused.action, "cannot tell" in refused.reason) == (Action.SKIP, True)


@pytest.mark.parametrize(("placement", "mode", "level"), [("union", "copy", "warning"), ("symlink", "move", "error")])
def test_the_doctor_names_the_cure(tmp_path: Path, placement: str, mode: str, level: str) -> None:
    ground = make_ground(tmp_path, placement, mode)
    os.chown(write(ground).parents[1], OWNER, 100)
    with without_lease():
        (found,) = [finding for finding in doctor.examine() if finding.check == "open files"]
    assert (found.level, "user 99" in found.message, "--cap-add LEASE" in found.cure) == (level, True, True)


def test_the_doctor_says_nothing_of_files_of_our_own(links: Ground) -> None:
    links.write()
    with without_lease():
        assert [finding for finding in doctor.examine() if finding.check == "open files"] == []
