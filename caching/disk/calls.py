"""System calls that Python does not offer, through the C library. Each raises OSError like `os` does."""

import ctypes
import errno
import os

RENAME_NOREPLACE = 1
RENAME_EXCHANGE = 2

OPENAT2 = 437  # the number of the system call, the same on every architecture
RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH = 2, 4, 8

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, name: bytes) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), os.fsdecode(name))


def renameat2(old_dir: int, old: bytes, new_dir: int, new: bytes, flags: int) -> None:
    """Rename with flags; see renameat2(2). EINVAL where the file system does not know the flag."""
    _check(_libc.renameat2(old_dir, ctypes.c_char_p(old), new_dir, ctypes.c_char_p(new), ctypes.c_uint(flags)), new)


class _OpenHow(ctypes.Structure):
    """`struct open_how` of openat2(2)."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def open_beneath(root: int, directory: bytes) -> int:
    """Open a directory below an opened one, with no symlink on the way and no way out; see openat2(2).

    ELOOP, ENOTDIR or EXDEV when the path is not such; ENOSYS or EPERM where kernel or container do not have the call.
    """
    how = _OpenHow(
        os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS
    )
    descriptor = _libc.syscall(
        ctypes.c_long(OPENAT2), root, ctypes.c_char_p(directory), ctypes.byref(how), ctypes.c_size_t(24)
    )
    if descriptor < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), os.fsdecode(directory))
    return int(descriptor)


def fallocate(descriptor: int, length: int) -> None:
    """Reserve room for a file, where the file system can.

    Not `os.posix_fallocate`: glibc's writes zeros where the file system lacks the call (ZFS, NFS).
    """
    if length <= 0:
        return
    result = _libc.fallocate(descriptor, 0, ctypes.c_longlong(0), ctypes.c_longlong(length))
    if result != 0:
        code = ctypes.get_errno()
        if code not in {errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}:
            raise OSError(code, os.strerror(code))


WRITE_AND_WAIT = 1 | 2 | 4
"""sync_file_range: wait for what is on its way, write what is not, wait for that too."""


def sync_file_range(descriptor: int, offset: int, length: int) -> None:
    """Wait until a range of a file is written to its disk. Says nothing about a crash: that is what fsync is for.

    Raises OSError: ENOSYS, EINVAL or EOPNOTSUPP where the file system does not know it, otherwise the disk failed.
    """
    arguments = ctypes.c_longlong(offset), ctypes.c_longlong(length), ctypes.c_uint(WRITE_AND_WAIT)
    if _libc.sync_file_range(descriptor, *arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


IDLE = 3 << 13
"""The priority for disk time that nobody else wants."""
THIS_THREAD = (1, 0)
IO_PRIORITY_CALLS = {"x86_64": (252, 251), "aarch64": (31, 30), "riscv64": (31, 30), "armv7l": (315, 314)}.get(
    os.uname().machine
)
"""The numbers of ioprio_get and ioprio_set on this machine, which the C library does not wrap."""


def io_priority() -> int:
    """The calling thread's priority for disk time; see ioprio_get(2)."""
    return _numbered(0, *THIS_THREAD)


def set_io_priority(priority: int) -> None:
    """Give the calling thread a priority for disk time; see ioprio_set(2)."""
    _numbered(1, *THIS_THREAD, priority)


def _numbered(which: int, *arguments: int) -> int:
    if IO_PRIORITY_CALLS is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    number = ctypes.c_long(IO_PRIORITY_CALLS[which])
    result: int = _libc.syscall(number, *(ctypes.c_long(argument) for argument in arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
