"""Admin pages of the caching app: settings can be changed, the journal can be read."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from cacherr import confirming
from cacherr.confirming import ConfirmingAdmin
from cacherr.errors import CacherrError
from cacherr.read_only_admin import ReadOnlyAdmin
from cacherr.settings_admin import SettingsAdmin
from caching import (
    activity_page,
    audit_admin,
    cached_file_admin,
    consequences,
    detecting,
    limit_admin,
    logs_page,
    mappings,
    notification_admin,
    orders,
    pin_admin,
    playback_admin,
    replay_admin,
    rule_admin,
    schedule_page,
    settings_page,
    transfer_page,
)
from caching.attempts import attempt
from caching.models import CachePolicy, Cycle, Operation, PathMapping
from caching.models.storage import Origin
from caching.planning.sizes import readable

__all__ = [  # they register themselves
    "audit_admin", "cached_file_admin", "limit_admin", "notification_admin", "pin_admin", "playback_admin",
    "replay_admin", "rule_admin",
]  # fmt: skip

confirming.ask(consequences.to_ask)  # the pages of all apps that change settings


@admin.register(CachePolicy)
class CachePolicyAdmin(SettingsAdmin):
    """How much may be cached, for how long, and how gently."""

    fieldsets = (
        (
            "How much is cached",
            {"fields": ("cache_limit", "min_free_space", "reserve", "associated_files", "only_included")},
        ),
        (
            "What leaves when room is short",
            {"fields": ("eviction_mode", "eviction_threshold_percent", "eviction_target_percent")},
        ),
        (
            "How long files stay",
            {"fields": ("minimum_hold_hours", "ondeck_expiry_days", "watchlist_expiry_days", "list_expiry_days")},
        ),
        (
            "A good neighbour",
            {
                "fields": (
                    "operations_to_cache", "operations_to_array", "bandwidth_limit", "bandwidth_limit_streaming",
                    "mover_pid_file",
                )
            },
        ),
        ("Originals", {"fields": ("park_originals", "rescue_after_seconds", "settle_minutes")}),
        ("Hold on", {"fields": ("paused", "dry_run")}),
        ("Backups and the dashboard", {"fields": ("backups_kept", "dashboard_poll_seconds")}),
    )  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        """The page of all settings, and that of export and import."""
        return [
            path("all/", self.admin_site.admin_view(settings_page.page), name="caching_settings"),
            path("transfer/", self.admin_site.admin_view(transfer_page.page), name="caching_transfer"),
            *super().get_urls(),
        ]


@admin.register(PathMapping)
class PathMappingAdmin(ConfirmingAdmin, ModelAdmin):  # type: ignore[misc]
    """Where Plex's files are. Rows of the environment can be read only."""

    list_display = ("name", "plex_prefix", "array_root", "cache_root", "proved_placement", "enabled", "origin")
    fields = (
        "name", "plex_prefix", "array_root", "cache_root", "host_cache_root", "cache_limit", "placement", "mode",
        "enabled",
        "proved_placement", "proof",
    )  # fmt: skip
    readonly_fields = ("proved_placement", "proof")
    actions = ("prove",)
    list_before_template = "admin/caching/mappings_above.html"
    change_form_outer_before_template = "admin/caching/mapping_buttons.html"

    def get_urls(self) -> list[URLPattern]:
        """The button of a mapping's page."""
        view = self.admin_site.admin_view(require_POST(self.press))
        return [path("<int:pk>/prove/", view, name="caching_pathmapping_prove"), *super().get_urls()]

    def press(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Prove was pressed on a mapping's page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(PathMapping, pk=pk)
        self.prove(request, PathMapping.objects.filter(pk=row.pk))
        return redirect(reverse("admin:caching_pathmapping_change", args=[pk]))

    def get_queryset(self, request: HttpRequest) -> QuerySet[PathMapping]:
        """Bring the environment's rows up to date before showing them."""
        mappings.in_force()
        rows: QuerySet[PathMapping] = super().get_queryset(request)
        return rows

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The environment's rows are changed in the environment."""
        return (obj is None or obj.origin != Origin.ENVIRONMENT) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The environment's rows are removed in the environment."""
        return (obj is None or obj.origin != Origin.ENVIRONMENT) and bool(super().has_delete_permission(request, obj))

    @admin.action(description="Prove: look at both directories and find out the placement")
    def prove(self, request: HttpRequest, queryset: QuerySet[PathMapping]) -> None:
        """Prove the chosen mappings and say what came out."""
        asked = detecting.ask()
        for mapping in queryset:
            try:
                proved = detecting.prove(mapping, asked)
                messages.success(request, f"{mapping}: {proved.mapping.proved_placement}, {proved.mapping.proof}.")
                for note in proved.notes:
                    messages.warning(request, f"{mapping}: {note.message} {note.cure}")
            except CacherrError as error:
                messages.error(request, f"{mapping}: {error}")


@admin.register(Operation)
class OperationAdmin(ReadOnlyAdmin):
    """The journal."""

    list_display = ("id", "kind", "file_name", "state", "trigger", "outcome", "started_at", "finished_at")
    list_filter = ("kind", "state", "trigger")
    search_fields = ("title", "plex_path")
    fields = (
        "kind", "title", "plex_path", "state", "trigger", "reason", "outcome", "placement", "mode", "way",
        "verified_hash", "followed", "followers", "started_at", "finished_at",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("undo", "retry", "cancel")
    change_form_outer_before_template = "admin/caching/operation_buttons.html"

    def get_urls(self) -> list[URLPattern]:
        """The buttons of an operation's page."""
        view = self.admin_site.admin_view(require_POST(self.press))
        return [path("<int:pk>/press/", view, name="caching_operation_press"), *super().get_urls()]

    @admin.action(description="Undo: order the opposite of what was done", permissions=["order"])
    def undo(self, request: HttpRequest, queryset: QuerySet[Operation]) -> None:
        """Undo the chosen operations."""
        self._do("undo", request, queryset)

    @admin.action(description="Try again: order once more what was not done", permissions=["order"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Operation]) -> None:
        """Try the chosen operations again."""
        self._do("retry", request, queryset)

    @admin.action(description="Cancel: end what waits, stop what is at work", permissions=["order"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Operation]) -> None:
        """Cancel the chosen operations."""
        self._do("cancel", request, queryset)

    def press(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A button was pressed on an operation's page."""
        if not self.has_order_permission(request):
            raise PermissionDenied
        row = get_object_or_404(Operation, pk=pk)
        self._do(request.POST.get("do", ""), request, Operation.objects.filter(pk=row.pk))
        return redirect(reverse("admin:caching_operation_change", args=[pk]))

    def _do(self, what: str, request: HttpRequest, queryset: QuerySet[Operation]) -> None:
        for row in queryset.select_related("array", "cache").order_by("id"):
            if what == "cancel":
                _cancel(request, row)
            elif what in _FOLLOWING:
                attempt(request, str(row), lambda row=row: _FOLLOWING[what](row))  # type: ignore[misc]

    @admin.display(description="checksum, verified")
    def verified_hash(self, row: Operation) -> str:
        """xxh3-128 of what was written, read back and compared."""
        return row.hash or "none"

    @admin.display(description="follows")
    def followed(self, row: Operation) -> str:
        """The operation that this one undoes or tries again."""
        return _links([row.follows] if row.follows else [])

    @admin.display(description="followed by")
    def followers(self, row: Operation) -> str:
        """The operations that undo this one or try it again."""
        return _links(list(row.followed_by.order_by("id")))


_FOLLOWING = {"undo": orders.undo, "retry": orders.retry}


def _cancel(request: HttpRequest, row: Operation) -> None:
    try:
        ended = orders.cancel(row)
    except CacherrError as error:
        messages.error(request, f"{row}: {error}")
    else:
        messages.success(request, f"{row}: {'cancelled.' if ended else 'stops within a second.'}")


def _links(rows: list[Operation]) -> str:
    places = ((reverse("admin:caching_operation_change", args=[row.pk]), row.pk, row, row.state) for row in rows)
    return format_html_join(", ", '<a href="{}">{}: {}</a> ({})', places) or "none"


@admin.register(Cycle)
class CycleAdmin(ReadOnlyAdmin):
    """The cycles that were run."""

    list_display = ("id", "state", "trigger", "dry_run", "files_cached", "files_restored", "failures", "started_at")
    list_filter = ("state", "dry_run")
    fields = (
        "state", "trigger", "dry_run", "files_cached", "files_restored", "failures", "error",
        "started_at", "finished_at", "shown_plan",
    )  # fmt: skip
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        """The pages of schedules, of the activity and of logs stand before the rows' own addresses."""
        return [*schedule_page.urls(self), *activity_page.urls(self), *logs_page.urls(), *super().get_urls()]

    @admin.display(description="plan")
    def shown_plan(self, row: Cycle) -> str:
        """Each decision with its score, size and reason."""
        return render_to_string("admin/caching/plan.html", {"plan": [_shown(decision) for decision in row.plan]})


def _shown(decision: dict[str, Any]) -> dict[str, Any]:
    """A decision with sizes and parts for people."""
    parts = ", ".join(f"{part['label']} {part['points']:+}" for part in decision["parts"])
    return decision | {"size": readable(decision["size"]), "parts": parts}
