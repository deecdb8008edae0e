"""Settings that live in rows and may be overridden by the environment.

A model field is the one declaration of a setting: type, validators, help text, default. Its variable is `CACHERR_` and
the field's name in capitals. An override wins over the stored value and never overwrites it.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from typing import Any, ClassVar, Self, TypeAlias, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from cacherr.env import PREFIX, Override, parse_bool
from cacherr.errors import ConfigurationError

M = TypeVar("M", bound=models.Model)
SettingField: TypeAlias = "models.Field[Any, Any]"

AGREE_CURE = "Lower the first or raise the second."

_supposed: ContextVar[Mapping[str, Any]] = ContextVar("supposed", default={})  # noqa: B039 - never written to
_supposed_row: ContextVar[models.Model | None] = ContextVar("supposed row", default=None)


class SettingsModel(models.Model):
    """A single row of settings. No row means that every setting has its default."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)

    read_only = False

    dangerous: ClassVar[Mapping[str, str]] = {}
    """Fields whose change is shown before it is made, each with a sentence about what is final or slow; or without."""

    not_above: ClassVar[Mapping[str, str]] = {}
    """Fields whose value cannot be above that of another field."""

    class Meta:
        abstract = True

    @classmethod
    def stored(cls) -> Self:
        """The row as it is in the database, or the defaults; reading never writes."""
        return cls.objects.filter(pk=1).first() or cls()  # type: ignore[attr-defined]

    @classmethod
    def effective(cls) -> Self:
        """What is in force: environment, else the row, else the default. Not to be saved."""
        row = cls.stored()
        for field in setting_fields(cls):
            if field.name in _supposed.get():
                setattr(row, field.attname, _supposed.get()[field.name])
        return row.overridden()

    def overridden(self) -> Self:
        """This row with what the environment sets, as it would be in force. Not to be saved."""
        if self.read_only:
            return self  # it is so already, and may have been changed since, to try something
        row = copy(self)
        for field, override in overrides_of(type(self)):
            setattr(row, field.attname, parse_override(field, override))
        row.read_only = True
        return row

    def contradictions(self) -> dict[str, str]:
        """A sentence for each field whose value cannot be together with that of another one."""
        pairs = ((low, high) for low, high in self.not_above.items() if getattr(self, low) > getattr(self, high))
        return {low: f"The {self._told(low)} cannot be above the {self._told(high)}." for low, high in pairs}

    def _told(self, name: str) -> str:
        """A field with its value, and the variable that the value comes from."""
        field, value, origin = self._meta.get_field(name), getattr(self, name), ""
        for one, override in overrides_of(type(self)) if self.read_only else ():
            if one.name == name and parse_override(one, override) == value:
                origin = f", set by {override.variable}"
        return f"{field.verbose_name} ({value}{origin})"  # type: ignore[union-attr]

    def clean(self) -> None:
        """Refuse what cannot be together: as it would be stored, and as it would be in force."""
        found = self.contradictions() | self.overridden().contradictions()
        if found:
            raise ValidationError({name: f"{said} {AGREE_CURE}" for name, said in found.items()})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuse to write overridden values over the stored ones."""
        if self.read_only:
            raise ConfigurationError("These settings hold values from the environment and cannot be stored.")
        super().save(*args, **kwargs)


@contextmanager
def supposing(values: Mapping[str, Any], row: models.Model | None = None) -> Iterator[None]:
    """Inside, settings are in force in this thread as if these values (by field name) were stored; nothing is.

    `row`, of another model, is taken for the stored one of its key by those who ask `as_supposed`.
    """
    token, row_token = _supposed.set(values), _supposed_row.set(row)
    try:
        yield
    finally:
        _supposed.reset(token)
        _supposed_row.reset(row_token)


def is_supposing() -> bool:
    """Whether something is only supposed now, so that nothing may be concluded for good."""
    return bool(_supposed.get()) or _supposed_row.get() is not None


def as_supposed(rows: Iterable[M]) -> list[M]:
    """Rows as they are, or as they are supposed to be. Not to be saved as a whole."""
    row = _supposed_row.get()
    return [row if type(one) is type(row) and one.pk == row.pk else one for one in rows]


def variable_of(field: SettingField) -> str:
    """The name of the variable that sets this field."""
    return PREFIX + field.name.upper()


def setting_fields(model: type[models.Model]) -> Iterator[SettingField]:
    """The fields of a settings model that a person can set."""
    for field in model._meta.get_fields():
        if isinstance(field, models.Field) and field.editable and not field.primary_key:
            yield field


def overrides_of(model: type[models.Model]) -> Iterator[tuple[SettingField, Override]]:
    """The fields of `model` that the environment sets to a usable value."""
    for field in setting_fields(model):
        override = settings.CACHERR_OVERRIDES.get(field.name.upper())
        if override is not None and not override_error(field, override):
            yield field, override


def parse_override(field: SettingField, override: Override) -> Any:
    """The variable's text as the field's value. Raises ValidationError on a bad one."""
    if isinstance(field, models.BooleanField):
        try:
            return parse_bool(override.raw)
        except ValueError as error:
            raise ValidationError(str(error)) from error
    return field.clean(override.raw.strip(), None)


def override_error(field: SettingField, override: Override) -> str:
    """Why the variable cannot be used, or an empty text. The value itself is not repeated: it may be a secret."""
    try:
        parse_override(field, override)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def settings_models() -> list[type[SettingsModel]]:
    """Every model of settings in the project."""
    return [model for model in SettingsModel.__subclasses__() if not model._meta.abstract]
