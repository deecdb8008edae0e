"""Running something in a process of its own, armed to be killed, to fail or to be stopped at a call.

Django is loaded once, in the parent; a fork costs milliseconds, so that thousands of runs take minutes.
"""

import ctypes
import gc
import mmap
import os
import signal
import traceback
from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

Work = Callable[[], object]


class Manner(IntEnum):
    """What happens at the armed call; the numbers are the shim's."""

    KILL = 0
    FAIL_ONCE = 1
    FAIL_FOR_EVER = 2
    SHORT_WRITE = 3
    STOP = 4
    CORRUPT = 5


class Fault(NamedTuple):
    """Something that happens at the n-th call that changes something, counted from 1."""

    at: int
    manner: Manner
    error: int = 0


class Ended(NamedTuple):
    """How a process ended."""

    killed: bool
    problem: str
    """The traceback of an exception; empty when there was none."""
    counted: int
    """How many calls that change something it came to."""
    call: str
    """Before or in which call the fault happened."""


class Told(ctypes.Structure):
    """What the shim writes into memory that parent and child share."""

    _fields_ = (("counted", ctypes.c_long), ("call", ctypes.c_char * 32))


@dataclass(frozen=True)
class Runner:
    """Runs work below these directories."""

    roots: bytes
    config: Path
    shim: ctypes.CDLL
    told: Told

    @classmethod
    def of(cls, roots: bytes, config: Path) -> "Runner":
        """A runner; the shim must be preloaded in this process."""
        gc.collect()
        gc.freeze()  # what is loaded stays where it is: forks share its memory
        return cls(roots, config, ctypes.CDLL(None), Told.from_buffer(mmap.mmap(-1, mmap.PAGESIZE)))

    def run(self, work: Work, fault: Fault | None = None) -> Ended:
        """Do something in a process of its own, to its end."""
        child, pipe = self._fork(work, fault)
        with os.fdopen(pipe, "rb") as said:
            problem = said.read().decode("utf-8", "backslashreplace")
        _, status = os.waitpid(child, 0)
        return Ended(os.WIFSIGNALED(status), problem, self.told.counted, self.told.call.decode())

    def must(self, work: Work) -> None:
        """Do something in a process of its own that must come to its end. Raises AssertionError."""
        ended = self.run(work)
        assert not ended.killed, "the process died"
        assert not ended.problem, ended.problem.strip().rsplit("\n", 1)[-1] if _is_ours(ended) else ended.problem

    def stops(self, work: Work, first: int = 1) -> Generator[int, None, None]:
        """Do something in a process of its own that stops before each call from the `first` on.

        Raises AssertionError when it raised an exception. It is killed when the caller leaves early.
        """
        child, pipe = self._fork(work, Fault(first, Manner.STOP))
        alive = True
        try:
            while True:
                _, status = os.waitpid(child, os.WUNTRACED)
                if not os.WIFSTOPPED(status):
                    alive = False
                    break
                yield self.told.counted
                os.kill(child, signal.SIGCONT)
            problem = os.read(pipe, 65536).decode("utf-8", "backslashreplace")
            assert not problem, problem
            assert os.WIFEXITED(status), f"the process died of signal {os.WTERMSIG(status)}"
        finally:
            if alive:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            os.close(pipe)

    def _fork(self, work: Work, fault: Fault | None) -> tuple[int, int]:
        self.told.counted = 0
        reader, writer = os.pipe()
        child = os.fork()
        if child:
            os.close(writer)
            return child, reader
        try:
            os.close(reader)
            self._arm(fault)
            work()
        except BaseException:  # noqa: BLE001 - a child must never come back into the parent's code
            os.write(writer, traceback.format_exc().encode("utf-8", "backslashreplace")[-60000:])
        os._exit(0)

    def _arm(self, fault: Fault | None) -> None:
        if fault is not None:
            at, journal = ctypes.c_long(fault.at), os.fsencode(self.config)
            self.shim.shim_arm(at, int(fault.manner), fault.error, self.roots, journal, ctypes.byref(self.told))


def _is_ours(ended: Ended) -> bool:
    """Whether an exception is a finding of the harness, whose last line says all."""
    return ended.problem.strip().rsplit("\n", 1)[-1].startswith("AssertionError: ")
