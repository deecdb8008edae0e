"""Writing a document of settings: what is stored here, not what the environment sets."""

from typing import Any

from django.db import models
from django.utils import timezone

from cacherr import __version__
from cacherr.setting_sheet import every_setting
from caching.transfer.parts import PARTS, Part

FORMAT = "cacherr settings"
VERSION = 1


def export_document(*, secrets: bool = False) -> dict[str, Any]:
    """All settings that are not the default, and the rows of every part. Secrets in plain text, if at all."""
    stored = {
        one.name: one.stored
        for one in every_setting().values()
        if one.stored != one.default and (secrets or not one.is_secret)
    }
    return {
        "format": FORMAT,
        "version": VERSION,
        "cacherr": __version__,
        "made_at": timezone.now().isoformat(),
        "secrets": secrets,
        "settings": stored,
        **{part.name: [described(part, row, secrets=secrets) for row in part.rows()] for part in PARTS},
    }


def described(part: Part, row: models.Model, *, secrets: bool = True) -> dict[str, Any]:
    """A row as values of JSON: its key, its fields, its links."""
    plain = {name: getattr(row, name) for name in part.key}
    plain |= {one.name: getattr(row, one.attname) for one in part.fields(secrets=secrets)}
    return plain | {name: linked(getattr(row, name), names) for name, names in part.links.items()}


def linked(row: models.Model | None, names: tuple[str, ...]) -> dict[str, Any] | None:
    """What finds a referred row again; a time zone as its name."""
    if row is None:
        return None
    values = {name: getattr(row, name) for name in names}
    return {name: value if isinstance(value, int) else str(value) for name, value in values.items()}
