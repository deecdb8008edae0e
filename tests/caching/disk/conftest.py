"""Grounds to copy on: one file system, or a small one that fills up."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.caching.disk.ground import Ground


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """Both ends on the file system of temporary files."""
    return Ground(tmp_path / "array", tmp_path / "cache")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Ground]:
    """The target is a file system of 8 MB in memory."""
    with mounted(tmp_path / "small", "tmpfs", "size=8m") as at:
        yield Ground(tmp_path / "array", at / "cache")


@pytest.fixture
def plain_disk(tmp_path: Path) -> Iterator[Ground]:
    """The target can do little: no direct access, no attributes of users, no ACLs, and it does not tell its size."""
    with mounted(tmp_path / "plain", "ramfs", "mode=755") as at:
        yield Ground(tmp_path / "array", at / "cache")


@contextmanager
def mounted(at: Path, kind: str, options: str) -> Iterator[Path]:
    """A file system in memory, gone afterwards."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    at.mkdir()
    subprocess.run(["mount", "-t", kind, "-o", options, "none", at], check=True)
    try:
        yield at
    finally:
        subprocess.run(["umount", at], check=True)
