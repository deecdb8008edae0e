"""The page of all settings: one form over all groups, saved together; what is dangerous is shown before it is saved."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from cacherr.confirming import CONFIRM_SECONDS, EXPIRED
from cacherr.fields import opened, sealed
from cacherr.overrides import SettingsModel, settings_models
from cacherr.setting_changes import Change, SettingsRefusedError, prepare
from cacherr.setting_sheet import Group, Setting, groups
from caching import consequences

Forms = Mapping[type[SettingsModel], "ModelForm[Any]"]


@dataclass(frozen=True, slots=True)
class Row:
    """A setting on the page."""

    setting: Setting
    field: Any
    """The form's field, with what was typed."""

    @property
    def default(self) -> str:
        """The default, for people."""
        return "empty" if self.setting.is_secret else self.setting.shown(self.setting.default)

    @property
    def value(self) -> str:
        """What is in force, for people."""
        return self.setting.shown(self.setting.value)

    @property
    def stored(self) -> str:
        """What comes back when the variable goes, for people."""
        return self.setting.shown(self.setting.stored)

    @property
    def is_switch(self) -> bool:
        """Whether it is switched on and off."""
        return self.setting.kind == "boolean"

    @property
    def words(self) -> str:
        """What a search looks in."""
        return f"{self.setting.label} {self.setting.help} {self.setting.name} {self.setting.variable}".casefold()


def page(request: HttpRequest) -> HttpResponse:
    """The page: shown, sent, or confirmed."""
    may_change = [model for model in settings_models() if _admin(model).has_change_permission(request)]
    if not may_change:
        raise PermissionDenied
    if request.method == "POST" and "confirmed" in request.POST:
        return _confirmed(request, may_change)
    forms = _forms(request, may_change)
    if request.method == "POST":
        change = _checked(forms, request)
        if change is not None:
            found = consequences.of(change) if change.dangers else consequences.Consequences()
            return _ask(request, change, found.told) if found.are_worth_asking else _store(request, change)
    return _show(request, forms)


def _admin(model: type[SettingsModel]) -> Any:
    return admin.site.get_model_admin(model)


def _forms(request: HttpRequest, models: Iterable[type[SettingsModel]]) -> Forms:
    """The admin's own form of each settings model: widgets, validators, what is disabled."""
    forms = {}
    for model in models:
        row = model.stored()
        made = _admin(model).get_form(request, row, change=True)
        forms[model] = made(request.POST if request.method == "POST" else None, instance=row)
    return forms


def _checked(forms: Forms, request: HttpRequest) -> Change | None:
    """The change that was asked for; None when something is wrong, which the forms then tell."""
    if not all(form.is_valid() for form in forms.values()):
        return None
    given = {name: form.cleaned_data[name] for form in forms.values() for name in form.changed_data}
    given |= dict.fromkeys(request.POST.getlist("forget"))
    try:
        return prepare(given)
    except SettingsRefusedError as error:
        for name, said in error.problems.items():
            form = next((form for form in forms.values() if name in form.fields), None)
            (form or next(iter(forms.values()))).add_error(name if form else None, said)
        return None


def _show(request: HttpRequest, forms: Forms) -> HttpResponse:
    shown = [
        {
            "key": f"{group.model._meta.model_name}-{number}",
            "form": group.form,
            "title": group.title,
            "rows": [
                Row(one, forms[group.model][one.name])
                for one in group.settings
                if one.name in forms[group.model].fields
            ],
        }
        for number, group in enumerate(groups())
        if group.model in forms
    ]
    errors = [error for form in forms.values() for error in _errors(form)]
    context = {"title": "Settings", "groups": shown, "errors": errors}
    status = 422 if errors else 200
    return TemplateResponse(request, "admin/caching/settings.html", _with_site(request, context), status=status)


def _rows(group: Group, form: "ModelForm[Any]") -> Iterator[Row]:
    return (Row(one, form[one.name]) for one in group.settings if one.name in form.fields)


def _errors(form: "ModelForm[Any]") -> Iterator[tuple[Any, str]]:
    """Each error with its field, None for those of the whole."""
    for name, said in form.errors.items():
        yield (None if name == NON_FIELD_ERRORS else form[name]), " ".join(map(str, said))


def _ask(request: HttpRequest, change: Change, found: dict[str, Any]) -> HttpResponse:
    """What the change would do, and whether it is to be made."""
    context = {
        "title": "What this changes",
        "differences": [one.told for one in change.differences],
        "found": found,
        "sealed": sealed(_portable(change)),
    }
    return TemplateResponse(request, "admin/caching/settings_confirm.html", _with_site(request, context))


def _portable(change: Change) -> dict[str, Any]:
    """A secret that is forgotten is `None` when it is asked for."""
    return {
        one.setting.name: None if one.setting.is_secret and one.new == "" else one.new for one in change.differences
    }


def _confirmed(request: HttpRequest, may_change: list[type[SettingsModel]]) -> HttpResponse:
    try:
        change = prepare(opened(request.POST["confirmed"], CONFIRM_SECONDS))
    except SettingsRefusedError as error:  # somebody else has changed something meanwhile
        messages.error(request, str(error))
    except ValueError:
        messages.error(request, EXPIRED)
    else:
        if not change.models <= set(may_change):
            raise PermissionDenied
        return _store(request, change)
    return redirect(reverse("admin:caching_settings"))


def _store(request: HttpRequest, change: Change) -> HttpResponse:
    change.store()
    if change.differences:
        names = ", ".join(one.setting.label for one in change.differences)
        messages.success(request, f"Saved: {names}. It counts from the next cycle on.")
    else:
        messages.info(request, "Nothing was changed.")
    return redirect(reverse("admin:caching_settings"))


def _with_site(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    return {**admin.site.each_context(request), **context}
