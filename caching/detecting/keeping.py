"""Storing path mappings that people write, whoever asks for it: wizard, API."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from cacherr.errors import CacherrError, ConfigurationError, RefusedError
from caching import disk
from caching.detecting import mounts as m
from caching.detecting.examining import Asked, Proved, prove
from caching.detecting.surveying import mounted
from caching.models import PathMapping
from caching.models.storage import Origin

PATHS = ("plex_prefix", "array_root", "cache_root", "host_cache_root")


def change(row: PathMapping, values: Mapping[str, Any]) -> PathMapping:
    """Store some values of a mapping, new or known. Raises ConfigurationError, RefusedError."""
    require_own(row)
    for name, value in values.items():
        setattr(row, name, value.strip().rstrip("/") or value.strip() if name in PATHS else value)
    try:
        row.full_clean()
    except ValidationError as error:
        raise ConfigurationError(_told(error)) from error
    row.save()
    return row


def remove(row: PathMapping) -> None:
    """Remove a mapping. What is cached stays, and is still brought back: it knows its roots. Raises RefusedError."""
    require_own(row)
    row.delete()


def require_own(row: PathMapping) -> None:
    """Raises RefusedError for a mapping of the environment."""
    if row.origin == Origin.ENVIRONMENT:
        raise RefusedError(f"{row} comes from the environment.", "Change it there, and start Cacherr again.")


def add_proved(values: Mapping[str, Any], asked: Asked) -> Proved:
    """Store a mapping only when it can be proved; its cache root is made where it is not there yet.

    Raises what `change` and `examining.prove` raise; then nothing was stored.
    """
    row = change(PathMapping(), {**values, "name": _free_name(str(values.get("name") or "").strip() or "media")})
    try:
        _make_cache(row)
        return prove(row, asked)
    except CacherrError:
        # The roots stay marked and known: proving the corrected mapping goes on from there.
        PathMapping.objects.filter(pk=row.pk).delete()
        raise


def _free_name(name: str) -> str:
    taken = set(PathMapping.objects.filter(name__startswith=name).values_list("name", flat=True))
    numbered = (f"{name} {number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def _make_cache(row: PathMapping) -> None:
    """Make the cache root below a storage that is mounted; never on the container's own disk."""
    mounts = mounted()
    mount = m.mount_of(row.cache_root, mounts)
    if mount is None or (mount.point == "/" and mount.kind in m.OWN_KINDS):
        return  # what is not mounted is told as a mistake
    above = row.cache_root
    while not disk.standing(above).there and above not in {mount.point, "/"}:
        above = above.rpartition("/")[0] or "/"
    missing = row.cache_root.removeprefix(above).strip("/")
    if missing and disk.standing(row.array_root).there and disk.standing(above).writable:
        try:
            disk.make_root(above, missing.encode(errors="surrogateescape"), row.array_root)
        except OSError as error:
            raise disk.named(error) from error


def _told(error: ValidationError) -> str:
    if not hasattr(error, "message_dict"):
        return " ".join(error.messages)
    labels = {field.name: str(field.verbose_name) for field in PathMapping._meta.fields} | {NON_FIELD_ERRORS: ""}
    parts = [(labels.get(name, name), " ".join(texts)) for name, texts in error.message_dict.items()]
    return " ".join(f"{label.capitalize()}: {text}" if label else text for label, text in parts)
