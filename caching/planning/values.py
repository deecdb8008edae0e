"""What the planner is told and what it answers. Frozen values; sizes in bytes, times in seconds since 1970 UTC."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Action(StrEnum):
    """What becomes of a file."""

    CACHE = "cache"
    KEEP = "keep"
    RESTORE = "restore"
    EVICT = "evict"
    SKIP = "skip"


class Eviction(StrEnum):
    """What leaves the cache, though somebody wants it, when room is short."""

    SMART = "smart"
    """What is worth least."""
    FIFO = "fifo"
    """What was cached first, and only while the cache is too full: never for something new."""
    NONE = "none"
    """Nothing."""


class FileKey(NamedTuple):
    """A file by the root of the cache it belongs to and its path below the mapping, as bytes."""

    cache: str
    path: bytes

    @property
    def name(self) -> str:
        """The path for people: what is not UTF-8 is escaped."""
        return self.path.decode("utf-8", "backslashreplace")


class Subject(NamedTuple):
    """What rules can ask about a file: what is known of it, and of the film or the episode in it.

    What Plex does not tell is empty, or 0.
    """

    path: str
    """As Plex sees it."""
    size: int
    resolution: str = ""
    """sd, 720, 1080 or 4k."""
    is_known: bool = True
    """Whether the index of the library has the item; without that, only path and size are known."""
    section: str = ""
    """The key of its library."""
    kind: str = ""
    """movie or episode."""
    title: str = ""
    """The film's; of an episode that of its show."""
    labels: frozenset[str] = frozenset()
    """Without capitals; those that rules ask for. An episode has those of its show."""
    genres: frozenset[str] = frozenset()
    added_at: int = 0
    released_at: int = 0


class Want(NamedTuple):
    """Somebody wants a file."""

    file: FileKey
    size: int
    source: str
    who: str
    reason: str
    title: str = ""
    rating_key: str = ""
    since: int | None = None
    """When the wish was last shown to be alive, for example the last viewing."""
    claim: str = ""
    """The name under which the wish is kept on the file, such as `ondeck:42`; empty: the source's own name."""
    position: int | None = None
    """0: going on right here; 1: next; from 2 on: later. None where it has no meaning."""
    boost: int = 0
    """What the user's wishes count more or less than others'."""
    priority: int = 50
    """A list's own priority, 0 to 100; 50 is neutral."""
    subject: Subject | None = None
    """What rules and limits look at; None: there are none."""

    @property
    def name(self) -> str:
        """The claim in force."""
        return self.claim or self.source


@dataclass(frozen=True, slots=True)
class Cached:
    """A file that is cached now."""

    file: FileKey
    size: int
    cached_at: int
    sources: frozenset[str]
    """The claims of those who wanted it last: while one of them is unknown, the file stays."""
    title: str = ""
    conflict: str = ""
    changed: str = ""
    """Why it is not any more what was cached: it comes back, whoever wants it, and is cached afresh later."""
    rescued: bool = False
    """Whether its original got its name back because the cache disk was gone."""
    belongs_to: bytes = b""
    """A sidecar's video, as a path below the mapping; ending in a slash: every video of that directory."""
    watched_at: int | None = None
    """When the last of those who wanted it had watched it; None while somebody has not."""
    section: str = ""
    """The key of the library that it is in; empty: not known."""


class Sidecar(NamedTuple):
    """A plain file on the array that belongs to a wanted video. `belongs_to` as with `Cached`."""

    file: FileKey
    size: int
    belongs_to: bytes


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something wanted that cannot be cached, and why."""

    name: str
    title: str
    reason: str
    problem: bool = True
    """Whether somebody should mend it; otherwise it is only news."""


@dataclass(frozen=True, slots=True)
class Storage:
    """One cache and its budget."""

    cache: str
    total: int
    free: int
    limit: int | None = None
    """At most this much of Cacherr's own files."""
    minimum_free: int = 0
    """At least this much stays free on the file system."""
    reserve: int = 0
    """This much stays free for downloads; the larger of the two holds."""
    file_system: str = ""
    """Caches with the same one share its free space; empty: nobody else's."""
    coming: int = 0
    """The sizes of files that operations of earlier plans are bringing here."""
    pending: int = 0
    """What of them is not written yet."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What may be cached, or not: it hits what meets all of its conditions. An empty condition asks nothing."""

    name: str
    includes: bool = False
    """Whether what it hits may be cached whatever later rules say; else it is not cached."""
    sections: frozenset[str] = frozenset()
    kind: str = ""
    title: str = ""
    """With `*` for any text and `?` for any character, in any case."""
    labels: frozenset[str] = frozenset()
    """One of them; without capitals."""
    genres: frozenset[str] = frozenset()
    path: str = ""
    """As the title, but in its own case; `*` stands for slashes as well."""
    larger_than: int | None = None
    smaller_than: int | None = None
    resolutions: frozenset[str] = frozenset()
    added_before: int | None = None
    """It came into the library more than so many days ago."""
    added_within: int | None = None
    released_before: int | None = None
    released_within: int | None = None
    unknown: frozenset[str] = frozenset()
    """The libraries of which it is not known what has the labels and genres."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of the caches the wishes of one user, or one library, may take. At most so many bytes, so many files."""

    label: str
    """For people: `Sam's limit`."""
    size: int | None = None
    files: int | None = None
    claims: frozenset[str] = frozenset()
    """Those of the user."""
    section: str = ""
    """The key of the library."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The owner's settings that the planner follows."""

    minimum_hold: int = 12 * 3600
    """How long a cached file stays at least, in seconds."""
    watched_grace: int = 12 * 3600
    """How long a file stays after everybody who wanted it has watched it, in seconds."""
    associated_files: str = "all"
    """Which sidecars join their video: all, subtitles or none."""
    eviction: Eviction = Eviction.SMART
    threshold_percent: int = 100
    """Eviction starts above this share of a budget."""
    target_percent: int = 100
    """It goes down to this share; what is new fills no more, unless all that is wanted fits below the threshold."""
    expiry: tuple[tuple[str, int], ...] = ()
    """By source: after how many seconds a wish counts no more."""
    book: tuple[Rule, ...] = ()
    """The rules about what may be cached, in their order: the first that hits decides."""
    only_included: bool = False
    """Whether nothing is cached but what a rule includes."""
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a plan depends on."""

    now: int
    wants: tuple[Want, ...] = ()
    cached: tuple[Cached, ...] = ()
    storages: tuple[Storage, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    unknown_claims: frozenset[str] = frozenset()
    """The claims of sources that did not answer well: what they wanted before stays."""
    rules: Rules = Rules()
    sidecars: tuple[Sidecar, ...] = ()
    """What belongs to the wanted videos, also what is cached already; may name more than the rules let join."""


class Part(NamedTuple):
    """One part of a score."""

    label: str
    points: int


class Leave(NamedTuple):
    """When a cached file leaves, and why then."""

    at: int | None
    """The earliest time that is foreseen; None: that hangs on what people do."""
    why: str


class Decision(NamedTuple):
    """What becomes of one file, and why."""

    action: Action
    name: str
    size: int
    reason: str
    title: str = ""
    file: FileKey | None = None
    score: int = 0
    parts: tuple[Part, ...] = ()
    who: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    """The claims under which it is wanted; of a cached file also those of before that are unknown now."""
    rating_key: str = ""
    problem: bool = False
    belongs_to: bytes = b""
    """What a sidecar belongs to, as with `Cached`."""
    protected: str = ""
    """Why its room is its own whatever else is wanted; empty: what is worth more may take it."""
    rule: str = ""
    """The name of the rule that decided against it."""
    limit: str = ""
    """The label of the limit that decided against it."""
    leave: Leave | None = None
    """Of what is cached, or will be: when it leaves again. Of what leaves now `leaving.outlook` tells."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The decisions of a cycle, in the order in which they are carried out."""

    decisions: tuple[Decision, ...] = field(default=())

    def of(self, *actions: Action) -> Iterator[Decision]:
        """The decisions of these kinds, in order."""
        return (decision for decision in self.decisions if decision.action in actions)

    @property
    def work(self) -> tuple[Decision, ...]:
        """The decisions that touch files."""
        return tuple(self.of(Action.RESTORE, Action.EVICT, Action.CACHE))
