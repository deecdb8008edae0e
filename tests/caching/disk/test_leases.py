"""Who has a file open, by what the kernel says: nobody, somebody, or nothing, which is never nobody."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from caching import disk
from caching.disk.leases import Use, may_ask, who_uses, who_writes
from tests.caching.disk.ground import Ground
from tests.capabilities import as_root, without_lease

PROJECT = Path(__file__).parents[3]
SOMEBODY_ELSE = 99


@pytest.mark.parametrize(
    ("flags", "writing", "using"),
    [
        (None, Use.NOBODY, Use.NOBODY),
        (os.O_RDONLY, Use.NOBODY, Use.SOMEBODY),
        (os.O_RDWR, Use.SOMEBODY, Use.SOMEBODY),
    ],
)
def test_the_kernel_tells_who_else_has_a_file_open(tmp_path: Path, flags: int | None, writing: Use, using: Use) -> None:
    film = tmp_path / "film"
    film.write_bytes(b"film")
    other = os.open(film, flags) if flags is not None else None
    assert asked(film) == (writing, using)
    if other is not None:
        os.close(other)


def test_where_there_are_no_leases_it_is_unknown() -> None:
    assert asked(Path("/dev/null")) == (Use.UNKNOWN, Use.UNKNOWN)


@as_root
def test_of_a_file_of_somebody_else_root_without_the_capability_is_told_nothing(tmp_path: Path) -> None:
    """As a process of its own, with the capabilities that a container gives."""
    for owner in (0, SOMEBODY_ELSE):
        (tmp_path / str(owner)).write_bytes(b"film")
        os.chown(tmp_path / str(owner), owner, 100)
    script = f"""
import os
from caching.disk.leases import may_ask, who_uses, who_writes
for owner in (0, {SOMEBODY_ELSE}):
    with open({str(tmp_path)!r} + f"/{{owner}}", "ab"):
        fd = os.open({str(tmp_path)!r} + f"/{{owner}}", os.O_RDONLY)
        print(may_ask(owner), who_writes(fd), who_uses(fd))
"""
    command = ["setpriv", "--bounding-set=-lease", "--inh-caps=-lease", sys.executable, "-c", script]
    told = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout
    assert told.splitlines() == ["True somebody somebody", "False unknown unknown"]


@as_root
def test_whether_it_is_told_is_found_out_by_trying(tmp_path: Path) -> None:
    film = tmp_path / "film"
    film.write_bytes(b"film")
    os.chown(film, SOMEBODY_ELSE, 100)
    with without_lease():
        assert (may_ask(0), may_ask(SOMEBODY_ELSE), asked(film)) == (True, False, (Use.UNKNOWN, Use.UNKNOWN))
    assert may_ask(SOMEBODY_ELSE) == (asked(film) == (Use.NOBODY, Use.NOBODY))  # where root has it after all


# ---- what follows where it is unknown -------------------------------------------------------------------------------


@as_root
def test_a_file_that_may_be_written_is_copied_when_it_was_at_rest(ground: Ground) -> None:
    ground.source.write_bytes(b"film")
    os.chown(ground.source, SOMEBODY_ELSE, 100)
    with without_lease():
        with pytest.raises(disk.SourceBusyError):
            ground.copy(rest_seconds=600)
        assert not ground.temporary.exists()
        ground.require_equal(ground.copy(rest_seconds=0))


def test_where_the_kernel_tells_it_no_rest_is_needed(ground: Ground) -> None:
    ground.source.write_bytes(b"film")
    ground.require_equal(ground.copy(rest_seconds=600))


@as_root
def test_a_new_file_that_may_be_written_is_finished_when_it_was_at_rest(ground: Ground) -> None:
    ground.source.write_bytes(b"film")
    os.chown(ground.source, SOMEBODY_ELSE, 100)
    name = ground.source.name.encode()
    with without_lease(), disk.open_root(str(ground.array), None) as root, disk.place(root, name) as at:
        assert disk.settle(at, 600) is None
        assert disk.settle(at, 0) == at.look().print


def test_owners_are_seen_without_what_is_hidden(tmp_path: Path) -> None:
    with disk.open_root(str(tmp_path), None) as root:
        assert disk.owners_in(root) == {tmp_path.stat().st_uid}
        (tmp_path / ".hidden").mkdir()
        (tmp_path / "Films").mkdir()
        if os.geteuid() == 0:
            os.chown(tmp_path / ".hidden", 1, 1)
            os.chown(tmp_path / "Films", SOMEBODY_ELSE, 100)
        assert disk.owners_in(root) == {(tmp_path / "Films").stat().st_uid}


def asked(film: Path) -> tuple[Use, Use]:
    """Who writes it, who uses it."""
    fd = os.open(film, os.O_RDONLY)
    try:
        return who_writes(fd), who_uses(fd)
    finally:
        os.close(fd)
