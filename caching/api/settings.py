"""Settings: what is in force and why, changing some, what a change would do, carrying them to another installation."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import RootModel

from cacherr.envelope import Envelope, ok
from cacherr.setting_changes import prepare
from cacherr.setting_sheet import Group, Setting, groups
from caching import consequences
from caching.transfer import export_document, moving

router = Router(tags=["settings"])

Value = bool | int | str | None


class SettingData(Schema):
    """A setting. Of a secret, value, stored and default are `set` or `not set`."""

    name: str
    label: str
    help: str
    kind: Literal["boolean", "integer", "text"]
    choices: list[str]
    """What it can be; empty when that is not listed."""
    secret: bool
    dangerous: bool
    """Whether a change may move files: `preview` tells."""
    value: Value
    """What is in force."""
    stored: Value
    """What is in force once the variable is gone."""
    default: Value
    source: Literal["environment", "admin", "default"]
    variable: str


class GroupData(Schema):
    """Settings that stand together on the page."""

    form: str
    title: str
    settings: list[SettingData]


class SettingsData(Schema):
    """All settings."""

    groups: list[GroupData]


class EffectData(Schema):
    """One kind of effect of a change. Sizes in bytes; the examples are the largest files."""

    effect: Literal["leave", "stay", "come", "not_come"]
    sentence: str
    files: int
    bytes: int
    examples: list[dict[str, Any]]


class ConsequencesData(Schema):
    """What a change would do."""

    differences: list[dict[str, str]]
    effects: list[EffectData]
    unknown: str
    """Why it cannot be told; empty when it can."""
    warnings: list[str]


class Given(RootModel[dict[str, Value]]):
    """New values by the settings' names; what is left out stays."""


@router.get("", response=Envelope[SettingsData])
def get_settings(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """All settings by group."""
    return ok(_sheet())


@router.put("", response=Envelope[SettingsData])
def put_settings(request: HttpRequest, body: Given) -> dict[str, Any]:  # noqa: ARG001
    """Change some settings, all or none. 422 with a sentence for each setting that cannot be so."""
    change = prepare(body.root)
    change.store()
    names = ", ".join(one.setting.name for one in change.differences)
    return ok(_sheet(), f"Changed: {names}." if names else "Nothing was changed.")


@router.post("preview", response=Envelope[ConsequencesData])
def preview(request: HttpRequest, body: Given) -> dict[str, Any]:  # noqa: ARG001
    """What a change would do to files; nothing is stored. Asks Plex as a cycle does."""
    change = prepare(body.root)
    found = consequences.of(change) if change.dangers else consequences.Consequences()
    return ok({"differences": [one.told for one in change.differences], **found.told})


def _sheet() -> dict[str, Any]:
    return {"groups": [_group(group) for group in groups()]}


def _group(group: Group) -> dict[str, Any]:
    return {"form": group.form, "title": group.title, "settings": [_setting(one) for one in group.settings]}


def _setting(one: Setting) -> dict[str, Any]:
    names = ("name", "label", "help", "kind", "choices", "source", "variable")
    values = {name: getattr(one, name) for name in ("value", "stored", "default")}
    if one.is_secret:
        values = {name: one.shown(value) for name, value in values.items()}
    flags = {"secret": one.is_secret, "dangerous": one.is_dangerous}
    return {**{name: getattr(one, name) for name in names}, **flags, **values}


class ImportedData(Schema):
    """What an import changed, or would change. Secrets are not shown."""

    dry_run: bool
    changes: list[dict[str, Any]]
    """`part`, `which`, `new`, and `fields` with `name`, `old`, `new`."""
    notes: list[str]
    """What was left out and why."""


class Document(RootModel[dict[str, Any]]):
    """What `export` gave, or PlexCache-D's settings."""


@router.get("export", response=Envelope[dict[str, Any]])
def get_export(request: HttpRequest, secrets: bool = False) -> dict[str, Any]:  # noqa: ARG001
    """All settings as a document; `secrets=true` with tokens and keys in plain text."""
    return ok(export_document(secrets=secrets))


@router.post("import", response=Envelope[ImportedData])
def post_import(request: HttpRequest, body: Document, dry_run: bool = False) -> dict[str, Any]:  # noqa: ARG001
    """Import a document, all of it or nothing; 422 with everything that is wrong with it."""
    outcome = moving.settings_of(body.root, dry_run=dry_run)
    told = {"dry_run": dry_run, "changes": outcome.changes, "notes": outcome.notes}
    return ok(told, "Nothing was changed." if dry_run else "The settings are imported.")
