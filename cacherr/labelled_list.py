"""Switches in a list: every field says to a screen reader whose it is, which only its place in the table shows."""

from typing import Any

from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import ModelAdmin


class LabelledForm(ModelForm):  # type: ignore[type-arg]
    """A row of a list as a form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label}: {self.instance}"


class LabelledList(ModelAdmin):  # type: ignore[misc]
    """For admins with `list_editable`."""

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Each row's form."""
        return super().get_changelist_form(request, **{"form": LabelledForm, **kwargs})
