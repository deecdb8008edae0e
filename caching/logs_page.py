"""The page of logs: the latest lines as they are now, which a script keeps up to date, and all of them as a file."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from cacherr import logbook

SHOWN = 200
LEVELS = {
    "debug": "Everything",
    "info": "Information and worse",
    "warning": "Warnings and worse",
    "error": "Errors and worse",
    "critical": "Critical only",
}
PERMISSION = "caching.view_operation"


def urls() -> list[URLPattern]:
    """The page and the file."""
    view = admin.site.admin_view
    return [
        path("logs/", view(page), name="caching_logs"),
        path("logs/download/", view(download), name="caching_logs_download"),
    ]


def page(request: HttpRequest) -> HttpResponse:
    """The latest lines of a level, with a text in them."""
    wanted = _wanted(request)
    lines = []
    for entry in filter(wanted, logbook.entries(logbook.directory(settings.CONFIG_DIR))):
        lines.append({"entry": entry, "at": datetime.fromisoformat(entry.time)})
        if len(lines) == SHOWN:
            break
    start: dict[str, Any] = {"level": wanted.level, "search": wanted.search, "levels": list(LEVELS), "shown": SHOWN}
    context = {
        "title": "Logs", "lines": lines, "levels": LEVELS.items(), "start": start,
        "is_filtered": wanted != logbook.Filter("info"), "log_level": settings.LOG_LEVEL.lower(),
    }  # fmt: skip
    return TemplateResponse(request, "admin/caching/logs.html", admin.site.each_context(request) | context)


def download(request: HttpRequest) -> HttpResponse:
    """The same lines, all of them and the oldest first, as text."""
    found = list(filter(_wanted(request), logbook.entries(logbook.directory(settings.CONFIG_DIR))))
    text = "".join(
        f"{entry.time} {entry.level.upper():<8} [{entry.process}] {entry.logger}: {entry.message}\n"
        for entry in reversed(found)
    )
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="cacherr.log"'
    return answer


def _wanted(request: HttpRequest) -> logbook.Filter:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    level = request.GET.get("level", "info")
    return logbook.Filter(level if level in LEVELS else "info", request.GET.get("search", "").strip()[:200])
