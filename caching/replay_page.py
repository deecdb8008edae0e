"""The pages of replays: the form with settings to try, and the result as a chart and as a table."""

from collections.abc import Mapping
from typing import Any

from django.db.models import BooleanField
from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from caching.ledger.chart import percent
from caching.models import Replay
from caching.planning.sizes import readable
from caching.replaying import comparing, scenarios
from caching.replaying.comparing import Asked
from plexusers.models import UserTypeDefaults

Data = dict[str, Any]

SETS = "ABC"
"""So many sets does the form have."""
OFFERED = (
    "cache_limit", "episodes_ahead", "prefetch_minutes", "stale_days", "minimum_hold_hours", "watched_grace_hours",
    "eviction_mode", "playback_trigger", scenarios.CYCLE,
)  # fmt: skip
LONGEST_TEXT = 20
SOURCES = {"ledger": "what Cacherr saw being played", "plex": "Plex's own history"}
LATEST = 10


def form(given: Mapping[str, str], error: str = "") -> Data:
    """The context of the form; `given` are texts that somebody has entered already."""
    return {
        "title": "Replay",
        "error": error,
        "sources": [(key, word, key == given.get("source", "ledger")) for key, word in SOURCES.items()],
        "days": given.get("days", comparing.DAYS),
        "most_days": comparing.MOST_DAYS,
        "others": "others" in given,
        "sets": [_set(letter, given) for letter in SETS],
        "latest": list(Replay.objects.defer("report")[:LATEST]),
    }


def asked_for(given: QueryDict) -> Asked:
    """What the form asks for. Raises ConfigurationError."""
    sets = [
        {name: text for name in OFFERED if (text := given.get(f"{letter}-{name}", "").strip()[:LONGEST_TEXT])}
        for letter in SETS
    ]
    days = given.get("days", "")
    number = int(days) if days.isdecimal() and days.isascii() and len(days) < 6 else 0
    return comparing.asked(given.get("source", ""), number, sets, others="others" in given)


def shown(row: Replay) -> Data:
    """The context of a replay's page."""
    context: Data = {"title": str(row), "row": row, "source": SOURCES.get(row.source, row.source)}
    if not row.report:
        return context
    report = row.report
    most = max((one["bytes_cached"] + one["bytes_returned"] for one in report["sets"]), default=0)
    return context | {
        "report": report,
        "since": parse_datetime(report["since"]),
        "rows": [_row(one, most) for one in report["sets"]],
    }


def _set(letter: str, given: Mapping[str, str]) -> Data:
    fields = [_field(letter, name, given) for name in OFFERED]
    return {"letter": letter, "fields": fields, "open": letter == SETS[0] or any(one["value"] for one in fields)}


def _field(letter: str, name: str, given: Mapping[str, str]) -> Data:
    field = scenarios.field_of(name)
    choices = [("1", "yes"), ("0", "no")] if isinstance(field, BooleanField) else list(field.choices or ())
    return {
        "name": f"{letter}-{name}", "label": _label(name), "now": _now(name), "choices": choices,
        "value": given.get(f"{letter}-{name}", ""), "longest": LONGEST_TEXT,
    }  # fmt: skip


def _label(name: str) -> str:
    return "minutes between cycles" if name == scenarios.CYCLE else str(scenarios.field_of(name).verbose_name)


def _now(name: str) -> str:
    """What is in force, in words."""
    if name in scenarios.OF_USERS:
        return f"as each user has it, usually {getattr(UserTypeDefaults(), name)}"
    value = scenarios.in_force()[name]
    words = dict(scenarios.field_of(name).choices or ())
    return str(words.get(value, value)) or "no limit"


def _row(one: Data, most: int) -> Data:
    """One set in words, and the lengths of its bars in percent."""
    moved = one["bytes_cached"] + one["bytes_returned"]
    return {
        "name": ", ".join(f"{_label(name)}: {text}" for name, text in one["settings"].items()) or one["name"],
        "rate": percent(one["hit_rate"]),
        "by_hours": percent(one["hit_rate_by_hours"]),
        "cached": readable(one["bytes_cached"]),
        "returned": readable(one["bytes_returned"]),
        "moved": readable(moved),
        "avoided": one["wakeups"]["avoided"],
        "rate_share": f"{100 * (one['hit_rate'] or 0):.1f}",
        "moved_share": f"{100 * moved / most if most else 0:.1f}",
    }
