"""A show with real files in a test's home."""

from plexusers.standin import Episode, Section, Show
from tests.home import PLEX_PREFIX, Home

CONTENT = b"episode" * 500


class Series:
    """A show of one or more seasons below the home's array."""

    def __init__(self, home: Home, title: str = "Orchard", lengths: tuple[int, ...] = (3, 2), size: int = 3500) -> None:
        household = home.household
        self.home, self.title, self.content = home, title, (CONTENT * (size // len(CONTENT) + 1))[:size]
        self.section: Section = household.add_section("show", "TV", f"{PLEX_PREFIX}/TV")
        self.show: Show = household.add_show(self.section, title, year=2018)
        self.episodes: dict[str, Episode] = {}
        for season, length in enumerate(lengths, 1):
            for number in range(1, length + 1):
                self.add(season, number)

    def path(self, name: str) -> str:
        """Where an episode is, below array and cache."""
        season = name[1:].split("e", maxsplit=1)[0]
        return f"TV/{self.title}/Season {season}/{self.title} - {name}.mkv"

    def add(self, season: int, number: int) -> Episode:
        """One more episode, named like `s1e2`."""
        name, household = f"s{season}e{number}", self.home.household
        self.home.write(self.path(name), self.content)
        part = household.part(f"{PLEX_PREFIX}/{self.path(name)}", len(self.content))
        self.episodes[name] = household.add_episode(self.show, season, number, household.version(part))
        return self.episodes[name]

    def paths(self, *names: str) -> set[str]:
        """Where these episodes are."""
        return {self.path(name) for name in names}
