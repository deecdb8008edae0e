"""How long pages of cached files take when there are many: `python benchmarks/files.py --help`.

The API's page of 50 with each filter and order, and the admin's list, on a database of this benchmark's own (SQLite).
Processor time, because others use the machine too.
"""

import os
import sys

sys.path.pop(0)
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test import Client

    from caching.models import CachedFile, Root

KEY = "benchmark"
BOUND_MS, BOUND_QUERIES = 100, 10
GB = 1024**3
NOW = datetime(2026, 1, 1, tzinfo=UTC)

ASKED = (
    "", "search=film+777", "search=nothing+like+this", "search=Person+7", "user=Person+7", "user=7", "source=watchlist",
    "source=watchlist:7", "source=list", "status=cached", "status=conflict", "status=rescued", "size=50GB..",
    "size=1GB..2GB", "since=2025-12-20T00:00:00Z", "sort=size", "sort=-score", "sort=title", "sort=leaves_at",
    "offset=99900", "user=Person+7&source=ondeck&status=cached&size=10GB..&sort=-score", "search=film&sort=-size",
)  # fmt: skip
PAGES = ("", "q=film+777", "source=watchlist", "user=7", "size=large", "status=conflict", "o=-3", "since=week")


def main() -> None:
    """Print the median of each question. Exits with 1 when one takes longer, or asks more, than the bounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        client = prepare(directory)
        fill(wanted.files)
        print(f"{wanted.files:,} cached files; median of {wanted.rounds}\n{'':74}{'ms':>8}{'queries':>9}")
        slow = [asked for asked in addresses() if not is_quick(client, asked, wanted.rounds)]
    sys.exit(bool(slow))


def prepare(directory: str) -> "Client":
    """An installation with an empty database, and somebody signed in."""
    os.environ.update(
        {"CACHERR_CONFIG_DIR": directory, "DJANGO_SETTINGS_MODULE": "cacherr.settings", "CACHERR_API_KEY": KEY}
    )
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    client = Client(headers={"x-api-key": KEY, "host": "localhost"})
    client.force_login(User.objects.create_superuser("benchmark"))
    return client


def fill(count: int) -> None:
    """So many cached files, of fifty people and twenty lists."""
    from caching.models import CachedFile, Root
    from plexusers.models import PlexUser

    PlexUser.objects.bulk_create(PlexUser(plex_id=n, kind="shared", title=f"Person {n}") for n in range(50))
    array, cache = (Root.objects.create(id=kind * 4, kind=kind, path=f"/{kind}") for kind in Root.Kind)
    chance = random.Random(1)
    CachedFile.objects.bulk_create((file(n, array, cache, chance) for n in range(count)), batch_size=2000)


def file(number: int, array: "Root", cache: "Root", chance: random.Random) -> "CachedFile":
    """A cached file as a cycle leaves it."""
    from caching.models import CachedFile
    from caching.models.file_row import path_key

    path = f"Films/Film {number} (2001)/Film {number} (2001) [1080p x265].mkv".encode()
    people = chance.sample(range(50), chance.randrange(1, 4))
    claims = [f"{chance.choice(('ondeck', 'watchlist'))}:{person}" for person in people]
    claims += [f"list:{chance.randrange(20)}"] if chance.random() < 0.2 else []
    return CachedFile(
        array=array, cache=cache, path=path, path_key=path_key(path), plex_path=f"/data/{path.decode()}",
        placement="union", mode="copy", hash="f" * 32, title=f"Film {number} (2001)", rating_key=str(number),
        score=chance.randrange(101), sources=",".join(claims), who=", ".join(f"Person {n}" for n in people),
        reason="on deck; on the watchlist", size=chance.randrange(1, 60) * GB, array_print="1:2:3", cache_print="4:5:6",
        conflict="two versions" if chance.random() < 0.001 else "",
        parts=[{"label": "base", "points": 50}, {"label": "on deck", "points": 20}],
        leaves_at=NOW + timedelta(hours=chance.randrange(999)) if chance.random() < 0.3 else None,
        leaves_why="once nobody wants it any more", cached_at=NOW - timedelta(minutes=chance.randrange(100_000)),
    )  # fmt: skip


def addresses() -> Iterator[str]:
    """Everything that is asked."""
    yield from (f"/api/cached/files?{asked}" for asked in ASKED)
    yield "/api/cached/statistics"
    yield from (f"/admin/caching/cachedfile/?{asked}" for asked in PAGES)


def is_quick(client: "Client", address: str, rounds: int) -> bool:
    """Ask, print a line, and compare with the bounds; a far offset and other pages are only told."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    times = []
    for _ in range(rounds):
        with CaptureQueriesContext(connection) as queries:
            start = time.process_time()
            answer = client.get(address)
            times.append((time.process_time() - start) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{address}: status {answer.status_code}")
    taken = statistics.median(times)
    is_bound = address.startswith("/api/cached/files") and "offset" not in address
    fine = (taken < BOUND_MS and len(queries) <= BOUND_QUERIES) or not is_bound
    print(f"{address:74}{taken:8.0f}{len(queries):9}{'' if fine else '  too much'}", flush=True)
    return fine


if __name__ == "__main__":
    main()
