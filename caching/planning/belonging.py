"""Sidecars in a plan: each comes with a video that it belongs to and leaves with the last of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from caching.planning.room import Rooms
from caching.planning.sidecars import Kind, joins, kind_of, owners, ownerships
from caching.planning.values import Action, Cached, Decision, FileKey, Sidecar, Situation

Owner = tuple[str, bytes]
"""A cache, and what the sidecars of a video there belong to: its stem or its directory."""


@dataclass(frozen=True, slots=True)
class Follower:
    """A sidecar to be decided on. `cached` is None for one that would be new on the cache."""

    file: FileKey
    size: int
    belongs_to: bytes
    owners: tuple[Owner, ...]
    cached: Cached | None = None

    @property
    def is_subtitle(self) -> bool:
        """Whether it is needed while its video plays: subtitles get room first."""
        return kind_of(self.file.path) is Kind.SUBTITLE


def followers(situation: Situation, wanted: Collection[FileKey]) -> list[Follower]:
    """All sidecars that nobody wants for themselves, cached or found on the array, in the order of their names."""
    found = {sidecar.file: sidecar for sidecar in sorted(situation.sidecars) if sidecar.file not in wanted}
    there = {item.file: item for item in situation.cached if item.file not in wanted}
    result = [_cached(item, found.get(key)) for key, item in there.items() if item.belongs_to or key in found]
    setting = situation.rules.associated_files
    for key, sidecar in found.items():
        if key not in there and joins(_name(key.path), sidecar.size, setting):
            owner = (key.cache, owners(sidecar.belongs_to))
            result.append(Follower(key, sidecar.size, sidecar.belongs_to, (owner,)))
    return sorted(result, key=lambda follower: follower.file)


def _cached(item: Cached, found: Sidecar | None) -> Follower:
    """A video that got another extension keeps its sidecars: what the row says counts, and what is seen now."""
    named = [item.belongs_to, found.belongs_to if found else b""]
    keys = dict.fromkeys((item.file.cache, owners(name)) for name in named if name)
    return Follower(item.file, item.size, item.belongs_to or named[1], tuple(keys), item)


def by_owner(videos: Iterable[Decision]) -> dict[Owner, list[Decision]]:
    """Decisions about videos by what their sidecars belong to, the best first."""
    index: dict[Owner, list[Decision]] = defaultdict(list)
    for video in sorted(videos, key=rank):
        if video.file is not None:
            for owner in ownerships(video.file.path):
                index[video.file.cache, owner].append(video)
    return index


def rank(decision: Decision) -> tuple[int, int, str, FileKey]:
    """Sorts by who is served first: the better score, the smaller file, the name."""
    return -decision.score, decision.size, decision.name, decision.file or FileKey("", b"")


class Company:
    """Decides on sidecars, once it is known which cached videos stay."""

    def __init__(self, situation: Situation, staying: Iterable[Decision], wishes: Iterable[Decision]) -> None:
        self._setting = situation.rules.associated_files
        self._unknown = "playing" in situation.unknown_claims
        playing = {want.file for want in situation.wants if want.source == "playing"}
        self._playing = {(key.cache, owner) for key in playing for owner in ownerships(key.path)}
        self._staying, self._wished = by_owner(staying), by_owner(wishes)

    def settle(self, follower: Follower) -> Decision | None:
        """What becomes of a cached sidecar; None when that hangs on whether a wanted video finds room."""
        item = follower.cached
        if item is None:
            return None
        if item.conflict:
            return _alone(Action.SKIP, follower, item.conflict, problem=True)
        videos = _of(follower, self._staying)
        protected = self._why_protected(follower)
        if not protected and (reason := self._why_it_leaves(item)):
            return _alone(Action.RESTORE, follower, reason)
        if videos:
            return beside(follower, videos[0], Action.KEEP)
        if protected:
            return _alone(Action.KEEP, follower, protected)
        return None if _of(follower, self._wished) else _orphan(follower)

    def _why_protected(self, follower: Follower) -> str:
        if not self._playing.isdisjoint(follower.owners):
            return "stays: a video that it belongs to is playing"
        return "stays: it is unknown what is playing" if self._unknown else ""

    def _why_it_leaves(self, item: Cached) -> str:
        if reason := why_it_must_leave(item):
            return reason
        if not joins(_name(item.file.path), 0, self._setting):
            return f"sidecars of its kind do not join their video: associated files is set to {self._setting}"
        return ""


def why_it_must_leave(item: Cached) -> str:
    """Why a cached file has to come back whoever wants it; empty when it need not."""
    if item.rescued:
        return "its original got its name back after the cache disk was gone"
    return item.changed


def join(undecided: Iterable[Follower], groups: Iterable[Decision], rooms: Rooms) -> list[Decision]:
    """Let wishes and sidecars take their room, best video first. `groups` are wishes and wanted videos that stay.

    A video comes with its subtitles; all other sidecars have to wait until every video had its turn.
    """
    undecided = list(undecided)
    waiting: dict[Owner, list[Follower]] = defaultdict(list)
    for follower in sorted(undecided, key=lambda follower: (follower.cached is None, follower.file)):
        for owner in follower.owners:
            waiting[owner].append(follower)
    done: dict[FileKey, Decision] = {}
    served = [video for video in sorted(groups, key=rank) if _serve(video, waiting, rooms, done)]
    for video in served:
        _seat(video, [follower for follower in _with(video, waiting) if not follower.is_subtitle], rooms, done)
    left = [follower for follower in undecided if follower.cached and follower.file not in done]
    return [*done.values(), *(_orphan(follower) for follower in left)]


def _serve(
    video: Decision, waiting: Mapping[Owner, list[Follower]], rooms: Rooms, done: dict[FileKey, Decision]
) -> bool:
    """Let a video and its subtitles take their room. False when there is none for the video."""
    if video.file is None:
        return False
    if video.action is Action.CACHE:
        refusal = rooms.take(video.file.cache, video.size)
        done[video.file] = refused(video, refusal, problem=True) if refusal else video
        if refusal:
            return False
    _seat(video, [follower for follower in _with(video, waiting) if follower.is_subtitle], rooms, done)
    return True


def _seat(video: Decision, company: Iterable[Follower], rooms: Rooms, done: dict[FileKey, Decision]) -> None:
    for follower in company:
        if follower.file in done:
            continue
        refusal = rooms.take(follower.file.cache, follower.size)
        if refusal and follower.cached:
            done[follower.file] = _alone(Action.RESTORE, follower, refusal)
            continue
        decision = beside(follower, video, Action.KEEP if follower.cached else Action.CACHE)
        done[follower.file] = refused(decision, refusal, problem=False) if refusal else decision


def _with(video: Decision, waiting: Mapping[Owner, list[Follower]]) -> list[Follower]:
    if video.file is None:
        return []
    keys = [(video.file.cache, owner) for owner in ownerships(video.file.path)]
    return [follower for key in keys for follower in waiting.get(key, ())]


def _of(follower: Follower, index: Mapping[Owner, list[Decision]]) -> list[Decision]:
    return sorted((video for owner in follower.owners for video in index.get(owner, ())), key=rank)


def beside(follower: Follower, video: Decision, action: Action) -> Decision:
    """The decision on a sidecar that is where its video is."""
    name = video.name.rpartition("/")[2]
    return Decision(
        action, follower.file.name, follower.size, f"belongs to {name}", title=video.title, file=follower.file,
        score=video.score, parts=video.parts, who=video.who, sources=video.sources, rating_key=video.rating_key,
        belongs_to=follower.belongs_to,
    )  # fmt: skip


def refused(wish: Decision, reason: str, *, problem: bool) -> Decision:
    """A wish that finds no room."""
    return Decision(
        Action.SKIP, wish.name, wish.size, reason, title=wish.title, file=wish.file, score=wish.score,
        parts=wish.parts, who=wish.who, sources=wish.sources, rating_key=wish.rating_key, problem=problem,
        belongs_to=wish.belongs_to,
    )  # fmt: skip


def _orphan(follower: Follower) -> Decision:
    return _alone(Action.RESTORE, follower, "no video that it belongs to is cached any more")


def _alone(action: Action, follower: Follower, reason: str, *, problem: bool = False) -> Decision:
    title = follower.cached.title if follower.cached else ""
    return Decision(
        action, follower.file.name, follower.size, reason, title=title, file=follower.file, problem=problem,
        belongs_to=follower.belongs_to,
    )  # fmt: skip


def _name(path: bytes) -> bytes:
    return path.rpartition(b"/")[2]
