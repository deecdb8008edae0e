"""Facts told as XML or as JSON, whichever the client accepts."""

import json
from collections.abc import Mapping
from xml.etree.ElementTree import Element

from plexusers.standin.wire import JSON_TYPE, Answer, Request, xml

TAGS = {"movie": "Video", "show": "Directory"}
"""What an item's element is called; in JSON every item stands in `Metadata`."""


def told(request: Request, tag: str, facts: Mapping[str, object], *, status: int = 200) -> Answer:
    """One thing with its facts: an element, or the same as a JSON object."""
    return as_json(facts, status=status) if request.wants_json else as_xml(element(tag, facts), status=status)


def contained(request: Request, facts: Mapping[str, object]) -> Answer:
    """A container of items, in JSON an object with the one key `MediaContainer`."""
    if request.wants_json:
        return as_json({"MediaContainer": facts})
    return as_xml(element("MediaContainer", facts))


def as_json(facts: object, *, status: int = 200) -> Answer:
    """A JSON document."""
    return Answer(status, json.dumps(facts, ensure_ascii=False).encode(), JSON_TYPE)


def as_xml(root: Element, *, status: int = 200) -> Answer:
    """An XML document."""
    answer = xml(root)
    return Answer(status, answer.body, answer.content_type)


def element(tag: str, facts: Mapping[str, object]) -> Element:
    """Plain facts become attributes, what has facts of its own becomes an element below. None is left out."""
    made = Element(tag)
    for name, fact in facts.items():
        if isinstance(fact, Mapping):
            made.append(element(name, fact))
        elif isinstance(fact, list | tuple):
            made.extend(
                [element(TAGS.get(str(one.get("type")), name) if name == "Metadata" else name, one) for one in fact]
            )
        elif fact is not None:
            made.set(name, str(int(fact)) if isinstance(fact, bool) else str(fact))
    return made


def _tag(name: str, facts: Mapping[str, object]) -> str:
    return TAGS.get(str(facts.get("type")), name) if name == "Metadata" else name
