"""Doing without a capability of root's, as root in a container does: really, by the kernel."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from caching.disk import leases

LEASE = 28
VERSION = 0x20080522
WORDS = ctypes.c_uint32 * 6
"""Effective, permitted, inheritable; then the same for the capabilities from number 32 on."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away, and has capabilities to lose")
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def without_lease() -> Iterator[None]:
    """This thread, and what it starts, is root as Docker gives it: without the capability LEASE."""
    before = _get()
    after = WORDS(*before)
    after[0] &= ~(1 << LEASE)
    _set(after)
    leases.forget_who_is_told()
    try:
        yield
    finally:
        _set(before)
        leases.forget_who_is_told()


def _header() -> "ctypes.Array[ctypes.c_uint32]":
    return (ctypes.c_uint32 * 2)(VERSION, 0)


def _get() -> "ctypes.Array[ctypes.c_uint32]":
    words = WORDS()
    assert _libc.capget(_header(), words) == 0
    return words


def _set(words: "ctypes.Array[ctypes.c_uint32]") -> None:
    assert _libc.capset(_header(), words) == 0
