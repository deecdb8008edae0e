"""What is mounted where: the kernel's table as values, and what a path's mount says about it. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

NOT_STORAGE = frozenset(
    {
        "proc", "sysfs", "tmpfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "mqueue", "securityfs", "debugfs", "bpf",
        "tracefs", "pstore", "configfs", "fusectl", "hugetlbfs", "ramfs", "autofs", "binfmt_misc", "nsfs", "squashfs",
        "efivarfs", "rpc_pipefs", "fuse.lxcfs", "fuse.gvfsd-fuse", "fuse.portal", "iso9660", "selinuxfs",
    }
)  # fmt: skip
"""Kinds of file systems that hold no media."""
SYSTEM = ("/proc", "/sys", "/dev", "/run", "/boot", "/etc", "/usr", "/bin", "/lib", "/sbin", "/snap")
NO_MEDIA = (*SYSTEM, "/lib64", "/opt", "/root", "/var", "/lost+found")
"""Directories of a system that are not looked through for media."""
NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "fuse.rclone"})
SHFS, MERGERFS, ZFS = "fuse.shfs", "fuse.mergerfs", "zfs"
OWN_KINDS = frozenset({"overlay", "aufs"})
"""What a container's own disk is."""
ESCAPE = re.compile(r"\\([0-7]{3})")

UNRAID_VIEW = "/mnt/user"
UNRAID_ARRAY = "/mnt/user0"
UNRAID_DISK = re.compile(r"/mnt/disk\d+")
UNRAID_OTHERS = frozenset({"user", "user0", "disks", "remotes", "addons", "rootshare"})
UNRAID_POOL = re.compile(r"/mnt/([^/]+)")


@dataclass(frozen=True, slots=True)
class Mount:
    """A line of the table. `point` is where it is mounted, `root` which directory of its file system that shows."""

    point: str
    root: str
    device: str
    """`major:minor`."""
    kind: str
    """The file system: ext4, zfs, fuse.shfs."""
    source: str
    read_only: bool = False

    @property
    def is_unraids(self) -> bool:
        """Whether Unraid's own file system shows it: the view of array and pools, or that of the array's disks."""
        return self.kind == SHFS or self.source == "shfs"

    @property
    def is_storage(self) -> bool:
        """Whether media could lie there."""
        own = self.point == "/" or not any(
            self.point == place or self.point.startswith(place + "/") for place in SYSTEM
        )
        return own and self.kind not in NOT_STORAGE


def parse(table: str) -> tuple[Mount, ...]:
    """The lines of `/proc/self/mountinfo`, of mounts over each other only the last one. Other lines are left out."""
    found: dict[str, Mount] = {}
    for line in table.splitlines():
        before, dash, after = line.partition(" - ")
        front, back = before.split(" "), after.split(" ")
        if not dash or len(front) < 6 or len(back) < 3:
            continue
        options = {*front[5].split(","), *back[2].split(",")}
        mount = Mount(_plain(front[4]), _plain(front[3]), front[2], back[0], _plain(back[1]), "ro" in options)
        found.pop(mount.point, None)
        found[mount.point] = mount
    return tuple(found.values())


def _plain(text: str) -> str:
    """The table writes spaces and such as octal numbers."""
    return ESCAPE.sub(lambda found: chr(int(found[1], 8)), text)


def within(path: str, directory: str) -> bool:
    """Whether a path is a directory or lies below it, by whole names."""
    return (path.rstrip("/") + "/").startswith(directory.rstrip("/") + "/")


def mount_of(path: str, mounts: Iterable[Mount]) -> Mount | None:
    """The mount that a path is on."""
    over = [mount for mount in mounts if within(path, mount.point)]
    return max(over, key=lambda mount: len(mount.point.rstrip("/")), default=None)


def place_on_device(path: str, mounts: Iterable[Mount]) -> tuple[str, str] | None:
    """Where a path really is: its file system, and its place there. Two paths may lead to one place."""
    mount = mount_of(path, mounts)
    if mount is None:
        return None
    below = path.rstrip("/").removeprefix(mount.point.rstrip("/"))
    return mount.device, f"{mount.root.rstrip('/')}{below}" or "/"


def meet(one: str, other: str, mounts: Iterable[Mount]) -> bool:
    """Whether two directories are the same or one lies inside the other, as written or as mounted."""
    if within(one, other) or within(other, one):
        return True
    mounts = tuple(mounts)
    first, second = place_on_device(one, mounts), place_on_device(other, mounts)
    if first is None or second is None or first[0] != second[0]:
        return False
    return within(first[1], second[1]) or within(second[1], first[1])


def on_own_disk(path: str, mounts: Iterable[Mount], config: str) -> bool:
    """Whether a path is on the disk of the container itself: nothing is mounted there, and what is written is lost.

    Outside containers the root is no overlay; a container keeps its configuration on a mount, or nothing is certain.
    """
    mounts = tuple(mounts)
    here, settings = mount_of(path, mounts), mount_of(config, mounts)
    return bool(here and settings) and here.point == "/" and here.kind in OWN_KINDS and settings.point != "/"  # type: ignore[union-attr]


def is_view(path: str, mounts: Iterable[Mount]) -> bool:
    """Whether a path is Unraid's merged view of array and pools, which Cacherr must not take for the array."""
    mount = mount_of(path, mounts)
    return bool(mount and mount.is_unraids and within(path, UNRAID_VIEW))


def is_unraid(mounts: Iterable[Mount]) -> bool:
    """Whether this machine runs Unraid, as far as can be seen from here."""
    return any(mount.is_unraids for mount in mounts)


def pool_of(path: str) -> str:
    """The Unraid pool that a path is on, `/mnt/cache`; empty for the array, the views, and what is no Unraid path."""
    found = UNRAID_POOL.match(path)
    if found is None or found[1] in UNRAID_OTHERS or UNRAID_DISK.fullmatch(found[0]):
        return ""
    return found[0]


def share_of(path: str) -> str:
    """What comes behind the array, a disk or a view in an Unraid path: the share and the path in it; else empty."""
    found = re.fullmatch(r"/mnt/(?:user0?|disk\d+)/(.+)", path)
    return found[1] if found else ""
