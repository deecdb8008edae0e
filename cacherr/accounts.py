"""The first account: a page that anybody on the network could claim would be worse than a password to copy once."""

import os
import secrets

from django.conf import settings
from django.contrib.auth import get_user_model

PASSWORD_FILE = "initial-admin-password"  # noqa: S105 - a file's name


def ensure_admin() -> str:
    """Make sure that somebody can sign in; answer a line that tells how.

    The environment's password is in force whenever it is set. Otherwise the first start makes one up and keeps it in a
    file that only the owner of the configuration directory can read.
    """
    name, given = settings.CACHERR_ADMIN_USER, settings.CACHERR_ADMIN_PASSWORD
    users = get_user_model().objects
    user = users.filter(username=name).first()
    if user is None and not given and users.filter(is_superuser=True).exists():
        return ""
    if user is None:
        password = given or secrets.token_urlsafe(9)
        users.create_superuser(username=name, password=password)
        if not given:
            _write(password)
            return f"user {name}, password {password}"
    elif given and not user.check_password(given):
        user.set_password(given)
        user.save(update_fields=["password"])
    if given:
        return f"user {name}, password from CACHERR_ADMIN_PASSWORD"
    path = settings.CONFIG_DIR / PASSWORD_FILE
    return f"user {name}, first password in {path}" if path.exists() else ""


def _write(password: str) -> None:
    path = settings.CONFIG_DIR / PASSWORD_FILE
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(password + "\n")
