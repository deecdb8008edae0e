"""Detection and proof on Unraid's own layout of mounts, with mergerfs in the place of Unraid's file system."""

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
import subprocess, sys
from pathlib import Path

subprocess.run(["mount", "--make-rprivate", "/"], check=True)
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=True)
mnt = Path("/mnt")
for name in ("disk1", "disk2", "cache", "user0", "user"):
    (mnt / name).mkdir()
for number, name in enumerate(("disk1", "disk2", "cache"), 1):
    image = f"/mnt/{name}.img"
    subprocess.run(["truncate", "-s", "32M", image], check=True)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, f"/mnt/{name}"], check=True)
(mnt / "disk2/media").mkdir()
view = "fsname=shfs,minfreespace=0,category.search=ff,category.create=mfs,cache.attr=0,cache.entry=0"
subprocess.run(["mergerfs", "-o", view, "/mnt/disk1:/mnt/disk2", "/mnt/user0"], check=True)
subprocess.run(["mergerfs", "-o", view, "/mnt/cache:/mnt/disk1:/mnt/disk2", "/mnt/user"], check=True)

import django
django.setup()
from cacherr.commands import require_database
require_database()
from cacherr.errors import CacherrError
from caching import detecting
from plexusers.models import PlexServer
from plexusers.standin import StandIn
from tests.home import OWNER_TOKEN, Home

home = Home(mnt / "disk1/media")
home.film("Alpha")
home.film("Beta")
home.array = mnt / "disk2/media"
home.film("Gamma")
with StandIn(home.household) as plex:
    PlexServer.objects.create(plex_url=plex.url, plex_token=OWNER_TOKEN)
    asked = detecting.ask()
    (found,) = detecting.detect(asked.locations).proposals
    print(found.plex_prefix, found.array_root, found.cache_root, found.placement, len(found.warnings))
    values = {"name": "films", "plex_prefix": found.plex_prefix, "cache_root": found.cache_root}
    try:
        detecting.add_proved(values | {"array_root": "/mnt/user/media/Movies", "placement": found.placement}, asked)
    except CacherrError as error:
        print(error)
    proved = detecting.add_proved(values | {"array_root": found.array_root, "placement": found.placement}, asked)
    print(proved.mapping.proved_placement, [note.message for note in proved.notes])
print(sorted(str(path) for path in mnt.glob("[cd]*/media/**/.cacherr*")))
"""


def test_the_array_is_found_apart_from_the_view_and_proved_with_the_pool(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    variables = os.environ | {
        "CACHERR_CONFIG_DIR": str(tmp_path_factory.mktemp("config")), "DJANGO_SETTINGS_MODULE": "cacherr.settings",
        "DATABASE_URL": "",
    }  # fmt: skip
    command = ["unshare", "-mpf", "--kill-child", "--mount-proc", sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, cwd=PROJECT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    proposed, refused, proved, left = done.stdout.splitlines()
    assert proposed == "/data/media/Movies /mnt/user0/media/Movies /mnt/cache/media/Movies union 0"
    assert "is Unraid's view of array and pools" in refused
    assert "/mnt/user0/media/Movies" in refused
    assert proved == "union []"
    assert left.count("/.cacherr-root") == 2
    assert left.count(".cacherr") == 2
