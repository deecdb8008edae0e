"""Admin pages of lists: what there is, how it went, picking one, a preview before it is saved, every position."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.views.decorators.http import require_POST

from cacherr.errors import CacherrError
from cacherr.read_only_admin import ReadOnlyAdmin
from cacherr.settings_admin import SecretsAdmin, SettingsAdmin
from importlists import picking, previewing, refreshing, signing
from importlists.cachedness import cached
from importlists.cards import cards
from importlists.changing import put
from importlists.forms import ListForm
from importlists.models import ImportList, ListItem, ListPolicy, ListState
from importlists.presets import BY_NAME, PRESETS
from importlists.wants import source_of


@admin.register(ListPolicy)
class ListPolicyAdmin(SettingsAdmin):
    """Keys of the services, and whom addresses of lists may lead to."""

    fieldsets = (
        ("Trakt", {"fields": ("trakt_client_id", "trakt_client_secret")}),
        ("Other services", {"fields": ("tmdb_key", "mdblist_key")}),
        ("Addresses", {"fields": ("lists_from_lan",)}),
    )


@admin.register(ImportList)
class ImportListAdmin(SecretsAdmin):
    """The lists."""

    form = ListForm
    list_display = ("name", "enabled", "shown_source", "shown_state", "shown_progress", "priority", "positions")
    list_filter = ("enabled", "state")
    search_fields = ("name",)
    list_before_template = "admin/importlists/above.html"
    empty_title = "No list yet"
    empty_text = (
        "Lists of the world's bring what is popular to the SSD although nobody at home asked for it. "
        "Pick one, look at what it would cache, and add it."
    )
    empty_link = ("admin:importlists_presets", "Pick a list")
    change_form_after_template = "admin/importlists/preview_button.html"
    actions = ("refresh",)
    readonly_fields = (
        "shown_state", "shown_progress", "shown_address", "checked_at", "good_at", "next_at", "why", "positions",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": ("name", "enabled", "source", "argument", "address", "shown_address", "upload", "media")}),
        (
            "What is cached",
            {"fields": ("count", "depth", "fill_limit", "aired_days", "episodes", "choice", "priority", "user")},
        ),
        ("Reading", {"fields": ("refresh_minutes",)}),
        (
            "How it went",
            {"fields": ("shown_state", "shown_progress", "why", "checked_at", "good_at", "next_at", "positions")},
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        """Picking, preview, Trakt."""
        view = self.admin_site.admin_view
        own = [
            path("presets/", view(self.presets), name="importlists_presets"),
            path("presets/<str:name>/", view(self.pick), name="importlists_pick"),
            path("<int:pk>/read/", view(require_POST(self.read)), name="importlists_read"),
            path("preview/", view(require_POST(self.preview)), name="importlists_preview"),
            path("trakt/", view(self.trakt), name="importlists_trakt"),
        ]
        return [*own, *super().get_urls()]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A preset's values."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        if preset := BY_NAME.get(initial.pop("preset", "")):
            initial |= {**preset.values(), "source": f"{preset.provider}.{preset.chart}"}
        return initial

    def save_model(self, request: HttpRequest, obj: ImportList, form: Any, change: bool) -> None:  # noqa: ARG002
        """What other settings have read does not count for these."""
        put(obj)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Each list of the page as a card."""
        page = super().get_changelist_instance(request)
        page.cards = cards(page.result_list, timezone.now())
        page.may_read = self.has_change_permission(request)
        return page

    @admin.action(description="Read now", permissions=["change"])
    def refresh(self, request: HttpRequest, queryset: QuerySet[ImportList]) -> None:
        """Read the chosen lists and say how it went."""
        for done in refreshing.refresh(queryset):
            _tell(request, done)

    def read(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The button of a card: read the list now."""
        row = self.get_object(request, str(pk))
        if row is None or not self.has_change_permission(request, row):
            raise PermissionDenied
        self.refresh(request, ImportList.objects.filter(pk=pk))
        return redirect(reverse("admin:importlists_importlist_changelist"))

    def pick(self, request: HttpRequest, name: str) -> HttpResponse:
        """A list that was picked: what has to be entered, a preview, and adding it, on one page."""
        preset = BY_NAME.get(name)
        if not self.has_add_permission(request) or preset is None:
            raise PermissionDenied
        entered = request.POST.dict() if request.method == "POST" else {}
        drafted = picking.draft(preset, entered)
        context: dict[str, Any] = {"title": preset.title, "preset": preset, "draft": drafted.row}
        if entered and drafted.problems:
            context["problems"] = drafted.problems
        elif entered.get("do") == "add":
            if done := picking.add(drafted.row):
                _tell(request, done)
            return redirect(reverse("admin:importlists_importlist_changelist"))
        elif entered:
            context |= _previewed(drafted.row)
        context |= {"needed": picking.needed(preset), "shown": entered.get(picking.needed(preset), "")}
        return self._page(request, "admin/importlists/pick.html", context)

    def presets(self, request: HttpRequest) -> HttpResponse:
        """Lists to pick from."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        groups: dict[str, list[Any]] = {}
        for preset in PRESETS:
            groups.setdefault(preset.group, []).append(preset)
        context = {"title": "Pick a list", "groups": groups}
        return self._page(request, "admin/importlists/presets.html", context)

    def preview(self, request: HttpRequest) -> HttpResponse:
        """What the list in the form would cache; nothing is saved."""
        row = self.get_object(request, request.GET.get("of", ""))
        if not (self.has_change_permission(request, row) if row else self.has_add_permission(request)):
            raise PermissionDenied
        form = self.get_form(request, row, change=row is not None)(request.POST, request.FILES, instance=row)
        context: dict[str, Any] = {"title": "Preview", "form": form}
        if form.is_valid():
            context |= _previewed(form.instance)
        return self._page(request, "admin/importlists/preview.html", context)

    def trakt(self, request: HttpRequest) -> HttpResponse:
        """Signing in at Trakt."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            try:
                _press(request.POST.get("do", ""))
            except CacherrError as error:
                messages.error(request, str(error))
            return redirect(reverse("admin:importlists_trakt"))
        context = {"title": "Trakt sign-in", "account": signing.account()}
        return self._page(request, "admin/importlists/trakt.html", context)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return TemplateResponse(request, template, self.admin_site.each_context(request) | context)

    @admin.display(description="source")
    def shown_source(self, row: ImportList) -> str:
        """Where it comes from."""
        return source_of(row)

    @admin.display(description="state", ordering="state")
    def shown_state(self, row: ImportList) -> str:
        """What is known, and how old the last good result is."""
        label = ListState(row.state).label
        return f"{label} ({timesince(row.good_at)} old)" if row.good_at else label

    @admin.display(description="progress")
    def shown_progress(self, row: ImportList) -> str:
        """How far it came."""
        return row.progress

    @admin.display(description="stored address")
    def shown_address(self, row: ImportList) -> str:
        """The address's host; the rest may be a secret."""
        host = urlsplit(row.address).hostname if row.address else ""
        return f"an address at {host}, not shown" if host else "none"

    @admin.display(description="positions")
    def positions(self, row: ImportList) -> str:
        """Leads to every position."""
        if row.pk is None:
            return "none yet"
        place = f"{reverse('admin:importlists_listitem_changelist')}?import_list__id__exact={row.pk}"
        return format_html('<a href="{}">positions</a>', place)


def _previewed(row: ImportList) -> dict[str, Any]:
    """What a list would cache, or why that is unknown."""
    try:
        return {"preview": previewing.preview(row, timezone.now())}
    except CacherrError as error:
        return {"problem": str(error)}


def _tell(request: HttpRequest, done: refreshing.Refreshed) -> None:
    """How reading a list went."""
    if done.failed:
        messages.error(request, f"{done.row}: {done.failed}")
    else:
        messages.success(request, f"{done.row}: {done.row.progress}.")


def _press(what: str) -> None:
    if what == "begin":
        signing.begin(timezone.now())
    elif what == "look":
        signing.look(timezone.now())
    elif what == "forget":
        signing.forget()


class FoundFilter(admin.SimpleListFilter):
    """By whether the library has it."""

    title = "found"
    parameter_name = "found"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 - Django's own
        """What can be chosen."""
        return [("yes", "in the library"), ("no", "not found"), ("chosen", "to be cached")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ListItem]) -> QuerySet[ListItem]:  # noqa: ARG002
        """The chosen positions."""
        chosen = {
            "yes": queryset.exclude(way=""),
            "no": queryset.filter(way=""),
            "chosen": queryset.filter(chosen=True),
        }
        return chosen.get(self.value() or "", queryset)


@admin.register(ListItem)
class ListItemAdmin(ReadOnlyAdmin):
    """Every position: what of the library it is, or why not, and whether it is cached."""

    list_display = ("position", "title", "year", "import_list", "shown_found", "chosen", "is_cached", "why_not")
    list_display_links = None
    list_filter = ("import_list", FoundFilter)
    search_fields = ("title",)
    ordering = ("import_list", "position")
    list_select_related = ("import_list",)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Asks once, for all positions of the page, what is cached."""
        page = super().get_changelist_instance(request)
        keys = cached(key for item in page.result_list for key in item.rating_keys)
        for item in page.result_list:
            item.is_cached = bool(keys & set(item.rating_keys))
        return page

    @admin.display(description="found by", ordering="way")
    def shown_found(self, row: ListItem) -> str:
        """How it was found."""
        return str(row.get_way_display())

    @admin.display(description="cached", boolean=True)
    def is_cached(self, row: ListItem) -> bool:
        """Whether something of it is cached."""
        return bool(getattr(row, "is_cached", False))
