"""What a copy has beside its bytes: owner, mode, times, attributes, ACLs, capabilities; and how politely it is made."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from caching import disk
from caching.disk import calls
from tests.caching.disk.ground import MB, Ground, Meanwhile, Work

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")  # cap_net_raw, permitted and effective
SIZES = pytest.mark.parametrize("size", [70_000, 17 * MB], ids=["small", "large"])


def attributes(path: Path) -> dict[str, bytes]:
    return {name: os.getxattr(path, name) for name in os.listxattr(path)}


@SIZES
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o400, 0o4755, 0o2755])
def test_mode_and_times_to_the_nanosecond_are_kept(ground: Ground, mode: int, size: int) -> None:
    ground.source.write_bytes(os.urandom(size))
    ground.source.chmod(mode)
    os.utime(ground.source, ns=(10**18 + 1, 10**18 + 123_456_789))
    ground.copy()
    made = ground.temporary.stat()
    assert (stat.S_IMODE(made.st_mode), made.st_mtime_ns) == (mode, 10**18 + 123_456_789)


@as_root
@SIZES
def test_owner_group_capability_and_set_user_id_survive_together(ground: Ground, size: int) -> None:
    ground.source.write_bytes(os.urandom(size))
    os.chown(ground.source, 99, 100)
    ground.source.chmod(0o6755)
    os.setxattr(ground.source, "security.capability", CAPABILITY)
    ground.copy()
    made = ground.temporary.stat()
    assert (made.st_uid, made.st_gid, stat.S_IMODE(made.st_mode)) == (99, 100, 0o6755)
    assert attributes(ground.temporary) == attributes(ground.source)
    assert "security.capability" in attributes(ground.temporary)


@SIZES
def test_attributes_are_kept_but_never_our_own_tag(ground: Ground, size: int) -> None:
    ground.source.write_bytes(os.urandom(size))
    os.setxattr(ground.source, "user.note", b"seen at the cinema")
    os.setxattr(ground.source, "user.cacherr", b"parked")
    ground.copy()
    assert attributes(ground.temporary) == {"user.note": b"seen at the cinema"}


@pytest.mark.parametrize("mode", [0o664, 0o640])
def test_an_acl_is_kept_with_its_mask(ground: Ground, mode: int) -> None:
    ground.source.write_bytes(b"film")
    ground.source.chmod(mode)
    subprocess.run(["setfacl", "-m", "u:65534:rw,g:65534:r,m::rx", ground.source], check=True)
    ground.copy()
    assert acl(ground.temporary) == acl(ground.source)
    assert "user:65534:rw-" in acl(ground.temporary)
    assert ground.temporary.stat().st_mode == ground.source.stat().st_mode


def acl(path: Path) -> str:
    command = ["getfacl", "--numeric", "--omit-header", "--no-effective", str(path)]
    answer: str = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return answer


def test_a_directory_s_default_acl_does_not_come_upon_a_copy_of_a_file_without_one(ground: Ground) -> None:
    ground.source.write_bytes(b"film")
    subprocess.run(["setfacl", "-d", "-m", "u:65534:rwx", ground.cache], check=True)
    ground.copy()
    assert acl(ground.temporary) == acl(ground.source)
    assert ground.temporary.stat().st_mode == ground.source.stat().st_mode


def test_attributes_that_the_target_cannot_hold_are_no_reason_to_refuse(plain_disk: Ground) -> None:
    plain_disk.source.write_bytes(b"film")
    os.setxattr(plain_disk.source, "user.note", b"seen")
    subprocess.run(["setfacl", "-m", "u:65534:r", plain_disk.source], check=True)
    plain_disk.require_equal(plain_disk.copy())
    assert not {"user.note", "system.posix_acl_access"} & attributes(plain_disk.temporary).keys()
    assert plain_disk.temporary.stat().st_mode == plain_disk.source.stat().st_mode


@as_root
def test_an_owner_that_cannot_be_given_is_refused_with_a_cure(ground: Ground) -> None:
    ground.source.write_bytes(b"film")
    ground.cache.chmod(0o777)
    for directory in (ground.cache, *list(ground.cache.parents)[:4]):
        if directory.owner() == "root" and directory != Path("/"):
            directory.chmod(directory.stat().st_mode | 0o055)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            ground.copy()
        except disk.CopyFailedError as error:
            code = 0 if error.cure else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# ---- priority -----------------------------------------------------------------------------------------------------

ORDINARY = 2 << 13 | 4
"""Best effort, in the middle: what a process has when nobody says anything."""


@SIZES
def test_copying_has_idle_priority_and_gives_the_old_one_back(ground: Ground, size: int) -> None:
    ground.source.write_bytes(os.urandom(size))
    calls.set_io_priority(ORDINARY)
    during = set()
    ground.copy(MB, lambda _done: during.add(calls.io_priority()))
    assert {priority >> 13 for priority in during} == {calls.IDLE >> 13}
    assert calls.io_priority() == ORDINARY


def test_a_copy_that_ends_in_an_error_gives_the_old_priority_back(ground: Ground) -> None:
    ground.source.write_bytes(os.urandom(70_000))
    calls.set_io_priority(ORDINARY)
    with pytest.raises(disk.SourceChangedError):
        ground.copy(4096, Meanwhile(Work("os.truncate(path, 5)", ground.source)))
    assert calls.io_priority() == ORDINARY
