"""The admin's pages of cached files: the table, a page for each file, the pages that explain and clean up."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.views.decorators.http import require_POST

from cacherr.errors import CacherrError
from cacherr.read_only_admin import ReadOnlyAdmin
from caching import orders, pin_admin, why_page
from caching.attempts import attempt
from caching.cached import cells, cleaning, page
from caching.cached.filters import FILTERS, export_query
from caching.cached.showing import where
from caching.cached.words import moment
from caching.models import CachedFile, Kind
from caching.planning.sizes import readable
from plexusers import posters

REASONS = {Kind.RESTORE: "ordered in the admin", Kind.EVICT: "ordered in the admin, to make room"}


class TotalPaginator(Paginator):  # type: ignore[type-arg]
    """Adds up the sizes when it counts the files: one query for both."""

    @cached_property
    def totals(self) -> dict[str, int]:
        """How many files, and how many bytes they have together."""
        rows: Any = self.object_list
        return dict(rows.order_by().aggregate(files=Count("pk"), bytes=Sum("size", default=0)))

    @property
    def count(self) -> int:
        """How many files."""
        return self.totals["files"]


@admin.register(CachedFile)
class CachedFileAdmin(ReadOnlyAdmin):
    """What is cached now, why, and when it leaves."""

    list_display = (
        "shown_title", "shown_wishes", "shown_size", "shown_score", "shown_since", "shown_leaves",
    )  # fmt: skip
    list_filter = (*FILTERS, "placement")
    list_per_page = 50
    show_full_result_count = False  # the list counts what it shows; counting all the others as well tells nothing
    search_fields = ("title", "plex_path")
    search_help_text = "Title or path, as Plex shows it"
    list_before_template = "admin/caching/files_above.html"
    change_form_outer_before_template = "admin/caching/file.html"
    fields = ("plex_path", "array_path", "cache_path", "placement", "mode", "hash")
    readonly_fields = fields
    actions = ("pin", "restore", "evict")
    empty_title = "Nothing is cached yet"
    empty_text = (
        "With the first cycle the files that somebody will watch next come to the SSD, and are listed here with who "
        "wants them and when they leave. The dashboard shows what a cycle would do, and runs one."
    )
    empty_link = ("admin:index", "To the dashboard")

    class Media:
        """The page's own style."""

        css = {"all": ["caching/dashboard.css", "caching/files.css"]}

    def get_urls(self) -> list[URLPattern]:
        """Pages and buttons stand before the rows' own addresses."""
        view = self.admin_site.admin_view
        own = [
            path("why/", view(self.why), name="caching_why"),
            path("clean-up/", view(self.clean_up), name="caching_clean_up"),
            path("<int:pk>/press/", view(require_POST(self.press)), name="caching_cachedfile_press"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The table, with what is shown in numbers, and downloads of just that."""
        answer: HttpResponse = super().changelist_view(request, extra_context)
        shown = getattr(answer, "context_data", None) or {}
        if "cl" in shown:
            found = shown["cl"].paginator
            shown |= {"files": found.count, "bytes": readable(found.totals["bytes"]), "query": export_query(request)}
            shown["may_order"] = self.has_order_permission(request)
        return answer

    def get_paginator(self, request: HttpRequest, queryset: Any, *rest: Any, **options: Any) -> "Paginator[Any]":  # noqa: ARG002
        """Of the files; Django's page of changes has one, too."""
        if queryset.model is not CachedFile:
            return Paginator(queryset, *rest, **options)
        return TotalPaginator(queryset, *rest, **options)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Looks once, for all files of the page, where their posters are."""
        shown = super().get_changelist_instance(request)
        found = posters.addresses(row.rating_key for row in shown.result_list)
        for row in shown.result_list:
            row.poster = found.get(row.rating_key, "")
        return shown

    def get_queryset(self, request: HttpRequest) -> QuerySet[CachedFile]:
        """With the roots, which a file's places are named by."""
        rows: QuerySet[CachedFile] = super().get_queryset(request).select_related("array", "cache")
        return rows

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A file: what is known, what was done with it, what can be done."""
        row = self.get_object(request, object_id)
        shown = page.shown(row) | {"may_order": self.has_order_permission(request)} if row else {}
        answer: HttpResponse = super().change_view(request, object_id, form_url, shown | (extra_context or {}))
        return answer

    @admin.action(description="Pin: keep cached until it is unpinned", permissions=["order"])
    def pin(self, request: HttpRequest, queryset: QuerySet[CachedFile]) -> None:
        """Pin what the chosen files belong to."""
        pin_admin.pin_chosen(request, queryset)

    @admin.action(description="Restore: bring back to the array", permissions=["order"])
    def restore(self, request: HttpRequest, queryset: QuerySet[CachedFile]) -> None:
        """Order the chosen files back."""
        _give_back(request, queryset, Kind.RESTORE)

    @admin.action(description="Evict: bring back to the array, to make room", permissions=["order"])
    def evict(self, request: HttpRequest, queryset: QuerySet[CachedFile]) -> None:
        """Order the chosen files back to make room."""
        _give_back(request, queryset, Kind.EVICT)

    def press(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A button was pressed on a file's page."""
        if not self.has_order_permission(request):
            raise PermissionDenied
        row = get_object_or_404(CachedFile, pk=pk)
        order = {"pin": self.pin, "restore": self.restore, "evict": self.evict}.get(request.POST.get("do", ""))
        if order:
            order(request, CachedFile.objects.filter(pk=row.pk))
        return redirect(reverse("admin:caching_cachedfile_change", args=[pk]))

    def clean_up(self, request: HttpRequest) -> HttpResponse:
        """What nobody wants any more: shown when it is opened, sent back when the button is pressed."""
        if not self.has_order_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            attempt(request, "Clean-up", lambda: cleaning.clean_up("admin")[0])
            return redirect(reverse("admin:caching_cachedfile_changelist"))
        context: dict[str, Any] = {"title": "Clean up", "opts": self.opts}
        try:
            found = cleaning.unwanted()
        except CacherrError as error:
            context["error"] = str(error)
        else:
            rows = [(row, readable(row.size), reason) for row, reason in found.files]
            total = readable(sum(row.size for row, _ in found.files))
            context |= {"rows": rows, "total": total, "trouble": found.trouble}
        context = self.admin_site.each_context(request) | context
        return TemplateResponse(request, "admin/caching/clean_up.html", context)

    def why(self, request: HttpRequest) -> HttpResponse:
        """The page that explains any file; it asks Plex only when a file is named."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = self.admin_site.each_context(request) | why_page.shown(request.GET.get("q", ""))
        return TemplateResponse(request, "admin/caching/why.html", context)

    @admin.display(description="title", ordering="title")
    def shown_title(self, row: CachedFile) -> str:
        """Poster, title and the file's own name."""
        return cells.title(row, getattr(row, "poster", ""))

    @admin.display(description="wanted by", ordering="who")
    def shown_wishes(self, row: CachedFile) -> str:
        """Who wants it, and by what."""
        return cells.wishes(row)

    @admin.display(description="size", ordering="size")
    def shown_size(self, row: CachedFile) -> str:
        """The size for people."""
        return readable(row.size)

    @admin.display(description="score", ordering="score")
    def shown_score(self, row: CachedFile) -> str:
        """The score with its parts."""
        return cells.score(row)

    @admin.display(description="cached since", ordering="cached_at")
    def shown_since(self, row: CachedFile) -> str:
        """When it came."""
        return moment(row.cached_at)

    @admin.display(description="leaves", ordering="leaves_at")
    def shown_leaves(self, row: CachedFile) -> str:
        """When it leaves and why, by the last plan."""
        return cells.leaves(row)

    @admin.display(description="on the array")
    def array_path(self, row: CachedFile) -> str:
        """Where its name is."""
        return where(row)["array_path"]

    @admin.display(description="on the cache")
    def cache_path(self, row: CachedFile) -> str:
        """Where the copy is."""
        return where(row)["cache_path"]


def _give_back(request: HttpRequest, queryset: QuerySet[CachedFile], kind: Kind) -> None:
    def order() -> orders.Placed:
        orders.require_allowed()
        files = queryset.select_related("array", "cache").order_by("id")
        return orders.give_files_back(files, kind, orders.Origin("admin"), REASONS[kind])

    attempt(request, kind.label.capitalize(), order)
