"""The index of a large library, read for the first time and again: `python benchmarks/library.py --help`.

The server is a stand-in in a process of its own; its time is measured apart, by reading all pages without an index.
"""

import os
import sys

sys.path.pop(0)
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plexusers.plex import Plex

TOKEN = "token"
PER_SHOW = 50
MB = 1024 * 1024


@dataclass(frozen=True)
class Measured:
    """One piece of work: seconds, of which so many of this process's processor; queries, requests, growth in bytes."""

    seconds: float
    cpu: float
    queries: int
    requests: int
    growth: int


def main() -> None:
    """Measure the first reading, nothing changed, one in a hundred changed, and everything once more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=50_000, help="films, shows and episodes together")
    items = parser.parse_args().items
    ours, theirs = Pipe()
    server = Process(target=serve, args=(theirs, items), daemon=True)
    server.start()
    theirs.close()  # so that its death is noticed here
    url = ours.recv()
    with tempfile.TemporaryDirectory() as directory:
        prepare(directory)
        measure_all(url, ours, items, directory)
    ours.send("stop")
    server.join()


def prepare(directory: str) -> None:
    """An installation with an empty database."""
    os.environ.update({"CACHERR_CONFIG_DIR": directory, "DJANGO_SETTINGS_MODULE": "cacherr.settings"})
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def measure_all(url: str, server: Connection, items: int, directory: str) -> None:
    """Run each piece of work and print a line for it."""
    from plexusers import indexing
    from plexusers.models import LibraryItem, PlexServer
    from plexusers.plex import Plex

    plex = Plex(PlexServer(plex_url=url, plex_token=TOKEN, client_identifier="benchmark"))
    now = datetime.now(UTC)
    print(f"{f'{items} items':28} seconds   cpu s  queries  requests  memory")
    pages = measure(server, lambda: read_pages(plex))
    show("pages only, no index", pages, pages)
    show("first reading", measure(server, lambda: indexing.refresh(plex, now=now)), pages)
    show("nothing changed", measure(server, lambda: indexing.refresh(plex, now=now)), pages)
    ask(server, "change")
    later = now + timedelta(hours=2)
    show("1 % changed", measure(server, lambda: indexing.refresh(plex, now=later)), pages)
    show("everything again", measure(server, lambda: indexing.refresh(plex, now=later, whole=True)), pages)
    database = os.path.getsize(os.path.join(directory, "cacherr.sqlite3"))
    count = LibraryItem.objects.count()
    print(f"{count} rows of items; the database has {database / MB:.0f} MB, {database / count:.0f} bytes an item")


def read_pages(plex: "Plex") -> None:
    """What the server and the way to it cost: all pages, of which nothing is kept."""
    from plexusers.answers import viewed
    from plexusers.paging import FOLLOWING, Reading

    for path in ("1/all?type=1", "2/all?type=2", "2/all?type=4"):
        address = f"/library/sections/{path}&includeGuids=1&sort=addedAt:asc"
        for _ in Reading(plex, address, viewed, first=FOLLOWING).batches():
            pass


def measure(server: Connection, work: Callable[[], object]) -> Measured:
    """Do the work and count."""
    from django.db import connection

    queries: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        queries.append(sql[:6])
        return execute(sql, *rest)

    before, memory = ask(server, "requests"), peak()
    start, cpu = time.monotonic(), time.process_time()
    with connection.execute_wrapper(count):
        work()
    seconds, spent = time.monotonic() - start, time.process_time() - cpu
    return Measured(seconds, spent, len(queries), ask(server, "requests") - before, peak() - memory)


def show(name: str, found: Measured, base: Measured) -> None:
    """A line of the table."""
    print(
        f"{name:28}{found.seconds:8.2f}{found.cpu:8.2f}{found.queries:9}{found.requests:10}"
        f"{found.growth / MB:+7.0f} MB   {found.seconds / base.seconds:5.2f} times the pages",
        flush=True,
    )


def peak() -> int:
    """The most memory that this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def ask(server: Connection, what: str) -> int:
    """Tell the server's process something; what it answers."""
    server.send(what)
    return int(server.recv())


# ---- the server's process -------------------------------------------------------------------------------------------


def serve(parent: Connection, items: int) -> None:
    """A stand-in server with so many items: a third films, the rest shows of fifty episodes."""
    from plexusers.standin import StandIn

    household = stocked(items)
    with StandIn(household) as standin:
        parent.send(standin.url)
        while (what := parent.recv()) != "stop":
            if what == "change":
                change(household)
            parent.send(len(standin.requests))


def stocked(items: int) -> Any:
    """The library."""
    from plexusers.standin import Household

    start = int(time.time()) - 10**8
    household = Household()
    household.add_account("Alex", TOKEN, "owner")
    films, shows = household.add_section("movie", "Films", "/f"), household.add_section("show", "Shows", "/s")

    def version(name: str) -> Any:
        return household.version(household.part(f"/data/media/{name}/{name}.mkv", 10**9))

    for number in range(items // 3):
        guids = [f"imdb://tt{number + 1:07}", f"tmdb://{number + 1}", f"tvdb://{number + 1}"]
        name = f"A film with the number {number}"
        household.add_movie(
            films, name, version(name), year=1950 + number % 75, guids=guids, added_at=start + number * 600
        )
    for number in range((items - items // 3) // (PER_SHOW + 1)):
        show = household.add_show(
            shows, f"Show {number}", guids=[f"tvdb://{number + 1}"], added_at=start + number * 600
        )
        for episode in range(PER_SHOW):
            guids = [f"tvdb://{number * PER_SHOW + episode + 1}"]
            name = f"Show {number} S{episode // 10 + 1:02}E{episode % 10 + 1:02}"
            place = (episode // 10 + 1, episode % 10 + 1)
            household.add_episode(show, *place, version(name), guids=guids, added_at=start + number * 600 + episode)
    return household


def change(household: Any) -> None:
    """Every hundredth film and episode gets another file."""
    playable = [item for item in household.items.values() if hasattr(item, "versions")]
    for number, item in enumerate(playable[::100]):
        household.set_versions(item, household.version(household.part(f"/data/media/new {number}.mkv", 2 * 10**9)))


if __name__ == "__main__":
    main()
