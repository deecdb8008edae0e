"""Texts that cannot be kept: PostgreSQL takes no NUL, and no database half a character. Pure.

JSON can hold both, as a backslash with u0000 or ud800. They are refused where a document or a request is read; what
services write is mended.
"""

from typing import Any

NUL = "A NUL character is in no text here. Take it out."
HALF = "Half a character (a lone surrogate) is in no text here. Write the whole one."


def fault(text: str) -> str:
    """What is wrong with a text, as a sentence with its cure; empty when nothing is."""
    if "\0" in text:
        return NUL
    try:
        text.encode()
    except UnicodeEncodeError:
        return HALF
    return ""


def storable(text: str) -> str:
    """A text of somebody else's as it can be kept: a space for a NUL, a question mark for half a character."""
    return text.replace("\0", " ").encode(errors="replace").decode()


def fault_within(value: Any) -> tuple[str, str] | None:
    """Where in a value of JSON a text is that cannot be kept, as `rules.0.name`, and what is wrong with it.

    Names of an object count as texts of the object. None when every text is good. As deep as JSON may be: no recursion.
    """
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        where, one = waiting.pop()
        if isinstance(one, str) and (said := fault(one)):
            return where, said
        if isinstance(one, dict):
            said = next(filter(None, map(fault, filter(_is_text, one))), "")
            if said:
                return where, said
            waiting += [(_below(where, name), part) for name, part in one.items()]
        elif isinstance(one, list):
            waiting += [(_below(where, number), part) for number, part in enumerate(one)]
    return None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _below(where: str, name: object) -> str:
    return f"{where}.{name}".lstrip(".")
