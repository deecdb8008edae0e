"""The page that carries settings to another installation: a document to keep, and one to import after a look at it."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminFileFieldWidget

from cacherr.confirming import CONFIRM_SECONDS, EXPIRED
from cacherr.documents import DocumentError, read_json
from cacherr.errors import CacherrError
from cacherr.fields import opened, sealed
from caching.transfer import export_document, moving

MAX_BYTES = 1024 * 1024
"""What waits in a page until it is confirmed is a form's field, and those have a limit."""
TOO_LARGE = "The file is too large for this page: import it with the command `import_settings`."


class DocumentForm(forms.Form):
    """The file to import."""

    document = forms.FileField(
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".json,application/json"}), label="File"
    )


def page(request: HttpRequest) -> HttpResponse:
    """Shown, or one of its buttons pressed. Only for those who may do everything: a document speaks of everything."""
    if not getattr(request.user, "is_superuser", False):
        raise PermissionDenied
    what = request.POST.get("do", "") if request.method == "POST" else ""
    if what == "export":
        return _download(secrets="secrets" in request.POST)
    if what == "look":
        return _look(request)
    if what == "import":
        return _import(request)
    return _answer(request, {"title": "Export and import"})


def _download(*, secrets: bool) -> HttpResponse:
    answer = HttpResponse(json.dumps(export_document(secrets=secrets), indent=2), content_type="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="cacherr-settings.json"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _look(request: HttpRequest) -> HttpResponse:
    """What the document would change; it waits in the page, sealed."""
    context: dict[str, Any] = {"title": "Export and import"}
    given = request.FILES.get("document")
    if given is None:
        return _answer(request, context | {"error": "Choose a file first."}, 422)
    if (given.size or 0) > MAX_BYTES:
        return _answer(request, context | {"error": TOO_LARGE}, 422)
    try:
        document = read_json(given.read())
        outcome = moving.settings_of(document, dry_run=True)
    except DocumentError as error:
        return _answer(request, context | {"error": f"The file {error}."}, 422)
    except CacherrError as error:
        return _answer(request, context | {"error": str(error)}, 422)
    return _answer(request, context | {"outcome": outcome, "sealed": sealed(document)})


def _import(request: HttpRequest) -> HttpResponse:
    try:
        outcome = moving.settings_of(opened(request.POST.get("sealed", ""), CONFIRM_SECONDS))
    except ValueError:
        messages.error(request, EXPIRED)
    except CacherrError as error:
        messages.error(request, str(error))
    else:
        count = len(outcome.changes)
        messages.success(
            request, f"Imported: {count} change{'' if count == 1 else 's'}. They count from the next cycle on."
        )
    return redirect(reverse("admin:caching_transfer"))


def _answer(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    context = {**admin.site.each_context(request), "form": DocumentForm(), **context}
    return TemplateResponse(request, "admin/caching/transfer.html", context, status=status)
