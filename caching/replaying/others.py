"""What Cacherr is compared with: simpler policies, the scoring of PlexCache-D, and one that knows the future."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from caching.planning.values import FileKey
from caching.replaying.audience import Course
from caching.replaying.contents import capacity
from caching.replaying.simulating import NEVER, Policy, World
from caching.replaying.values import DAY, HOUR, Play, Title


class LeastRecentlyPlayed(Policy):
    """Plain LRU: what is played is cached, and what was played longest ago makes room."""

    name = "LRU"

    def __init__(self) -> None:
        self._played: dict[FileKey, int] = {}

    def begun(self, world: World, title: Title, who: str) -> None:  # noqa: ARG002 - whoever plays it
        """Cache what is played."""
        room = capacity(world.setup.storages)
        for file, size in title.files:
            self._played.pop(file, None)
            if size > room:
                continue
            self._played[file] = size  # at the end: the order is that of playing
            if file not in world.contents.files:
                _make_room(world, size, (one for one in list(self._played) if one != file), room)
                world.contents.bring(file, size, world.now)


class DeckPlusFive(Policy):
    """What is on deck and the next five episodes, the latest watched first, as far as there is room; nothing else."""

    name = "on deck plus five"

    def cycle(self, world: World) -> int:
        """Cache that, and let go of all else."""
        courses = sorted(world.audience.courses(world.now), key=lambda one: (-one.since, one.who))
        playing = (title for title in world.played())
        titles = [*playing, *(title for course in courses for title in course.titles)]
        left, chosen = capacity(world.setup.storages), dict[FileKey, int]()
        for file, size in (file for title in titles for file in title.files):
            if file not in chosen and size <= left:
                chosen[file] = size
                left -= size
        for file in [file for file in world.contents.files if file not in chosen]:
            world.contents.let_go(file, world.now)
        for file, size in chosen.items():
            if file not in world.contents.files:
                world.contents.bring(file, size, world.now)
        return world.now + DAY


class PlexCacheD(Policy):
    """The scoring and limits of PlexCache-D 3.2, with five episodes ahead; documented in docs/replay.md."""

    name = "PlexCache-D"
    ahead = 5
    worth_caching = 60
    threshold = 0.9
    hold = 12 * HOUR

    def __init__(self) -> None:
        self._since: dict[FileKey, int] = {}
        """Since when it has been on deck."""

    def cycle(self, world: World) -> int:
        """What is watched goes back, what is worth least leaves a full cache, what fits is cached in no order."""
        now, contents = world.now, world.contents
        wanted = self._wanted(world)
        self._since = {file: self._since.get(file, now) for file in wanted}
        playing = {file for title in world.played() for file, _ in title.files}
        scores = {file: self._score(file, courses, world) for file, (_, courses) in wanted.items()}
        room = int(capacity(world.setup.storages) * self.threshold)
        for file in [one for one in contents.files if one not in wanted and one not in playing]:
            if contents.files[file].cached_at + self.hold <= now:
                contents.let_go(file, now)
        poor = sorted((scores.get(file, 0), file) for file in contents.files if file not in playing)
        for score, file in poor:
            if contents.bytes > room and score < self.worth_caching:
                contents.let_go(file, now)
        for file in sorted(wanted):
            size = wanted[file][0]
            is_new = file not in contents.files
            if is_new and scores[file] >= self.worth_caching and contents.bytes + size <= room:
                contents.bring(file, size, now)
        return now + HOUR

    def _wanted(self, world: World) -> dict[FileKey, tuple[int, list[tuple[Course, int]]]]:
        found: dict[FileKey, tuple[int, list[tuple[Course, int]]]] = {}
        for course in world.audience.courses(world.now):
            for position, title in enumerate(course.titles):
                for file, size in title.files:
                    found.setdefault(file, (size, []))[1].append((course, position))
        return found

    def _score(self, file: FileKey, courses: list[tuple[Course, int]], world: World) -> int:
        score = 50 + 15 + min(15, 5 * len({course.who for course, _ in courses}))
        if copy := world.contents.files.get(file):
            age = world.now - copy.cached_at
            score += 5 if age < DAY else 3 if age < 3 * DAY else 0
        since = world.now - self._since[file]
        score += 5 if since < 7 * DAY else -10 if since > 30 * DAY else -5 if since >= 14 * DAY else 0
        position = min(position for _, position in courses)
        score += 15 if position == 0 else 10 if 2 * position <= self.ahead else 0
        return max(0, min(100, score))


class Clairvoyant(Policy):
    """Knows every play to come: caches a file just before it is played, and lets go what is played again last."""

    name = "clairvoyant"

    def __init__(self, plays: Iterable[Play], titles: Mapping[str, Title]) -> None:
        self._uses: defaultdict[FileKey, list[int]] = defaultdict(list)
        ordered = sorted((play for play in plays if play.counts), key=lambda play: play.order, reverse=True)
        for number, play in enumerate(ordered):
            for file, _ in titles[play.key].files if play.key in titles else ():
                self._uses[file].append(len(ordered) - number)  # the next one stands last

    def before(self, world: World, title: Title) -> None:
        """Have it there in time, however fast disks are."""
        room, contents = capacity(world.setup.storages), world.contents
        for file, _ in title.files:
            self._uses[file].pop()
        if sum(size for _, size in title.files) > room:
            return
        needed = {file for file, _ in title.files}
        for file, size in title.files:
            if file in contents.files:
                continue
            others = [one for one in contents.files if one not in needed]
            others.sort(key=lambda one: (-self._next_use(one), one))
            _make_room(world, size, others, room)
            contents.bring(file, size, world.now)
            contents.files[file].cached_at = world.now

    def _next_use(self, file: FileKey) -> int:
        return self._uses[file][-1] if self._uses[file] else NEVER


def _make_room(world: World, size: int, candidates: Iterable[FileKey], room: int) -> None:
    """Let go of these, in their order, until so much more fits."""
    for file in candidates:
        if world.contents.bytes + size <= room:
            return
        if file in world.contents.files:
            world.contents.let_go(file, world.now)
