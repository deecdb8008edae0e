"""The filters of the table of cached files. Their values are those of the API, so that an export takes them as well."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from caching.cached import words
from caching.cached.choosing import CONDITIONS, KINDS, is_number, of_source, of_user, sized
from caching.models import CachedFile
from plexusers.models import PlexUser

SIZES = {
    "..1GB": "up to 1 GB", "1GB..10GB": "1 to 10 GB", "10GB..50GB": "10 to 50 GB", "50GB..": "50 GB and more",
}  # fmt: skip
AGES = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}

Rows = QuerySet[CachedFile]


class UserFilter(admin.SimpleListFilter):
    """By who wants it, or wanted it last."""

    title, parameter_name = "user", "user"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 - Django's own
        """All users."""
        return [(str(user.plex_id), str(user)) for user in PlexUser.objects.order_by("title", "plex_id")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:  # noqa: ARG002
        """What the chosen user wants."""
        value = self.value() or ""
        return of_user(queryset, int(value)) if is_number(value) else queryset


class SourceFilter(admin.SimpleListFilter):
    """By the source of the wish."""

    title, parameter_name = "source", "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """All sources."""
        return list(words.SOURCES.items())

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:  # noqa: ARG002
        """What the chosen source wants."""
        value = self.value()
        return of_source(queryset, value) if value in words.SOURCES else queryset


class StatusFilter(admin.SimpleListFilter):
    """By condition."""

    title, parameter_name = "status", "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """The three conditions."""
        return list(words.CONDITIONS.items())

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:  # noqa: ARG002
        """Those in the chosen condition."""
        value = self.value()
        return queryset.filter(CONDITIONS[value]) if value in CONDITIONS else queryset


class SizeFilter(admin.SimpleListFilter):
    """By size."""

    title, parameter_name = "size", "size"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """A few ranges."""
        return list(SIZES.items())

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:  # noqa: ARG002
        """Those of the chosen size."""
        value = self.value()
        return queryset.filter(sized(value)) if value in SIZES else queryset


class SinceFilter(admin.SimpleListFilter):
    """By when they were cached."""

    title, parameter_name = "cached since", "since"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """The last day, week and month."""
        return [("day", "the last day"), ("week", "the last 7 days"), ("month", "the last 30 days")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:  # noqa: ARG002
        """Those that came since."""
        age = AGES.get(self.value() or "")
        return queryset.filter(cached_at__gte=timezone.now() - age) if age else queryset


class KindFilter(admin.SimpleListFilter):
    """Videos, unless all is wished: sidecars come and go with their videos."""

    title, parameter_name = "kind", "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """What else there is."""
        return [("all", "videos and sidecars"), ("sidecar", "sidecars")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The first choice is no filter elsewhere, and videos here."""
        first, *others = super().choices(changelist)
        yield {**first, "display": "videos"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:  # noqa: ARG002
        """Those of the kind."""
        value = self.value()
        return queryset if value == "all" else queryset.filter(KINDS["sidecar" if value == "sidecar" else "video"])


FILTERS = (KindFilter, UserFilter, SourceFilter, StatusFilter, SizeFilter, SinceFilter)


def export_query(request: HttpRequest) -> str:
    """The table's filters as the API's export takes them."""
    asked = {name: request.GET[name] for name in ("user", "source", "status", "size") if request.GET.get(name)}
    if (kind := request.GET.get("kind", "video")) != "all":
        asked["kind"] = "sidecar" if kind == "sidecar" else "video"
    if request.GET.get("q"):
        asked["search"] = request.GET["q"][:200]
    if age := AGES.get(request.GET.get("since", "")):
        asked["since"] = (timezone.now() - age).isoformat()
    return urlencode(asked)
