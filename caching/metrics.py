"""Metrics in Prometheus' text format, from rows. Sizes in bytes, times in seconds.

The format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Count, Sum

from caching import state
from caching.ledger import reading
from caching.models import Cycle, Operation, Playback, State

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Sample:
    """One value; `labels` as names and values."""

    value: float
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric with its samples. `kind` is counter or gauge."""

    name: str
    kind: str
    help: str
    samples: tuple[Sample, ...]


def text() -> str:
    """All metrics. A dozen queries whatever the sizes."""
    return "".join(_lines([*_caches(), *_work(), *_playback()]))


def _caches() -> Iterator[Metric]:
    stats = state.stats_data()
    yield _gauge("files_cached", "Cached files.", stats["files_cached"])
    yield _gauge("bytes_cached", "Bytes of cached files.", stats["bytes_cached"])
    yield _gauge("conflicts", "Cached files that somebody has to look at.", stats["conflicts"])
    for field, words in (("used", "Cacherr's own files"), ("free", "Free space"), ("total", "Size")):
        samples = tuple(Sample(one[field], {"cache": one["path"]}) for one in stats["caches"] if one["present"])
        yield Metric(f"cacherr_cache_{field}_bytes", "gauge", f"{words} of a cache.", samples)


def _work() -> Iterator[Metric]:
    cycles = Cycle.objects.order_by().values_list("state").annotate(Count("id"))
    yield _counter("cycles_total", "Cycles by state.", (Sample(count, {"state": one}) for one, count in cycles))
    rows = Operation.objects.order_by().values_list("kind", "state").annotate(Count("id"))
    samples = (Sample(count, {"kind": kind, "state": one}) for kind, one, count in rows)
    yield _counter("operations_total", "Operations by kind and state.", samples)
    moved = Operation.objects.filter(state=State.DONE).order_by().values_list("kind").annotate(Sum("bytes_total"))
    yield _counter(
        "moved_bytes_total", "Bytes of finished operations.", (Sample(n or 0, {"kind": k}) for k, n in moved)
    )


def _playback() -> Iterator[Metric]:
    rows = Playback.objects.order_by().values_list("user__title", "who", "served")
    counts = list(rows.annotate(Count("id"), Sum("played_seconds")))
    labels = [{"user": user or who, "served": served} for user, who, served, *_ in counts]
    plays = (Sample(row[3], one) for row, one in zip(counts, labels, strict=True))
    yield _counter("plays_total", "Plays by user and by where they were served from.", _joined(plays))
    seconds = (Sample(row[4] or 0, one) for row, one in zip(counts, labels, strict=True))
    yield _counter("played_seconds_total", "How long was played.", _joined(seconds))
    missed = Playback.objects.exclude(missed="").order_by().values_list("missed").annotate(Count("id"))
    yield _counter(
        "plays_missed_total", "Plays not from the cache, by why.", (Sample(n, {"why": w}) for w, n in missed)
    )
    told = reading.summary()
    if told["hit_rate"] is not None:
        yield _gauge("hit_rate", f"Part of plays that came from the cache, last {told['days']} days.", told["hit_rate"])
    avoided = told["wakeups"]["avoided"]
    yield _gauge("wakeups_avoided", f"Disk wake-ups avoided, an estimate, last {told['days']} days.", avoided)


def _joined(samples: Iterable[Sample]) -> Iterator[Sample]:
    """Samples with the same labels as one: somebody's name may have been told in two ways."""
    sums: dict[tuple[tuple[str, str], ...], float] = {}
    for one in samples:
        key = tuple(one.labels.items())
        sums[key] = sums.get(key, 0) + one.value
    return (Sample(value, dict(key)) for key, value in sums.items())


def _gauge(name: str, words: str, value: float) -> Metric:
    return Metric(f"cacherr_{name}", "gauge", words, (Sample(value, {}),))


def _counter(name: str, words: str, samples: Iterable[Sample]) -> Metric:
    return Metric(f"cacherr_{name}", "counter", words, tuple(samples))


def _lines(metrics: Iterable[Metric]) -> Iterator[str]:
    for metric in metrics:
        yield f"# HELP {metric.name} {metric.help}\n# TYPE {metric.name} {metric.kind}\n"
        for sample in sorted(metric.samples, key=lambda one: tuple(one.labels.items())):
            labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels.items())
            yield f"{metric.name}{f'{{{labels}}}' if labels else ''} {sample.value!r}\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
