"""Fixtures of the tests of lists, and the rule that holds for all of them: nothing reaches the outside."""

import ipaddress
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from tests.importlists.services import Services, serving

_reached: list[str] = []


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    """Python itself tells of every connection and every name that is looked up."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        _reached.append(str(arguments[1][0]))
    elif event == "socket.getaddrinfo":
        _reached.append(str(arguments[0]))


sys.addaudithook(_note)


def is_loopback(host: str) -> bool:
    """Whether this is an address of this machine; a name is none."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(autouse=True)
def reached() -> Iterator[list[str]]:
    """What was connected to or looked up during a test: this machine only."""
    _reached.clear()
    yield _reached
    assert [host for host in _reached if not is_loopback(host)] == []


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    """All services behind the gateway."""
    with serving() as made:
        settings.CACHERR_OUTBOUND_GATEWAY = made.server.url
        yield made
