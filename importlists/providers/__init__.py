"""The table of all providers. A further one is a module beside this one and a row here; see docs/lists.md."""

from cacherr.errors import ConfigurationError
from importlists.contract import Chart, Provider
from importlists.providers import (
    custom,
    feed,
    imdb,
    letterboxd,
    mdblist,
    plex_feed,
    plex_server,
    stevenlu,
    tmdb,
    trakt,
)

PROVIDERS: tuple[Provider, ...] = (
    trakt.PROVIDER,
    tmdb.PROVIDER,
    imdb.PROVIDER,
    mdblist.PROVIDER,
    stevenlu.PROVIDER,
    letterboxd.PROVIDER,
    plex_server.PROVIDER,
    plex_feed.PROVIDER,
    feed.PROVIDER,
    custom.PROVIDER,
)


def chart_of(provider: str, chart: str) -> tuple[Provider, Chart]:
    """The provider and its chart of these names. Raises ConfigurationError: there is no such."""
    for one in PROVIDERS:
        for other in one.charts:
            if (one.name, other.name) == (provider, chart):
                return one, other
    raise ConfigurationError(f"There is no list {provider}.{chart}.", "Choose one of the presets.")
