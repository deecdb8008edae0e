"""A home for tests: Plex's library and the same library as real files, kept in step."""

import os
from pathlib import Path

from plexusers.standin import Household, Movie

PLEX_PREFIX = "/data/media"
OWNER_TOKEN = "token-alex"
FILMED_AT = 1_600_000_000


class Home:
    """A film library below an array directory, and its owner Alex."""

    def __init__(self, array: Path) -> None:
        self.array = array
        self.household = Household("Home", "machine-home")
        self.owner = self.household.add_account("Alex", OWNER_TOKEN, "owner")
        self.films = self.household.add_section("movie", "Movies", f"{PLEX_PREFIX}/Movies")

    def write(self, relative: str, content: bytes) -> Path:
        """Put a file on the array."""
        path = self.array / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, ns=(FILMED_AT * 10**9, FILMED_AT * 10**9 + 123_456_789))
        return path

    def film(self, title: str, content: bytes = b"film" * 1000, *, on_deck: bool = True) -> Movie:
        """A film of one file, half watched by the owner unless said otherwise."""
        relative = f"Movies/{title}/{title}.mkv"
        self.write(relative, content)
        part = self.household.part(f"{PLEX_PREFIX}/{relative}", len(content))
        movie = self.household.add_movie(self.films, title, self.household.version(part), year=2001)
        if on_deck:
            self.household.watch(self.owner, movie, offset_ms=60_000)
        return movie

    def finish(self, movie: Movie) -> None:
        """The owner has seen the film to its end: it leaves the deck."""
        self.household.mark_watched(self.owner, movie)
