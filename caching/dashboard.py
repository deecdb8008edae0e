"""The admin's side bar and its first page: the words of that page, and its first state, which needs no script.

The page's script takes the same words and the same pages from `start`, so that both say everything alike.
"""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse

from caching import events, state
from caching.ledger import chart
from caching.models import CachePolicy
from caching.planning.sizes import readable
from caching.usage import chart as usage_chart
from caching.words import WORDS, headline

Data = dict[str, Any]

WAITING_SHOWN = 8


def dashboard(request: HttpRequest, context: Data) -> Data:
    """Unfold's callback: the page's context."""
    found = state.snapshot(events.clients.count)
    snapshot = found.pop("status") | found
    places = pages()
    start = {
        "snapshot": snapshot,
        "words": WORDS,
        "pages": places,
        "waiting_shown": WAITING_SHOWN,
        "poll_seconds": CachePolicy.effective().dashboard_poll_seconds,
        "csrf": {"cookie": settings.CSRF_COOKIE_NAME, "token": get_token(request)},
    }
    return {
        **context,
        "title": "Dashboard",
        "start": start,
        "pages": places,
        "view": view(snapshot, places),
        "ledger": chart.card(),
        "usage": usage_chart.card(snapshot["stats"]),
    }


def menu(request: HttpRequest) -> list[Data]:  # noqa: ARG001 - Unfold's own signature
    """The side bar: what a person looks for, and no technical rows."""
    return [{"items": [_item("Dashboard", "dashboard", "index")]}, _happening(), _settings()]


def _happening() -> Data:
    return {
        "title": "What happens",
        "separator": True,
        "items": [
            _item("Cached files", "movie", "caching_cachedfile_changelist"),
            _item("Why", "help", "caching_why"),
            _item("Replay", "replay", "caching_replay_changelist"),
            _item("Pins", "keep", "caching_pin_changelist"),
            _item("Operations", "swap_vert", "caching_operation_changelist"),
            _item("Playbacks", "play_circle", "caching_playback_changelist"),
            _item("Cycles", "autorenew", "caching_cycle_changelist"),
            _item("Activity", "history", "caching_activity"),
            _item("Logs", "article", "caching_logs"),
            _item("Audit", "fact_check", "caching_audit"),
            _item("Positions of lists", "checklist", "importlists_listitem_changelist"),
            _item("Requests", "network_check", "plexusers_requestcount_changelist"),
            _item("Sources", "rss_feed", "plexusers_sourcestate_changelist"),
        ],
    }


def _settings() -> Data:
    return {
        "title": "Settings",
        "separator": True,
        "items": [
            _item("All settings", "tune", "caching_settings"),
            _item("Plex server", "dns", "plexusers_plexserver_changelist"),
            _item("Users", "groups", "plexusers_plexuser_changelist"),
            _item("Types of users", "manage_accounts", "plexusers_usertypedefaults_changelist"),
            _item("Libraries", "video_library", "plexusers_librarysection_changelist"),
            _item("Lists", "format_list_numbered", "importlists_importlist_changelist"),
            _item("Path mappings", "account_tree", "caching_pathmapping_changelist"),
            _item("Rules", "rule", "caching_rule_changelist"),
            _item("Limits", "speed", "caching_cachelimit_changelist"),
            _item("Notifications", "notifications", "caching_notificationtarget_changelist"),
            _item("Schedules", "schedule", "caching_schedules"),
            _item("Accounts", "group", "auth_user_changelist"),
        ],
    }


def _item(title: str, icon: str, page: str) -> Data:
    link = reverse(f"admin:{page}")
    return {"title": title, "icon": icon, "link": link, "active": lambda request: _is_at(request.path, link)}


_OWN_PAGES = ("caching_audit", "caching_why", "caching_schedules", "caching_activity", "caching_logs")


def _is_at(path: str, link: str) -> bool:
    """Whether a page is the linked one or below it. Some addresses lie below those of rows."""
    links = {reverse(f"admin:{name}") for name in ("index", *_OWN_PAGES)}
    if link in links or path in links:
        return path == link
    return path.startswith(link)


def pages() -> Data:
    """Where the page's links lead. Those with `text` belong to problems."""
    cycles, operations = reverse("admin:caching_cycle_changelist"), reverse("admin:caching_operation_changelist")
    mappings, files = reverse("admin:caching_pathmapping_changelist"), reverse("admin:caching_cachedfile_changelist")
    return {
        "plex": {"href": reverse("admin:plexusers_plexserver_changelist"), "text": "Set up Plex"},
        "mapping": {"href": reverse("admin:caching_pathmapping_add"), "text": "Add a path mapping"},
        "mappings": {"href": mappings, "text": "See the path mappings"},
        "setup": {"href": reverse("setup"), "text": "Finish setup"},
        "policy": {"href": reverse("admin:caching_settings"), "text": "See the settings"},
        "cycle": {"href": cycles, "text": "See the cycles"},
        "sources": {"href": reverse("admin:plexusers_sourcestate_changelist"), "text": "See the sources"},
        "files": {"href": files, "text": "See the cached files"},
        "operations": {"href": operations, "text": "See all operations"},
        "audit": {"href": reverse("admin:caching_audit"), "text": "See the audit"},
        "schedules": {"href": reverse("admin:caching_schedules"), "text": "See the schedules"},
        "activity": {"href": reverse("admin:caching_activity"), "text": "See all"},
        "playbacks": {"href": reverse("admin:caching_playback_changelist"), "text": "See all"},
        "login": {"href": f"{reverse('admin:login')}?next={reverse('admin:index')}", "text": "Sign in again"},
    }


def view(snapshot: Data, places: Data) -> Data:
    """What the template shows, in words."""
    operations = snapshot["operations"]
    waiting = [row for row in operations if not row["started"]]
    stats = snapshot["stats"]
    return {
        "health": {"level": snapshot["health"], "text": WORDS["health"][snapshot["health"]]},
        "paused": snapshot["paused"],
        "problems": [_problem(row, places) for row in snapshot["problems"]],
        "cycle": _cycle(snapshot["cycle"], places),
        "steps": steps(snapshot["cycle"]["phase"] if snapshot["cycle"] else ""),
        "running": [_operation(row, places) for row in operations if row["started"]],
        "waiting": [_operation(row, places) for row in waiting[:WAITING_SHOWN]],
        "more_waiting": max(0, len(waiting) - WAITING_SHOWN),
        "files": files_text(stats["files_cached"]),
        "bytes": readable(stats["bytes_cached"]),
        "caches": [_cache(row) for row in stats["caches"]],
        "activity": [happened(row) for row in snapshot["activity"]],
        "schedules": [_scheduled(row) for row in snapshot["schedules"]],
        "recent": [_recent(row, places) for row in snapshot["recent"]],
        "sessions": [_session(row) for row in snapshot["sessions"]],
        "watching": watching_word(snapshot["watching"]),
        "playing_note": WORDS["playing"][watching_word(snapshot["watching"])],
    }


def watching_word(watching: Data) -> str:
    """Which of the words about playback holds: idle, off or unknown."""
    if not watching["enabled"]:
        return "off"
    return "unknown" if watching["error"] or not watching["alive"] else "idle"


def files_text(count: int) -> str:
    """`1 file`, `2 files`."""
    return "1 file" if count == 1 else f"{count} files"


def time_left(seconds: int | None) -> str:
    """How long an operation still takes, for people."""
    if seconds is None:
        return ""
    minutes = seconds // 60
    if minutes == 0:
        return f"{seconds} s left"
    return f"{minutes} min left" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min left"


def _problem(row: Data, places: Data) -> Data:
    return {**row, "word": WORDS["levels"][row["level"]], "link": places[row["page"]]}


def _cycle(cycle: Data | None, places: Data) -> Data | None:
    if cycle is None:
        return None
    live = cycle["state"] in {"queued", "running"}
    return {
        **cycle,
        "live": live,
        "headline": headline(cycle),
        "href": f"{places['cycle']['href']}{cycle['id']}/change/",
        "size": readable(cycle["bytes_cached"]),
        "started": _when(cycle["started_at"]),
        "finished": _when(cycle["finished_at"]),
    }


def steps(phase: str) -> list[Data]:
    """The phases in the order in which they come, each with whether it is done, now or ahead."""
    order = list(WORDS["steps"])
    at = order.index(phase) if phase in order else -1
    states = ["done"] * at + ["now"] + ["ahead"] * len(order) if at >= 0 else ["ahead"] * len(order)
    return [
        {"step": step, "word": WORDS["steps"][step], "state": state} for step, state in zip(order, states, strict=False)
    ]


def happened(row: Data) -> Data:
    """An entry of the activity."""
    return {**row, "word": WORDS["happened"][row["kind"]], "at": _when(row["at"])}


def _scheduled(row: Data) -> Data:
    return {**row, "next": _when(row["next_at"])}


def _operation(row: Data, places: Data) -> Data:
    copied, total = row["bytes_transferred"], row["bytes_total"]
    checking = row["started"] and copied >= total
    return {
        "id": row["operation_id"],
        "type": row["operation_type"],
        "href": f"{places['operations']['href']}{row['operation_id']}/change/",
        "kind": WORDS["kinds"][row["operation_type"]],
        "title": row["title"] or row["file_name"],
        "file": row["file_name"] if row["title"] else "",
        "percent": int(row["progress_percent"]),
        "bytes": f"{readable(copied)} of {readable(total)}",
        "size": readable(total),
        "speed": "" if checking or not row["speed_bytes_per_sec"] else f"{readable(row['speed_bytes_per_sec'])}/s",
        "left": "Checking the copy" if checking else time_left(row["eta_seconds"]),
        "reason": row["reason"],
    }


def _cache(row: Data) -> Data:
    capacity = row["limit"] or row["total"]
    others = 0 if row["limit"] else max(0, row["total"] - row["free"] - row["used"])
    of = f"of the limit of {readable(row['limit'])}" if row["limit"] else f"of the disk's {readable(row['total'])}"
    free = f"{readable(row['free'])} free" + (f" on the disk of {readable(row['total'])}" if row["limit"] else "")
    present = row["present"]
    return {
        **row,
        "used_share": share(row["used"], capacity),
        "others_share": share(others, capacity),
        "used_text": f"{readable(row['used'])} {of if present else 'of cached files'}",
        "others_text": f"{readable(others)} of other files" if present and others else "",
        "free_text": free if present else "",
    }


def _recent(row: Data, places: Data) -> Data:
    done = row["state"] == "done"
    word = WORDS["done"][row["operation_type"]] if done else WORDS["undone"][row["state"]]
    return _operation({**row, "started": False}, places) | {
        "state": row["state"],
        "word": word,
        "outcome": row["outcome"] or row["reason"],
        "finished": _when(row["finished_at"]),
    }


def _session(row: Data) -> Data:
    parts = [row["user"], row["player"], WORDS["states"][row["state"]], "transcoded" if row["transcoded"] else ""]
    return {
        "key": f"{row['session_key']} {row['rating_key']}",
        "title": row["title"],
        "who": " · ".join(filter(None, parts)),
        "served": row["served"],
        "served_text": WORDS["served"][row["served"]],
    }


def share(part: int, whole: int) -> str:
    """A part in percent of the whole, for an attribute: with a point whatever the language."""
    return f"{min(100.0, 100 * part / whole):.2f}" if whole else "0"


def _when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
