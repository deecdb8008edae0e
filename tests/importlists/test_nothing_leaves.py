"""No test of lists connects to anything but this machine, and the watch over it sees what it should."""

import socket

import pytest

from tests.importlists.conftest import is_loopback
from tests.importlists.services import Services
from tests.importlists.test_providers import ask


def test_asking_a_service_reaches_the_gateway_only(services: Services, reached: list[str]) -> None:
    with pytest.raises(Exception, match="status 404"):
        ask("stevenlu", "popular")
    assert reached
    assert set(reached) == {"127.0.0.1"}


def test_a_connection_to_the_outside_would_be_seen(reached: list[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("192.0.2.1", 9))  # a datagram socket: nothing is sent
    assert [host for host in reached if not is_loopback(host)] == ["192.0.2.1"]
    reached.clear()
