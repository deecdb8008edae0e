"""The admin page of a single row of settings: overridden fields are shown, read-only, with the variable's name."""

from typing import Any

from django import forms
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminPasswordWidget

from cacherr.confirming import ConfirmingAdmin
from cacherr.fields import EncryptedField
from cacherr.overrides import overrides_of

KEPT = "leave empty to keep what is stored"
SECRET_SHOWN = "set, not shown"  # noqa: S105 - a placeholder


class SecretsAdmin(ModelAdmin):  # type: ignore[misc]
    """A page of rows with secrets, which can be written but are never shown."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Secrets get a password field."""
        if isinstance(db_field, EncryptedField):
            return forms.CharField(
                required=False, label=db_field.verbose_name.capitalize(), help_text=str(db_field.help_text),
                widget=UnfoldAdminPasswordWidget(attrs={"placeholder": KEPT, "autocomplete": "new-password"}),
            )  # fmt: skip
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """An empty secret means: keep the stored one."""
        keep_secrets(obj)
        super().save_model(request, obj, form, change)


def keep_secrets(row: Model) -> None:
    """Give a row that comes from a form the stored secrets where the form has none."""
    stored = type(row)._default_manager.filter(pk=row.pk).first()
    for field in row._meta.get_fields():
        if stored and isinstance(field, EncryptedField) and not getattr(row, field.name):
            setattr(row, field.name, getattr(stored, field.name))


class SettingsAdmin(ConfirmingAdmin, SecretsAdmin):
    """One row, opened straight from the menu."""

    def row_before(self, request: HttpRequest, object_id: str | None) -> Model | None:  # noqa: ARG002
        """No row is as good as one with the defaults."""
        stored: Model = self.model.stored()
        return stored

    def has_add_permission(self, request: HttpRequest) -> bool:
        """One row only."""
        return bool(super().has_add_permission(request)) and not self.model.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Settings can be changed, not removed."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG002
        """There is no list of one: go to the form."""
        meta = self.model._meta
        row = self.model.objects.filter(pk=1).exists()
        name = f"admin:{meta.app_label}_{meta.model_name}_{'change' if row else 'add'}"
        return redirect(reverse(name, args=[1] if row else []))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Overridden fields are disabled and say so; a disabled field's stored value is kept by Django."""
        form = super().get_form(request, obj, change, **kwargs)
        for field, override in overrides_of(self.model):
            shown = form.base_fields.get(field.name)
            if shown is not None:
                value = SECRET_SHOWN if isinstance(field, EncryptedField) else override.raw
                shown.disabled = True
                # The field itself goes on showing what is stored: a disabled one is sent back by Django as it is.
                shown.help_text = f"Set by {override.variable}: {value}. {shown.help_text}"
                shown.widget.attrs["placeholder"] = value
        return form
