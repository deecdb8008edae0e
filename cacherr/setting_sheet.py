"""Every setting with what is known of it: its value, where that comes from, its default, its variable.

Groups are those of the admin's forms, so that page, API and documents cannot differ.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.db import models

from cacherr.env import Override
from cacherr.fields import EncryptedField
from cacherr.overrides import (
    SettingField,
    SettingsModel,
    overrides_of,
    parse_override,
    setting_fields,
    settings_models,
    variable_of,
)

Source = Literal["environment", "admin", "default"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. The values are for programs; of a secret they are never to be shown."""

    model: type[SettingsModel]
    field: SettingField
    stored: Any
    """The row's value, or the default where there is no row."""
    override: Override | None

    @property
    def name(self) -> str:
        """The field's name, which no other setting has."""
        return self.field.name

    @property
    def label(self) -> str:
        """What people call it."""
        return str(self.field.verbose_name)

    @property
    def help(self) -> str:
        """What it does."""
        return str(self.field.help_text)

    @property
    def variable(self) -> str:
        """The variable that sets it, or would."""
        return self.override.variable if self.override else variable_of(self.field)

    @property
    def is_secret(self) -> bool:
        """Whether its value is never shown."""
        return isinstance(self.field, EncryptedField)

    @property
    def is_dangerous(self) -> bool:
        """Whether people see what a change of it does before it is made."""
        return self.name in self.model.dangerous

    @property
    def default(self) -> Any:
        """Its value when nobody says anything."""
        return self.field.get_default()

    @property
    def value(self) -> Any:
        """What is in force."""
        return parse_override(self.field, self.override) if self.override else self.stored

    @property
    def source(self) -> Source:
        """Who says so."""
        if self.override:
            return "environment"
        return "default" if self.stored == self.default else "admin"

    @property
    def choices(self) -> list[str]:
        """The values it can have; empty when they are not listed."""
        return [str(value) for value, _ in self.field.flatchoices]

    @property
    def kind(self) -> str:
        """What its value is in JSON: `boolean`, `integer` or `text`."""
        return kind_of(self.field)

    def shown(self, value: Any) -> str:
        """A value of this setting for people."""
        if self.is_secret:
            return "set" if value else "not set"
        if isinstance(value, bool):
            return "on" if value else "off"
        return str(value) if value not in {"", None} else "empty"


@dataclass(frozen=True, slots=True)
class Group:
    """Settings that stand together in a form."""

    model: type[SettingsModel]
    title: str
    settings: Sequence[Setting]

    @property
    def form(self) -> str:
        """What people call the form."""
        return str(self.model._meta.verbose_name)


def kind_of(field: SettingField) -> str:
    """What a field's value is in JSON: `boolean`, `integer` or `text`."""
    if isinstance(field, models.BooleanField):
        return "boolean"
    return "integer" if isinstance(field, models.IntegerField) else "text"


def groups() -> list[Group]:
    """All settings by group, in the order of the forms. One query for each settings model."""
    return [group for model in settings_models() for group in groups_of(model)]


def groups_of(model: type[SettingsModel]) -> Iterator[Group]:
    """The groups of one settings model."""
    left = {setting.name: setting for setting in _settings(model)}
    for title, names in _fieldsets(model):
        found = [left.pop(name) for name in names if name in left]
        if found:
            yield Group(model, title, found)
    if left:  # a field that no form names is a setting all the same
        yield Group(model, "Other", list(left.values()))


def every_setting() -> dict[str, Setting]:
    """All settings by name."""
    return {setting.name: setting for model in settings_models() for setting in _settings(model)}


def _settings(model: type[SettingsModel]) -> Iterator[Setting]:
    row = model.stored()
    overrides = {field.name: override for field, override in overrides_of(model)}
    for field in setting_fields(model):
        yield Setting(model, field, getattr(row, field.attname), overrides.get(field.name))


def _fieldsets(model: type[SettingsModel]) -> Iterator[tuple[str, list[str]]]:
    """Titles and names of the admin's form for the model."""
    if not admin.site.is_registered(model):
        return
    page = admin.site.get_model_admin(model)
    title = str(model._meta.verbose_name)
    for name, options in page.fieldsets or ((title, {"fields": page.fields or ()}),):
        yield str(name or title), [str(field) for field in flatten(options["fields"])]
