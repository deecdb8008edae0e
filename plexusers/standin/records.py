"""What a stand-in Plex server knows: accounts, sections, items with their files, and who watched what; all frozen."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["owner", "home", "shared"]
SectionType = Literal["movie", "show"]
PlayState = Literal["playing", "paused", "buffering"]
ClipKind = Literal["preroll", "livetv", "track"]

OWNER_ID = 1
"""The owner's number in a server's own numbering; everybody else carries the number that plex.tv gave."""


@dataclass(frozen=True)
class Account:
    """Somebody who may ask the server, known by a token."""

    id: int
    title: str
    token: str
    kind: Kind = "home"
    sections: frozenset[str] | None = None
    """Keys of the sections shared with this account; None means all of them."""
    plex_id: int = 0
    """The number that plex.tv gave. Only the owner's differs from `id`."""
    uuid: str = ""
    """Sixteen hexadecimal digits: the name of this account in Plex Home, among friends and in the avatar's address."""
    username: str = ""
    """Empty for a managed account, as is the email address."""
    account_token: str = ""
    """The token for plex.tv and its hosts. The owner's is also good for the server, everybody else's is not."""
    managed: bool = False
    """A home account without a sign-in of its own."""
    pin: str = ""
    """What has to be entered to become this home user; empty when nothing has."""
    listed: bool = True
    """Whether the server is shared with the account by name; home users see it without that."""
    discovers: bool = True
    """Whether online sources such as the watchlist are switched on."""

    @property
    def email(self) -> str:
        """The email address."""
        return f"{self.username.lower().replace(' ', '.')}@example.com" if self.username else ""

    @property
    def thumb(self) -> str:
        """Address of the avatar."""
        return f"https://plex.tv/users/{self.uuid}/avatar?c=1656888946"

    def sees(self, section_key: str) -> bool:
        """Whether the section was shared with this account; the owner sees everything."""
        return self.kind == "owner" or self.sections is None or section_key in self.sections


@dataclass(frozen=True)
class Section:
    """A library, such as "Movies"."""

    key: str
    type: SectionType
    title: str
    locations: tuple[str, ...]
    """Directories as Plex sees them."""
    hidden: int = 0
    """1: left out of the home screen, 2: left out of searches too."""


@dataclass(frozen=True)
class PartFile:
    """One file of a version."""

    id: int
    path: str
    """The path as Plex sees it, in POSIX or Windows style."""
    size: int
    """Bytes."""
    modified_at: int = 1_600_000_000
    """Modification time in epoch seconds."""
    subtitles: tuple[str, ...] = ()
    """Language codes of the subtitle files that lie beside it."""

    @property
    def container(self) -> str:
        """The file's extension without the dot."""
        return self.path.rpartition(".")[2].lower()


@dataclass(frozen=True)
class Version:
    """One of the versions of an item; more than one part means that the film is cut into pieces."""

    id: int
    parts: tuple[PartFile, ...]
    resolution: str = "1080"
    """As Plex writes it: "4k", "1080", "720", "480" or "sd"."""
    optimized: bool = False
    """Whether Plex itself made it for small devices."""


@dataclass(frozen=True)
class Show:
    """A series; its files belong to its episodes."""

    key: str
    section: str
    title: str
    guid: str
    guids: tuple[str, ...] = ()
    year: int | None = None
    originally_available_at: str | None = None
    """ISO date, without a time zone."""
    added_at: int = 0
    """Epoch seconds."""
    updated_at: int = 0
    """Epoch seconds."""
    labels: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()


@dataclass(frozen=True)
class Season:
    """A season; number 0 holds the specials."""

    key: str
    section: str
    show: str
    index: int
    guid: str
    added_at: int = 0
    updated_at: int = 0

    @property
    def title(self) -> str:
        """The name Plex gives a season that has none of its own."""
        return f"Season {self.index}" if self.index else "Specials"


@dataclass(frozen=True)
class Movie:
    """A film, with every version of it."""

    key: str
    section: str
    title: str
    guid: str
    versions: tuple[Version, ...]
    guids: tuple[str, ...] = ()
    year: int | None = None
    originally_available_at: str | None = None
    duration: int = 6_000_000
    """Milliseconds."""
    edition: str | None = None
    added_at: int = 0
    updated_at: int = 0
    labels: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()


@dataclass(frozen=True)
class Episode:
    """An episode. Shows broadcast by date may have neither a season nor a number."""

    key: str
    section: str
    show: str
    season: str | None
    title: str
    guid: str
    versions: tuple[Version, ...]
    season_index: int | None = None
    index: int | None = None
    guids: tuple[str, ...] = ()
    originally_available_at: str | None = None
    duration: int = 2_700_000
    """Milliseconds."""
    added_at: int = 0
    updated_at: int = 0

    @property
    def order(self) -> tuple[bool, int, int, str, int]:
        """Sorts a show's episodes as they are watched: by number, and those without one by date behind them."""
        unnumbered = self.season_index is None or self.index is None
        date = self.originally_available_at or ""
        return unnumbered, self.season_index or 0, self.index or 0, date, int(self.key)


Playable = Movie | Episode
Item = Movie | Episode | Show | Season


@dataclass(frozen=True)
class Work:
    """A film or a show as Plex's online catalogue knows it, whether the library has it or not."""

    kind: SectionType
    guid: str
    """`plex://movie/` or `plex://show/` and 24 hexadecimal digits."""
    title: str
    year: int | None = None
    guids: tuple[str, ...] = ()
    """External ids, such as imdb://tt0000001."""

    @property
    def key(self) -> str:
        """The hexadecimal digits, by which the catalogue names it."""
        return self.guid.rpartition("/")[2]


@dataclass(frozen=True)
class Listed:
    """A line of a watchlist."""

    work: Work
    since: int
    """When it was put there, in epoch milliseconds; never twice the same."""


@dataclass(frozen=True)
class Feed:
    """A watchlist as a feed: the account's own, or those of all friends of the account."""

    account: int
    friends: bool = False


@dataclass(frozen=True)
class Pin:
    """A sign-in in progress: a code that somebody confirms in a browser."""

    id: int
    code: str
    client: str
    """The identifier of the client that asked for it; nobody else is told the token."""
    created_at: int
    """Epoch seconds."""
    token: str | None = None
    """The account's token, once it was confirmed."""


@dataclass(frozen=True)
class WatchState:
    """How far one account got with one item."""

    view_count: int = 0
    view_offset: int = 0
    """Milliseconds; 0 means that nothing is half watched."""
    last_viewed_at: int | None = None
    """Epoch seconds, UTC."""
    turn: int = 0
    """Puts two events of the same second in order."""

    @property
    def recency(self) -> tuple[int, int]:
        """Sorts by when it was last watched."""
        return self.last_viewed_at or 0, self.turn


@dataclass(frozen=True)
class Playing:
    """What somebody is playing at this moment; a pre-roll or live television has no item of the library."""

    key: int
    account: int
    item: str | None
    version: int | None = None
    """The chosen version's id."""
    state: PlayState = "playing"
    offset: int = 0
    """Milliseconds."""
    transcoded: bool = False
    clip: ClipKind | None = None


@dataclass(frozen=True)
class Viewing:
    """One line of the history: an item that was watched to its end."""

    id: int
    account: int
    item: Playable
    viewed_at: int
    """Epoch seconds, UTC."""
    show: str | None = None
    """The title of an episode's show."""
