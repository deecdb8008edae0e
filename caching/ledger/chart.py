"""The dashboard's card of the ledger: words, and a chart that the server draws."""

from typing import Any

from caching.ledger import reading
from caching.ledger.counting import NOBODY

WIDTH, HEIGHT, GAP = 600, 120, 0.25
"""Of the chart, in its own units; the gap as a part of a day's place."""
SOURCES = {
    "ondeck": "on deck", "watchlist": "watchlists", "feed": "friends' watchlists", "recent": "recently added",
    "playing": "what plays", "order": "ordered by hand", "list": "import lists", "pin": "pins",
    NOBODY: "wanted by nobody",
}  # fmt: skip


def card() -> dict[str, Any]:
    """What the template shows."""
    total, days = reading.summary(), reading.history()
    known = _plays(total["from_cache"] + total["from_array"])
    return {
        "days": total["days"],
        "plays": total["plays"],
        "headline": f"{percent(total['hit_rate'])} of {known} came from the cache",
        "by_hours": percent(total["hit_rate_by_hours"]),
        "avoided": _wakings(total["wakeups"]["avoided"]),
        "missed": [f"{word}: {count}" for word, count in total["missed"].items()],
        "users": [_row(one["user"], one) for one in total["users"]],
        "sources": [_row(SOURCES.get(one["source"], one["source"]), one) for one in total["sources"]],
        "width": WIDTH,
        "height": HEIGHT,
        "bars": bars(days),
        "rows": [one for one in days if one["plays"]],
    }


def bars(days: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Rectangles, a column for each day: what came from the cache below, what came from the array upon it. Pure."""
    most = max((one["from_cache"] + one["from_array"] for one in days), default=0)
    if not most:
        return []
    place, unit = WIDTH / len(days), HEIGHT / most
    found = []
    for number, one in enumerate(days):
        base = 0
        for kind in ("cache", "array"):
            count = one[f"from_{kind}"]
            if count:
                top = HEIGHT - (base + count) * unit
                found.append({
                    "kind": kind, "x": f"{(number + GAP / 2) * place:.1f}", "y": f"{top:.1f}",
                    "width": f"{place * (1 - GAP):.1f}", "height": f"{count * unit:.1f}",
                    "title": f"{one['date']}: {_plays(count)} from the {kind}",
                })  # fmt: skip
            base += count
    return found


def percent(rate: float | None) -> str:
    """A rate for people."""
    return "none" if rate is None else f"{rate * 100:.0f} %"


def _plays(count: int) -> str:
    return "1 play" if count == 1 else f"{count} plays"


def _wakings(count: int) -> str:
    if count < 0:
        return f"Copying woke the array about {-count} times more often than playing would have."
    return f"About {count} wake-up{'' if count == 1 else 's'} of the array avoided."


def _row(name: str, one: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name, "plays": one["plays"], "rate": percent(one["hit_rate"]),
        "by_hours": percent(one["hit_rate_by_hours"]),
    }  # fmt: skip
