"""The admin's page of sources: how each answered last."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from plexusers.models import SourceState
from plexusers.sources import SUBJECTS


class SourceStateAdmin(ModelAdmin):  # type: ignore[misc]
    """What each source of wishes is worth now. Nothing can be changed here: Run now asks all of them again."""

    list_display = ("subject", "status", "since", "good_at", "count", "why")
    list_filter = ("status", "source", ("user", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("user",)
    ordering = ("-status", "source", "user")

    @admin.display(description="source", ordering="source")
    def subject(self, row: SourceState) -> str:
        """Whose wishes these are."""
        return SUBJECTS.get(row.source, row.source).format(row.user or "everybody")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Sources are made by asking."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: SourceState | None = None) -> bool:  # noqa: ARG002
        """An answer cannot be edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SourceState | None = None) -> bool:  # noqa: ARG002
        """What is forgotten would not be asked for again any sooner."""
        return False
