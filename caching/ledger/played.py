"""The ledger as metrics. Times in seconds; rates from 0 to 1."""

from collections import Counter
from collections.abc import Iterator

from django.db.models import Count, Sum

from cacherr.exposition import Family
from caching.ledger import reading
from caching.models import Playback


def families() -> Iterator[Family]:
    """Plays of all time by user and place, why they were missed, and the rates of the last days. Four queries."""
    plays, seconds = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    rows = Playback.objects.order_by().values_list("user__title", "who", "served")
    for user, who, served, count, took in rows.annotate(Count("id"), Sum("played_seconds")):
        plays[user or who, served] += count
        seconds[user or who, served] += took or 0
    for counts, name, meaning in (
        (plays, "plays", "Plays, by user and by where they were served from."),
        (seconds, "played_seconds", "Seconds played, by user and by where they were served from."),
    ):
        samples = [({"user": user, "served": served}, float(n)) for (user, served), n in sorted(counts.items())]
        yield Family(f"cacherr_{name}_total", "counter", meaning, samples)
    missed = Playback.objects.exclude(missed="").order_by("missed").values_list("missed").annotate(Count("id"))
    samples = [({"why": why}, float(count)) for why, count in missed]
    yield Family("cacherr_plays_missed_total", "counter", "Plays that did not come from the cache, by why.", samples)
    yield from _lately()


def _lately() -> Iterator[Family]:
    told = reading.summary()
    if told["hit_rate"] is not None:
        meaning = f"Part of the plays of the last {told['days']} days that came from the cache, 0 to 1."
        yield Family("cacherr_hit_rate", "gauge", meaning, [({}, told["hit_rate"])])
    meaning = f"Disk wake-ups avoided in the last {told['days']} days, an estimate."
    yield Family("cacherr_wakeups_avoided", "gauge", meaning, [({}, float(told["wakeups"]["avoided"]))])
