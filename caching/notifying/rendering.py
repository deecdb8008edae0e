"""From happenings to what a target shows: plain text, or Markdown as Discord and Slack take it. Pure."""

import re
from collections.abc import Callable, Sequence
from enum import Enum

from caching.notifying.values import Facts, Happening, Message, worst

MOST_SHOWN = 20
MOST_LINES = 12
MOST_CHARACTERS = 1800
"""Discord takes 2000 with the title."""
MOST_OF_TITLE = 200
MOST_OF_LINE = 400

_MARKS = re.compile(r"([\\`*_~|\[\](){}<>#+\-.!:])")
_JOINER = "\u2060"


class Style(Enum):
    """How a service takes its texts."""

    PLAIN = "plain"
    DISCORD = "discord"
    SLACK = "slack"


def render(happenings: Sequence[Happening], style: Style, *, dropped: int = 0) -> Message:
    """One message for everything that waits; `dropped` things found no room and are only counted."""
    level = worst([one.level for one in happenings])
    left = max(0, len(happenings) - MOST_SHOWN) + dropped
    if len(happenings) == 1 and not dropped:
        title, body = happenings[0].title, _one(happenings[0], style)
    else:
        title = f"{len(happenings) + dropped} things happened"
        body = "\n".join([*(_of_many(one, style) for one in happenings[:MOST_SHOWN]), *_more(left)])
    return Message(_title(title, style), _cut(body), level, markdown=style is not Style.PLAIN)


def _title(title: str, style: Style) -> str:
    """Slack shows titles as they are; Discord reads Markdown there too, and takes 256 characters."""
    text = _plain(title)
    return _markdown(text[: MOST_OF_TITLE // 2]) if style is Style.DISCORD else text[:MOST_OF_TITLE]


def _one(one: Happening, style: Style) -> str:
    text = _text(style)
    lines = [text(line) for line in one.lines[:MOST_LINES]]
    lines += _more(len(one.lines) - MOST_LINES)
    return "\n".join([*lines, *_facts(one.facts, style)]) or text(one.title)


def _facts(facts: Facts, style: Style) -> list[str]:
    text = _text(style)
    if style is Style.DISCORD:
        # A heading with what follows becomes a field; a field's value is shown as code, where nothing is escaped.
        return [f"## {text(name)}\n{_plain(value).replace('`', chr(39))}" for name, value in facts]
    if style is Style.SLACK:
        return [f"**{text(name)}:** {text(value)}" for name, value in facts]
    return [f"{text(name)}: {text(value)}" for name, value in facts]


def _of_many(one: Happening, style: Style) -> str:
    text = _text(style)
    facts = ", ".join(f"{name}: {value}" for name, value in one.facts)
    rest = " ".join(filter(None, [*one.lines[:3], facts]))
    title = text(one.title)
    head = title if style is Style.PLAIN else f"**{title}**"
    return f"• {head}" + (f": {text(rest)}" if rest else "")


def _more(count: int) -> list[str]:
    return [f"… and {count} more"] if count > 0 else []


def _cut(body: str) -> str:
    """Whole lines only, so that no mark is left open."""
    if len(body) <= MOST_CHARACTERS:
        return body
    kept: list[str] = []
    length = 0
    for line in body.split("\n"):
        length += len(line) + 1
        if length > MOST_CHARACTERS - 1:
            break
        kept.append(line)
    return "\n".join([*kept, "…"])


def _text(style: Style) -> Callable[[str], str]:
    return _plain if style is Style.PLAIN else _markdown


def _plain(text: str) -> str:
    """One line without control characters, which calls nobody: a name may be @everyone.

    An invisible joiner behind the @ is what Discord, Slack and the others like them respect.
    """
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:MOST_OF_LINE].replace("@", f"@{_JOINER}")


def _markdown(text: str) -> str:
    """Text that shows as it is: no mark, link, mention, heading or list of its own."""
    return _MARKS.sub(r"\\\1", _plain(text))
