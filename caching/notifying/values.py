"""What is told, as plain values. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

Facts = tuple[tuple[str, str], ...]

LEVELS = ("success", "info", "warning", "failure")
"""From good to bad."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened. Title, lines and facts are plain text, names of films and people included."""

    event: str
    """One of `NoticeEvent`."""
    level: str
    title: str
    lines: tuple[str, ...] = ()
    facts: Facts = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong for as long as it lasts."""

    key: str
    """The same for as long as it is the same trouble."""
    happening: Happening
    over: str = ""
    """What is said when it is over; empty: nothing."""


@dataclass(frozen=True, slots=True)
class Message:
    """What one target is sent."""

    title: str
    body: str
    level: str
    markdown: bool = False


def worst(levels: Sequence[str]) -> str:
    """The worst of some levels."""
    return max(levels, key=LEVELS.index)
