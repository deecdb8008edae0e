"""The admin's pages of audits: the latest one, earlier ones, auditing now, repairing."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from cacherr.errors import CacherrError
from cacherr.read_only_admin import ReadOnlyAdmin
from caching import audit_page, auditing, nudge
from caching.models import Audit


@admin.register(Audit)
class AuditAdmin(ReadOnlyAdmin):
    """The audits. The list of them is the page of the latest."""

    def get_urls(self) -> list[URLPattern]:
        """The page and its buttons stand before the rows' own addresses."""
        view = self.admin_site.admin_view
        own = [
            path("", view(self.changelist_view), name="caching_audit"),
            path("check/", view(require_POST(self.check_now)), name="caching_audit_check"),
            path("repair/", view(require_POST(self.repair)), name="caching_audit_repair"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The latest audit."""
        return self._page(request, auditing.latest(), extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:  # fmt: skip
        """An earlier audit."""
        del form_url  # there is no form
        return self._page(request, get_object_or_404(Audit, pk=object_id), extra_context)

    def _page(self, request: HttpRequest, row: Audit | None, extra: dict[str, Any] | None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = self.admin_site.each_context(request) | audit_page.shown(row) | (extra or {})
        context |= {"opts": self.opts, "may_repair": self.has_order_permission(request)}
        return TemplateResponse(request, "admin/caching/audit.html", context)

    def check_now(self, request: HttpRequest) -> HttpResponse:
        """Look at the disks now. Whoever may look at audits may make one: it changes no file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            auditing.audit("admin")
        except CacherrError as error:
            messages.error(request, str(error))
        return redirect(reverse("admin:caching_audit"))

    def repair(self, request: HttpRequest) -> HttpResponse:
        """Repair all that is certain, or the one finding that is named."""
        if not self.has_order_permission(request):
            raise PermissionDenied
        try:
            done = auditing.order_repairs("admin", request.POST.get("finding") or None)
        except CacherrError as error:
            messages.error(request, str(error))
        else:
            nudge.run_orders()
            messages.success(request, audit_page.summary(done))
        return redirect(reverse("admin:caching_audit"))
