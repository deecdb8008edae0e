"""Notes when a person changes settings, through whatever door: names of what was changed, never values."""

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models.signals import post_delete, post_save, pre_save

from cacherr.fields import EncryptedField
from cacherr.overrides import SettingsModel, settings_models
from caching.models import CachePolicy, PathMapping, Pin
from caching.models.storage import Origin
from importlists.models import ImportList
from plexusers import remarks
from plexusers.models import PlexUser, RemarkKind, UserTypeDefaults

KINDS: dict[type[models.Model], RemarkKind] = {
    PathMapping: RemarkKind.MAPPING,
    Pin: RemarkKind.PIN,
    ImportList: RemarkKind.LIST,
    PlexUser: RemarkKind.USER,
    UserTypeDefaults: RemarkKind.USER,
}
"""Rows that people make and change; settings are observed as well."""
MADE = {PathMapping: "Path mapping added: {}.", Pin: "Pinned: {}.", ImportList: "List added: {}."}
GONE = {PathMapping: "Path mapping removed: {}.", Pin: "Unpinned: {}.", ImportList: "List removed: {}."}
_CHANGED = "_changed_by_somebody"


def begin() -> None:
    """Observe from now on."""
    for model in (*settings_models(), *KINDS):
        name = model._meta.label
        pre_save.connect(_look, sender=model, dispatch_uid=f"look {name}")
        post_save.connect(_note, sender=model, dispatch_uid=f"note {name}")
    for model in GONE:
        post_delete.connect(_note_removal, sender=model, dispatch_uid=f"gone {model._meta.label}")


def changed(before: models.Model, after: models.Model) -> Iterator[str]:
    """The names, for people, of what a person changed. A user's secrets are also renewed by Cacherr: no news."""
    for field in after._meta.concrete_fields:
        silent = not field.editable or field.primary_key
        silent |= isinstance(after, PlexUser) and isinstance(field, EncryptedField)
        if not silent and getattr(before, field.attname) != getattr(after, field.attname):
            yield str(field.verbose_name)


def _look(sender: type[models.Model], instance: models.Model, raw: bool, **_: Any) -> None:
    """Before it is written: what differs from the row, or from the defaults of settings that have none yet."""
    before = None if raw else sender._default_manager.filter(pk=instance.pk).first()
    if before is None and not raw and sender not in KINDS:
        before = sender()
    setattr(instance, _CHANGED, list(changed(before, instance)) if before else [])


def _note(sender: type[models.Model], instance: models.Model, created: bool, raw: bool, **_: Any) -> None:
    names: list[str] = getattr(instance, _CHANGED, [])
    if raw or getattr(instance, "origin", None) == Origin.ENVIRONMENT:
        return
    if created and sender in MADE:
        remarks.note(KINDS[sender], MADE[sender].format(instance))
    elif names:
        remarks.note(KINDS.get(sender, RemarkKind.SETTING), _sentence(instance, names))


def _sentence(instance: models.Model, names: list[str]) -> str:
    if isinstance(instance, CachePolicy) and names == ["paused"]:
        return "Cacherr was paused." if instance.paused else "Cacherr was resumed."
    is_settings = isinstance(instance, SettingsModel)
    subject = str(instance._meta.verbose_name).capitalize() if is_settings else str(instance)
    return f"Changed: {subject}, {', '.join(names)}."


def _note_removal(sender: type[models.Model], instance: models.Model, **_: Any) -> None:
    if getattr(instance, "origin", None) != Origin.ENVIRONMENT:
        remarks.note(KINDS[sender], GONE[sender].format(instance))
