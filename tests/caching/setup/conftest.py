from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from caching import beginning
from plexusers.standin import StandIn
from tests.caching.detecting.home import Laid
from tests.caching.quiet import make_quiet


@pytest.fixture
def laid(tmp_path: Path, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Laid:
    """Media and an SSD, and an installation that was never set up."""
    make_quiet(settings, tmp_path_factory.mktemp("config"))
    return Laid(tmp_path)


@pytest.fixture
def at_plex(laid: Laid, settings: Settings, db: None) -> Iterator[StandIn]:
    """The home's Plex, and plex.tv, which the settings know nothing of yet."""
    beginning.first_start()
    with StandIn(laid.household) as server:
        settings.CACHERR_OUTBOUND_GATEWAY = server.url
        yield server


@pytest.fixture
def owner(client: Client, admin_user: User) -> Client:
    """A browser in which the owner is signed in."""
    client.force_login(admin_user)
    return client
