"""Which positions of a list are to be cached, and which episodes of a show. Pure; the examples are in docs/lists.md."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from plexusers.answers import Viewed
from plexusers.episodes import to_go_on_with, watched
from plexusers.library import Entry


@dataclass(frozen=True, slots=True)
class Rule:
    """How a list is chosen from."""

    count: int
    fill: bool = False
    """Go down until there are `count` of them, `fill_limit` positions at the most; else only the first `count`."""
    fill_limit: int = 100
    aired_days: int = 0
    """Only what was released or broadcast in so many days; 0: everything."""


@dataclass(frozen=True, slots=True)
class Position:
    """A position of a list, as far as choosing goes."""

    in_library: bool
    aired: str = ""
    """ISO date of a film's release or of a show's newest episode; empty: not known."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen: indexes of positions, how many were looked at, and why the others were not."""

    chosen: tuple[int, ...]
    checked: int
    why_not: Mapping[int, str]


def select(positions: Sequence[Position], rule: Rule, today: date) -> Selection:
    """Go down the list as far as the rule says."""
    reach = min(len(positions), rule.fill_limit if rule.fill else rule.count)
    chosen: list[int] = []
    why_not: dict[int, str] = {}
    checked = 0
    for index in range(reach):
        if len(chosen) == rule.count:
            break
        checked = index + 1
        if reason := _refusal(positions[index], rule, today):
            why_not[index] = reason
        else:
            chosen.append(index)
    rest = "enough were found above it" if len(chosen) == rule.count else f"only {reach} positions are looked at"
    why_not |= dict.fromkeys(range(checked, len(positions)), rest)
    return Selection(tuple(chosen), checked, why_not)


def _refusal(position: Position, rule: Rule, today: date) -> str:
    if not position.in_library:
        return "not in the library"
    if not rule.aired_days:
        return ""
    try:
        days = (today - date.fromisoformat(position.aired)).days
    except ValueError:
        return "when it was released is not known"
    if days < 0:
        return "it is not out yet"
    return "" if days <= rule.aired_days else f"released {days} days ago, more than {rule.aired_days}"


def episodes_of_show(
    episodes: Iterable[Entry], states: Mapping[str, Viewed], count: int, choice: Literal["next", "newest"] | str
) -> list[Entry]:
    """The episodes of a show that count, in the order of watching: what comes next for somebody, or the newest.

    Of the newest ones those are left out that the person has watched. Specials never count.
    """
    if choice == "next":
        return to_go_on_with(episodes, states, count)
    known = sorted((one for one in episodes if not one.is_special), key=lambda one: one.order)
    newest = sorted(known, key=lambda one: one.released, reverse=False)[-count:] if count else []
    seen = watched(states)
    return sorted((one for one in newest if one.rating_key not in seen), key=lambda one: one.order)


def newest_date(episodes: Iterable[Entry]) -> str:
    """When a show's newest episode was broadcast: an ISO date, or empty."""
    return max((one.released for one in episodes if not one.is_special), default="")
