"""What is wrong with a request's fields, for people: each field as the reader wrote it, and what to write. Pure.

Pydantic's own sentences speak of inputs, dictionaries and instances, and say nothing of what to do.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Fault = Mapping[str, Any]
"""One of pydantic's, as Ninja passes it on: `type`, `loc` (where), `ctx` (bounds and the like)."""

MOST = 10
"""So many fields are told of in one answer."""
MOST_CHARACTERS = 200
"""Of a field's name: names can come from the request."""
UNKNOWN = "It cannot be so. /api/docs says what it may be."

KINDS: Mapping[str, str] = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "string": "a text",
    "list": "a list: […]",
    "dict": "a JSON object: {…}",
    "model": "a JSON object: {…}",
    "datetime": "a time such as 2026-01-31T20:00:00Z",
    "timezone": "a time such as 2026-01-31T20:00:00Z",
}
"""What to write, by the first word of a fault's type. The other words tell why it is not."""

PATTERNS: Mapping[str, str] = {"^[^,]+$": "Write it without commas."}
"""What to write, by the pattern that a text does not match."""

BRANCHES = frozenset({"bool", "int", "float", "str"})
"""What pydantic adds to the place of a value that may be of several kinds."""


def complaint(faults: Sequence[Fault]) -> str:
    """All that is wrong as one text: `field: sentence`, field by field."""
    found: dict[str, list[Fault]] = {}
    for fault in faults:
        found.setdefault(_field(fault, faults), []).append(fault)
    told = [f"{field}: {_sentence(those)}" if field else _of_all(those) for field, those in found.items()]
    if len(told) > MOST:
        told[MOST:] = [f"There are {len(told) - MOST} more mistakes."]
    return " ".join(told) or UNKNOWN


def _field(fault: Fault, faults: Sequence[Fault]) -> str:
    """The field as the reader knows it, as `rules.0.name`; empty for the content as a whole."""
    source, *place = _place(fault, faults)
    if source == "body" or (len(place) > 1 and isinstance(place[1], str)):
        place = place[1:]  # the name of a parameter in our own code
    if source != "body":
        place = place[:1]  # a list is written by naming its field several times
    return ".".join(map(str, place))[:MOST_CHARACTERS]


def _place(fault: Fault, faults: Sequence[Fault]) -> tuple[Any, ...]:
    """Where, without the kind that was tried there in vain."""
    where = tuple(fault["loc"])
    is_branch = where[-1] in BRANCHES and sum(tuple(other["loc"])[:-1] == where[:-1] for other in faults) > 1
    return where[:-1] if is_branch else where


def _of_all(faults: Sequence[Fault]) -> str:
    """Of a content that is of another kind than the endpoint takes, or is not there."""
    if faults[0]["type"] == "missing":
        return "There is no content. Send a JSON object: {…}."
    return f"The content: {_sentence(faults)}"


def _sentence(faults: Sequence[Fault]) -> str:
    """What is wrong with one field, with the cure."""
    kinds = list(dict.fromkeys(KINDS[word] for word in map(_kind, faults) if word))
    if len(kinds) > 1:
        return f"Write {', '.join(kinds[:-1])} or {kinds[-1]}."
    name, bounds = faults[0]["type"], faults[0].get("ctx", {})
    if name in SENTENCES:
        return SENTENCES[name](bounds)
    return f"Write {kinds[0]}." if kinds else UNKNOWN


def _kind(fault: Fault) -> str:
    """The kind of value that was expected; empty where the kind was right."""
    name = str(fault["type"])
    word = name.partition("_")[0]
    return word if word in KINDS and name not in SENTENCES else ""


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _one_of(bounds: Mapping[str, Any]) -> str:
    """Pydantic writes 'a', 'b' or 'c'."""
    words = re.sub(r"'([^']+)'", r"\1", str(bounds["expected"]))
    return f"Write one of these: {words}."


SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "It is missing. Send it, too.",
    "extra_forbidden": lambda _: "There is no field of this name here. Leave it out, or look it up at /api/docs.",
    "enum": _one_of,
    "literal_error": _one_of,
    "greater_than_equal": lambda bounds: f"Write a number of at least {bounds['ge']}.",
    "less_than_equal": lambda bounds: f"Write a number of at most {bounds['le']}.",
    "greater_than": lambda bounds: f"Write a number above {bounds['gt']}.",
    "less_than": lambda bounds: f"Write a number below {bounds['lt']}.",
    "int_parsing_size": lambda _: "The number is too large. Write a smaller one.",
    "string_too_long": lambda bounds: f"Write at most {_counted(bounds['max_length'], 'character', 'characters')}.",
    "string_too_short": lambda bounds: f"Write at least {_counted(bounds['min_length'], 'character', 'characters')}.",
    "string_pattern_mismatch": lambda bounds: PATTERNS.get(bounds["pattern"], f"It must match {bounds['pattern']}."),
    "too_long": lambda bounds: f"Write at most {_counted(bounds['max_length'], 'entry', 'entries')}.",
    "too_short": lambda bounds: f"Write at least {_counted(bounds['min_length'], 'entry', 'entries')}.",
    "value_error": lambda bounds: str(bounds["error"]),
}
"""By a fault's type. The sentence of a `value_error` is our own."""
