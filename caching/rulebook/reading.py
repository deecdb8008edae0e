"""The rules as the planner takes them."""

from collections.abc import Iterable

from caching.models import Rule, RuleAction
from caching.models.rule import words
from caching.planning import values
from caching.planning.sizes import parse_size
from plexusers import tagging
from plexusers.models import TagKind
from plexusers.tagging import Tag, tag


def enabled() -> list[Rule]:
    """The rules that count, in their order. One query."""
    return list(Rule.objects.filter(enabled=True).order_by("order", "name"))


def book(rows: Iterable[Rule]) -> tuple[values.Rule, ...]:
    """Rules as values, with the libraries of which it is not known what has their labels and genres."""
    return tuple(value_of(row, tagging.unknown(tags_of([row]))) for row in rows)


def tags_of(rows: Iterable[Rule]) -> set[Tag]:
    """The labels and genres that rules ask for."""
    found: set[Tag] = set()
    for row in rows:
        found |= {tag(TagKind.LABEL, name) for name in words(row.labels)}
        found |= {tag(TagKind.GENRE, name) for name in words(row.genres)}
    return found


def value_of(row: Rule, unknown: frozenset[str] = frozenset()) -> values.Rule:
    """One rule as a value. `unknown` are keys of libraries."""
    return values.Rule(
        row.name,
        includes=row.action == RuleAction.INCLUDE,
        sections=frozenset(words(row.libraries)),
        kind=row.kind,
        title=row.title,
        labels=frozenset(name.casefold() for name in words(row.labels)),
        genres=frozenset(name.casefold() for name in words(row.genres)),
        path=row.path,
        larger_than=_bytes(row.larger_than),
        smaller_than=_bytes(row.smaller_than),
        resolutions=frozenset(words(row.resolutions)),
        added_before=row.added_before_days,
        added_within=row.added_within_days,
        released_before=row.released_before_days,
        released_within=row.released_within_days,
        unknown=unknown,
    )


def _bytes(text: str) -> int | None:
    size = parse_size(text)
    return size.bytes if size else None
