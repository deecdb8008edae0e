"""The admin's pages of the users: who counts, what for, and with which access."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, F, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from cacherr.confirming import ConfirmingAdmin
from cacherr.errors import CacherrError
from cacherr.labelled_list import LabelledList
from cacherr.settings_admin import SecretsAdmin, keep_secrets
from plexusers import discovery, invitations, tokens
from plexusers.models import PREFERENCES, LibrarySection, PlexUser, UserKind, UserTypeDefaults
from plexusers.people_forms import PersonForm, ago, as_the_type, face, show_defaults, standing_of
from plexusers.preferences import everybody, type_defaults

PLACE = Case(When(kind=UserKind.MAIN, then=0), When(kind=UserKind.HOME, then=1), default=2)
SWITCHES = ("enabled", "ondeck", "watchlist", "active_watching", "lists")


class StatusFilter(admin.SimpleListFilter):
    """By whether a user counts."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 - Django's own
        """What can be chosen."""
        return [("active", "active"), ("inactive", "inactive"), ("disabled", "disabled"), ("problem", "without token")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PlexUser]) -> QuerySet[PlexUser]:  # noqa: ARG002
        """The users of the chosen status."""
        if self.value() == "problem":
            return queryset.exclude(token_problem="")
        if self.value() is None:
            return queryset
        chosen = [person.user.pk for person in everybody(timezone.now()) if person.status == self.value()]
        return queryset.filter(pk__in=chosen)


class PlexUserAdmin(ConfirmingAdmin, LabelledList, SecretsAdmin):
    """The users that Plex names, the owner first, then those at home, then friends."""

    form = PersonForm
    list_display = ("who", "shown_status", *SWITCHES, "shown_activity", "shown_token")
    list_editable = SWITCHES
    list_filter = ("kind", StatusFilter)
    list_before_template = "admin/plexusers/look.html"
    change_form_outer_before_template = "admin/plexusers/person.html"
    search_fields = ("title", "username", "email")
    search_help_text = "Name or e-mail address"
    empty_title = "Nobody is known yet"
    empty_text = (
        "Users come from Plex: once its address and a token are set, whoever has an account there is listed here, with "
        "switches for what counts."
    )
    empty_link = ("admin:plexusers_plexserver_changelist", "Set up Plex")
    actions = ("enable", "disable", "links")
    readonly_fields = (
        "shown_kind", "username", "email", "shown_libraries", "shown_status", "first_seen_at", "last_seen_at",
        "last_playback_at", "last_activity_at", "token_origin", "shown_token",
    )  # fmt: skip

    class Media:
        """The pages' own style and script."""

        css = {"all": ["plexusers/people.css", "caching/dashboard.css", "caching/files.css"]}
        js = ["plexusers/copy.js"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlexUser]:
        """With the days of the activity filter in force, grouped by type."""
        rows: QuerySet[PlexUser] = super().get_queryset(request)
        days = UserTypeDefaults.objects.filter(kind=OuterRef("kind")).values("activity_days")
        return rows.select_related("avatar").annotate(
            days=Coalesce(F("activity_days"), Subquery(days), Value(0), output_field=IntegerField())
        )

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:  # noqa: ARG002 - Django's own signature
        """By type, then by name."""
        return (PLACE.asc(), "title", "plex_id")

    def get_fieldsets(self, request: HttpRequest, obj: PlexUser | None = None) -> Any:  # noqa: ARG002
        """What counts, access, and what is known. Only home users have a PIN; the owner has no token here."""
        known = (
            "shown_kind", "username", "email", "shown_libraries", "shown_status", "first_seen_at", "last_seen_at",
            "last_playback_at", "last_activity_at",
        )  # fmt: skip
        access: tuple[str, ...] = ("token_origin", "shown_token")
        if obj and obj.kind != UserKind.MAIN:
            access += ("token",)
        if obj and obj.kind == UserKind.HOME:
            access += ("pin",)
        return [
            ("What counts", {"fields": ("enabled", *PREFERENCES)}),
            ("Access", {"fields": (*access, "watchlist_feed")}),
            ("What is known", {"fields": known}),
        ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A switch without a value says that it is as the type's."""
        return as_the_type(db_field, super().formfield_for_dbfield(db_field, request, **kwargs))

    def get_form(self, request: HttpRequest, obj: PlexUser | None = None, change: bool = False, **kwargs: Any) -> Any:
        """With the type's defaults where the user has no own values."""
        form = super().get_form(request, obj, change, **kwargs)
        if obj is not None:
            show_defaults(form.base_fields, type_defaults()[obj.kind])
        return form

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Users come from Plex."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who is still there would come back."""
        return bool(obj and obj.gone_at) and bool(super().has_delete_permission(request, obj))

    def save_model(self, request: HttpRequest, obj: PlexUser, form: Any, change: bool) -> None:  # noqa: ARG002
        """Write what was changed and nothing else: a worker may have found a token meanwhile."""
        names = [name for name in form.changed_data if name != "token"]
        pin = obj.pin if "pin" in names else ""
        keep_secrets(obj)
        if names:
            obj.save(update_fields=names)
        if pin:
            tokens.enter_pin(obj, pin)
            self._look_for_token(request, obj)

    def get_urls(self) -> list[URLPattern]:
        """Pictures and buttons."""
        view = self.admin_site.admin_view
        own = [
            path("<int:pk>/avatar/", view(self.avatar), name="plexusers_avatar"),
            path("<int:pk>/token/", view(require_POST(self.token)), name="plexusers_token"),
            path("look/", view(require_POST(self.look)), name="plexusers_look"),
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the sign-in link for those who can sign in."""
        user = self.get_object(request, object_id)
        link = invitations.address(user) if user and invitations.may_be_invited(user) else ""
        shown = {"signin_link": request.build_absolute_uri(link) if link else "", "days": invitations.DAYS}
        answer: HttpResponse = super().change_view(request, object_id, form_url, (extra_context or {}) | shown)
        return answer

    def avatar(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A user's picture, from here."""
        user = self.get_queryset(request).filter(pk=pk).first()
        picture = getattr(user, "avatar", None)
        if not self.has_view_permission(request) or picture is None or not picture.content_type:
            raise Http404
        answer = HttpResponse(bytes(picture.body), content_type=picture.content_type)
        answer.headers["Cache-Control"] = "private, max-age=3600"
        return answer

    def look(self, request: HttpRequest) -> HttpResponse:
        """The button that looks at the users now."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        try:
            found = discovery.sync(force=True)
        except CacherrError as error:
            messages.error(request, str(error))
        else:
            changes = [*found.new, *found.renamed, *found.gone, *found.back]
            messages.success(request, f"Changed: {', '.join(changes)}." if changes else "Nothing has changed.")
        return redirect(reverse("admin:plexusers_plexuser_changelist"))

    def token(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The button that looks for a user's token now."""
        user = self.get_object(request, str(pk))
        if user is None or not self.has_change_permission(request, user):
            raise PermissionDenied
        self._look_for_token(request, user)
        return redirect(reverse("admin:plexusers_plexuser_change", args=[pk]))

    def _look_for_token(self, request: HttpRequest, user: PlexUser) -> None:
        try:
            tokens.connect_as(user)
        except CacherrError as error:
            messages.error(request, f"{user}: {error}")
        else:
            messages.success(request, f"Plex is read as {user}.")

    @admin.action(description="Enable: let their wishes count", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[PlexUser]) -> None:
        """Let the chosen users' wishes count."""
        messages.success(request, f"Enabled: {PlexUser.objects.filter(pk__in=_keys(queryset)).update(enabled=True)}.")

    @admin.action(description="Disable: leave their wishes out", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[PlexUser]) -> None:
        """Leave the chosen users' wishes out."""
        messages.success(request, f"Disabled: {PlexUser.objects.filter(pk__in=_keys(queryset)).update(enabled=False)}.")

    @admin.action(description="Show sign-in links", permissions=["change"])
    def links(self, request: HttpRequest, queryset: QuerySet[PlexUser]) -> None:
        """A link for each of the chosen users who can sign in."""
        for user in queryset:
            if invitations.may_be_invited(user):
                messages.info(request, f"{user}: {request.build_absolute_uri(invitations.address(user))}")
            else:
                messages.warning(request, f"{user} cannot sign in with an account of their own.")

    @admin.display(description="user", ordering="title")
    def who(self, row: PlexUser) -> str:
        """Picture, name and type."""
        return face(row, self.shown_kind(row))

    @admin.display(description="type")
    def shown_kind(self, row: PlexUser) -> str:
        """How the user belongs to the server."""
        return f"{row.kind}, managed" if row.managed else str(row.kind)

    @admin.display(description="status")
    def shown_status(self, row: PlexUser) -> str:
        """Whether the user counts, and why not."""
        return standing_of(row, getattr(row, "days", 0), timezone.now())

    @admin.display(description="last active", ordering="last_activity_at")
    def shown_activity(self, row: PlexUser) -> str:
        """When something was played or the deck changed."""
        return ago(row.last_activity_at)

    @admin.display(description="access")
    def shown_token(self, row: PlexUser) -> str:
        """Whether there is a good one, else what to do."""
        if row.kind == UserKind.MAIN:
            return "the server's"
        return row.token_problem or ("good" if row.token else "none yet")

    @admin.display(description="libraries")
    def shown_libraries(self, row: PlexUser) -> str:
        """What is shared with the user."""
        if row.all_sections:
            return "all"
        titles = dict(LibrarySection.objects.filter(key__in=row.sections).values_list("key", "title"))
        return ", ".join(titles.get(key, f"number {key}") for key in row.sections) or "none"


class UserTypeDefaultsAdmin(ConfirmingAdmin, ModelAdmin):  # type: ignore[misc]
    """What holds for all users of a type."""

    list_display = ("__str__", *SWITCHES, "activity_days")
    fields = ("enabled", *PREFERENCES)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """There are three types."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """There are three types."""
        return False


def _keys(queryset: QuerySet[PlexUser]) -> list[int]:
    """The chosen rows without the list's annotations, which an update cannot have."""
    return list(queryset.values_list("pk", flat=True))
