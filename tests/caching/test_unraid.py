"""Unraid's disks behind its view: a file is worked on where it really is."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import PROJECT

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mergerfs") is None or not os.path.exists("/dev/fuse"),
    reason="needs root and mergerfs, which stands for Unraid's own view",
)

SCRIPT = """
import os, shutil, subprocess, sys
from pathlib import Path

subprocess.run(["mount", "--make-rprivate", "/"], check=True)
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=True)
mnt = Path("/mnt")
for name in ("disk1/media", "disk2/media", "cache/media", "user0", "user"):
    (mnt / name).mkdir(parents=True)
view = "category.search=ff,category.create=mfs,cache.attr=0,cache.entry=0"
subprocess.run(["mergerfs", "-o", view, "/mnt/disk1:/mnt/disk2", "/mnt/user0"], check=True)
subprocess.run(["mergerfs", "-o", view, "/mnt/cache:/mnt/disk1:/mnt/disk2", "/mnt/user"], check=True)

import django
django.setup()
from cacherr.commands import require_database
require_database()
from caching import proving
from caching.models import CachePolicy, CachedFile, PathMapping
from tests.caching.ground import CONTENT, FILM, Ground

mode, park = sys.argv[1], sys.argv[2] == "park"
CachePolicy(park_originals=park).save()
mapping = PathMapping.objects.create(
    name="m", plex_prefix="/mnt/user/media", array_root="/mnt/user0/media", cache_root="/mnt/cache/media", mode=mode
)
ground = Ground(mnt, proving.prove(mapping))
film = mnt / "disk2/media" / os.fsdecode(FILM)
film.parent.mkdir(parents=True)
film.write_bytes(CONTENT)
seen = mnt / "user/media" / os.fsdecode(FILM)

done = ground.carry_out(ground.plan_caching())
print(mapping.proved_placement, done.state, done.outcome, film.exists(), seen.read_bytes() == CONTENT)
if sys.argv[3] == "upgraded":
    copy = mnt / "cache/media" / os.fsdecode(FILM)
    copy.with_suffix(".new").write_bytes(b"new" * 9000)
    copy.with_suffix(".new").replace(copy)
if sys.argv[3] == "vanished":
    shutil.rmtree(mnt / "disk2/media/Films")
if sys.argv[3] == "twice":
    other = mnt / "disk1/media" / os.fsdecode(FILM)
    other.parent.mkdir(parents=True)
    other.write_bytes(CONTENT)
done = ground.carry_out(ground.plan_restore())
whole = [p for p in mnt.glob("[cd]*/media/**/*") if p.is_file() and not p.name.startswith(".cacherr")]
left = [str(p) for p in mnt.glob("[cd]*/media/**/.cacherr.*")]
print(done.state, done.outcome, seen.read_bytes()[:3], len(whole), left, CachedFile.objects.count())
"""

PLAIN = "b'\\x00\\x01\\x02'"
CASES = [
    ("copy", "stay", "plain", "union done  True True", f"done  {PLAIN} 1 [] 0"),
    ("copy", "park", "plain", "union done  False True", f"done  {PLAIN} 1 [] 0"),
    ("move", "stay", "plain", "union done  False True", f"done  {PLAIN} 1 [] 0"),
    ("move", "stay", "vanished", "union done  False True", f"done  {PLAIN} 1 [] 0"),
    ("copy", "stay", "upgraded", "union done  True True", "done  b'new' 1 [] 0"),
    ("copy", "park", "upgraded", "union done  False True", "done  b'new' 1 [] 0"),
    ("move", "stay", "upgraded", "union done  False True", "done  b'new' 1 [] 0"),
]


@pytest.mark.parametrize(("mode", "park", "event", "cached", "restored"), CASES)
def test_a_file_comes_back_to_one_of_the_disks(  # noqa: PLR0917 - a row of the table
    tmp_path_factory: pytest.TempPathFactory, mode: str, park: str, event: str, cached: str, restored: str
) -> None:
    assert run(tmp_path_factory, mode, park, event) == [cached, restored]


def test_a_file_on_two_disks_is_left_alone(tmp_path_factory: pytest.TempPathFactory) -> None:
    cached, restored = run(tmp_path_factory, "copy", "stay", "twice")
    assert cached == "union done  True True"
    assert restored.startswith("aborted The file is on several disks: /mnt/disk1/media and /mnt/disk2/media.")


def run(factory: pytest.TempPathFactory, *arguments: str) -> list[str]:
    """Run the script with a /mnt of its own, seen by nobody else."""
    variables = os.environ | {
        "CACHERR_CONFIG_DIR": str(factory.mktemp("config")), "DJANGO_SETTINGS_MODULE": "cacherr.settings",
        "DATABASE_URL": "",
    }  # fmt: skip
    command = ["unshare", "-m", sys.executable, "-c", SCRIPT, *arguments]
    done = subprocess.run(command, cwd=PROJECT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
