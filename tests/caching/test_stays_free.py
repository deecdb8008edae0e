"""What shall stay free on the cache's disk is looked at again when a file is copied, not only when it was planned."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from caching.models import CachePolicy, State
from tests.caching.disk.conftest import mounted
from tests.caching.ground import CONTENT, FILM, Ground, make_ground
from tests.conftest import tree

pytestmark = pytest.mark.django_db

MB = 1024 * 1024


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Ground]:
    """A cache of 8 MB."""
    with mounted(tmp_path / "cache", "tmpfs", "size=8m,mode=755"):
        yield make_ground(tmp_path, "union", "move")


@pytest.mark.parametrize("setting", [{"reserve": "3MB"}, {"min_free_space": "40%"}], ids=["reserve", "minimum"])
def test_a_file_is_not_cached_where_downloads_have_taken_the_room_since_the_plan(
    small: Ground, setting: dict[str, str]
) -> None:
    CachePolicy.objects.update(**setting)
    small.write()
    planned = small.plan_caching()
    before = tree(small.directory)
    download = small.cache / "download"
    download.write_bytes(bytes(5 * MB))
    done = small.carry_out(planned)
    assert done.state == State.ABORTED
    assert "3.0 MB are free, and 3." in done.outcome
    assert done.outcome.endswith("lower the minimum free space and the reserve.")
    download.unlink()
    assert tree(small.directory) == before
    assert small.carry_out(small.plan_caching()).state == State.DONE


def test_a_file_comes_back_whatever_shall_stay_free_on_caches(small: Ground) -> None:
    small.cached(FILM)
    CachePolicy.objects.update(reserve="900TB", min_free_space="100%")
    assert small.carry_out(small.plan_restore()).state == State.DONE
    assert small.on_array().read_bytes() == CONTENT


def test_of_two_files_that_were_planned_to_the_last_byte_only_one_is_cached(small: Ground) -> None:
    CachePolicy.objects.update(reserve="3MB")
    operations = []
    for name in (b"Films/A.mkv", b"Films/B.mkv"):
        small.write(name, bytes(range(256)) * 12_000)
        operations.append(small.plan_caching(name, 3_072_000))
    states = [small.carry_out(operation).state for operation in operations]
    assert states == [State.DONE, State.ABORTED]
    assert small.plex_sees(b"Films/B.mkv") == bytes(range(256)) * 12_000
