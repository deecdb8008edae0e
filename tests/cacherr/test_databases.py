"""`DATABASE_URL`: where it leads, and what the journal needs from a database."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from cacherr.databases import database

CONFIG = Path("/config")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("", "/config/cacherr.sqlite3"),
        ("sqlite:////var/lib/cacherr.db", "//var/lib/cacherr.db"),
        ("sqlite:///var/lib/with%20space.db", "/var/lib/with space.db"),
    ],
)
def test_sqlite_is_the_default_and_has_a_place(url: str, name: str) -> None:
    made = database(url, CONFIG)
    assert (made["ENGINE"], Path(made["NAME"])) == ("django.db.backends.sqlite3", Path(name))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "pgsql"])
def test_postgresql_by_any_of_its_names_with_everything_that_a_url_can_say(scheme: str) -> None:
    made = database(f"{scheme}://us%40er:p%2Fw%3A@db.example:5433/na%20me?sslmode=require&connect_timeout=3", CONFIG)
    assert {key: made[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")} == {
        "NAME": "na me", "USER": "us@er", "PASSWORD": "p/w:", "HOST": "db.example", "PORT": "5433",
    }  # fmt: skip
    assert (made["OPTIONS"]["sslmode"], made["OPTIONS"]["connect_timeout"]) == ("require", "3")
    assert (made["CONN_MAX_AGE"], made["OPTIONS"]["pool"]["max_size"]) == (0, 25)


def test_a_postgresql_without_a_port_or_login_uses_the_usual_ones() -> None:
    made = database("postgres://db/name", CONFIG)
    assert [made[key] for key in ("USER", "PASSWORD", "HOST", "PORT")] == ["", "", "db", ""]


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "postgres://db", "postgres://db/", "just words", "postgres://db:port/name"]
)
def test_what_is_no_database_is_refused_without_repeating_the_password(url: str) -> None:
    with pytest.raises(ValueError):
        database(url, CONFIG)


@pytest.mark.django_db
def test_a_committed_row_has_reached_the_disk() -> None:
    """The journal is only a journal when it survives a power cut."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous")
            assert cursor.fetchone() == (2,)  # FULL
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone() == ("wal",)
        else:
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on",)


@pytest.mark.django_db
def test_a_writer_takes_its_turn_from_the_beginning_of_its_transaction() -> None:
    """A transaction that reads first and writes later would fail at once when another one wrote in between."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL needs no turns")
    with (
        closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=0, isolation_level=None)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")
