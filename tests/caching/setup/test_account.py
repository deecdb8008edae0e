"""The first account: made by the first one in the home network, and by nobody else."""

import threading
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from cacherr import accounts
from cacherr.errors import CacherrError
from tests.caching.quiet import make_quiet

ADDRESS = "/setup/account/"
GOOD = {"name": "sam", "password": "a long password", "again": "a long password"}


@pytest.fixture(autouse=True)
def quick(settings: Settings, tmp_path: Path) -> None:
    make_quiet(settings, tmp_path)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.mark.django_db
def test_an_empty_installation_leads_everybody_to_the_first_account(client: Client) -> None:
    answer = client.get("/", follow=True)
    assert answer.redirect_chain[-1][0] == ADDRESS
    assert "Create the account" in answer.content.decode()


@pytest.mark.django_db
def test_who_makes_the_account_is_signed_in_and_may_do_everything(client: Client) -> None:
    answer = client.post(ADDRESS, GOOD, follow=True)
    assert answer.redirect_chain[-1][0] == "/setup/plex/"
    user = User.objects.get()
    assert (user.username, user.is_staff, user.is_superuser) == ("sam", True, True)
    assert user.check_password("a long password")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"again": "another password"}, "differ"),
        ({"password": "short", "again": "short"}, "too short"),
        ({"password": "", "again": ""}, "too short"),
        ({"name": ""}, "blank"),
        ({"name": "a b/c"}, "valid username"),
    ],
    ids=["two passwords", "short", "none", "no name", "no possible name"],
)
def test_an_account_that_cannot_be_is_refused_with_a_sentence(
    client: Client, changed: dict[str, str], sentence: str
) -> None:
    answer = client.post(ADDRESS, GOOD | changed)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert "a long password" not in answer.content.decode()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_once_there_is_an_account_the_page_makes_no_other(client: Client) -> None:
    client.post(ADDRESS, GOOD)
    stranger = Client()
    answer = stranger.post(ADDRESS, GOOD | {"name": "eve"}, follow=True)
    assert answer.redirect_chain[-1][0] == "/admin/login/?next=/setup/"
    assert [user.username for user in User.objects.all()] == ["sam"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("peer", "forwarded", "allowed"),
    [
        ("192.168.1.20", "", True),
        ("127.0.0.1", "", True),
        ("fe80::1", "", True),
        ("::ffff:10.0.0.7", "", True),
        ("172.17.0.1", "192.168.1.20", True),
        ("203.0.113.9", "", False),
        ("2001:db8::1", "", False),
        ("172.17.0.1", "203.0.113.9", False),
        ("172.17.0.1", "203.0.113.9, 10.0.0.2", False),
        ("203.0.113.9", "192.168.1.20", False),
        ("172.17.0.1", "nonsense", False),
    ],
)
def test_only_somebody_at_home_can_make_it(client: Client, peer: str, forwarded: str, allowed: bool) -> None:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    answer = client.post(ADDRESS, GOOD, REMOTE_ADDR=peer, headers=headers)
    assert User.objects.exists() is allowed
    assert answer.status_code == (302 if allowed else 403)
    if not allowed:
        assert "CACHERR_ADMIN_PASSWORD" in answer.content.decode()


@pytest.mark.django_db
def test_a_form_from_a_foreign_page_is_refused() -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(ADDRESS, GOOD).status_code == 403
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_browsers_at_once_exactly_one_makes_an_account() -> None:
    count = 8
    together = threading.Barrier(count)
    refused: list[str] = []

    def make(number: int) -> None:
        from django.db import connection

        together.wait()
        try:
            accounts.create_first(f"user{number}", "a long password")
        except CacherrError as error:
            refused.append(error.message)
        finally:
            connection.close()

    threads = [threading.Thread(target=make, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.count() == 1
    assert refused == ["There is an account already."] * (count - 1)


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["", "plex/", "plex/waiting/", "mappings/", "users/", "space/", "preview/"])
def test_every_other_page_asks_for_the_owners_login(client: Client, step: str) -> None:
    address = f"/setup/{step}"
    assert client.get(address).headers["Location"] == ADDRESS
    User.objects.create(username="sam", is_staff=True, is_superuser=True)
    assert client.get(address).headers["Location"] == f"/admin/login/?next={address}"
    assert client.post(address, {"do": "go"}).headers["Location"] == f"/admin/login/?next={address}"
    guest = User.objects.create(username="guest", is_staff=True)
    client.force_login(guest)
    assert client.get(address).status_code == 302
