"""A list matched against a large library, and several lists' wants: seconds and queries, with no request to anybody.

python -m benchmarks.lists [ITEMS] [POSITIONS] [LISTS]
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable


def main() -> None:
    """Fill a database of its own and measure."""
    items, positions, lists = (int(word) for word in (*sys.argv[1:], *("50000", "1000", "20")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory(prefix="cacherr-lists-") as directory:
        os.environ["CACHERR_CONFIG_DIR"] = directory
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cacherr.settings")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        _measure(items, positions, lists)


def _measure(items: int, positions: int, lists: int) -> None:
    from django.utils import timezone

    from importlists.contract import Entry
    from importlists.matching import match
    from importlists.models import ImportList, ListItem
    from importlists.wants import wanted
    from plexusers.models import ItemKind, Versions

    _fill(items)
    half = items // 2
    numbered = [
        Entry(f"Film {n}", 2000, ItemKind.MOVIE, (f"imdb://tt{n:07}", f"tmdb://{n}")) for n in _spread(positions, half)
    ]
    titled = [Entry(f"Film {n}", 2000 + n % 20, ItemKind.MOVIE) for n in _spread(positions, half)]
    foreign = [Entry(f"Film {n}", 2050, ItemKind.MOVIE, (f"imdb://tt{n:07}",)) for n in range(items, items + positions)]
    for name, entries in (("by numbers", numbered), ("by title and year", titled), ("not in the library", foreign)):
        _tell(f"{positions} positions {name}", lambda entries=entries: sum(bool(one.keys) for one in match(entries)))  # type: ignore[misc]
    now = timezone.now()
    for number in range(lists):
        row = ImportList.objects.create(
            name=f"List {number}", provider="stevenlu", chart="popular", count=positions, state="fresh", good_at=now
        )
        ListItem.objects.bulk_create(
            ListItem(import_list=row, position=at, title=one.title, year=one.year, kind="movie", names=list(one.names))
            for at, one in enumerate(numbered, 1)
        )
    for name in ("first", "again"):
        _tell(f"wants of {lists} lists, {name}", lambda: sum(len(one.wants) for one in wanted(now, Versions.ALL)))


def _spread(count: int, size: int) -> range:
    return range(1, size, max(1, size // count))[:count]


def _fill(items: int) -> None:
    """Half of them films, and one show for ten episodes of the other half."""
    from plexusers.models import ItemKind, LibraryFile, LibraryGuid, LibraryItem, LibrarySection

    films = LibrarySection.objects.create(key="1", kind="movie", title="Films")
    shows = LibrarySection.objects.create(key="2", kind="show", title="Shows")
    made = [
        LibraryItem(
            rating_key=f"f{n}", section=films, kind=ItemKind.MOVIE, title=f"Film {n}", year=2000 + n % 20,
            guid=f"plex://movie/{n:x}",
        )
        for n in range(1, items // 2 + 1)
    ]  # fmt: skip
    for show in range(1, items // 22 + 1):
        made.append(
            LibraryItem(rating_key=f"s{show}", section=shows, kind=ItemKind.SHOW, title=f"Show {show}", year=2010)
        )
        made.extend(
            LibraryItem(
                rating_key=f"s{show}e{n}", section=shows, kind=ItemKind.EPISODE, title=f"Part {n}",
                show_key=f"s{show}", season=1, number=n,
            )
            for n in range(1, 11)
        )  # fmt: skip
    LibraryItem.objects.bulk_create(made, batch_size=500)
    known = LibraryItem.objects.filter(kind=ItemKind.MOVIE).order_by("pk")
    numbers = {row.pk: row.rating_key[1:] for row in known}
    LibraryGuid.objects.bulk_create(
        [
            LibraryGuid(item_id=pk, guid=guid)
            for pk, n in numbers.items()
            for guid in (f"imdb://tt{int(n):07}", f"tmdb://{n}")
        ],
        batch_size=500,
    )
    LibraryFile.objects.bulk_create(
        [LibraryFile(item_id=pk, path=f"/films/{n}.mkv", size=10**9, version=n) for pk, n in numbers.items()],
        batch_size=500,
    )


def _tell(what: str, work: Callable[[], int]) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        start = time.perf_counter()
        found = work()
        seconds = time.perf_counter() - start
    print(f"{what}: {found} found, {seconds:.2f} s, {len(seen)} queries")


if __name__ == "__main__":
    main()
