"""System calls that Python does not offer, through the C library. Each raises OSError like `os` does."""

import ctypes
import errno
import os

RENAME_NOREPLACE = 1
RENAME_EXCHANGE = 2
F_SETLEASE = 1024
F_WRLCK = 1
F_UNLCK = 2

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, name: bytes) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), os.fsdecode(name))


def renameat2(old_dir: int, old: bytes, new_dir: int, new: bytes, flags: int) -> None:
    """Rename with flags; see renameat2(2). EINVAL where the file system does not know the flag."""
    _check(_libc.renameat2(old_dir, ctypes.c_char_p(old), new_dir, ctypes.c_char_p(new), ctypes.c_uint(flags)), new)


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
