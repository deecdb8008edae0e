"""A real merged view, as Plex has it: mergerfs with the cache as its first branch."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cacherr.errors import ConfigurationError
from caching import proving
from caching.models import CachedFile, CachePolicy, PathMapping
from tests.caching.ground import CONTENT, FILM, Ground
from tests.conftest import tree

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        shutil.which("mergerfs") is None or not os.path.exists("/dev/fuse") or os.geteuid() != 0,
        reason="mounting mergerfs needs root: apt-get install mergerfs",
    ),
]

CACHE_FIRST = "category.search=ff,category.create=ff,cache.attr=0,cache.entry=0"


@pytest.fixture
def view(tmp_path: Path) -> Iterator[Path]:
    """The merged view of the array and the cache."""
    for name in ("array", "cache", "view"):
        (tmp_path / name).mkdir()
    branches = f"{tmp_path / 'cache'}:{tmp_path / 'array'}"
    subprocess.run(["mergerfs", "-o", CACHE_FIRST, branches, tmp_path / "view"], check=True)
    yield tmp_path / "view"
    subprocess.run(["umount", "-l", tmp_path / "view"], check=True)


def mapping_for(view: Path, **values: str) -> PathMapping:
    roots = {"array_root": str(view.parent / "array"), "cache_root": str(view.parent / "cache")}
    return PathMapping.objects.create(name="test", plex_prefix=str(view), **roots | values)


@pytest.fixture(params=["shadow", "park", "move"])
def ground(request: pytest.FixtureRequest, view: Path) -> Ground:
    CachePolicy(park_originals=request.param == "park").save()
    mode = "move" if request.param == "move" else "copy"
    return Ground(view.parent, proving.prove(mapping_for(view, mode=mode)))


def seen(view: Path) -> bytes:
    return (view / os.fsdecode(FILM)).read_bytes()


def test_the_probe_chooses_the_union_and_plex_sees_one_whole_file_all_along(ground: Ground, view: Path) -> None:
    assert ground.mapping.proved_placement == "union"
    ground.write()
    start = tree(view)
    while_copying: list[bytes] = []
    ground.carry_out(ground.plan_caching(), lambda: while_copying.append(seen(view)))
    assert [*while_copying, seen(view)] == [CONTENT, CONTENT]
    assert (view / os.fsdecode(FILM)).stat().st_mtime_ns == 10**18 + 123_456_789
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert seen(view) == CONTENT
    assert tree(view) == start


def test_an_upgrade_through_the_view_wins(ground: Ground, view: Path) -> None:
    ground.cached()
    film = view / os.fsdecode(FILM)
    fresh = film.with_suffix(".new")
    fresh.write_bytes(b"upgraded" * 5000)
    fresh.rename(film)
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert seen(view) == b"upgraded" * 5000
    assert ground.on_array().read_bytes() == b"upgraded" * 5000
    assert ground.private_names() == []
    assert not CachedFile.objects.exists()


def test_a_file_deleted_through_the_view_is_never_deleted_further(ground: Ground, view: Path) -> None:
    ground.cached()
    (view / os.fsdecode(FILM)).unlink()
    ground.carry_out(ground.plan_restore("command"))
    left = [path.read_bytes() for path in view.parent.rglob("*.mkv") if path.is_file()]
    assert left in ([], [CONTENT], [CONTENT, CONTENT])
    assert ground.private_names() == []


def test_a_merged_view_is_no_array(view: Path) -> None:
    mapping = PathMapping.objects.create(
        name="wrong", plex_prefix="/plex", array_root=str(view), cache_root=str(view.parent / "cache")
    )
    with pytest.raises(ConfigurationError, match="merged view"):
        proving.prove(mapping)


def test_a_mode_that_the_file_system_cannot_do_is_not_offered(view: Path, tmp_path: Path) -> None:
    (tmp_path / "ssd").mkdir()
    mapping = PathMapping.objects.create(
        name="fuse", plex_prefix="/plex", array_root=str(view), cache_root=str(tmp_path / "ssd"), placement="symlink"
    )
    with pytest.raises(ConfigurationError, match="exchange of names on the array"):
        proving.prove(mapping)
    assert [path.name for path in view.iterdir()] == []
