"""The admin's page of limits: how much the wishes of a user, or a library, may take, and how much they take now."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from caching import limit_use
from caching.limit_use import Used
from caching.models import CacheLimit
from caching.planning.sizes import readable


@admin.register(CacheLimit)
class CacheLimitAdmin(ModelAdmin):  # type: ignore[misc]
    """The limits."""

    list_display = ("shown_holder", "shown_size", "shown_files", "shown_use")
    list_select_related = ("user", "library")
    list_before_template = "admin/caching/limits_above.html"
    fieldsets = (
        ("Whose: one of these", {"fields": ("user", "kind", "library")}),
        ("How much", {"fields": ("size", "files")}),
    )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The limits, with what counts for whom."""
        shown = {"any": CacheLimit.objects.exists(), **(extra_context or {})}
        answer: HttpResponse = super().changelist_view(request, shown)
        return answer

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Asks once, for all limits of the page, how much of them is used up."""
        page = super().get_changelist_instance(request)
        amounts = limit_use.used(page.result_list)
        for row in page.result_list:
            row.used = amounts[row.pk]
        return page

    @admin.display(description="of", ordering="user__title")
    def shown_holder(self, row: CacheLimit) -> str:
        """Whose it is."""
        return row.holder

    @admin.display(description="size")
    def shown_size(self, row: CacheLimit) -> str:
        """As it was written."""
        return row.size or "no limit"

    @admin.display(description="films and episodes")
    def shown_files(self, row: CacheLimit) -> str:
        """How many."""
        return "no limit" if row.files is None else str(row.files)

    @admin.display(description="used now")
    def shown_use(self, row: CacheLimit) -> str:
        """By what is cached now."""
        return "; ".join(_sentence(row, one) for one in getattr(row, "used", ())) or "nothing counts for it"


def _sentence(row: CacheLimit, one: Used) -> str:
    who = f"{one.holder}: " if row.kind else ""
    return f"{who}{readable(one.size)} in {one.files} file{'' if one.files == 1 else 's'}"
