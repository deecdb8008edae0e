"""Model fields that more than one app needs."""

import base64
import hashlib
import json
import logging
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import models

log = logging.getLogger(__name__)

# Derived with a label of its own, so that a leaked column key would not be the key that signs cookies.
KEY_LABEL = b"cacherr stored secrets v1:"


def _cipher() -> Fernet:
    key = hashlib.sha256(KEY_LABEL + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def sealed(value: Any) -> str:
    """A value of JSON as a text that nobody else can read or make: for what waits in a page until it is confirmed."""
    return _cipher().encrypt(json.dumps(value).encode()).decode()


def opened(text: str, seconds: int) -> Any:
    """The value of a sealed text that is not older than so many seconds. Raises ValueError."""
    try:
        return json.loads(_cipher().decrypt(text.encode(), ttl=seconds))
    except InvalidToken as error:
        raise ValueError("not sealed here, or too long ago") from error


class EncryptedField(models.TextField):  # type: ignore[type-arg]
    """A secret text: plain in Python, encrypted in the database with a key derived from the installation's secret key.

    A value that the key does not open (the key was replaced) reads as empty, so that the user is asked again.
    """

    def deconstruct(self) -> Any:
        """What a migration keeps of it. Who may enter what is no matter of the table."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("validators", None)
        return name, path, args, kwargs

    def get_prep_value(self, value: Any) -> str:
        """Encrypt on the way to the database."""
        return _cipher().encrypt(str(value).encode()).decode() if value else ""

    def from_db_value(self, value: str | None, *_: object) -> str:
        """Decrypt on the way from the database."""
        if not value:
            return ""
        try:
            return _cipher().decrypt(value.encode()).decode()
        except InvalidToken:
            log.warning("A stored secret cannot be decrypted because the secret key changed. Enter it again.")
            return ""
