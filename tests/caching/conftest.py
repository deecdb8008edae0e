"""Grounds that many tests stand on; a module that needs another one makes its own of the same name."""

from pathlib import Path

import pytest

from tests.caching.ground import COMBINATIONS, Ground, make_ground


@pytest.fixture(params=COMBINATIONS)
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Ground:
    """Nothing cached yet, in every combination of placement and mode."""
    placement, mode, park = request.param
    return make_ground(tmp_path, placement, mode, park=park)


@pytest.fixture
def links(tmp_path: Path) -> Ground:
    """Nothing cached yet, placement `symlink`, mode `copy`."""
    return make_ground(tmp_path, "symlink")
