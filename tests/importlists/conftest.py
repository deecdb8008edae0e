"""Fixtures of the tests of lists."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.importlists.services import Services, serving


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    """All services behind the gateway."""
    with serving() as made:
        settings.CACHERR_OUTBOUND_GATEWAY = made.server.url
        yield made
