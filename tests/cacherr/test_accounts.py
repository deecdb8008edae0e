"""The first account: somebody can sign in, and nobody else."""

from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from cacherr.accounts import PASSWORD_FILE, ensure_admin

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def directory(settings: Settings, tmp_path: Path) -> Path:
    settings.CONFIG_DIR = tmp_path
    # A quick hash: what it costs to guess a password is not what is tried here.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return tmp_path


def test_the_first_start_makes_up_a_password_that_works_and_only_the_owner_can_read(directory: Path) -> None:
    line = ensure_admin()
    password = (directory / PASSWORD_FILE).read_text().strip()
    assert line == f"user admin, password {password}"
    assert len(password) >= 12
    assert (directory / PASSWORD_FILE).stat().st_mode & 0o777 == 0o600
    user = authenticate(username="admin", password=password)
    assert isinstance(user, User)
    assert user.is_superuser
    assert user.is_staff


def test_a_second_start_changes_nothing_and_says_where_the_password_is(directory: Path) -> None:
    ensure_admin()
    before = User.objects.get().password, (directory / PASSWORD_FILE).read_text()
    line = ensure_admin()
    assert (User.objects.get().password, (directory / PASSWORD_FILE).read_text()) == before
    assert str(directory / PASSWORD_FILE) in line
    assert before[1].strip() not in line


def test_a_password_that_was_changed_in_the_admin_stays(directory: Path) -> None:
    ensure_admin()
    user = User.objects.get()
    user.set_password("my own")
    user.save()
    ensure_admin()
    assert authenticate(username="admin", password="my own")


def test_a_password_from_the_environment_is_in_force_and_never_written_down(
    directory: Path, settings: Settings
) -> None:
    settings.CACHERR_ADMIN_PASSWORD = "from outside"
    line = ensure_admin()
    assert authenticate(username="admin", password="from outside")
    assert "from outside" not in line
    assert list(directory.iterdir()) == []


def test_a_new_password_from_the_environment_replaces_the_old_one(settings: Settings) -> None:
    ensure_admin()
    settings.CACHERR_ADMIN_PASSWORD = "from outside"
    ensure_admin()
    assert authenticate(username="admin", password="from outside")
    assert User.objects.count() == 1


def test_another_name_from_the_environment_makes_another_account_only_with_a_password(settings: Settings) -> None:
    ensure_admin()
    settings.CACHERR_ADMIN_USER = "sam"
    assert ensure_admin() == ""
    assert [user.username for user in User.objects.all()] == ["admin"]
    settings.CACHERR_ADMIN_PASSWORD = "from outside"
    ensure_admin()
    assert authenticate(username="sam", password="from outside")
