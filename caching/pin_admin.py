"""The admin's pages of pins: what is pinned, and the library to pin from."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from cacherr.errors import CacherrError
from cacherr.read_only_admin import ReadOnlyAdmin
from caching import mappings, pinning
from caching.models import CachedFile, Pin
from caching.pinning import AskedFor, Fit
from caching.planning.sizes import readable
from plexusers import library, posters
from plexusers.library import Entry
from plexusers.models import ItemKind, Versions, WatchPolicy

FOUND = 50
"""So many titles are shown for a search."""


@admin.register(Pin)
class PinAdmin(ReadOnlyAdmin):
    """What stays cached. Pins are made from the library and removed; nothing else of them is changed."""

    list_display = ("shown_title", "shown_versions", "shown_cached", "created_by", "created_at")
    list_filter = ("kind",)
    search_fields = ("title",)
    fields = ("title", "kind", "rating_key", "season", "shown_versions", "shown_cached", "created_by", "created_at")
    readonly_fields = fields
    list_before_template = "admin/caching/pins_room.html"
    empty_title = "Nothing is pinned"
    empty_text = (
        "What is pinned is cached with the next cycle and stays until it is unpinned, whoever wants it: "
        "the children's favourite, or a series for a journey. Look for it in the library."
    )
    empty_link = ("admin:caching_pin_add", "Search the library")

    class Media:
        """The page's own style."""

        css = {"all": ["caching/dashboard.css", "caching/files.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may add pins, may pin."""
        return bool(ModelAdmin.has_add_permission(self, request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may delete pins, may unpin."""
        return bool(ModelAdmin.has_delete_permission(self, request, obj))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The pins, and whether they all find room."""
        answer: HttpResponse = super().changelist_view(request, {**room(), **(extra_context or {})})
        return answer

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Looks once, for all pins of the page, how much of them is cached and where their posters are."""
        shown = super().get_changelist_instance(request)
        found, pictures = (
            pinning.overview(shown.result_list),
            posters.addresses(row.rating_key for row in shown.result_list),
        )
        for row in shown.result_list:
            row.overview, row.poster = found[row.pk], pictures.get(row.rating_key, "")
        return shown

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The library, searched by title, with buttons that pin."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._pin(request)
        query = request.GET.get("q", "").replace("\0", "")[:200]
        context = {
            **self.admin_site.each_context(request), **(extra_context or {}), "opts": self.opts, "title": "Pin",
            "query": query, "found": found(query), "versions": Versions.choices, "most": FOUND, "form_url": form_url,
            **room(),
        }  # fmt: skip
        return TemplateResponse(request, "admin/caching/pin_search.html", context)

    def _pin(self, request: HttpRequest) -> HttpResponse:
        season, versions = request.POST.get("season", ""), request.POST.get("versions", "")
        if (season and not _is_season(season)) or versions not in {"", *Versions.values}:
            messages.error(request, "This cannot be understood: choose from the page.")
            return redirect(reverse("admin:caching_pin_add"))
        asked = AskedFor(
            request.POST.get("rating_key", "").replace("\0", "")[:64], int(season) if season else None, versions
        )
        try:
            row, _ = pinning.pin(asked, request.user.get_username())
        except CacherrError as error:
            messages.error(request, str(error))
            return redirect(reverse("admin:caching_pin_add"))
        messages.success(request, f"{row} is pinned: it comes with the next cycle, and stays.")
        return redirect(reverse("admin:caching_pin_changelist"))

    @admin.display(description="versions")
    def shown_versions(self, row: Pin) -> str:
        """Which versions are kept."""
        return row.get_versions_display() or "as the watching settings say"

    @admin.display(description="cached")
    def shown_cached(self, row: Pin) -> str:
        """How much of it is cached."""
        shown = getattr(row, "overview", None) or pinning.overview([row])[row.pk]
        if not shown.files:
            return "not in the library now"
        return format_html(
            '<span class="file-leaves"><span>{} of {}</span><span class="file-why">{} of {} file{}</span></span>',
            readable(shown.bytes_cached), readable(shown.size), shown.files_cached, shown.files,
            "" if shown.files == 1 else "s",
        )  # fmt: skip

    @admin.display(description="title", ordering="title")
    def shown_title(self, row: Pin) -> str:
        """Poster, title and kind."""
        return format_html(
            '<span class="file">{}<span class="file-text"><span class="file-title">{}</span>'
            '<span class="file-name">{}</span></span></span>',
            posters.tile(getattr(row, "poster", ""), row.kind), row, row.get_kind_display(),
        )  # fmt: skip


def _is_season(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) <= 5


def found(query: str) -> list[dict[str, Any]]:
    """What the library has by words of a title; shows with their seasons."""
    entries = library.search(query, FOUND)
    seasons = library.episodes_of(entry.rating_key for entry in entries if entry.kind == ItemKind.SHOW)
    pictures = posters.addresses(entry.rating_key for entry in entries)
    whole = [Pin(kind=entry.kind, rating_key=entry.rating_key, guid=entry.guid) for entry in entries]
    known = pinning.items_of(whole, Versions(WatchPolicy.effective().versions))
    pinned = set(Pin.objects.filter(season=None).values_list("rating_key", flat=True))
    return [
        {
            "entry": entry, "seasons": _seasons(seasons.get(entry.rating_key, ())),
            "tile": posters.tile(pictures.get(entry.rating_key, ""), entry.kind),
            "size": readable(one.size) if one.size else "", "files": len(one.sizes),
            "pinned": entry.rating_key in pinned,
        }
        for entry, one in zip(entries, known, strict=True)
    ]  # fmt: skip


def _seasons(episodes: tuple[Entry, ...]) -> list[tuple[int, str]]:
    numbers = sorted({one.season for one in episodes if one.season is not None})
    return [(number, f"season {number}" if number else "the specials") for number in numbers]


def room() -> dict[str, Any]:
    """Whether all pins find room, for the page; a storage that is absent is told."""
    pins = list(Pin.objects.all())
    if not pins:
        return {}
    try:
        known = mappings.usable()
        pinned = pinning.items_of(pins, Versions(WatchPolicy.effective().versions))
        fit = pinning.fit(pinned, known, pinning.whole_room(known))
    except CacherrError as error:
        return {"room_error": str(error)}
    return {"room": _room(fit)}


def _room(fit: Fit) -> dict[str, Any]:
    return {
        "needed": readable(fit.needed), "missing": readable(fit.missing) if fit.files else "", "files": fit.files,
        "reason": fit.reason, "uncovered": fit.uncovered,
    }  # fmt: skip


def pin_chosen(request: HttpRequest, queryset: QuerySet[CachedFile]) -> None:
    """Pin the films and episodes of chosen cached files, and say what came of it."""
    try:
        pins, refused = pinning.pin_files(queryset.order_by("id"), request.user.get_username())
    except CacherrError as error:
        messages.error(request, str(error))
        return
    for sentence in refused:
        messages.error(request, sentence)
    for row in pins:
        messages.success(request, f"{row} is pinned.")
