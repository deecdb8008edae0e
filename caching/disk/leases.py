"""Asking the kernel, by a lease taken and given back at once, whether anybody, in any container, has a file open.

Where leases are not supported (network and FUSE file systems) or not allowed (somebody else's file, without being
root) the answer is no: other guards remain.
"""

import errno
import fcntl
import signal


def open_for_writing(descriptor: int) -> bool:
    """Whether anybody has the file open for writing. `descriptor` is open for reading only."""
    return _refused(descriptor, fcntl.F_RDLCK)


def open_elsewhere(descriptor: int) -> bool:
    """Whether anybody has the file open at all, beside this one descriptor."""
    return _refused(descriptor, fcntl.F_WRLCK)


def _refused(descriptor: int, lease: int) -> bool:
    try:
        # Who opens the file in this instant breaks the lease; the kernel then sends SIGIO, which kills a process that
        # does not expect it. SIGURG is ignored unless somebody asked for it.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, lease)
    except OSError as error:
        return error.errno in {errno.EAGAIN, errno.EBUSY}
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def require_leases(descriptor: int) -> None:
    """Try whether the kernel gives leases on this file at all. Raises OSError."""
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
