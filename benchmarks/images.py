"""File systems of our own in image files, and a disk that reads only so fast. All of it needs root."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
NAME = "cacherr-benchmark"


@contextmanager
def mounted(directory: str, name: str, kind: str, size: int) -> Iterator[str]:
    """A mounted image of a kind of file system and size in bytes; gone afterwards.

    The loop device reads and writes past the page cache: otherwise the image's file would be cached and nothing cold.
    """
    image, at = os.path.join(directory, f"{name}.img"), os.path.join(directory, name)
    with open(image, "wb") as file:
        file.truncate(size)
    try:
        _run(f"mkfs.{kind}", "-q", image)
        device = _run("losetup", "--find", "--show", "--direct-io=on", image).strip()
        try:
            os.makedirs(at, exist_ok=True)
            _run("mount", device, at)
            try:
                yield at
            finally:
                _run("umount", at)
                os.rmdir(at)
        finally:
            _run("losetup", "--detach", device)
    finally:
        os.unlink(image)


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@contextmanager
def read_slowly(path: str, bytes_per_second: int) -> Iterator[bool]:
    """Let this process and its children read the device that `path` is on only so fast; False where that cannot be.

    The kernel's block controller limits the device itself, so every program is slowed in the same way, whichever
    calls it reads with.
    """
    device = os.stat(path).st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    old, new = CGROUPS / "blkio", CGROUPS / "cgroup.controllers"
    if old.is_dir():
        group, limit = old / NAME, ("blkio.throttle.read_bps_device", f"{number} {bytes_per_second}")
    elif new.exists() and "io" in new.read_text().split():
        (CGROUPS / "cgroup.subtree_control").write_text("+io")
        group, limit = CGROUPS / NAME, ("io.max", f"{number} rbps={bytes_per_second}")
    else:
        yield False
        return
    group.mkdir(exist_ok=True)
    home = _group_of_this_process(group.parent)
    try:
        (group / limit[0]).write_text(limit[1])
        (group / "cgroup.procs").write_text(str(os.getpid()))
        yield True
    finally:
        (home / "cgroup.procs").write_text(str(os.getpid()))
        group.rmdir()


def _group_of_this_process(controller: Path) -> Path:
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == ("blkio" if controller != CGROUPS else ""):
            return controller / path.lstrip("/")
    return controller
