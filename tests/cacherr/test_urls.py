"""Every address: where it leads, and who may go there."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from caching import beginning
from caching.models import Pulse
from tests.environment import clean_environment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_work(settings: Settings, tmp_path: Path) -> None:
    """The embedded queue's directory and the pulses, as `serve` makes them: without these Cacherr is not healthy."""
    settings.BROKER_DIR = tmp_path
    for name in ("worker", "beat"):
        Pulse.objects.create(name=name, at=timezone.now())


def test_the_root_leads_to_the_wizard_until_setup_is_finished(client: Client) -> None:
    assert client.get("/").headers["Location"] == "/setup/"


def test_the_root_leads_to_the_dashboard(admin_client: Client, client: Client) -> None:
    beginning.finish()
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
    assert admin_client.get("/", follow=True).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/api/health", "/admin/login/", "/api/openapi.json", "/api/docs"])
def test_these_are_open_to_everybody(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/admin/", "/admin/caching/cycle/", "/admin/plexusers/plexserver/1/change/"])
def test_a_page_asks_a_stranger_to_sign_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("path", ["/api/status", "/api/stats"])
def test_the_api_refuses_a_stranger_and_a_guest(client: Client, path: str) -> None:
    assert client.get(path).status_code == 401
    client.force_login(User.objects.create_user("guest"))
    assert client.get(path).status_code in {401, 403}


def test_health_needs_no_envelope_and_tells_no_secrets(client: Client) -> None:
    body = client.get("/health").json()
    assert set(body) == {"status", "checks"}
    assert body["status"] == "warning"  # nothing is set up yet: no reason to restart a container


def test_a_host_that_was_not_allowed_is_refused(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["cacherr.example"]
    assert client.get("/health", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/health", headers={"host": "cacherr.example"}).status_code == 200


def test_a_page_cannot_be_framed_by_somebody_else(client: Client) -> None:
    headers = client.get("/admin/login/").headers
    assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"]) == ("DENY", "nosniff")


def test_an_address_that_leads_nowhere_is_404(admin_client: Client) -> None:
    assert admin_client.get("/nowhere").status_code == 404


LOADED = """
import sys, django
django.setup()
import {wanted}
ours = {{name for name in sys.modules if name.split(".")[0] in ("cacherr", "caching", "plexusers", "importlists")}}
print(sorted(name for name in ours if name.rsplit(".", 1)[-1].endswith(("admin", "_page"))))
"""


@pytest.mark.parametrize(("wanted", "found"), [("caching.cycle", False), ("cacherr.urls", True)])
def test_pages_are_loaded_by_who_answers_requests_only(tmp_path: Path, wanted: str, found: bool) -> None:
    """Every command would wait for them otherwise."""
    settings = {"DJANGO_SETTINGS_MODULE": "cacherr.settings", "CACHERR_CONFIG_DIR": str(tmp_path)}
    program = [sys.executable, "-c", LOADED.format(wanted=wanted)]
    loaded = subprocess.run(program, env=clean_environment() | settings, capture_output=True, text=True, check=True)
    assert (loaded.stdout.strip() != "[]") is found
