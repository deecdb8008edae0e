"""Secrets in the database."""

import logging

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from plexusers.models import PlexServer

pytestmark = pytest.mark.django_db

TOKEN = "töken of Alex"


def at_rest() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT plex_token FROM plexusers_plexserver")
        (value,) = cursor.fetchone()
    assert isinstance(value, str)
    return value


@pytest.fixture
def server() -> PlexServer:
    server = PlexServer(plex_url="http://plex:32400", plex_token=TOKEN)
    server.save()
    return server


def test_a_secret_reads_as_it_was_written_and_is_not_readable_in_the_database(server: PlexServer) -> None:
    assert PlexServer.stored().plex_token == TOKEN
    assert TOKEN not in at_rest()
    assert len(at_rest()) > 80


def test_the_same_secret_looks_different_each_time_it_is_stored(server: PlexServer) -> None:
    before = at_rest()
    server.save()
    assert at_rest() != before


def test_no_secret_is_stored_as_nothing(server: PlexServer) -> None:
    server.plex_token = ""
    server.save()
    assert at_rest() == ""
    assert PlexServer.stored().plex_token == ""


@pytest.mark.parametrize("update", [True, False])
def test_a_secret_is_encrypted_on_every_way_into_the_database(server: PlexServer, update: bool) -> None:
    if update:
        PlexServer.objects.update(plex_token="other")
    else:
        PlexServer.objects.bulk_update([PlexServer(id=1, plex_token="other")], ["plex_token"])
    assert "other" not in at_rest()
    assert PlexServer.stored().plex_token == "other"


def test_after_a_change_of_the_key_a_secret_reads_as_empty_and_the_rest_is_as_it_was(
    server: PlexServer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SECRET_KEY = "another key"
    with caplog.at_level(logging.WARNING):
        stored = PlexServer.stored()
    assert (stored.plex_token, stored.plex_url) == ("", "http://plex:32400")
    assert "Enter it again" in caplog.text
    assert TOKEN not in caplog.text


def test_what_was_never_encrypted_reads_as_empty(server: PlexServer) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE plexusers_plexserver SET plex_token = 'plain'")
    assert PlexServer.stored().plex_token == ""
