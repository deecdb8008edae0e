"""Reading XML from outside: without document types, so without entities that could grow or reach for files."""

from xml.etree import ElementTree
from xml.parsers import expat


class DocumentError(ValueError):
    """The text is no XML document, or one that declares a document type."""


def parse_xml(body: bytes) -> ElementTree.Element:
    """The document's root element. Raises DocumentError.

    No honest answer of Plex or its feeds declares a document type; web pages and attacks do.
    """
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        # LookupError and ValueError: an encoding that Python does not know.
        raise DocumentError(str(error)) from error
    return builder.close()


def _refuse(*_: object) -> None:
    raise DocumentError("It declares a document type.")
