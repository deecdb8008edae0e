"""The admin's page of cached files, with the pages that explain and examine them."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from cacherr.errors import CacherrError
from cacherr.read_only_admin import ReadOnlyAdmin
from caching import audit_page, auditing, nudge, orders, pin_admin, why_page
from caching.attempts import attempt
from caching.models import CachedFile, Kind
from caching.planning.sizes import readable


@admin.register(CachedFile)
class CachedFileAdmin(ReadOnlyAdmin):
    """What is cached now, and why."""

    list_display = ("file_title", "shown_size", "score", "reason", "cached_at", "conflict", "explained")
    list_filter = ("placement",)
    search_fields = ("title", "plex_path")
    fields = (
        "title",
        "plex_path",
        "shown_size",
        "score",
        "who",
        "reason",
        "hash",
        "cached_at",
        "conflict",
        "explained",
    )
    readonly_fields = fields
    actions = ("pin", "restore", "evict")

    def get_urls(self) -> list[URLPattern]:
        """The audit's page stands before the rows' own addresses."""
        view = self.admin_site.admin_view
        own = [
            path("why/", view(self.why), name="caching_why"),
            path("audit/", view(self.audit), name="caching_audit"),
            path("audit/repair/", view(require_POST(self.repair)), name="caching_audit_repair"),
        ]
        return [*own, *super().get_urls()]

    @admin.action(description="Pin: keep cached until it is unpinned", permissions=["order"])
    def pin(self, request: HttpRequest, queryset: QuerySet[CachedFile]) -> None:
        """Pin what the chosen files belong to."""
        pin_admin.pin_chosen(request, queryset)

    @admin.action(description="Restore: bring back to the array", permissions=["order"])
    def restore(self, request: HttpRequest, queryset: QuerySet[CachedFile]) -> None:
        """Order the chosen files back."""
        self._give_back(request, queryset, Kind.RESTORE)

    @admin.action(description="Evict: bring back to the array, to make room", permissions=["order"])
    def evict(self, request: HttpRequest, queryset: QuerySet[CachedFile]) -> None:
        """Order the chosen files back to make room."""
        self._give_back(request, queryset, Kind.EVICT)

    def _give_back(self, request: HttpRequest, queryset: QuerySet[CachedFile], kind: Kind) -> None:
        def order() -> orders.Placed:
            orders.require_allowed()
            files = queryset.select_related("array", "cache").order_by("id")
            return orders.give_files_back(files, kind, orders.Origin("admin"), "ordered in the admin")

        attempt(request, kind.label.capitalize(), order)

    def why(self, request: HttpRequest) -> HttpResponse:
        """The page that explains any file; it asks Plex only when a file is named."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = self.admin_site.each_context(request) | why_page.shown(request.GET.get("q", ""))
        return TemplateResponse(request, "admin/caching/why.html", context)

    def audit(self, request: HttpRequest) -> HttpResponse:
        """The audit's page; it looks at the disks only when asked to."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = self.admin_site.each_context(request) | audit_page.shown(check="check" in request.GET)
        context["may_repair"] = self.has_order_permission(request)
        return TemplateResponse(request, "admin/caching/audit.html", context)

    def repair(self, request: HttpRequest) -> HttpResponse:
        """Repair what is certain."""
        if not self.has_order_permission(request):
            raise PermissionDenied
        try:
            done = auditing.order_repairs()
        except CacherrError as error:
            messages.error(request, str(error))
        else:
            nudge.run_orders()
            messages.success(request, audit_page.summary(done))
        return redirect(f"{reverse('admin:caching_audit')}?check=1")

    @admin.display(description="why")
    def explained(self, row: CachedFile) -> str:
        """Leads to the explanation."""
        return why_page.link(row)

    @admin.display(description="title", ordering="title")
    def file_title(self, row: CachedFile) -> str:
        """The title, or the file's name."""
        return str(row)

    @admin.display(description="size", ordering="size")
    def shown_size(self, row: CachedFile) -> str:
        """The size for people."""
        return readable(row.size)
