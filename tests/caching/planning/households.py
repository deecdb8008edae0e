"""Situations of any kind for properties of the planner, and what becomes of one when its plan was carried out."""

import dataclasses

from hypothesis import strategies as st

from caching.planning.sidecars import is_video, owners, ownerships
from caching.planning.values import (
    Action,
    Cached,
    Eviction,
    FileKey,
    Limit,
    Plan,
    Rule,
    Rules,
    Sidecar,
    Situation,
    Storage,
    Subject,
    Want,
)

NOW = 1_700_000_000
HOUR, DAY = 3600, 86400
CACHES = ("ssd", "nvme")
VIDEOS = tuple(f"{letter}/{letter}{number}.mkv".encode() for letter in "abc" for number in range(3))
BELONGS_TO = {
    **{video.replace(b".mkv", b".srt"): video for video in VIDEOS},
    **{f"{letter}/poster.jpg".encode(): f"{letter}/".encode() for letter in "abc"},
}
CLAIMS = ("ondeck:1", "watchlist:1", "ondeck:2", "list:7", "pin", "playing")
SIZES = st.integers(0, 100)
SECTIONS = ("1", "2", "")
"""Films lie in the first library, those that begin with b in the second; c is not known to the index."""


def subject(key: FileKey, size: int) -> Subject:
    """What the index knows of a video."""
    name = key.path.decode()
    section = SECTIONS["abc".index(name[0])]
    labels = frozenset({"kids"} if name.endswith("1.mkv") else ())
    return Subject(f"/plex/{name}", size, is_known=bool(section), section=section, title=name[-6:-4], labels=labels)


@st.composite
def rule(draw: st.DrawFn) -> Rule:
    """A rule of any kind."""
    return Rule(
        draw(st.sampled_from(["First", "Second"])), draw(st.booleans()),
        sections=draw(st.sampled_from([frozenset(), frozenset({"1"}), frozenset({"2"})])),
        labels=draw(st.sampled_from([frozenset(), frozenset({"kids"})])),
        path=draw(st.sampled_from(["", "*/a/*", "*2.mkv"])),
        larger_than=draw(st.sampled_from([None, None, 50])), smaller_than=draw(st.sampled_from([None, None, 30])),
        unknown=draw(st.sampled_from([frozenset(), frozenset(), frozenset({"2"})])),
    )  # fmt: skip


@st.composite
def limits(draw: st.DrawFn) -> tuple[Limit, ...]:
    """Limits of one user or two, and of a library."""

    def some(label: str, *claims: str, section: str = "") -> Limit:
        size, files = draw(st.none() | st.integers(1, 150)), draw(st.none() | st.integers(1, 3))
        return Limit(label, size, files, frozenset(claims), section)

    sam, kim = some("Sam's limit", "ondeck:1", "watchlist:1"), some("Kim's limit", "ondeck:2")
    return tuple(draw(st.lists(st.sampled_from([sam, kim, some("films", section="1")]), unique=True)))


def belong(path: bytes, video: bytes) -> bool:
    """Whether a sidecar belongs to a video."""
    return owners(BELONGS_TO[path]) in ownerships(video)


def section_of(key: FileKey) -> str:
    """The library that a file lies in; of sidecars it is not known."""
    return subject(key, 0).section if is_video(key.path) else ""


@st.composite
def rules(draw: st.DrawFn) -> Rules:
    """Settings of any kind, the usual ones more often."""
    threshold = draw(st.sampled_from([90, 90, 100, 60]))
    return Rules(
        minimum_hold=draw(st.sampled_from([0, 12 * HOUR])),
        watched_grace=draw(st.sampled_from([0, 12 * HOUR])),
        associated_files=draw(st.sampled_from(["all", "all", "subtitles", "none"])),
        eviction=draw(st.sampled_from([Eviction.SMART, Eviction.SMART, Eviction.FIFO, Eviction.NONE])),
        threshold_percent=threshold,
        target_percent=draw(st.sampled_from([80, 50, 100, threshold])),
        expiry=draw(st.sampled_from([(), (("watchlist", 30 * DAY),)])),
        book=tuple(draw(st.lists(rule(), max_size=3))) if draw(st.booleans()) else (),
        only_included=draw(st.sampled_from([False, False, False, True])),
        limits=draw(limits()) if draw(st.booleans()) else (),
    )


@st.composite
def wants(draw: st.DrawFn, sizes: dict[FileKey, int]) -> Want:
    """A wish for one of the videos."""
    file = draw(st.sampled_from([key for key in sizes if is_video(key.path)]))
    claim = draw(st.sampled_from([*CLAIMS[:4], *CLAIMS]))
    return Want(
        file, sizes[file], claim.partition(":")[0], draw(st.sampled_from(["Alex", "Sam", "Kim"])), "wanted",
        since=draw(st.none() | st.integers(NOW - 90 * DAY, NOW)), claim=claim,
        position=draw(st.none() | st.integers(0, 3)), boost=draw(st.sampled_from([0, 0, -50, 7, 50])),
        priority=draw(st.sampled_from([50, 50, 0, 80])), subject=subject(file, sizes[file]),
    )  # fmt: skip


@st.composite
def cached_files(draw: st.DrawFn, sizes: dict[FileKey, int]) -> tuple[Cached, ...]:
    """Some of the files, cached at different times; a few in conflict."""
    there = draw(st.lists(st.sampled_from(list(sizes)), unique=True, max_size=12))
    return tuple(
        Cached(
            key, sizes[key], NOW - draw(st.integers(0, 48)) * HOUR, draw(st.frozensets(st.sampled_from(CLAIMS[:4]))),
            conflict=draw(st.sampled_from([*[""] * 9, "two versions"])), belongs_to=BELONGS_TO.get(key.path, b""),
            watched_at=draw(st.sampled_from([None, NOW - HOUR, NOW - 20 * HOUR])),
            section=section_of(key),
        )
        for key in there
    )  # fmt: skip


@st.composite
def storages(draw: st.DrawFn) -> tuple[Storage, ...]:
    """Two caches, on one file system or on two."""
    shared, both = draw(st.booleans()), draw(st.integers(0, 400))
    return tuple(
        Storage(
            cache, 1000, both if shared else draw(st.integers(0, 400)), draw(st.none() | st.integers(0, 500)),
            minimum_free=draw(st.integers(0, 50)), reserve=draw(st.sampled_from([0, 0, 100])),
            file_system="one" if shared else cache, coming=draw(st.integers(0, 20)), pending=0,
        )
        for cache in CACHES
    )  # fmt: skip


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Videos and sidecars on two caches, wanted and cached in any mixture. A file has one size."""
    sizes = {FileKey(cache, path): draw(SIZES) for cache in CACHES for path in VIDEOS}
    sizes |= {FileKey(cache, path): draw(st.integers(0, 5)) for cache in CACHES for path in BELONGS_TO}
    wanted = tuple(draw(st.lists(wants(sizes), max_size=14)))
    found = tuple(
        Sidecar(key, size, BELONGS_TO[key.path])
        for key, size in sizes.items()
        if key.path in BELONGS_TO
        and any(want.file.cache == key.cache and belong(key.path, want.file.path) for want in wanted)
    )
    return Situation(
        NOW, wanted, draw(cached_files(sizes)), draw(storages()),
        unknown_claims=draw(st.sampled_from([frozenset(), frozenset(), {"ondeck:1"}, {"playing"}]).map(frozenset)),
        rules=draw(rules()), sidecars=found,
    )  # fmt: skip


def carried_out(situation: Situation, plan: Plan) -> Situation:
    """The situation once everything in the plan was done, at the same moment."""
    size = {item.file: item.size for item in situation.cached}
    gone = {one.file for one in plan.of(Action.RESTORE, Action.EVICT)}
    claims = {one.file: frozenset(one.sources) for one in plan.of(Action.KEEP) if one.sources}
    stays = [
        dataclasses.replace(item, sources=claims.get(item.file, item.sources))
        for item in situation.cached
        if item.file not in gone
    ]
    came = [one for one in plan.of(Action.CACHE) if one.file]
    new = [
        Cached(one.file, one.size, NOW, frozenset(one.sources), belongs_to=one.belongs_to, section=section_of(one.file))
        for one in came
        if one.file
    ]
    system = {storage.cache: storage.file_system for storage in situation.storages}
    change = dict.fromkeys(system.values(), 0)
    for file in gone:
        change[system[file.cache if file else ""]] += size[file] if file else 0
    for item in new:
        change[system[item.file.cache]] -= item.size
    after = tuple(
        dataclasses.replace(storage, free=storage.free + change[storage.file_system]) for storage in situation.storages
    )
    return dataclasses.replace(situation, cached=(*stays, *new), storages=after)


def room_for(situation: Situation, change: int) -> Situation:
    """The same with so many bytes more of free space and of every limit."""
    larger = tuple(
        dataclasses.replace(
            storage, free=storage.free + change, limit=None if storage.limit is None else storage.limit + change
        )
        for storage in situation.storages
    )
    return dataclasses.replace(situation, storages=larger)
