"""Paths are resolved inside their root, whatever stands on the way; with and without the kernel's help."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from caching import disk
from tests.conftest import PROJECT

SCRIPT = """
import os, sys
from caching import disk
with disk.open_root(sys.argv[1], None) as root:
    for relative in map(os.fsencode, sys.argv[2:]):
        try:
            with disk.place(root, relative) as at:
                print(at.look().kind.value)
        except disk.RefusedPathError:
            print("refused")
        except FileNotFoundError:
            print("missing")
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with a film, and many ways out of it."""
    inside, outside = tmp_path / "root", tmp_path / "root-outside"
    (inside / "Films").mkdir(parents=True)
    (inside / "Films" / "film.mkv").write_bytes(b"film")
    outside.mkdir()
    (outside / "secret.mkv").write_bytes(b"outside")
    (inside / "way-out").symlink_to(outside)
    (inside / "way-up").symlink_to("..")
    (inside / "loop").symlink_to("loop")
    (inside / "inner").symlink_to("Films")
    (inside / "link.mkv").symlink_to(outside / "secret.mkv")
    os.mkfifo(inside / "fifo.mkv")
    return inside


SEEN = {
    "Films/film.mkv": "file",
    "Films/none.mkv": "absent",
    "None/film.mkv": "missing",
    "way-out/secret.mkv": "refused",
    "way-up/root-outside/secret.mkv": "refused",
    "loop/film.mkv": "refused",
    "inner/film.mkv": "refused",
    "Films/film.mkv/more.mkv": "refused",
    "../root-outside/secret.mkv": "refused",
    "Films/../../root-outside/secret.mkv": "refused",
    "/etc/passwd": "refused",
    "Films//film.mkv": "refused",
    "./film.mkv": "refused",
    "link.mkv": "link",
    "fifo.mkv": "other",
}


def look(root: Path, *before: str) -> list[str]:
    command = [*before, sys.executable, "-c", SCRIPT, str(root), *SEEN]
    return subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout.split()


def test_nothing_outside_the_root_is_reached(root: Path) -> None:
    assert look(root) == list(SEEN.values())


@pytest.mark.parametrize("error", ["ENOSYS", "EPERM"])
def test_a_kernel_or_container_without_the_call_is_walked_step_by_step(root: Path, error: str) -> None:
    if shutil.which("strace") is None:
        pytest.skip("apt-get install strace")
    inject = ("strace", "-f", "-o", "/dev/null", "-e", f"inject=openat2:error={error}")
    assert look(root, *inject) == list(SEEN.values())


def test_a_device_is_no_file(root: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("making a device needs root")
    os.mknod(root / "device.mkv", 0o600 | 0o060000, os.makedev(7, 200))
    with disk.open_root(str(root), None) as opened, disk.place(opened, b"device.mkv") as at:
        assert at.look().kind is disk.Kind.OTHER


def test_where_the_directory_is_missing_every_name_is_absent(root: Path) -> None:
    with disk.open_root(str(root), None) as opened, disk.place_if_there(opened, b"None/film.mkv") as at:
        assert at.look().kind is disk.Kind.ABSENT
        disk.unlink_private(at.sibling(disk.private_name("0", "tmp")))
        disk.sync(at)
        with pytest.raises(FileNotFoundError):
            disk.rename_new(at, at.sibling(b"x"))


def test_a_public_name_is_never_unlinked(root: Path) -> None:
    with disk.open_root(str(root), None) as opened, disk.place(opened, b"Films/film.mkv") as at:
        with pytest.raises(disk.RefusedPathError):
            disk.unlink_private(at)
        assert at.look().kind is disk.Kind.FILE


def test_who_has_a_file_open_is_known(root: Path) -> None:
    with disk.open_root(str(root), None) as opened, disk.place(opened, b"Films/film.mkv") as at:
        assert disk.in_use(at) is disk.Use.NOBODY
        with (root / "Films/film.mkv").open("rb"):
            assert disk.in_use(at) is disk.Use.SOMEBODY
        assert disk.in_use(at) is disk.Use.NOBODY


def test_being_asked_for_at_the_same_moment_does_not_end_the_process(root: Path) -> None:
    """The kernel tells a lease's holder by a signal whose default is death."""
    script = f"""
import os, threading
from caching import disk
film = {str(root / "Films/film.mkv")!r}
def opening():
    for _ in range(20000):
        os.close(os.open(film, os.O_RDWR))
with disk.open_root({str(root)!r}, None) as opened, disk.place(opened, b"Films/film.mkv") as at:
    pid = os.fork()
    if pid == 0:
        opening()
        os._exit(0)
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        disk.in_use(at)
"""
    subprocess.run([sys.executable, "-c", script], cwd=PROJECT, check=True, timeout=120)
