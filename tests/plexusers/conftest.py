from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from plexusers.standin import StandIn
from tests.plexusers.people import Family, served


@pytest.fixture
def family() -> Family:
    return Family()


@pytest.fixture
def at_plex(family: Family, settings: Settings, db: None) -> Iterator[StandIn]:
    """The family's server and plex.tv, configured."""
    with served(family, settings) as standin:
        yield standin
