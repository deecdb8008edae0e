"""Giving room: to each video in its turn, with its sidecars. Who gets none is skipped, or leaves to make room."""

from collections.abc import Iterable, Sequence

from caching.planning.belonging import Follower, Owner, Waiting, alone, beside, orphan, refused
from caching.planning.limiting import Limits
from caching.planning.room import Rooms
from caching.planning.sidecars import ownerships
from caching.planning.turns import Refusal, Tier, Turn
from caching.planning.values import Action, Decision, Eviction, FileKey


def give_room(
    turns: Sequence[Turn], waiting: Waiting, rooms: Rooms, limits: Limits, eviction: Eviction
) -> list[Decision]:
    """Decide on all videos that have a turn and on the sidecars that wait for them. `turns` are in their order.

    A new video comes with its subtitles, a cached one keeps its cached sidecars; all other sidecars have to wait until
    every wanted video had its turn.
    """
    while True:
        seats = _Seats(waiting, rooms, limits, eviction)
        if seats.serve(turns):
            break
    left = [follower for follower in waiting.cached() if follower.file not in seats.done]
    return [*seats.done.values(), *(seats.left_behind(follower) for follower in left)]


class _Seats:
    """One round of giving room."""

    def __init__(self, waiting: Waiting, rooms: Rooms, limits: Limits, eviction: Eviction) -> None:
        rooms.begin()
        limits.begin()
        self._waiting, self._rooms, self._limits, self._eviction = waiting, rooms, limits, eviction
        self.done: dict[FileKey, Decision] = {}
        self._evicted: dict[Owner, Decision] = {}

    def serve(self, turns: Sequence[Turn]) -> bool:
        """Give room to what is wanted with what comes at once, then to all other sidecars, then to what nobody wants.

        False when something cached has to leave although the target is not reached: then all begin again.
        """
        served = [turn for turn in turns if turn.tier is not Tier.UNWANTED]
        if not self._videos(served):
            return False
        for turn in served if self._waiting else ():
            company = self._waiting.of(turn.video)
            if company and (turn.is_settled or self._has_room(turn.video)):
                self._sidecars(Turn(turn.video, Tier.WANTED, is_cached=False), company)
        return self._videos([turn for turn in turns if turn.tier is Tier.UNWANTED])

    def _videos(self, turns: Iterable[Turn]) -> bool:
        for turn in turns:
            self._video(turn)
            if turn.is_cached and self._rooms.narrow():
                return False
        return True

    def _has_room(self, video: Decision) -> bool:
        return video.file is not None and self.done[video.file] is video

    def left_behind(self, follower: Follower) -> Decision:
        """What becomes of a cached sidecar none of whose videos is cached any more."""
        video = next((self._evicted[owner] for owner in follower.owners if owner in self._evicted), None)
        if video is None:
            return orphan(follower)
        name = video.name.rpartition("/")[2]
        return alone(Action.EVICT, follower, f"belongs to {name}, which leaves to make room")

    def _video(self, turn: Turn) -> None:
        """Let a video take its room, and what belongs to it and comes at once."""
        video = turn.video
        if video.file is None:
            return
        if not turn.is_settled:
            refusal = self._limits.refusal(turn) if turn.limits else None
            refusal = refusal or self._rooms.take(video.file.cache, video.size, turn)
            if refusal:
                self.done[video.file] = self._refused(turn, refusal)
                return
            self.done[video.file] = video
            self._limits.take(turn)
        if company := self._waiting.of(video):
            # What is new beside a cached video waits for the others: else it would ask earlier than it did before.
            at_once = [one for one in company if (one.cached if turn.is_cached else one.is_subtitle)]
            self._sidecars(turn, at_once)

    def _refused(self, turn: Turn, refusal: Refusal) -> Decision:
        video = turn.video
        if not turn.is_cached:
            return refused(video, refusal.reason, problem=not refusal.limit, limit=refusal.limit)
        if video.file is not None:
            for owner in ownerships(video.file.path):
                self._evicted.setdefault((video.file.cache, owner), video)
        reason = self._why_evicted(turn, refusal)
        return refused(video, reason, problem=False, action=Action.EVICT, limit=refusal.limit)

    def _why_evicted(self, turn: Turn, refusal: Refusal) -> str:
        newcomer = refusal.newcomer
        cause = refusal.reason
        if newcomer is not None:
            within = f" within {refusal.limit}" if refusal.limit else ""
            cause = f"to make room{within} for {newcomer.title or newcomer.name} (score {newcomer.score})"
        if turn.tier is Tier.UNWANTED:
            return f"{cause}: nobody wants it now"
        if self._eviction is Eviction.FIFO and newcomer is None:
            return f"{cause}: it was cached first"
        return f"{cause}: its score is {turn.video.score}"

    def _sidecars(self, turn: Turn, company: Iterable[Follower]) -> None:
        for follower in company:
            if follower.file in self.done:
                continue
            refusal = self._rooms.take(follower.file.cache, follower.size, turn)
            if refusal and follower.cached:
                self.done[follower.file] = self._gone(follower, turn, refusal)
                continue
            decision = beside(follower, turn.video, Action.KEEP if follower.cached else Action.CACHE)
            self.done[follower.file] = refused(decision, refusal.reason, problem=False) if refusal else decision

    def _gone(self, follower: Follower, turn: Turn, refusal: Refusal) -> Decision:
        if turn.is_cached:
            return alone(Action.EVICT, follower, self._why_evicted(turn, refusal))
        return alone(Action.RESTORE, follower, refusal.reason)
