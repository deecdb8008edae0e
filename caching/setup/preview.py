"""What the first cycle would do, with its reasons; then, and only then, go."""

from collections import Counter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from cacherr.errors import BusyError, CacherrError, RefusedError
from caching import beginning, cycle, nudge
from caching import preview as previews
from caching.models import CachePolicy
from caching.planning.sizes import readable
from caching.setup.frame import STEPS, done, for_owner, page

KEPT, SHOWN = 2000, 100
"""Decisions that are kept, and videos on the page."""
TRIGGER = "setup"
WORDS = {
    "cache": "To be cached",
    "keep": "Stays cached",
    "restore": "Goes back to the array",
    "evict": "Goes back, to make room",
    "skip": "Not cached",
}
ORDER = list(WORDS)


@for_owner
def preview(request: HttpRequest) -> HttpResponse:
    """Makes the preview, shows it, and takes the go."""
    if request.method != "POST":
        return _page(request)
    try:
        if request.POST.get("do") == "go":
            return _go()
        found = previews.now()
    except CacherrError as error:
        return _page(request, error)
    kept = {"decisions": found.decisions[:KEPT], "totals": found.totals, "trouble": found.trouble}
    beginning.note(preview=kept, preview_at=timezone.now())
    return redirect("setup_preview")


def _go() -> HttpResponse:
    if beginning.stored().preview is None and not beginning.is_set_up():
        raise RefusedError("There is no preview of what would happen now.", "Look at it first.")
    beginning.finish()
    try:
        cycle.request(TRIGGER)
    except BusyError:
        pass  # one is running already, or Cacherr is paused: the dashboard says so
    nudge.run_cycle()
    return redirect("admin:index")


def _page(request: HttpRequest, problem: CacherrError | None = None) -> HttpResponse:
    row, state = beginning.stored(), done()
    first = next((step for step in STEPS[:-1] if not state[step.name]), None)
    return page(
        request, "preview", problem=problem, status=422 if problem else 200, first=first, made_at=row.preview_at,
        plan=_shown(row.preview) if row.preview else None, dry_run=CachePolicy.effective().dry_run,
    )  # fmt: skip


def _shown(kept: dict[str, Any]) -> dict[str, Any]:
    sidecars = Counter((one["mapping"], one["belongs_to"]) for one in kept["decisions"] if one["belongs_to"])
    videos = [one for one in kept["decisions"] if not one["belongs_to"]]
    videos.sort(key=lambda one: (ORDER.index(one["action"]), -one["score"]))
    totals = [
        {"word": WORDS[action], "files": total["files"], "size": readable(total["bytes"])}
        for action in ORDER
        if (total := kept["totals"].get(action))
    ]
    rows = [
        one
        | {
            "word": WORDS[one["action"]],
            "size": readable(one["size"]),
            "sidecars": sidecars[one["mapping"], one["path"]],
        }
        for one in videos[:SHOWN]
    ]
    return {"rows": rows, "totals": totals, "trouble": kept["trouble"], "more": len(videos) - len(rows)}
