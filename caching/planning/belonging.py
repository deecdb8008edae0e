"""Sidecars in a plan: each comes with a video that it belongs to and leaves with the last of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from caching.planning.sidecars import Kind, joins, kind_of, owners, ownerships
from caching.planning.turns import rank
from caching.planning.values import Action, Cached, Decision, FileKey, Sidecar, Situation

Owner = tuple[str, bytes]
"""A cache, and what the sidecars of a video there belong to: its stem or its directory."""


class Follower(NamedTuple):
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
    """All sidecars that nobody wants for themselves, cached or found on the array."""
    found: dict[FileKey, Sidecar] = {}
    for sidecar in situation.sidecars:
        if sidecar.file not in wanted:
            other = found.setdefault(sidecar.file, sidecar)
            if other is not sidecar and other < sidecar:
                found[sidecar.file] = sidecar
    there = {item.file: item for item in situation.cached if item.file not in wanted}
    result = [_cached(item, found.get(key)) for key, item in there.items() if item.belongs_to or key in found]
    setting = situation.rules.associated_files
    for key, sidecar in found.items():
        if key not in there and joins(_name(key.path), sidecar.size, setting):
            owner = (key.cache, owners(sidecar.belongs_to))
            result.append(Follower(key, sidecar.size, sidecar.belongs_to, (owner,)))
    return result


def _cached(item: Cached, found: Sidecar | None) -> Follower:
    """A video that got another extension keeps its sidecars: what the row says counts, and what is seen now."""
    named = [item.belongs_to, found.belongs_to if found else b""]
    keys = dict.fromkeys((item.file.cache, owners(name)) for name in named if name)
    return Follower(item.file, item.size, item.belongs_to or named[1], tuple(keys), item)


class Waiting:
    """The sidecars that wait for a video to get room, or to keep it."""

    def __init__(self, undecided: Sequence[Follower]) -> None:
        self._undecided = undecided
        self._by_owner: dict[str, dict[bytes, list[Follower]]] = {}
        for follower in undecided:
            for cache, owner in follower.owners:
                self._by_owner.setdefault(cache, {}).setdefault(owner, []).append(follower)
        self._by_video: dict[FileKey, list[Follower]] = {}

    def __bool__(self) -> bool:
        return bool(self._undecided)

    def cached(self) -> list[Follower]:
        """Those that are cached already."""
        return [one for one in self._undecided if one.cached]

    def of(self, video: Decision) -> list[Follower]:
        """Those of a video: its own, then those of its directory; what is cached first, then by name."""
        key = video.file
        if key is None or not self._undecided:
            return []
        known = self._by_video.get(key)
        if known is None:
            here = self._by_owner.get(key.cache, {})
            stem, directory = ownerships(key.path)
            known = [*_in_order(here.get(stem, ())), *_in_order(here.get(directory, ()))]
            self._by_video[key] = known
        return known


def _in_order(those: Sequence[Follower]) -> Sequence[Follower]:
    return sorted(those, key=_cached_first) if len(those) > 1 else those


def _cached_first(follower: Follower) -> tuple[bool, FileKey]:
    return follower.cached is None, follower.file


def _by_owner(videos: Iterable[Decision], asked: Collection[Owner]) -> dict[Owner, list[Decision]]:
    """Decisions about videos by what their sidecars belong to, as far as somebody asks."""
    index: dict[Owner, list[Decision]] = defaultdict(list)
    for video in videos if asked else ():
        if video.file is not None:
            for owner in ownerships(video.file.path):
                if (key := (video.file.cache, owner)) in asked:
                    index[key].append(video)
    return index


class Company:
    """Decides on sidecars as far as room does not matter.

    `fixed` are the cached videos that stay in any case, `seeking` those that must find room, or keep it, first.
    """

    def __init__(
        self, situation: Situation, sidecars: Sequence[Follower], fixed: Iterable[Decision], seeking: Iterable[Decision]
    ) -> None:
        self._setting = situation.rules.associated_files
        self._unknown = "playing" in situation.unknown_claims
        playing = {want.file for want in situation.wants if want.source == "playing"}
        self._playing = {(key.cache, owner) for key in playing for owner in ownerships(key.path)}
        asked = {owner for sidecar in sidecars if sidecar.cached for owner in sidecar.owners}
        self._fixed, self._seeking = _by_owner(fixed, asked), _by_owner(seeking, asked)

    def settle(self, follower: Follower) -> Decision | None:
        """What becomes of a cached sidecar; None when that hangs on whether a video finds room."""
        item = follower.cached
        if item is None:
            return None
        if item.conflict:
            return alone(Action.SKIP, follower, item.conflict, problem=True)
        videos = _of(follower, self._fixed)
        protected = self._why_protected(follower)
        if not protected and (reason := self._why_it_leaves(item)):
            return alone(Action.RESTORE, follower, reason)
        if videos:
            return beside(follower, videos[0], Action.KEEP)
        if protected:
            return alone(Action.KEEP, follower, protected)
        return None if _of(follower, self._seeking) else orphan(follower)

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


def _of(follower: Follower, index: Mapping[Owner, list[Decision]]) -> list[Decision]:
    return sorted((video for owner in follower.owners for video in index.get(owner, ())), key=rank)


def beside(follower: Follower, video: Decision, action: Action) -> Decision:
    """The decision on a sidecar that is where its video is."""
    name = video.name.rpartition("/")[2]
    return Decision(
        action, follower.file.name, follower.size, f"belongs to {name}", title=video.title, file=follower.file,
        score=video.score, parts=video.parts, who=video.who, sources=video.sources, rating_key=video.rating_key,
        belongs_to=follower.belongs_to, leave=video.leave,
    )  # fmt: skip


def refused(wish: Decision, reason: str, *, problem: bool, action: Action = Action.SKIP, limit: str = "") -> Decision:
    """A wish that finds no room."""
    _, name, size, _, title, file, score, parts, who, sources, rating_key, _, belongs_to, protected, rule, *_ = wish
    # By place, because there may be many and names cost time.
    return Decision(
        action, name, size, reason, title, file, score, parts, who, sources, rating_key, problem, belongs_to,
        protected, rule, limit,
    )  # fmt: skip


def orphan(follower: Follower) -> Decision:
    """A cached sidecar without a video."""
    return alone(Action.RESTORE, follower, "no video that it belongs to is cached any more")


def alone(action: Action, follower: Follower, reason: str, *, problem: bool = False) -> Decision:
    """The decision on a cached sidecar that no video is named in."""
    title = follower.cached.title if follower.cached else ""
    return Decision(
        action, follower.file.name, follower.size, reason, title=title, file=follower.file, problem=problem,
        belongs_to=follower.belongs_to,
    )  # fmt: skip


def _name(path: bytes) -> bytes:
    return path.rpartition(b"/")[2]
