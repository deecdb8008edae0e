"""The history of what was played, with the addresses that take webhooks above it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from cacherr.read_only_admin import ReadOnlyAdmin
from caching import state, watching
from caching.models import Playback

WEBHOOKS = (("Plex", "plex"), ("Tautulli", "tautulli"), ("Sonarr and Radarr", "arr"))


@admin.register(Playback)
class PlaybackAdmin(ReadOnlyAdmin):
    """What was played, the latest first."""

    list_display = ("title", "person", "served", "missed", "player", "transcoded", "finished", "started_at", "ended_at")
    list_filter = ("served", "missed", "finished", "transcoded", "kind")
    search_fields = ("title", "who", "user__title", "player")
    list_select_related = ("user",)
    fields = (
        "title", "person", "served", "missed", "missed_why", "sources", "played_seconds",
        "kind", "rating_key", "player", "transcoded", "finished", "started_at", "ended_at",
    )  # fmt: skip
    readonly_fields = fields
    list_before_template = "admin/caching/watcher.html"

    def get_urls(self) -> list[URLPattern]:
        """Clearing the history stands before the rows' own addresses."""
        clear = self.admin_site.admin_view(require_POST(self.clear))
        return [path("clear/", clear, name="caching_playback_clear"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Playback]:
        """The person with the row."""
        rows: QuerySet[Playback] = super().get_queryset(request).select_related("user")
        return rows

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, how the watcher is doing, and for those who may change its settings the webhooks' addresses."""
        context: dict[str, Any] = {"watcher": state.watching(), "may_clear": self.has_order_permission(request)}
        if request.user.has_perm("plexusers.change_watchpolicy"):
            secret = watching.webhook_secret()
            context["webhooks"] = [
                (name, request.build_absolute_uri(f"/api/webhooks/{part}/{secret}")) for name, part in WEBHOOKS
            ]
        answer: HttpResponse = super().changelist_view(request, {**context, **(extra_context or {})})
        return answer

    def clear(self, request: HttpRequest) -> HttpResponse:
        """Forget what was played."""
        if not self.has_order_permission(request):
            raise PermissionDenied
        messages.success(request, f"{watching.clear_history()} playbacks were forgotten.")
        return redirect(reverse("admin:caching_playback_changelist"))

    @admin.display(description="who", ordering="who")
    def person(self, row: Playback) -> str:
        """The user's name of today, or the name that Plex gave."""
        return str(row.user) if row.user else row.who
