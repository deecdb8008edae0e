"""The log, as all processes write it."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema

from cacherr import logbook
from cacherr.envelope import Envelope, Page, Search, Window, ok

router = Router(tags=["state and cycles"])

Level = Literal["debug", "info", "warning", "error", "critical"]


class LogWindow(Window):
    """Which lines are asked for."""

    level: Level = "debug"
    """At least so bad."""
    search: Search = ""
    """Plain text, whatever its case."""
    since: datetime | None = None
    """Not before this moment; without a zone, in that of the settings."""


class LogData(Schema):
    """A line of the log, with the traceback when there is one."""

    time: str
    level: Level
    logger: str
    message: str
    process: int


@router.get("logs", response=Envelope[Page[LogData]])
def get_logs(request: HttpRequest, asked: Query[LogWindow]) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """What was logged lately, the latest first."""
    wanted = logbook.Filter(asked.level, asked.search, _moment(asked.since))
    found = list(filter(wanted, logbook.entries(logbook.directory(settings.CONFIG_DIR))))
    return ok(asked.part(found, asdict))


def _moment(since: datetime | None) -> str:
    if since is None:
        return ""
    try:
        return logbook.moment(since if since.tzinfo else timezone.make_aware(since))
    except (OverflowError, ValueError):
        return ""  # before or after all time
