"""Elements of Plex's answers as frozen values. Read straight from the XML: plexapi's objects are slow and ask again.

Every function raises KeyError, TypeError or ValueError for an element without what every honest one has; the caller
names the error. Texts and numbers that no row could hold are cut or left out here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from plexusers.guids import names_of
from plexusers.models import ItemKind, is_watched

OPTIMIZED = "42"
"""`proxyType` of a version that Plex made itself."""
LONGEST_PATH = 4096
SMALL, LARGE = 2**15 - 1, 2**31 - 1
HUGE = 2**63 - 1

Place = tuple[int | str | None, int | str | None, str]
"""Season, number and ISO date of an episode."""


@dataclass(frozen=True, slots=True, order=True)
class ListedFile:
    """A part of a version of an item; size in bytes."""

    version: str
    """Plex's number of the version."""
    part: int
    """Its place within the version."""
    path: str
    """As Plex sees it."""
    size: int
    height: int
    """Lines of the picture; 0: unknown."""
    optimized: bool
    """Made by Plex itself for small devices."""
    resolution: str = ""
    """As Plex calls it: sd, 720, 1080, 4k and others; empty: not told."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A film, a show or an episode as a list of a section tells of it.

    Times are epoch seconds (UTC), the duration milliseconds; 0: not told.
    """

    rating_key: str
    kind: ItemKind
    guid: str
    names: tuple[str, ...]
    """What other services call it."""
    title: str
    year: int | None
    released: str
    """ISO date, or empty."""
    show_key: str
    season: int | None
    number: int | None
    edition: str
    duration: int
    added_at: int
    updated_at: int
    files: tuple[ListedFile, ...]


@dataclass(frozen=True, slots=True)
class Viewed:
    """How far the token's person got with an item: how often watched, where left (ms), when last (epoch seconds)."""

    rating_key: str
    views: int
    offset: int
    viewed_at: int

    @property
    def touched(self) -> bool:
        """Whether it was ever watched or begun."""
        return bool(self.views or self.offset or self.viewed_at)

    @property
    def is_watched(self) -> bool:
        """Watched and not being watched again."""
        return is_watched(self.views, self.offset)


def listed(element: Element, kind: ItemKind) -> Listed:
    """An element of a section's list of this kind."""
    episode = kind == ItemKind.EPISODE
    guid = element.get("guid", "")
    return Listed(
        rating_key=rating_key(element),
        kind=kind,
        guid=guid[:300],
        names=names_of(guid, (one.get("id", "")[:300] for one in element.iter("Guid")), episode=episode),
        title=element.get("title", "")[:500],
        year=number(element, "year", SMALL) or None,
        released=element.get("originallyAvailableAt", "")[:10],
        show_key=element.get("grandparentRatingKey", "")[:64] if episode else "",
        season=number(element, "parentIndex", LARGE) if episode else None,
        number=number(element, "index", LARGE) if episode else None,
        edition=element.get("editionTitle", "")[:200],
        duration=number(element, "duration", HUGE) or 0,
        added_at=number(element, "addedAt", HUGE) or 0,
        updated_at=number(element, "updatedAt", HUGE) or 0,
        files=tuple(sorted(_files(element))),
    )


def viewed(element: Element) -> Viewed:
    """An element's watch state."""
    return Viewed(
        rating_key(element),
        number(element, "viewCount", LARGE) or 0,
        number(element, "viewOffset", HUGE) or 0,
        number(element, "lastViewedAt", HUGE) or 0,
    )


def rating_key(element: Element) -> str:
    """The element's rating key. Raises KeyError without one, ValueError for one that is none."""
    key = element.attrib["ratingKey"]
    if not 0 < len(key) <= 64:
        raise ValueError("a rating key of impossible length")
    return key


def number(element: Element, name: str, largest: int) -> int | None:
    """A number that is not negative; None when it is absent or impossible. Raises ValueError for a text."""
    text = element.get(name)
    found = int(text) if text else None
    return found if found is not None and 0 <= found <= largest else None


def title_of(kind: str, title: str, year: int | str | None, show: str = "", place: Place = (None, None, "")) -> str:
    """What a person calls a film, a show or an episode."""
    if kind != ItemKind.EPISODE:
        return f"{title} ({year})" if year else title
    season, episode, date = place
    known = season not in {None, ""} and episode not in {None, ""}
    numbered = f"S{str(season).zfill(2)}E{str(episode).zfill(2)}" if known else date
    return " ".join(part for part in (show, numbered, title) if part)


def _files(element: Element) -> Iterator[ListedFile]:
    """All parts of all versions. A version in the trash counts only when there is no other."""
    versions = element.findall("Media")
    kept = [media for media in versions if not media.get("deletedAt")] or versions
    for media in kept:
        optimized = media.get("proxyType") == OPTIMIZED or bool(media.get("target"))
        for place, part in enumerate(media.findall("Part")):
            path = part.get("file", "")
            if 0 < len(path) <= LONGEST_PATH:
                size = number(part, "size", HUGE) or 0
                height = number(media, "height", LARGE) or 0
                told = media.get("videoResolution", "")[:10]
                yield ListedFile(media.get("id", "")[:32], min(place, SMALL), path, size, height, optimized, told)
