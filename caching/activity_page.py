"""The page of what happened: by kind, in pages."""

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from cacherr.read_only_admin import ReadOnlyAdmin
from caching import activity, dashboard
from caching.activity import Kind
from caching.words import WORDS

SHOWN = 50
MOST_PAGES = 10_000


def urls(of: ReadOnlyAdmin) -> list[URLPattern]:
    """The page's address, for the admin page whose permissions hold for it."""

    def shown(request: HttpRequest) -> HttpResponse:
        if not of.has_view_permission(request):
            raise PermissionDenied
        context = {**of.admin_site.each_context(request), **_shown(request)}
        return TemplateResponse(request, "admin/caching/activity.html", context)

    return [path("activity/", of.admin_site.admin_view(shown), name="caching_activity")]


def _shown(request: HttpRequest) -> dict[str, Any]:
    """The page's context; nonsense in the address counts as nothing asked."""
    asked, number = request.GET.get("kind", ""), request.GET.get("page", "")
    kind = asked if asked in set(Kind) else ""
    page = min(max(1, int(number)), MOST_PAGES) if number.isascii() and number.isdecimal() and len(number) < 6 else 1
    items, total = activity.entries([Kind(kind)] if kind else [], limit=SHOWN, offset=(page - 1) * SHOWN)
    return {
        "title": "Activity",
        "kind": kind,
        "kinds": WORDS["happened"].items(),
        "entries": [dashboard.happened(one) for one in items],
        "newer": _address(kind, page - 1) if page > 1 else "",
        "older": _address(kind, page + 1) if page * SHOWN < total else "",
    }


def _address(kind: str, page: int) -> str:
    return "?" + urlencode({"kind": kind, "page": page} if kind else {"page": page})
