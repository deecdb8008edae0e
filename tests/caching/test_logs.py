"""The log by API, page and file: level, text, time, and who may see it."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from cacherr import logbook
from tests.cacherr.test_logbook import make_logger
from tests.caching.quiet import KEY, make_quiet

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def lines(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Four lines in the files of this test's own installation."""
    make_quiet(settings, tmp_path)
    log = make_logger(logbook.directory(tmp_path), "caching.cycle")
    log.debug("looked")
    log.info("cached <b>Alpha</b>")
    log.warning("slow: X-Plex-Token=s3cret")
    try:
        int("broken")
    except ValueError:
        log.exception("failed")
    yield
    for handler in list(log.handlers):
        handler.close()


def ask(client: Client, query: str = "", status: int = 200) -> Any:
    answer = client.get(f"/api/logs{query}", headers=KEY)
    assert answer.status_code == status, answer.content
    return answer.json()["data"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["failed", "slow: X-Plex-Token=***", "cached <b>Alpha</b>", "looked"]),
        ("?level=warning", ["failed", "slow: X-Plex-Token=***"]),
        ("?search=ALPHA", ["cached <b>Alpha</b>"]),
        ("?search=.*", []),
        ("?limit=1&offset=1", ["slow: X-Plex-Token=***"]),
        ("?since=2020-01-01T00:00:00Z&level=error", ["failed"]),
        ("?since=2999-01-01", []),
        ("?since=0001-01-01T00:00:00%2B14:00&level=error", ["failed"]),
    ],
)
def test_the_api_tells_what_is_asked_for(client: Client, query: str, expected: list[str]) -> None:
    data = ask(client, query)
    assert [item["message"].partition("\n")[0] for item in data["items"]] == expected


def test_the_api_counts_all_that_fit(client: Client) -> None:
    assert ask(client, "?limit=1")["pagination"] == {"limit": 1, "offset": 0, "total": 4, "has_more": True}


@pytest.mark.parametrize("query", ["?level=loud", "?limit=0", "?since=yesterday", "?search=%00"])
def test_nonsense_is_422(client: Client, query: str) -> None:
    assert ask(client, query, 422) is None


def test_the_page_shows_lines_as_text(client: Client, admin_user: User) -> None:
    client.force_login(admin_user)
    page = client.get("/admin/caching/cycle/logs/").content.decode()
    assert "cached &lt;b&gt;Alpha&lt;/b&gt;" in page
    assert "looked" not in page  # at first information and worse
    assert "s3cret" not in page
    assert "looked" in client.get("/admin/caching/cycle/logs/?level=debug").content.decode()
    assert "No line like this" in client.get("/admin/caching/cycle/logs/?search=nowhere").content.decode()
    assert client.get("/admin/caching/cycle/logs/?level=loud&search=%00").status_code == 200


def test_the_file_has_the_same_lines_the_oldest_first(client: Client, admin_user: User) -> None:
    client.force_login(admin_user)
    answer = client.get("/admin/caching/cycle/logs/download/?level=warning")
    assert answer["Content-Disposition"] == 'attachment; filename="cacherr.log"'
    first, second, *rest = answer.content.decode().splitlines()
    assert first.endswith("caching.cycle: slow: X-Plex-Token=***")
    assert second.endswith("caching.cycle: failed")
    assert rest[-1].startswith("ValueError: ")


def test_without_a_permission_there_is_no_log(client: Client) -> None:
    client.force_login(User.objects.create(username="guest", is_staff=True))
    assert client.get("/admin/caching/cycle/logs/").status_code == 403
    assert client.get("/admin/caching/cycle/logs/download/").status_code == 403
    client.logout()
    assert client.get("/api/logs").status_code == 401


def test_the_installation_writes_to_its_own_files(settings: Settings) -> None:
    handler: dict[str, str] = settings.LOGGING["handlers"]["logbook"]
    assert handler["class"] == "cacherr.logbook.LogbookHandler"
    assert any(isinstance(one, logbook.LogbookHandler) for one in logging.getLogger().handlers)
