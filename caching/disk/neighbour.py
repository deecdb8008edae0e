"""Another program's pid file: whether that program is at work now."""

import os
import re

INITS = {"init", "systemd"}
KERNEL_THREADS = "kthreadd"
PID = re.compile(r"\s*(\d{1,9})\s*")


def is_at_work(pid_file: str, processes: str = "/proc") -> bool:
    """Whether the program that keeps this pid file is at work. The file alone says so.

    Only where this process sees the host's own processes, and the file names one that is gone, was it left behind by a
    crash. `processes` is where the kernel shows them.
    """
    if not os.path.lexists(pid_file):
        return False
    pid = _pid(pid_file)
    return pid is None or not _sees_host(processes) or os.path.exists(os.path.join(processes, str(pid)))


def _pid(pid_file: str) -> int | None:
    found = PID.fullmatch(_text(pid_file))
    return int(found[1]) if found else None


def _sees_host(processes: str) -> bool:
    """A container has a first process of its own, but never the kernel's threads."""
    first, second = (_text(os.path.join(processes, pid, "comm")).strip() for pid in ("1", "2"))
    return first in INITS and second == KERNEL_THREADS


def _text(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read(64)
    except OSError:
        return ""
