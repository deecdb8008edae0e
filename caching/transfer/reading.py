"""Reading a document of settings back: all of it or nothing, and twice is like once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction

from cacherr.errors import ConfigurationError
from cacherr.fields import EncryptedField
from cacherr.setting_changes import SettingsRefusedError, clean_value, prepare
from cacherr.setting_sheet import every_setting
from cacherr.texts import fault_within
from caching.transfer.parts import PARTS, Part
from caching.transfer.writing import FORMAT, VERSION, linked

ABOUT = {"format", "version", "cacherr", "made_at", "secrets", "settings"}
MAX_ROWS = 10_000


class ImportRefusedError(ConfigurationError):
    """The document cannot be imported; nothing was stored."""


@dataclass(slots=True)
class Outcome:
    """What an import changed, or would change."""

    changes: list[dict[str, Any]] = field(default_factory=list)
    """`{part, which, new, fields[{name, old, new}]}`; secrets are not shown."""
    notes: list[str] = field(default_factory=list)
    """What was left out and why, sentences."""
    problems: list[str] = field(default_factory=list)


def import_document(document: Any, *, dry_run: bool = False) -> Outcome:
    """Store what a document says, in one transaction; with `dry_run` only tell. Raises ImportRefusedError.

    What the document does not name stays as it is, and a secret is never overwritten by an empty one.
    """
    require_texts(document)
    _require_format(document)
    found = Outcome()
    with transaction.atomic():
        _import_settings(document.get("settings", {}), found)
        for part in PARTS:
            _import_part(part, document.get(part.name, []), found)
        found.notes += [f"{name} is unknown: it was left out." for name in sorted(_unknown(document))]
        if found.problems:
            raise ImportRefusedError("Nothing was imported. " + " ".join(found.problems))
        transaction.set_rollback(dry_run)
    return found


def _require_format(document: Any) -> None:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ImportRefusedError(
            "This is no document of Cacherr's settings.",
            "Give the file that `export_settings` wrote, or PlexCache-D's plexcache_settings.json.",
        )
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ImportRefusedError("The document does not say its version.", "Export it once more.")
    if version > VERSION:
        raise ImportRefusedError(
            f"The document was written by a newer Cacherr ({document.get('cacherr', 'unknown')}).",
            "Bring this installation up to date, then import it again.",
        )


def require_texts(document: Any) -> None:
    """Raises ImportRefusedError for a document with a text that no database keeps."""
    found = fault_within(document)
    if found:
        where, said = found
        raise ImportRefusedError(f"Nothing was imported. {where[:200] or 'A name'}: {said}")


def _unknown(document: Mapping[str, Any]) -> set[str]:
    return set(document) - ABOUT - {part.name for part in PARTS}


def _import_settings(given: Any, found: Outcome) -> None:
    if not isinstance(given, dict):
        found.problems.append("settings: an object is expected.")
        return
    known = every_setting()
    found.notes += [f"settings: {name} is unknown: it was left out." for name in sorted(given.keys() - known.keys())]
    wanted = {name: value for name, value in given.items() if name in known}
    try:
        # A secret that is not there is no order to forget the one that is.
        secret = {name for name, value in wanted.items() if known[name].is_secret and not value}
        change = prepare({name: wanted[name] for name in wanted.keys() - secret}, keep_overridden=True)
    except SettingsRefusedError as error:
        found.problems += [f"settings: {name}: {said}" for name, said in sorted(error.problems.items())]
        return
    change.store()
    told = [{name: one.told[name] for name in ("name", "old", "new")} for one in change.differences]
    if told:
        found.changes.append({"part": "settings", "which": "settings", "new": False, "fields": told})
    for one in change.differences:
        if one.setting.override:
            found.notes.append(f"settings: {one.setting.name} is stored, but {one.setting.override.variable} wins.")


class _AbsentError(ValidationError):
    """What a row refers to is not in this installation."""


def _import_part(part: Part, given: Any, found: Outcome) -> None:
    if not isinstance(given, list) or len(given) > MAX_ROWS:
        found.problems.append(f"{part.name}: a list of at most {MAX_ROWS} is expected.")
        return
    for number, values in enumerate(given, start=1):
        which = _name_of(part, values) or f"number {number}"
        try:
            _import_row(part, values, which, found)
        except _AbsentError as error:
            found.notes.append(f"{part.name}, {which}: left out: {error.message}")
        except ValidationError as error:
            found.problems.append(f"{part.name}, {which}: {'; '.join(_sentences(error))}")


def _name_of(part: Part, values: Any) -> str:
    if not isinstance(values, dict):
        return ""
    names = (values.get(name) for name in ("title", "name", *part.key))
    return next((str(name)[:100] for name in names if isinstance(name, str | int) and name != ""), "")


def _sentences(error: ValidationError) -> Iterator[str]:
    if not hasattr(error, "error_dict"):
        yield from error.messages
        return
    for name, said in error.message_dict.items():
        yield f"{name}: {' '.join(said)}" if name != NON_FIELD_ERRORS else " ".join(said)


def _import_row(part: Part, values: Any, which: str, found: Outcome) -> None:
    if not isinstance(values, dict):
        raise ValidationError("An object is expected.")
    key = {one.name: clean_value(one, values.get(one.name)) for one in part.key_fields()}
    rows = part.model._default_manager.filter(part.find(part, values | key))
    row = rows.filter(part.chosen).first()
    if row is None and (not part.makes or rows.exists()):
        why = part.absent if not part.makes else "the environment sets one of this name"
        found.notes.append(f"{part.name}, {which}: left out: {why}.")
        return
    is_new = row is None
    row = row or part.model(**key)
    fields = {one.name: one for one in part.fields()}
    for name in sorted(values.keys() - fields.keys() - set(part.key) - part.links.keys()):
        found.notes.append(f"{part.name}, {which}: {name[:100]} is unknown: it was left out.")
    told = [*_set_fields(part, row, fields, values, is_new=is_new), *_set_links(part, row, values)]
    if not (told or is_new):
        return
    try:
        part.check(part, row)
    except ValidationError as error:
        if not (is_new and _lacks_secret(part, row, error)):
            raise
        found.notes.append(f"{part.name}, {which}: left out: it needs a secret that the document does not have.")
        return
    part.save(row)
    found.changes.append({"part": part.name, "which": which, "new": is_new, "fields": told})


def _lacks_secret(part: Part, row: models.Model, error: ValidationError) -> bool:
    """Whether nothing is wrong but a secret that is not there, as in every document without them."""
    wrong = set(error.error_dict) if hasattr(error, "error_dict") else {NON_FIELD_ERRORS}
    return wrong <= {name for name in part.secrets() if not getattr(row, name)}


def _set_fields(
    part: Part, row: models.Model, fields: Mapping[str, Any], values: Mapping[str, Any], *, is_new: bool
) -> list[dict[str, str]]:
    told = []
    for name in fields.keys() & values.keys():
        one, value = fields[name], values[name]
        secret = isinstance(one, EncryptedField)
        if (secret and not value) or (name in part.first and not is_new):
            continue
        try:
            value = clean_value(one, value)
        except ValidationError as error:
            raise ValidationError({name: error.messages}) from error
        old = getattr(row, one.attname)
        if value != old:
            setattr(row, one.attname, value)
            shown = (("set" if old else "not set"), "set") if secret else (_shown(old), _shown(value))
            told.append({"name": name, "old": shown[0], "new": shown[1]})
    return sorted(told, key=lambda one: one["name"])


def _shown(value: Any) -> str:
    return str(value)[:200]


def _set_links(part: Part, row: models.Model, values: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for name in part.links.keys() & values.keys():
        names, wanted = part.links[name], values[name]
        old = linked(getattr(row, name), names)
        if wanted == old:
            continue
        target = part.model._meta.get_field(name).related_model
        if wanted is not None and (not isinstance(wanted, dict) or set(wanted) != set(names)):
            raise ValidationError({name: f"An object of {', '.join(names)} is expected."})
        setattr(row, name, _target(target, wanted, name) if wanted is not None else None)
        yield {"name": name, "old": _shown(old), "new": _shown(wanted)}


def _target(model: Any, wanted: Mapping[str, Any], name: str) -> models.Model:
    """The referred row; a schedule's is made when there is none."""
    if not all(isinstance(value, str | int) for value in wanted.values()):
        raise ValidationError({name: "Texts and numbers are expected."})
    try:
        found = model._default_manager.filter(**wanted).first()
    except (ValueError, TypeError) as error:
        raise ValidationError({name: "This cannot be understood."}) from error
    if found is None and model._meta.app_label == "django_celery_beat":
        found = model(**wanted)
        found.full_clean()
        found.save()
    if found is None:
        raise _AbsentError(f"there is no {name} with {', '.join(f'{k} {v}' for k, v in wanted.items())} here yet.")
    return found  # type: ignore[no-any-return]
