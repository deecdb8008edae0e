"""`python -m tests.e2e.screenshots [DIR]` makes pictures: the dashboard during a cycle, as the documentation shows it,
and every page at the size of a desk and of a phone, light and dark."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from playwright.sync_api import Browser, Page

import tests.environment  # noqa: F401 - nothing of this machine's own installation may be touched

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cacherr.settings")
django.setup()

from plexusers.standin import StandIn  # noqa: E402 - what follows may need Django's models
from plexusers.standin.demo import make_demo  # noqa: E402
from tests.conftest import Installation  # noqa: E402
from tests.e2e.browsing import DESKTOP, PHONE, dashboard, running_browser, signed_in  # noqa: E402
from tests.e2e.crawling import pages  # noqa: E402
from tests.e2e.showroom import showroom  # noqa: E402
from tests.e2e.site import MIB, Site, grow, site  # noqa: E402

FIRST = "TV/Orchard of Static/Season 01/Orchard of Static - S01E04.mkv"
LARGE = {
    FIRST: 380 * MIB,
    "Movies/The Marrow Lane Sundial (2019)/The Marrow Lane Sundial (2019).mkv": 4200 * MIB,
    "TV/Ferrymen's Arithmetic/Season 02/Ferrymen's Arithmetic - S02E01.mkv": 1700 * MIB,
}
"""What the demonstration's owner has on deck, as large as films are."""
HALF_DONE = 9
"""Percent of the film at which the pictures are taken: enough to be seen, without copying all of it."""
CHUNK = 8192
MOST_BYTES = 300_000
SETTLED_MS = 400
"""Until the theme's scripts have shown what they show. Only a picture depends on it."""
PATIENCE = 300_000
"""Milliseconds until the film is so far on a slow machine."""


def main() -> None:
    """Runs two Cacherrs of its own with a browser before them, and writes what is to be seen."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.screenshots", description=__doc__)
    parser.add_argument("directory", type=Path, nargs="?", default=Path("screenshots"), help="where the pictures go")
    directory = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    with demonstration() as shown, running_browser() as browser:
        shown.served.get("/api/start-cache", method="POST", body={})
        take(browser, shown, directory / "dashboard.png", DESKTOP)
        take(browser, shown, directory / "dashboard-phone.png", PHONE, dark=True)
    with running_browser() as browser:
        every_page(browser, directory)


def every_page(browser: Browser, directory: Path) -> None:
    """Each page of the demonstration four times, named by its address."""
    with tempfile.TemporaryDirectory(prefix="cacherr-") as name, showroom(Installation(Path(name)), browser) as shown:
        for size in (DESKTOP, PHONE):
            for dark in (False, True):
                folder = directory / f"{size[0]}-{'dark' if dark else 'light'}"
                folder.mkdir(exist_ok=True)
                with shown.visited(browser, size, dark=dark) as context:
                    page = context.new_page()
                    for found in pages(page, shown.url):
                        path = folder / f"{found.path.strip('/').replace('/', '_')}.png"
                        page.wait_for_timeout(SETTLED_MS)
                        page.screenshot(path=path, full_page=True)
                        sys.stdout.write(f"{path}\n")


@contextmanager
def demonstration() -> Iterator[Site]:
    """The demonstration's household with files of a usual size, being served."""
    with tempfile.TemporaryDirectory(prefix="cacherr-") as name:
        installation = Installation(Path(name))
        installation.cache.mkdir()
        with StandIn(make_demo(installation.directory)) as plex:
            for path, size in LARGE.items():
                grow(installation.array / path, size)
            installation.variables = {
                "PLEX_URL": plex.url, "PLEX_TOKEN": plex.household.owner.token, "CACHERR_OUTBOUND_GATEWAY": plex.url,
                "CACHERR_CACHE_LIMIT": "10GB", "CACHERR_COPY_CHUNK": str(CHUNK),
            }  # fmt: skip
            with site(installation) as served:
                yield served


def take(browser: Browser, shown: Site, path: Path, size: tuple[int, int], *, dark: bool = False) -> None:
    """One picture of what is seen first, once the second file is well under way."""
    with signed_in(browser, shown.url, size, dark=dark) as context:
        page = dashboard(context)
        wait_until_worth_seeing(page)
        page.screenshot(path=path)
    weight = path.stat().st_size
    sys.stdout.write(f"{path}: {weight} bytes\n")
    assert weight < MOST_BYTES, f"{path} is too heavy for a page of the documentation"


def wait_until_worth_seeing(page: Page) -> None:
    """One file is cached, the next one is being copied, and one waits."""
    page.wait_for_function(
        "percent => document.querySelector('#recent li') && document.querySelector('#operations ol li')"
        " && document.querySelector('#operations progress')?.value >= percent",
        arg=HALF_DONE, timeout=PATIENCE,
    )  # fmt: skip


if __name__ == "__main__":
    main()
