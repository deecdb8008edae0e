"""Three neighbours and their Plex server, for tests of whole cycles with several users."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from plexusers.standin import StandIn
from tests.caching.neighbours import Neighbours, serving


@pytest.fixture(autouse=True)
def configuration(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A configuration directory of its own."""
    settings.CONFIG_DIR = tmp_path_factory.mktemp("config")


@pytest.fixture
def neighbours(tmp_path: Path) -> Neighbours:
    """Alex, Sam and Kim, with nothing on deck."""
    return Neighbours(tmp_path)


@pytest.fixture
def plex(neighbours: Neighbours, settings: Settings) -> Iterator[StandIn]:
    """Their server, which answers for plex.tv as well."""
    with serving(neighbours) as server:
        settings.CACHERR_OUTBOUND_GATEWAY = server.url
        yield server
