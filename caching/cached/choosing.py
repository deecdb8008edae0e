"""Which cached files are asked for: one rule for the API, the export and the admin's list."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from django.db.models import F, OrderBy, Q, QuerySet

from caching import claims
from caching.models import CachedFile
from caching.planning.sizes import parse_size
from plexusers.wants import SourceName

Condition = Literal["cached", "conflict", "rescued"]
Kind = Literal["video", "sidecar"]
Sort = Literal[
    "cached_at", "-cached_at", "size", "-size", "score", "-score", "title", "-title", "leaves_at", "-leaves_at"
]
SOURCES: tuple[str, ...] = get_args(SourceName)

CONDITIONS: dict[Condition, Q] = {
    "cached": Q(conflict="", rescued_at__isnull=True),
    "conflict": ~Q(conflict=""),
    "rescued": Q(conflict="", rescued_at__isnull=False),
}

KINDS: dict[Kind, Q] = {"video": Q(belongs_to=b"") | ~Q(conflict=""), "sidecar": ~Q(belongs_to=b"")}
"""A sidecar in conflict needs somebody to look, so it does not hide behind its video."""


def condition_of(row: CachedFile) -> Condition:
    """The condition of a cached file."""
    return "conflict" if row.conflict else "rescued" if row.rescued_at else "cached"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for; what is empty asks for everything."""

    search: str = ""
    """Looked for in titles and Plex paths."""
    user: str = ""
    """A part of a name, or plex.tv's number."""
    source: str = ""
    """A source, or a claim such as `ondeck:42`."""
    status: Condition | None = None
    size: str = ""
    """`1GB`, `1GB..`, `..10GB`, `1GB..10GB`."""
    since: datetime | None = None
    """Cached at this time or later."""
    kind: Kind | None = None
    """Videos, with whatever is in conflict, or sidecars; all unless it is said."""


def chosen(asked: Asked) -> QuerySet[CachedFile]:
    """The cached files that are asked for, in no order. Raises ValueError for a size that is none."""
    rows = CachedFile.objects.order_by()
    if asked.search:
        rows = rows.filter(Q(title__icontains=asked.search) | Q(plex_path__icontains=asked.search))
    if asked.user:
        rows = of_user(rows, int(asked.user)) if is_number(asked.user) else rows.filter(who__icontains=asked.user)
    if asked.source:
        rows = of_source(rows, asked.source)
    if asked.status:
        rows = rows.filter(CONDITIONS[asked.status])
    if asked.kind:
        rows = rows.filter(KINDS[asked.kind])
    if asked.since:
        rows = rows.filter(cached_at__gte=asked.since)
    return rows.filter(sized(asked.size))


def is_number(text: str) -> bool:
    """Whether a user is named by number."""
    return text.isascii() and text.isdigit()


def of_user(rows: QuerySet[CachedFile], number: int) -> QuerySet[CachedFile]:
    """What this user wants, or wanted last: by plex.tv's number, whatever the name is today."""
    one_of = Q(*(_has(claim) for claim in claims.of_user(number)), _connector=Q.OR)
    return rows.filter(sources__contains=f":{number}").filter(one_of)  # the first is quick and leaves little


def of_source(rows: QuerySet[CachedFile], source: str) -> QuerySet[CachedFile]:
    """What a source wants, or wanted last: `ondeck`, or one of its claims, `ondeck:42`."""
    if source in SOURCES:  # no source's name begins like another's
        return rows.filter(Q(sources__startswith=source) | Q(sources__contains=f",{source}"))
    return rows.filter(sources__contains=source).filter(_has(source))


def _has(claim: str) -> Q:
    """One of the claims, which are separated by commas, is just this one."""
    places = {"exact": claim, "startswith": f"{claim},", "endswith": f",{claim}", "contains": f",{claim},"}
    return Q(*((f"sources__{way}", text) for way, text in places.items()), _connector=Q.OR)


def sized(text: str) -> Q:
    """Of this size: at least, at most, or both. Raises ValueError for what is no size."""
    least, _, most = text.partition("..")
    found = Q()
    if size := parse_size(least):
        found &= Q(size__gte=size.bytes)
    if size := parse_size(most):
        found &= Q(size__lte=size.bytes)
    return found


def order(sort: Sort) -> OrderBy:
    """By what they are sorted; what has no date comes last."""
    name = sort.removeprefix("-")
    last = name == "leaves_at" or None  # elsewhere there is none without: an index can be used
    return F(name).desc(nulls_last=last) if sort.startswith("-") else F(name).asc(nulls_last=last)
