"""The first account: somebody can sign in, and nobody else.

The wizard asks for it, but only as long as there is no account at all, and only somebody in the home network: a page
that anybody on the internet could claim would be worse than a password to copy once. Whoever serves to a network that
is not trusted gives a password by the environment.
"""

import ipaddress
import os
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from cacherr.addresses import HOME_NETWORKS, literal
from cacherr.errors import ConfigurationError, RefusedError

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PASSWORD_FILE = "initial-admin-password"  # noqa: S105 - a file's name


def ensure_admin(*, make_up: bool = True) -> str:
    """Make sure that somebody can sign in; answer a line that tells how.

    The environment's password is in force whenever it is set. Otherwise, with `make_up`, the first start makes one up
    and keeps it in a file that only the owner of the configuration directory can read; without, the wizard asks.
    """
    name, given = settings.CACHERR_ADMIN_USER, settings.CACHERR_ADMIN_PASSWORD
    users = get_user_model().objects
    user = users.filter(username=name).first()
    if user is None and not given and (not make_up or users.filter(is_superuser=True).exists()):
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


def exists() -> bool:
    """Whether there is an account."""
    return get_user_model().objects.exists()


def create_first(name: str, password: str) -> "User":
    """Make the first account, of somebody who may do everything. Of two at once only one succeeds.

    Raises RefusedError when there is an account already, ConfigurationError for a name or password that cannot be.
    """
    model = get_user_model()
    user = model(username=name.strip(), is_staff=True, is_superuser=True)
    try:
        user.clean_fields(exclude=["password"])
        validate_password(password, user)
    except ValidationError as error:
        raise ConfigurationError(" ".join(error.messages)) from error
    user.password = make_password(password)  # takes half a second: not while the table is locked
    with transaction.atomic():
        if connection.vendor == "postgresql":  # SQLite's transactions come one after the other anyway
            table = connection.ops.quote_name(model._meta.db_table)
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        if exists():
            raise RefusedError("There is an account already.", "Sign in with it.")
        user.save()
    return user


def is_at_home(addresses: Iterable[str]) -> bool:
    """Whether all of these are addresses of a home network or of this machine: the peer and whom it forwards for."""
    return all(_is_home(address.strip()) for address in addresses)


def _is_home(text: str) -> bool:
    address = literal(text)
    if address is None:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    known = any(address in network for network in HOME_NETWORKS if network.version == address.version)
    return known or address.is_loopback or address.is_link_local


def _write(password: str) -> None:
    path = settings.CONFIG_DIR / PASSWORD_FILE
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(password + "\n")
