"""Where the files are: mappings proposed, entered, and stored once they are proved."""

from dataclasses import asdict, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from cacherr.errors import CacherrError
from caching import beginning, detecting
from caching import mappings as path_mappings
from caching.detecting import Asked
from caching.models import PathMapping
from caching.models.storage import Origin, WantedPlacement
from caching.setup.frame import for_owner, page

FIELDS = ("name", "plex_prefix", "array_root", "cache_root", "placement")
MOST = 4096


@for_owner
def mappings(request: HttpRequest) -> HttpResponse:
    """Shows mappings with what is wrong with them, and proposals for what none covers."""
    named = (beginning.stored().detected or {}).get("look_in", "")
    asked = replace(detecting.ask(), look_in=(named,) if named.startswith("/") else ())
    if request.method != "POST":
        return _page(request, asked, asked.error)
    try:
        asked_for = request.POST.get("do", "")
        if asked_for == "detect":
            _detect(asked, _entered(request, "look_in"), _entered(request, "cache_in"))
        elif asked_for == "use":
            detecting.add_proved({name: _entered(request, name) for name in FIELDS}, asked)
        elif asked_for == "prove":
            detecting.prove(_row(request), asked)
        elif asked_for == "remove":
            detecting.remove(_row(request))
    except CacherrError as error:
        return _page(request, asked, error)
    beginning.note(preview=None, preview_at=None)  # it was made for other mappings
    return redirect("setup_mappings")


def _entered(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\0", "").strip()[:MOST]


def _row(request: HttpRequest) -> PathMapping:
    text = request.POST.get("mapping", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
    return get_object_or_404(PathMapping.objects.select_related("array", "cache"), pk=number)


def _detect(asked: Asked, look_in: str = "", cache_in: str = "") -> dict[str, Any]:
    if asked.error:
        raise asked.error
    found = detecting.detect(asked.locations or (), [look_in], [cache_in])
    detected = {
        "look_in": look_in,
        "cache_in": cache_in,
        "proposals": [asdict(one) for one in found.proposals],
        "missing": [list(one) for one in found.missing],
    }
    beginning.note(detected=detected)
    return detected


def _page(request: HttpRequest, asked: Asked, problem: CacherrError | None) -> HttpResponse:
    known = path_mappings.in_force()
    detected = beginning.stored().detected
    if detected is None and asked.locations and not known:
        detected = _detect(asked)  # the page comes with proposals
    uncovered = set(detecting.uncovered(asked))
    proposals = [one for one in (detected or {}).get("proposals", ()) if uncovered & set(one["locations"])]
    entered = {name: request.POST.get(name, "") for name in FIELDS} if request.POST.get("do") == "use" else {}
    tried = next((one for one in proposals if one["plex_prefix"] == entered.get("plex_prefix")), None)
    if tried is not None:
        tried |= entered  # what was changed in it is shown as it was entered
        entered = {}
    proved = bool(known) and all(one.is_proved for one in known)
    return page(
        request, "mappings", problem=problem, status=422 if problem and request.method == "POST" else 200,
        known=[_shown(one, asked) for one in known], proposals=proposals, entered=entered, detected=detected,
        missing=[one for one in (detected or {}).get("missing", ()) if one[0] in uncovered],
        uncovered=sorted(uncovered), placements=WantedPlacement.choices, proved=proved, locations=asked.locations,
    )  # fmt: skip


def _shown(mapping: PathMapping, asked: Asked) -> dict[str, Any]:
    found = detecting.examine(mapping, asked)
    return {
        "row": mapping,
        "own": mapping.origin != Origin.ENVIRONMENT,
        "findings": found,
        "good": mapping.is_proved and not any(one.level == "error" for one in found),
    }
