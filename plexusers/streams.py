"""What somebody plays at this moment, as frozen values read from the server's own elements. Pure.

Facts of the protocol: a session names the version that is played and no other; a transcoded one, a pre-roll and live
television name no file; what is in no library has a negative section, the type `clip`, or `live="1"`. The server
counts its owner as account 1 and everybody else by the number of plex.tv. Ids may be numbers or texts.
"""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from plexusers.answers import title_of

VIDEO_TYPES = frozenset({"movie", "episode"})
STATES = frozenset({"playing", "paused", "buffering"})
KEY_LENGTH = 64
"""What a row holds of Plex's opaque keys; they are far shorter."""
WATCHED_FROM = 0.9
"""The part of an item after which Plex takes it for watched."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Somebody plays something. Times are milliseconds."""

    session_key: str
    account: int
    """The server's own number of the person; 0 when it tells none."""
    who: str
    rating_key: str
    kind: str
    """movie, episode, track, clip …"""
    title: str
    show_key: str = ""
    """The rating key of an episode's show."""
    player: str = ""
    state: str = "playing"
    offset: int = 0
    duration: int = 0
    files: tuple[str, ...] = ()
    """The files of the version that is played, as Plex sees them; none when it is transcoded."""
    transcoded: bool = False
    live: bool = False
    in_library: bool = True
    """Whether it is in a library at all: pre-rolls and live television are not."""

    @property
    def identity(self) -> tuple[str, str]:
        """The same player going on with another item is another stream."""
        return self.session_key, self.rating_key

    @property
    def is_video(self) -> bool:
        """Whether it is a film or an episode of a library: what Cacherr may have files of."""
        return self.kind in VIDEO_TYPES and self.in_library and not self.live and bool(self.rating_key)

    @property
    def is_nearly_over(self) -> bool:
        """Whether it is so far that Plex takes it for watched."""
        return is_nearly_over(self.offset, self.duration)


def is_nearly_over(offset: int, duration: int) -> bool:
    """Whether a position is so near the end that Plex takes the item for watched."""
    return bool(duration) and offset >= duration * WATCHED_FROM


def stream_of(element: Element) -> Stream:
    """A session of the server's answer. Raises KeyError or ValueError when it cannot be understood."""
    user, player = element.find("User"), element.find("Player")
    state = player.get("state", "") if player is not None else ""
    transcode = element.find("TranscodeSession")
    kind = element.get("type", "")
    return Stream(
        session_key=(element.get("sessionKey") or f"of {element.attrib['key']}")[:KEY_LENGTH],
        account=int(user.get("id") or 0) if user is not None else 0,
        who=user.get("title", "") if user is not None else "",
        rating_key=element.get("ratingKey", "")[:KEY_LENGTH],
        kind=kind,
        title=label(element, kind),
        show_key=element.get("grandparentRatingKey", "") if kind == "episode" else "",
        player=(player.get("title") or player.get("product") or "") if player is not None else "",
        state=state if state in STATES else "playing",
        offset=int(element.get("viewOffset") or 0),
        duration=int(element.get("duration") or 0),
        files=tuple(part.attrib["file"] for part in element.iter("Part") if part.get("file")),
        transcoded=transcode is not None and transcode.get("videoDecision", "transcode") == "transcode",
        live=element.get("live") == "1",
        in_library=int(element.get("librarySectionID") or 0) >= 0 and kind != "clip",
    )


def label(data: Element, kind: str) -> str:
    """How an item is called for people, whatever it is."""
    title, above = data.get("title", ""), data.get("grandparentTitle", "")
    if kind not in VIDEO_TYPES:
        return ": ".join(filter(None, (above, title)))
    place = (data.get("parentIndex"), data.get("index"), data.get("originallyAvailableAt", ""))
    return title_of(kind, title, data.get("year"), above, place)
