"""The Plex server's settings and what is known of it."""

import uuid
from typing import ClassVar
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models

from cacherr.fields import EncryptedField
from cacherr.overrides import SettingsModel
from plexusers.token_form import validate_token


def validate_server_address(value: str) -> None:
    """Accept http(s) addresses with any host name; Django's own validator refuses `http://plex:32400`."""
    try:
        parts = urlsplit(value)
    except ValueError as error:
        raise ValidationError("Write the address as http://HOST:32400.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValidationError("Write the address as http://HOST:32400.")
    try:
        _ = parts.port
    except ValueError as error:
        raise ValidationError("The port must be a number up to 65535.") from error


def new_client_identifier() -> str:
    """A stable name for this installation: plexapi's own default changes with each container."""
    return uuid.uuid4().hex


class PlexServer(SettingsModel):
    """The one Plex server, how to reach it, and when that last worked."""

    plex_url = models.CharField(
        "address", max_length=300, blank=True, validators=[validate_server_address],
        help_text="Where Cacherr reaches the Plex server, for example http://192.168.1.10:32400.",
    )  # fmt: skip
    plex_token = EncryptedField(
        "token", blank=True, validators=[validate_token],
        help_text="The owner's X-Plex-Token. Stored encrypted and never shown again.",
    )  # fmt: skip
    client_identifier = models.CharField(max_length=64, default=new_client_identifier, editable=False)
    machine_identifier = models.CharField(max_length=64, blank=True, editable=False)
    friendly_name = models.CharField(max_length=200, blank=True, editable=False)
    last_seen_at = models.DateTimeField(null=True, editable=False, help_text="When Plex last gave a good answer (UTC).")
    last_error = models.TextField(blank=True, editable=False)
    sign_in_needed = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Whether the last error was that Plex refuses the token.",
    )

    dangerous: ClassVar = {
        "plex_url": "Another server has other files and other users: what is cached for the present one is wanted by "
        "nobody there.",
    }

    class Meta:
        verbose_name = "Plex server"
        verbose_name_plural = "Plex server"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="plexserver_is_one_row")]

    def __str__(self) -> str:
        return self.friendly_name or self.plex_url or "Plex server"
