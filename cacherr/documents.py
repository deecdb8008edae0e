"""Reading what strangers sent: XML without document types, so without entities; JSON and XML within limits of depth."""

import json
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

MAX_DEPTH = 50
MAX_ELEMENTS = 300_000


class DocumentError(ValueError):
    """The text is no document, or not one that an honest sender would make. The message is a sentence's end."""


def read_xml(body: bytes) -> ElementTree.Element:
    """The root element of an XML document. Raises DocumentError.

    A document type is refused as a whole: no feed needs one, and entities that grow or reach for files need it.
    """
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(body, True)
    except DocumentError:
        raise
    except (expat.ExpatError, ValueError, LookupError) as error:  # the latter: encodings that Python does not know
        raise DocumentError("is no XML document") from error
    return builder.close()


def read_json(body: bytes) -> Any:
    """The value of a JSON document; of a key that is there twice the last one counts. Raises DocumentError."""
    try:
        return json.loads(body.decode("utf-8-sig"))
    except RecursionError as error:
        raise DocumentError("is nested too deeply") from error
    except ValueError as error:
        raise DocumentError("is no JSON document") from error


class _Builder(ElementTree.TreeBuilder):
    """Builds the tree and gives up on what is too deep or too much."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> ElementTree.Element:
        """An element begins."""
        self._depth, self._count = self._depth + 1, self._count + 1
        if self._depth > MAX_DEPTH:
            raise DocumentError("is nested too deeply")
        if self._count > MAX_ELEMENTS:
            raise DocumentError("has too many elements")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ElementTree.Element:
        """An element ends."""
        self._depth -= 1
        return super().end(tag)


def _refuse(*_: object) -> None:
    raise DocumentError("declares a document type, in which entities could grow without end")
