"""Settings of one installation for another one: a document of JSON that is written and read back."""

from caching.transfer import moving
from caching.transfer.parts import PARTS
from caching.transfer.reading import ImportRefusedError, Outcome, import_document
from caching.transfer.writing import FORMAT, VERSION, export_document

__all__ = [
    "FORMAT",
    "PARTS",
    "VERSION",
    "ImportRefusedError",
    "Outcome",
    "export_document",
    "import_document",
    "moving",
]
