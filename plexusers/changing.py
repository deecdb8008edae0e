"""Changing what holds for a user, whoever asks for it: the API and the admin."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from cacherr.errors import ConfigurationError
from plexusers import entering, tokens
from plexusers.models import PlexUser, UserTypeDefaults

SECRETS = ("pin", "token", "watchlist_feed")
"""What can be written and is never shown."""


def change_user(user: PlexUser, values: Mapping[str, Any]) -> None:
    """Set some of a user's preferences and secrets; an empty preference means: as the type says.

    A token is proved first. Raises ConfigurationError for a value that cannot be, RefusedError for a token that is not
    this user's, PlexError.
    """
    plain = {name: value for name, value in values.items() if name not in {"pin", "token"}}
    _set(user, plain)
    if values.get("token"):
        entering.paste(user, values["token"])
    _save(user, plain)
    if "pin" in values:
        tokens.enter_pin(user, values["pin"])


def change_defaults(row: UserTypeDefaults, values: Mapping[str, Any]) -> None:
    """Set some of a type's defaults. Raises ConfigurationError for a value that cannot be."""
    _set(row, values)
    _save(row, values)


def _set(row: models.Model, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    try:
        row.clean_fields(exclude={field.name for field in row._meta.fields} - values.keys())
    except ValidationError as error:
        said = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
        raise ConfigurationError(said) from error


def _save(row: models.Model, values: Mapping[str, Any]) -> None:
    if values:
        row.save(update_fields=list(values))
