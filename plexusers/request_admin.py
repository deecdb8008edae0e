"""The admin's page of requests."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from cacherr.politeness import SHARED
from cacherr.read_only_admin import ReadOnlyAdmin
from plexusers import bookkeeping, request_page


class RequestCountAdmin(ReadOnlyAdmin):
    """Whom Cacherr asks how often: a page instead of a list of rows, and a button that ends every rest."""

    def get_urls(self) -> list[URLPattern]:
        """The button's address stands before those of the rows."""
        again = self.admin_site.admin_view(require_POST(self.ask_again))
        return [path("again/", again, name="plexusers_requests_again"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), **request_page.shown(), **(extra_context or {})}
        context["may_end_rests"] = _may_end_rests(request)
        return TemplateResponse(request, "admin/plexusers/requests.html", context)

    def ask_again(self, request: HttpRequest) -> HttpResponse:
        """End every rest: the owner may know better."""
        if not _may_end_rests(request):
            raise PermissionDenied
        ended = bookkeeping.end_rests()
        SHARED.look_again()
        messages.success(request, f"{ended} host{'' if ended == 1 else 's'} may be asked again.")
        return redirect(reverse("admin:plexusers_requestcount_changelist"))


def _may_end_rests(request: HttpRequest) -> bool:
    return request.user.has_perm("plexusers.change_hostrest")
