"""Admin pages of the caching app: settings can be changed, the journal can be read."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from unfold.admin import ModelAdmin

from cacherr.errors import CacherrError
from cacherr.settings_admin import SettingsAdmin
from caching import mappings, proving
from caching.models import CachedFile, CachePolicy, Cycle, Operation, PathMapping
from caching.models.storage import Origin
from caching.planning.sizes import readable


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """Rows that Cacherr writes and people read."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's own signature
        """Nothing is added by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nothing is changed by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """A journal that can be edited is none."""
        return False


@admin.register(CachePolicy)
class CachePolicyAdmin(SettingsAdmin):
    """How much may be cached, and for how long."""

    fields = ("cache_limit", "min_free_space", "minimum_hold_hours", "dry_run")


@admin.register(PathMapping)
class PathMappingAdmin(ModelAdmin):  # type: ignore[misc]
    """Where Plex's files are. Rows of the environment can be read only."""

    list_display = ("name", "plex_prefix", "array_root", "cache_root", "proved_placement", "enabled", "origin")
    fields = (
        "name", "plex_prefix", "array_root", "cache_root", "host_cache_root", "placement", "mode", "enabled",
        "proved_placement", "proof",
    )  # fmt: skip
    readonly_fields = ("proved_placement", "proof")
    actions = ("prove",)

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
        for mapping in queryset:
            try:
                proved = proving.prove(mapping)
                messages.success(request, f"{mapping}: {proved.proved_placement}, {proved.proof}.")
            except CacherrError as error:
                messages.error(request, f"{mapping}: {error}")


@admin.register(CachedFile)
class CachedFileAdmin(ReadOnlyAdmin):
    """What is cached now, and why."""

    list_display = ("file_title", "shown_size", "score", "reason", "cached_at", "conflict")
    list_filter = ("placement",)
    search_fields = ("title", "plex_path")
    fields = ("title", "plex_path", "shown_size", "score", "who", "reason", "hash", "cached_at", "conflict")
    readonly_fields = fields

    @admin.display(description="title", ordering="title")
    def file_title(self, row: CachedFile) -> str:
        """The title, or the file's name."""
        return str(row)

    @admin.display(description="size", ordering="size")
    def shown_size(self, row: CachedFile) -> str:
        """The size for people."""
        return readable(row.size)


@admin.register(Operation)
class OperationAdmin(ReadOnlyAdmin):
    """The journal."""

    list_display = ("id", "kind", "file_name", "state", "outcome", "started_at", "finished_at")
    list_filter = ("kind", "state")
    search_fields = ("title", "plex_path")
    fields = (
        "kind", "title", "plex_path", "state", "reason", "outcome", "placement", "mode", "hash",
        "started_at", "finished_at",
    )  # fmt: skip
    readonly_fields = fields


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

    @admin.display(description="plan")
    def shown_plan(self, row: Cycle) -> str:
        """Each decision with its score, size and reason."""
        return render_to_string("admin/caching/plan.html", {"plan": [_shown(decision) for decision in row.plan]})


def _shown(decision: dict[str, Any]) -> dict[str, Any]:
    """A decision with sizes and parts for people."""
    parts = ", ".join(f"{part['label']} {part['points']:+}" for part in decision["parts"])
    return decision | {"size": readable(decision["size"]), "parts": parts}
