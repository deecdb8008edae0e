"""Metrics for Prometheus: what Cacherr has cached, does and asks. Reads rows and free space, asks nobody."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import Count, Model, Sum
from django.utils import timezone

from cacherr import __version__
from cacherr.exposition import Family, Labels, exposition
from caching import pausing, state
from caching.health import health
from caching.ledger import played
from caching.models import Cycle, CycleState, Operation
from plexusers import bookkeeping
from plexusers.models import RequestCount

Samples = list[tuple[Labels, float]]


def metrics() -> str:
    """All metrics as text."""
    families = [*_itself(), *_cached(), *_work(), *played.families(), *_requests()]
    return exposition(family for family in families if family.samples)


def _itself() -> Iterator[Family]:
    found = health()
    levels = ("healthy", "warning", "critical")
    yield _gauge("cacherr_info", "Always 1, with the version.", [({"version": __version__}, 1)])
    yield _gauge(
        "cacherr_health", "1 for the state that Cacherr is in.",
        [({"status": level}, int(found["status"] == level)) for level in levels],
    )  # fmt: skip
    yield _gauge(
        "cacherr_check_ok", "Whether a check of the health is passed.",
        [({"check": name}, int(check["ok"])) for name, check in found["checks"].items()],
    )  # fmt: skip
    yield _gauge("cacherr_paused", "Whether Cacherr is paused.", [({}, int(pausing.is_paused()))])


def _cached() -> Iterator[Family]:
    stats = state.stats_data()
    yield _gauge("cacherr_cached_files", "Files that are cached.", [({}, stats["files_cached"])])
    yield _gauge("cacherr_cached_bytes", "Bytes that are cached.", [({}, stats["bytes_cached"])])
    yield _gauge("cacherr_conflicts", "Cached files that need a look.", [({}, stats["conflicts"])])

    def of_caches(name: str, meaning: str, value: Callable[[dict[str, Any]], Any]) -> Family:
        told = [({"cache": cache["path"]}, value(cache)) for cache in stats["caches"]]
        return _gauge(f"cacherr_cache_{name}", meaning, [(labels, one) for labels, one in told if one is not None])

    yield of_caches("present", "Whether a cache's disk is there.", lambda cache: int(cache["present"]))
    yield of_caches("used_bytes", "Bytes of cached files on a cache.", lambda cache: cache["used"])
    yield of_caches("limit_bytes", "How much Cacherr may use of a cache.", lambda cache: cache["limit"])
    for key, meaning in (("total", "Size of a cache's file system."), ("free", "What is free on it.")):
        yield of_caches(f"{key}_bytes", meaning, lambda cache, key=key: cache[key] if cache["present"] else None)  # type: ignore[misc]


def _work() -> Iterator[Family]:
    yield _gauge("cacherr_operations", "Operations in the journal.", _numbers(Operation, "kind", "state"))
    yield _gauge("cacherr_cycles", "Cycles that are remembered.", _numbers(Cycle, "state"))
    done = Cycle.objects.filter(state=CycleState.COMPLETED, finished_at__isnull=False).order_by("-finished_at")
    ended: Samples = [({}, at.timestamp()) for at in done.values_list("finished_at", flat=True)[:1] if at]
    yield _gauge("cacherr_last_completed_cycle_timestamp_seconds", "When the last good cycle ended.", ended)


def _numbers(model: type[Model], *names: str) -> Samples:
    rows = model._default_manager.order_by(*names).values(*names).annotate(rows=Count("pk"))
    return [({name: row[name] for name in names}, row["rows"]) for row in rows]


def _requests() -> Iterator[Family]:
    names = ("host", "endpoint", "outcome")
    rows = list(
        RequestCount.objects.order_by(*names)
        .values(*names)
        .annotate(counts=Sum("count"), sizes=Sum("size"), took=Sum("seconds"))
    )
    for key, name, meaning in (
        ("counts", "requests", "Requests made, every attempt."),
        ("sizes", "request_answer_bytes", "Bytes of the answers."),
        ("took", "request_seconds", "Seconds from asking to the whole answer."),
    ):
        samples: Samples = [({label: row[label] for label in names}, row[key]) for row in rows]
        yield Family(f"cacherr_{name}_total", "counter", meaning, samples)
    now = timezone.now().timestamp()
    rests: Samples = [({"host": host}, round(rest.until - now)) for host, rest in bookkeeping.rests().items()]
    yield _gauge("cacherr_host_rest_seconds", "For how long a host is not asked.", rests)


def _gauge(name: str, meaning: str, samples: Samples) -> Family:
    return Family(name, "gauge", meaning, samples)
