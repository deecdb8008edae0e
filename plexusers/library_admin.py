"""The admin's pages of the libraries, of which each can be switched off, and of what is in them."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join

from cacherr.labelled_list import LabelledList
from cacherr.read_only_admin import ReadOnlyAdmin
from plexusers.library import label_of
from plexusers.models import ItemKind, LibraryItem, LibrarySection, Poster


class LibrarySectionAdmin(LabelledList):
    """The libraries of the server: what Plex says of them, and whether anything of them is cached."""

    list_display = ("title", "kind", "enabled", "shown_items", "read_at", "missing_since")
    list_editable = ("enabled",)
    search_fields = ("title",)
    fields = (
        "title", "kind", "enabled", "shown_locations", "shown_items", "read_at", "read_whole_at", "whole_due_at",
        "missing_since",
    )  # fmt: skip
    readonly_fields = tuple(name for name in fields if name != "enabled")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LibrarySection]:
        """With how many films or episodes each has."""
        rows: QuerySet[LibrarySection] = super().get_queryset(request)
        return rows.annotate(count=Count("items", filter=~Q(items__kind=ItemKind.SHOW)))

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's own signature
        """Libraries are made in Plex."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Libraries are removed in Plex."""
        return False

    @admin.display(description="films and episodes")
    def shown_items(self, row: LibrarySection) -> str:
        """How many there are, leading to them."""
        page = reverse("admin:plexusers_libraryitem_changelist")
        return format_html('<a href="{}?section__id__exact={}">{}</a>', page, row.pk, getattr(row, "count", 0))

    @admin.display(description="directories, as Plex sees them")
    def shown_locations(self, row: LibrarySection) -> str:
        """One a line."""
        return format_html_join("", "{}<br>", ((place,) for place in row.locations)) or "none"


class LibraryItemAdmin(ReadOnlyAdmin):
    """Films, shows and episodes as the index has them. They can be read only."""

    list_display = ("title", "kind", "year", "season", "number", "section", "shown_size")
    list_filter = ("section", "kind")
    list_select_related = ("section",)
    search_fields = ("title", "=rating_key")
    show_full_result_count = False  # counting everything as well would double the time of a search
    fields = (
        "label", "kind", "section", "rating_key", "year", "released", "edition", "shown_added", "shown_names",
        "shown_files", "missing",
    )  # fmt: skip
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        """The posters stand before the rows' own addresses."""
        view = self.admin_site.admin_view(self.poster)
        return [path("poster/<str:rating_key>/", view, name="plexusers_poster"), *super().get_urls()]

    def poster(self, request: HttpRequest, rating_key: str) -> HttpResponse:  # noqa: ARG002 - whoever may sign in
        """A small picture, from here."""
        row = get_object_or_404(Poster.objects.exclude(content_type=""), rating_key=rating_key)
        answer = HttpResponse(bytes(row.body), content_type=row.content_type)
        answer.headers["Cache-Control"] = "private, max-age=86400"
        return answer

    def get_queryset(self, request: HttpRequest) -> QuerySet[LibraryItem]:
        """With the size of all files."""
        rows: QuerySet[LibraryItem] = super().get_queryset(request)
        return rows.annotate(bytes=Sum("files__size"))

    @admin.display(description="title")
    def label(self, row: LibraryItem) -> str:
        """The title with the show and the number."""
        return label_of(row)

    @admin.display(description="size")
    def shown_size(self, row: LibraryItem) -> str:
        """Of all files."""
        size = getattr(row, "bytes", None)
        return filesizeformat(size) if size else ""

    @admin.display(description="added")
    def shown_added(self, row: LibraryItem) -> str:
        """When it came into the library."""
        return f"{datetime.fromtimestamp(row.added_at, UTC):%Y-%m-%d %H:%M} UTC" if row.added_at else "not told"

    @admin.display(description="names at other services")
    def shown_names(self, row: LibraryItem) -> str:
        """One a line."""
        names = row.guids.order_by("guid").values_list("guid")
        return format_html_join("", "{}<br>", names) or "none"

    @admin.display(description="files, as Plex sees them")
    def shown_files(self, row: LibraryItem) -> str:
        """One a line, with size and version."""
        files = row.files.order_by("version", "part")
        lines = ((one.path, filesizeformat(one.size), one.version, ", optimized" * one.optimized) for one in files)
        return format_html_join("", "{} ({}, version {}{})<br>", lines) or "none"
