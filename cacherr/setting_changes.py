"""Changing settings, whoever asks for it: checked across all groups, then stored all together or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction

from cacherr.errors import ConfigurationError
from cacherr.fields import EncryptedField
from cacherr.overrides import SettingField, SettingsModel
from cacherr.setting_sheet import Setting, every_setting, kind_of
from cacherr.texts import fault

KINDS: Mapping[str, tuple[type, str]] = {
    "boolean": (bool, "Write true or false."),
    "integer": (int, "Write a whole number."),
    "text": (str, "Write a text."),
}


class SettingsRefusedError(ConfigurationError):
    """Some settings cannot be as they were asked for; nothing was stored."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {said}" for name, said in sorted(problems.items())))
        self.problems = problems
        """A sentence for each setting, by name."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that gets another value."""

    setting: Setting
    new: Any

    @property
    def told(self) -> dict[str, str]:
        """For people; secrets are not shown."""
        old, new = self.setting.shown(self.setting.stored), self.setting.shown(self.new)
        return {"name": self.setting.name, "label": self.setting.label, "old": old, "new": new}


@dataclass(frozen=True, slots=True)
class Change:
    """Settings that were checked, and are not stored yet."""

    differences: tuple[Difference, ...]

    @property
    def values(self) -> dict[str, Any]:
        """The new values by name; secrets among them."""
        return {one.setting.name: one.new for one in self.differences}

    @property
    def dangers(self) -> tuple[Difference, ...]:
        """Those that people see the consequences of first; what the environment overrides has none."""
        return tuple(one for one in self.differences if one.setting.is_dangerous and not one.setting.override)

    @property
    def models(self) -> set[type[SettingsModel]]:
        """The settings models that are changed."""
        return {one.setting.model for one in self.differences}

    def store(self) -> None:
        """Write them, all or none. Only these columns: others may be written by somebody else meanwhile."""
        with transaction.atomic():
            for model in self.models:
                row, names = model.stored(), []
                for one in self.differences:
                    if one.setting.model is model:
                        setattr(row, one.setting.field.attname, one.new)
                        names.append(one.setting.name)
                row.save(update_fields=None if row._state.adding else names)


def prepare(given: Mapping[str, Any], *, keep_overridden: bool = False) -> Change:
    """Check new values of some settings, by name. Raises SettingsRefusedError with everything that is wrong.

    A secret that is given empty stays as it is; `None` forgets it. What the environment sets is refused, unless
    `keep_overridden`: then it is stored for the day when the variable goes.
    """
    known = every_setting()
    problems = dict.fromkeys(given.keys() - known.keys(), "There is no setting of this name.")
    differences = []
    for name in given.keys() & known.keys():
        setting, value = known[name], given[name]
        if setting.is_secret and value == "":
            continue
        if setting.override and not keep_overridden:
            problems[name] = f"It is set by {setting.override.variable}: change it there."
            continue
        try:
            value = _cleaned(setting, value)
        except ValidationError as error:
            problems[name] = " ".join(error.messages)
            continue
        if value != setting.stored:
            differences.append(Difference(setting, value))
    change = Change(tuple(sorted(differences, key=lambda one: list(known).index(one.setting.name))))
    problems |= _together(change, problems)
    if problems:
        raise SettingsRefusedError(problems)
    return change


def _cleaned(setting: Setting, value: Any) -> Any:
    if setting.is_secret and value is None:
        return ""
    return clean_value(setting.field, value)


def _together(change: Change, problems: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with settings as a whole: as they would be stored, and as they would be in force."""
    found: dict[str, str] = {}
    for model in change.models:
        row = model.stored()
        for one in change.differences:
            if one.setting.model is model:
                setattr(row, one.setting.field.attname, one.new)
        try:
            row.clean()
        except ValidationError as error:
            said = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
            found |= {name: " ".join(texts) for name, texts in said.items() if name not in problems}
    return found


MAX_SECRET = 2000
"""Characters."""


def clean_value(field: SettingField, value: Any) -> Any:
    """A value of JSON as one of this field, texts without space around them. Raises ValidationError.

    Stricter than a form: `"12"` is no number and 1 no switch, so that a mistake in a document is not guessed away.
    """
    if value is None and field.null:
        return None
    kind, sentence = KINDS[kind_of(field)]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValidationError(sentence)
    if isinstance(value, str):
        value = value.strip()
        if said := fault(value):
            raise ValidationError(said)
        if isinstance(field, EncryptedField) and len(value) > MAX_SECRET:
            raise ValidationError("It is too long.")
    return field.clean(value, None)
