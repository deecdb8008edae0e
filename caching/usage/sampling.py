"""Taking samples: at the end of each cycle, and once an hour."""

from collections import Counter
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from caching.models import CachedFile, Root, UsageSample
from caching.usage.counting import main_source, superfluous


def take(now: datetime | None = None) -> None:
    """Note how full the caches are; a later look in the same hour takes the place of an earlier one."""
    hour = _hour(now or timezone.now())
    sizes = Counter[tuple[str, str]]()
    for cache, sources, size in CachedFile.objects.order_by().values_list("cache_id", "sources", "size"):
        sizes[cache, main_source(sources.split(","))] += size
    rows = [UsageSample(at=hour, cache_id=cache, source=source, size=size) for (cache, source), size in sizes.items()]
    full = {cache for cache, _ in sizes}
    empty = Root.objects.filter(kind=Root.Kind.CACHE, mappings_of_cache__enabled=True).exclude(pk__in=full).distinct()
    rows += [UsageSample(at=hour, cache=root, source="", size=0) for root in empty]
    with transaction.atomic():
        UsageSample.objects.filter(at=hour).delete()
        UsageSample.objects.bulk_create(rows, ignore_conflicts=True)  # somebody else may look just now


def take_if_due() -> None:
    """Take the hour's sample unless there is one; then forget what is not kept for ever."""
    now = timezone.now()
    if UsageSample.objects.filter(at=_hour(now)).exists():
        return
    take(now)
    times = list(UsageSample.objects.order_by().values_list("at", flat=True).distinct())
    UsageSample.objects.filter(at__in=superfluous(times, now)).delete()


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
