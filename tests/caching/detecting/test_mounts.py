"""The kernel's table of mounts, and what a path's mount says about it."""

import pytest

from caching.detecting import mounts as m
from caching.detecting.mounts import Mount

UNRAID = """
21 1 0:20 / / rw,relatime - overlay overlay rw,lowerdir=/a
22 21 0:21 / /proc rw - proc proc rw
23 21 0:30 /media /mnt/user0/media rw,noatime master:5 - fuse.shfs shfs rw,user_id=0
24 21 0:31 /media /mnt/user/media ro,noatime - fuse.shfs shfs rw,user_id=0
25 21 0:40 / /mnt/cache rw,noatime - btrfs /dev/nvme0n1p1 rw,ssd
26 21 0:40 /appdata/cacherr /config rw,noatime - btrfs /dev/nvme0n1p1 rw,ssd
27 21 8:1 / /mnt/My\\040Films rw - xfs /dev/sda1 ro
28 21 0:21 /resolv.conf /etc/resolv.conf rw - ext4 /dev/sda2 rw
nonsense
"""
TABLE = m.parse(UNRAID)


def test_each_line_is_a_mount_and_nonsense_is_left_out() -> None:
    assert [mount.point for mount in TABLE] == [
        "/", "/proc", "/mnt/user0/media", "/mnt/user/media", "/mnt/cache", "/config", "/mnt/My Films",
        "/etc/resolv.conf",
    ]  # fmt: skip


def test_of_two_mounts_over_each_other_the_upper_one_counts() -> None:
    found = m.parse("1 0 8:1 / /x rw - ext4 a rw\n2 0 8:2 / /x rw - xfs b rw")
    assert [(mount.kind, mount.device) for mount in found] == [("xfs", "8:2")]


@pytest.mark.parametrize(
    ("point", "read_only"), [("/mnt/user/media", True), ("/mnt/user0/media", False), ("/mnt/My Films", True)]
)
def test_a_mount_is_read_only_by_its_own_or_its_disks_options(point: str, read_only: bool) -> None:
    (mount,) = [one for one in TABLE if one.point == point]
    assert mount.read_only == read_only


def test_only_what_could_hold_media_is_storage() -> None:
    assert [mount.point for mount in TABLE if mount.is_storage] == [
        "/", "/mnt/user0/media", "/mnt/user/media", "/mnt/cache", "/config", "/mnt/My Films",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "point"),
    [("/mnt/cache/media/x", "/mnt/cache"), ("/mnt/cachet", "/"), ("/mnt/cache", "/mnt/cache"), ("/nowhere", "/")],
)
def test_a_path_is_on_the_longest_mount_by_whole_names(path: str, point: str) -> None:
    mount = m.mount_of(path, TABLE)
    assert mount is not None
    assert mount.point == point


BINDS = (
    Mount("/", "/", "8:1", "ext4", "a"),
    Mount("/media", "/pool/media", "8:2", "xfs", "b"),
    Mount("/ssd", "/pool/media/ssd", "8:2", "xfs", "b"),
    Mount("/other", "/pool/other", "8:2", "xfs", "b"),
)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("/a", "/a/b", True),
        ("/a/b", "/a", True),
        ("/a", "/a", True),
        ("/a/b", "/a/bc", False),
        ("/media", "/ssd", True),
        ("/media/films", "/ssd", False),
        ("/media", "/other", False),
    ],
)
def test_directories_meet_as_written_or_as_mounted(one: str, other: str, meet: bool) -> None:
    assert m.meet(one, other, BINDS) is meet
    assert m.meet(other, one, BINDS) is meet


@pytest.mark.parametrize(
    ("path", "config", "own"),
    [
        ("/cache", "/config", True),
        ("/mnt/cache/x", "/config", False),
        ("/cache", "/elsewhere", False),
    ],
    ids=["not mounted", "mounted", "the configuration is not mounted either: perhaps no container"],
)
def test_what_is_not_mounted_in_a_container_is_on_its_own_disk(path: str, config: str, own: bool) -> None:
    assert m.on_own_disk(path, TABLE, config) is own


def test_outside_containers_nothing_is_on_a_containers_disk() -> None:
    assert not m.on_own_disk("/cache", (Mount("/", "/", "8:1", "ext4", "a"), Mount("/c", "/", "8:2", "xfs", "b")), "/c")


@pytest.mark.parametrize(
    ("path", "pool", "share"),
    [
        ("/mnt/cache/media", "/mnt/cache", ""),
        ("/mnt/nvme", "/mnt/nvme", ""),
        ("/mnt/user0/media/films", "", "media/films"),
        ("/mnt/disk12/media", "", "media"),
        ("/mnt/user/media", "", "media"),
        ("/mnt/disks/usb", "", ""),
        ("/srv/media", "", ""),
    ],
)
def test_unraids_paths_say_which_pool_and_which_share(path: str, pool: str, share: str) -> None:
    assert (m.pool_of(path), m.share_of(path)) == (pool, share)


@pytest.mark.parametrize(("path", "view"), [("/mnt/user/media/x", True), ("/mnt/user0/media/x", False), ("/x", False)])
def test_only_unraids_merged_view_is_one(path: str, view: bool) -> None:
    assert m.is_view(path, TABLE) is view
