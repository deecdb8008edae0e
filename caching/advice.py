"""What would have to change for a decision to be another one, in sentences. Pure: from facts about one file."""

from collections.abc import Iterator
from dataclasses import dataclass

from caching.planning.sizes import readable

NONE = "none"
"""The decision on what no plan speaks of: it is not cached, and nobody wants it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the advice depends on. Sizes in bytes."""

    action: str
    """cache, keep, restore, evict, skip or none."""
    sources: tuple[str, ...] = ()
    """The claims under which it is wanted."""
    who: tuple[str, ...] = ()
    cached: bool = False
    conflict: bool = False
    problem: bool = False
    size: int = 0
    score: int = 0
    lowest: int | None = None
    """The lowest score of what stays on the same cache."""
    belongs_to: str = ""
    covered: bool = True
    """Whether a path mapping covers it."""
    in_library: bool = True
    switched_off: str = ""
    """The library that it is in, when that is switched off."""
    other_version: bool = False
    """Whether another version of the same item is wanted instead."""
    watched_by: tuple[str, ...] = ()
    rule: str = ""
    """The rule that keeps it out, or would."""
    limit: str = ""
    """The limit that it does not fit."""
    only_included: bool = False
    """Whether it is kept out because no rule includes it."""
    paused: bool = False
    dry_run: bool = False


WANTING = (
    "It is cached once it is on somebody's deck or watchlist, comes next for somebody, is on an import list that "
    "counts, or is pinned."
)
PIN = "Pin it: what is pinned has the highest score, and stays."


def advice(facts: Facts) -> tuple[str, ...]:
    """What would change the decision, the nearest first."""
    if facts.belongs_to:
        return (f"It comes and leaves with its video: ask about {facts.belongs_to}.", *_at_rest(facts))
    return (*(_BY_ACTION[facts.action](facts)), *_by_owner(facts), *_at_rest(facts))


def reason_without_decision(facts: Facts) -> str:
    """Why no plan speaks of a file."""
    if facts.switched_off:
        return f"its library, {facts.switched_off}, is switched off"
    if not facts.in_library:
        return "Plex's library does not have it"
    if facts.other_version:
        return "another version of it is wanted"
    return "nobody wants it"


def _unwanted(facts: Facts) -> Iterator[str]:
    if not facts.covered:
        yield "Add a path mapping for its Plex path: without one it is never cached."
    if facts.switched_off:
        yield f"Switch the library {facts.switched_off} on."
    elif not facts.in_library:
        yield "Let Plex scan its library. Cacherr knows what is new after the next cycle."
    elif facts.other_version:
        yield "Let all versions count in the watching settings, or pin it with the versions that you want."
    else:
        yield WANTING
    if facts.watched_by:
        yield f"{_names(facts.watched_by)} watched it to the end; whoever starts it anew wants it again."


def _skipped(facts: Facts) -> Iterator[str]:
    if facts.conflict:
        yield "Look at the file, then restore it by hand; the audit shows what is the matter with it."
    elif facts.rule or facts.only_included or facts.limit:
        yield PIN
    elif facts.sources:
        yield f"It needs {readable(facts.size)}: make room as the reason says."
        if facts.lowest is not None:
            yield f"Its score is {facts.score}; the lowest of what stays there is {facts.lowest}."
        yield PIN
    elif facts.problem:
        yield "Mend what the reason names. Each cycle looks again."
    else:
        yield "Nothing has to be done: each cycle looks again."


def _kept(facts: Facts) -> Iterator[str]:
    if "playing" in facts.sources:
        yield "It stays at least as long as it plays."
    if "pin" in facts.sources:
        yield "It stays until it is unpinned."
    elif facts.sources:
        yield (
            f"It leaves once nobody wants it any more: {_names(facts.who)} watched it, or it is off the deck, the "
            "watchlist or the list. It may leave earlier for something with a higher score."
        )
    else:
        yield "It leaves once what the reason names is over, unless somebody wants it again."
        yield PIN


def _cached(_: Facts) -> Iterator[str]:
    yield "It comes with the next cycle, unless it is wanted no more by then."


def _restored(_: Facts) -> Iterator[str]:
    yield "It leaves with the next cycle, unless somebody wants it again by then."
    yield PIN


def _evicted(facts: Facts) -> Iterator[str]:
    if facts.limit:
        yield "It leaves with the next cycle, because of the limit."
    else:
        yield "It leaves with the next cycle to make room: with a larger budget it would stay."
    yield f"Its score is {facts.score}: one above that of what is to come would keep it."
    yield PIN


_BY_ACTION = {
    NONE: _unwanted, "skip": _skipped, "keep": _kept, "cache": _cached, "restore": _restored, "evict": _evicted,
}  # fmt: skip


def _by_owner(facts: Facts) -> Iterator[str]:
    """What the owner has set against it."""
    if facts.rule:
        yield f"Change the rule {facts.rule}, which keeps it out, or put one before it that includes it."
    if facts.only_included:
        yield "Make a rule that includes it, or let everything be cached in the caching settings."
    if facts.limit:
        yield f"Raise {facts.limit}, under Limits, or let less else be wanted."


def _at_rest(facts: Facts) -> Iterator[str]:
    if facts.action in {"cache", "restore", "evict"}:
        if facts.paused:
            yield "Cacherr is paused: nothing moves until it goes on."
        if facts.dry_run:
            yield "Dry run is on: no file is touched until it is switched off."


def _names(names: tuple[str, ...]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:]))) or "whoever wants it"
