"""The admin's pages of replays."""

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
from caching import nudge, replay_page
from caching.models import Replay
from caching.replaying import waiting


@admin.register(Replay)
class ReplayAdmin(ReadOnlyAdmin):
    """What other settings would have come to."""

    def get_urls(self) -> list[URLPattern]:
        """Removing a replay stands before the rows' own addresses."""
        view = self.admin_site.admin_view(require_POST(self.remove))
        return [path("<int:pk>/remove/", view, name="caching_replay_remove"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The form with settings to try, and the latest replays."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        error = ""
        if request.method == "POST":
            if not self.has_order_permission(request):
                raise PermissionDenied
            try:
                row = waiting.request(replay_page.asked_for(request.POST), request.user.get_username())
            except CacherrError as refusal:
                error = str(refusal)
            else:
                nudge.run_replays()
                return redirect(reverse("admin:caching_replay_change", args=[row.pk]))
        given = {key: str(value) for key, value in request.POST.items()}
        context = {**replay_page.form(given, error), **(extra_context or {})}
        context["may_ask"] = self.has_order_permission(request)
        return self._page(request, "admin/caching/replay.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A replay's result, or how far it is."""
        if not self.has_view_permission(request) or request.method == "POST":
            raise PermissionDenied
        row = get_object_or_404(Replay, pk=object_id if object_id.isdecimal() else 0)
        context = {**replay_page.shown(row), "form_url": form_url, **(extra_context or {})}
        context["may_remove"] = self.has_order_permission(request)
        return self._page(request, "admin/caching/replay_result.html", context)

    def remove(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Remove a replay; one that runs is given up."""
        if not self.has_order_permission(request):
            raise PermissionDenied
        row = get_object_or_404(Replay, pk=pk)
        messages.success(request, f"{row} is removed.")
        row.delete()
        return redirect(reverse("admin:caching_replay_changelist"))

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return TemplateResponse(
            request, template, self.admin_site.each_context(request) | {"opts": self.opts} | context
        )
