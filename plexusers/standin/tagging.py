"""Labels and genres: which there are in a section, and who has them.

A list of items tells of no labels, and of the first two genres only: so the server itself does, too.
"""

import zlib

from plexusers.standin.records import Item, Movie, Show

TOLD = 2
"""So many genres of an item are told in a list."""


def tags_of(item: Item, kind: str) -> tuple[str, ...]:
    """The labels or genres of a film or a show; nothing else has any here."""
    if not isinstance(item, Movie | Show):
        return ()
    return item.labels if kind == "label" else item.genres


def tag_id(name: str) -> str:
    """The number by which lists are asked for a tag."""
    return str(zlib.crc32(name.encode()))
