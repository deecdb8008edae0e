"""The one owner of plexapi. Asks the Plex server and returns frozen values, or raises a named error.

Facts about the protocol that the code relies on: an error body is HTML whatever was asked for, so only the status
counts; a captive portal's page parses as XML without items, so the root element and its `size` are checked; attribute
access on plexapi's objects may send requests ("autoreload"), so that is switched off.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode
from xml.etree import ElementTree

from cacherr import __version__, outbound
from cacherr.errors import ConfigurationError, PlexError, PlexSignInError, PlexUnreachableError
from plexusers.models import PlexServer
from plexusers.streams import VIDEO_TYPES, Stream, label, stream_of
from plexusers.token_form import require_sendable

SIGN_IN_CURE = "Sign in again: enter a fresh X-Plex-Token of the server's owner."
REACH_CURE = "Check that Plex is running and that its address and port are right as seen from Cacherr."
TOKEN_STATUSES = frozenset({401, 422, 498})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PlexFile:
    """One file of an item: the path as Plex sees it and the size in bytes."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class PlexItem:
    """A film or an episode with all its files (every part of every version)."""

    rating_key: str
    kind: str
    title: str
    files: tuple[PlexFile, ...]
    view_offset: int
    """How far somebody has watched, in milliseconds."""
    last_viewed_at: int | None
    """Seconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class PlexSection:
    """A library section and the directories it is read from, as Plex sees them."""

    key: str
    kind: str
    title: str
    locations: tuple[str, ...]
    uuid: str = ""
    content_changed: int | None = None
    """Plex's own counter of changes; no time. None: not told."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list, and how many things the whole list has."""

    things: tuple[T, ...]
    total: int


class _NotThereError(PlexUnreachableError):
    """Plex answers, and has nothing at this address."""


class _NotAllowedError(PlexUnreachableError):
    """Plex answers, and this token's person may not see what is at this address."""


class Plex:
    """A connection to the server with one person's token. For one thread."""

    def __init__(self, server: PlexServer) -> None:
        """Connect. Raises ConfigurationError without address or token, PlexError without a good answer."""
        if not server.plex_url:
            raise ConfigurationError(
                "The address of the Plex server is not set.", "Set PLEX_URL or enter it in the admin."
            )
        if not server.plex_token:
            # plexapi would fall back to a token from its own configuration: somebody else's.
            raise ConfigurationError("The Plex token is not set.", "Set PLEX_TOKEN or enter it in the admin.")
        require_sendable(server.plex_token)
        with _named_errors(server.plex_url):
            self._server = _connect(server)
        # plexapi takes an empty answer, or anybody's XML, for a server without attributes.
        if not getattr(self._server, "machineIdentifier", ""):
            raise PlexUnreachableError(f"What answers at {server.plex_url} is no Plex server.", REACH_CURE)
        self.machine_identifier = str(self._server.machineIdentifier)
        self.friendly_name = str(self._server.friendlyName or "")
        self._url = server.plex_url

    def on_deck(self) -> tuple[PlexItem, ...]:
        """What is on deck for the token's person, one request."""
        return self._items("/library/onDeck?includeGuids=1")

    def playing(self) -> tuple[PlexItem, ...]:
        """What anybody plays now, with all files of each item: one request, and one more when anybody plays.

        A session tells of the version that is played only, and of no file at all when it is transcoded, so the items
        are asked for whole. Owner's token only. Raises PlexError, also when one of them is in the library no more:
        then it is unknown which files are read.
        """
        keys = {stream.rating_key: None for stream in self.streams() if stream.is_video}
        items = self._items(f"/library/metadata/{','.join(keys)}") if keys else ()
        if missing := keys.keys() - {item.rating_key for item in items}:
            raise PlexError(
                f"Plex plays what its library does not know (item {', '.join(sorted(missing))}).",
                "Nothing has to be done: it is asked again until that stream has ended.",
            )
        return items

    def streams(self) -> tuple[Stream, ...]:
        """What anybody plays now, of whatever kind, one request. Owner's token only. Raises PlexError."""
        with _named_errors(self._url):
            return tuple(stream_of(element) for element in self._container("/status/sessions"))

    def items(self, rating_key: str) -> tuple[PlexItem, ...]:
        """The film or episode with this rating key, or all episodes of the show or season; none if Plex has no such.

        Two requests at the most. Raises PlexError.
        """
        try:
            found = self._items(f"/library/metadata/{rating_key}")
            return found or self._items(f"/library/metadata/{rating_key}/allLeaves")
        except _NotThereError:
            return ()

    def leaves(self, show_key: str, turn: Callable[[ElementTree.Element], T]) -> tuple[T, ...]:
        """All episodes of a show, each turned into a value: one request; none of what Plex does not have."""
        try:
            with _named_errors(self._url):
                return tuple(turn(element) for element in self._container(f"/library/metadata/{show_key}/allLeaves"))
        except _NotThereError:
            return ()

    def sections(self) -> tuple[PlexSection, ...]:
        """The library sections with their directories, one request."""
        with _named_errors(self._url):
            return tuple(
                PlexSection(
                    key=element.attrib["key"],
                    kind=element.get("type", ""),
                    title=element.get("title", ""),
                    locations=tuple(place.attrib["path"] for place in element.iter("Location")),
                    uuid=element.get("uuid", ""),
                    content_changed=int(changed) if (changed := element.get("contentChangedAt")) else None,
                )
                for element in self._container("/library/sections")
            )

    def is_owners(self) -> bool:
        """Whether it is the owner's token: nobody else may see the accounts. One request. Raises PlexError."""
        try:
            with _named_errors(self._url):
                self._container("/accounts")
        except (PlexSignInError, _NotAllowedError):
            return False
        return True

    def page(self, key: str, start: int, size: int, turn: Callable[[ElementTree.Element], T]) -> Page[T]:
        """At most so many things of a list from a place on, each turned into a value: one request. Raises PlexError.

        The page is asked for by headers. Without them everything would come, and nothing would say how many there are.
        """
        headers = {"X-Plex-Container-Start": str(start), "X-Plex-Container-Size": str(size)}
        with _named_errors(self._url):
            container = self._container(key, headers)
            total, offset = int(container.attrib["totalSize"]), int(container.get("offset", start))
            if offset != start or len(container) > size or (len(container) and total < start + len(container)):
                raise ValueError("another page than the one that was asked for")
            return Page(tuple(turn(element) for element in container), total)

    def things(self, key: str, turn: Callable[[ElementTree.Element], T]) -> tuple[T, ...]:
        """All things of a short list, each turned into a value: one request. Raises PlexError."""
        with _named_errors(self._url):
            return tuple(turn(element) for element in self._container(key))

    def picture(self, key: str, width: int, height: int) -> tuple[str, bytes]:
        """Type and content of one of the server's pictures, made to fit; empty when there is none. Raises PlexError."""
        query = urlencode({"url": key, "width": width, "height": height, "minSize": 1, "upscale": 0})
        try:
            with _named_errors(self._url):
                address = self._server.url(f"/photo/:/transcode?{query}", includeToken=False)
                answer = self._server._session.get(address, headers=self._server._headers(), allow_redirects=False)
        except _NotThereError:
            return "", b""
        return answer.headers.get("Content-Type", "").partition(";")[0].strip().lower(), answer.content

    def _items(self, key: str) -> tuple[PlexItem, ...]:
        with _named_errors(self._url):
            found = self._server.findItems(self._container(key))
            return tuple(_item(video) for video in found if video.type in VIDEO_TYPES)

    def _container(self, key: str, headers: Mapping[str, str] | None = None) -> ElementTree.Element:
        element: ElementTree.Element | None = self._server.query(key, headers=headers)
        if element is None or element.tag != "MediaContainer" or int(element.get("size", "-1")) != len(element):
            raise PlexUnreachableError(f"What answers at {self._url} is not a whole answer of Plex.", REACH_CURE)
        return element


def _connect(server: PlexServer) -> Any:
    # plexapi costs 30 MB and half a second: imported only where Plex is really asked.
    import plexapi
    from plexapi.server import PlexServer as Connection

    plexapi.CONFIG.data.setdefault("plexapi", {})["autoreload"] = "false"
    plexapi.BASE_HEADERS.update(
        {
            "X-Plex-Client-Identifier": server.client_identifier,
            "X-Plex-Product": "Cacherr",
            "X-Plex-Version": __version__,
            "X-Plex-Device-Name": "Cacherr",
        }
    )
    session = outbound.session(local=server.plex_url)
    session.hooks["response"].append(_judge)
    connection: Any = Connection
    return connection(server.plex_url, server.plex_token, session=session)


def _judge(response: outbound.Response, *_: object, **__: object) -> None:
    """Name what is wrong with an answer by its status alone."""
    status = response.status_code
    if response.is_redirect:
        # Followed, it would hand the token to a captive portal or a login page.
        raise PlexUnreachableError(
            f"The address leads to {response.headers['Location']} instead of answering.",
            "Enter the address of the Plex server itself.",
        )
    if status in TOKEN_STATUSES:
        raise PlexSignInError(f"Plex refuses the token (status {status}).", SIGN_IN_CURE)
    if status >= 400:
        kind = {403: _NotAllowedError, 404: _NotThereError}.get(status, PlexUnreachableError)
        raise kind(f"Plex answers with an error (status {status}).", "Look at Plex's own log, then try again.")


@contextmanager
def _named_errors(url: str) -> Iterator[None]:
    """Turn everything that plexapi lets escape into a named error."""
    from plexapi.exceptions import PlexApiException

    try:
        yield
    except outbound.RestingError as rest:
        raise PlexUnreachableError(rest.message, rest.cure) from rest
    except outbound.TransportError as error:
        raise PlexUnreachableError(f"Plex does not answer at {url} ({_kind(error)}).", REACH_CURE) from error
    except (ElementTree.ParseError, PlexApiException) as error:
        raise PlexUnreachableError(f"What answers at {url} does not speak Plex's protocol.", REACH_CURE) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # An answer without an attribute that every honest one has, or with text where a number belongs.
        raise PlexError(f"An answer of Plex at {url} cannot be understood.", "Update Plex, or report this.") from error


def _kind(error: outbound.TransportError) -> str:
    return type(error).__name__.removesuffix("Error").removesuffix("Exception").lower()


def _item(video: Any) -> PlexItem:
    files = {
        part.file: PlexFile(part.file, int(part.size or 0))
        for media in video.media
        for part in media.parts
        if part.file
    }
    return PlexItem(
        rating_key=video._data.attrib["ratingKey"],
        kind=video.type,
        title=label(video._data, video.type),
        files=tuple(files.values()),
        view_offset=int(video._data.get("viewOffset", 0)),
        last_viewed_at=int(seen) if (seen := video._data.get("lastViewedAt")) else None,
    )
