"""Which directories Plex reads its libraries from, with a few files of each: two requests and one for each library."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from caching.detecting.values import Location, Sample
from caching.paths import components
from plexusers.answers import listed
from plexusers.models import ItemKind
from plexusers.plex import Plex, PlexSection

EACH = 3
"""Samples of a location."""
READ = 60
"""Items read of a library: it may have several locations."""
KINDS = {"movie": (ItemKind.MOVIE, 1), "show": (ItemKind.EPISODE, 4)}
"""What of a library has files, and Plex's number for it."""


def locations(plex: Plex) -> tuple[Location, ...]:
    """The locations of all libraries of films and shows. Raises PlexError."""
    return tuple(
        location for section in plex.sections() if section.kind in KINDS for location in _of_section(plex, section)
    )


def _of_section(plex: Plex, section: PlexSection) -> Iterable[Location]:
    kind, number = KINDS[section.kind]

    def turn(element: Element) -> tuple[Sample, ...]:
        return tuple(Sample(file.path, file.size) for file in listed(element, kind).files)

    page = plex.page(f"/library/sections/{section.key}/all?type={number}", 0, READ, turn)
    files = [sample for samples in page.things for sample in samples]
    for path in section.locations:
        yield Location(path, section.title, tuple(sample for sample in files if relative(sample.path, path))[:EACH])


def relative(path: str, location: str) -> str:
    """What comes behind a location in a path; empty when it is not below it."""
    parts, start = components(path), components(location)
    return "/".join(parts[len(start) :]) if parts[: len(start)] == start else ""
