"""An admin page whose dangerous changes are shown before they are saved.

What a change does to files, caching knows, and it stands right of most pages: it says here whom to ask.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from cacherr.fields import opened, sealed

Preview = Callable[[models.Model, Sequence[str]], dict[str, Any] | None]
"""What becomes of files when this row, with new values, is stored, given the names of the dangerous ones among them;
None when there is nothing to see."""

CONFIRM_SECONDS = 3600
EXPIRED = "The confirmation is too old, or was not made here. Nothing was saved: make the change once more."

_previews: list[Preview] = []


def ask(preview: Preview) -> None:
    """Ask this from now on."""
    _previews[:] = [preview]


class ConfirmingAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Comes before Unfold's admin among the bases. Which fields are dangerous, the model says: `dangerous`."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """A change of a row that is there is asked about when something dangerous is among it."""
        if request.method == "POST" and "_sealed" in request.POST:
            try:
                path, body = opened(request.POST["_sealed"], CONFIRM_SECONDS)
            except ValueError:
                path, body = "", ""
            if path != request.path:
                messages.error(request, EXPIRED)
                return redirect(request.path)
            request.POST = QueryDict(body)
        elif request.method == "POST":
            question = self._question(request, object_id)
            if question is not None:
                return question
        return super().changeform_view(request, object_id, form_url, extra_context)

    def row_before(self, request: HttpRequest, object_id: str | None) -> models.Model | None:
        """The row that is changed; None for one that is new, about which nobody is asked."""
        return self.get_object(request, object_id) if object_id else None

    def _question(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """The page that asks; None when there is nothing to ask about, or when the form is to tell what is wrong."""
        row = self.row_before(request, object_id)
        if row is None or not self.has_change_permission(request, row) or not _previews:
            return None
        form = self.get_form(request, row, change=True)(request.POST, request.FILES, instance=row)
        before = {one.name: getattr(row, one.attname) for one in row._meta.concrete_fields}
        dangers = (
            [name for name in form.changed_data if name in getattr(type(row), "dangerous", ())]
            if form.is_valid()
            else []
        )
        found = _previews[0](form.instance, dangers) if dangers else None
        if found is None:
            return None
        differences = [_difference(form.instance, name, before[name]) for name in dangers]
        context = {
            **self.admin_site.each_context(request),
            "title": f"What this changes: {row}",
            "differences": differences,
            "found": found,
            "sealed": sealed([request.path, request.POST.urlencode()]),
        }
        return TemplateResponse(request, "admin/confirm_change.html", context)


def _difference(row: models.Model, name: str, old: Any) -> dict[str, str]:
    field = row._meta.get_field(name)
    return {
        "label": str(getattr(field, "verbose_name", name)),
        "old": _shown(old),
        "new": _shown(getattr(row, name)),
    }


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "empty" if value in {None, ""} else str(value)
