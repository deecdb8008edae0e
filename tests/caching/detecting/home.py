"""A home with two libraries on real directories, and Plex answering over HTTP: for tests that look at disks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plexusers.models import PlexServer
from plexusers.standin import StandIn
from tests.home import OWNER_TOKEN, PLEX_PREFIX, Home


class Laid(Home):
    """Films and episodes below `storage/media`, and an empty `ssd`."""

    def __init__(self, directory: Path) -> None:
        self.storage, self.ssd = directory / "storage", directory / "ssd"
        self.ssd.mkdir(parents=True)
        super().__init__(self.storage / "media")
        for title in ("Alpha", "Beta", "Gamma"):
            self.film(title, title.encode() * 1000)
        shows = self.household.add_section("show", "TV", f"{PLEX_PREFIX}/TV")
        show = self.household.add_show(shows, "Delta", year=2002)
        for number in (1, 2):
            relative, content = f"TV/Delta/S01E0{number}.mkv", b"episode" * (500 + number)
            self.write(relative, content)
            part = self.household.part(f"{PLEX_PREFIX}/{relative}", len(content))
            self.household.add_episode(show, 1, number, self.household.version(part), date="2002-01-01")


@contextmanager
def answering(home: Home) -> Iterator[StandIn]:
    """The home's Plex, known to the settings."""
    with StandIn(home.household) as plex:
        PlexServer.objects.update_or_create(pk=1, defaults={"plex_url": plex.url, "plex_token": OWNER_TOKEN})
        yield plex
