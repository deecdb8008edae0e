"""The admin's page of sources: how each answered last."""

from django.contrib import admin

from cacherr.read_only_admin import ReadOnlyAdmin
from plexusers.models import SourceState
from plexusers.sources import SUBJECTS


class SourceStateAdmin(ReadOnlyAdmin):
    """What each source of wishes is worth now. Nothing can be changed here: Run now asks all of them again."""

    list_display = ("subject", "status", "since", "good_at", "count", "why")
    list_filter = ("status", "source", ("user", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("user",)
    ordering = ("-status", "source", "user")

    @admin.display(description="source", ordering="source")
    def subject(self, row: SourceState) -> str:
        """Whose wishes these are."""
        return SUBJECTS.get(row.source, row.source).format(row.user or "everybody")
