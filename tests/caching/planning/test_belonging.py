"""Sidecars in plans: they come with a video and leave with the last one, whatever the situation."""

import dataclasses
import random
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caching.planning.plan import make_plan
from caching.planning.sidecars import is_video, owners, ownerships
from caching.planning.values import Action, Cached, Decision, FileKey, Plan, Rules, Sidecar, Situation, Storage, Want

T = TypeVar("T")

NOW = 1_700_000_000
DAY = 86400
VIDEOS = [b"d/A.mkv", b"d/A.mp4", b"d/B.mkv", b"e/C.mkv"]
BELONGS_TO = {
    b"d/A.srt": b"d/A.mkv", b"d/A.nfo": b"d/A.mkv", b"d/B.srt": b"d/B.mkv", b"d/B-poster.jpg": b"d/B.mkv",
    b"d/poster.jpg": b"d/", b"e/C.srt": b"e/C.mkv", b"e/fanart.jpg": b"e/", b"e/C.bif": b"e/C.mkv",
}  # fmt: skip


def key(path: bytes) -> FileKey:
    return FileKey("ssd", path)


def want(path: bytes, size: int = 10, **changes: object) -> Want:
    values = {"source": "ondeck", "who": "Alex", "reason": "on deck", "since": NOW, **changes}
    return Want(file=key(path), size=size, **values)  # type: ignore[arg-type]


def belong(path: bytes, video: bytes) -> bool:
    return owners(BELONGS_TO[path]) in ownerships(video)


@st.composite
def situations(draw: st.DrawFn, *, disturbed: bool = True) -> Situation:
    """Videos and sidecars, wanted and cached in any mixture; `disturbed`: changes, conflicts and rescues happen."""
    size = {path: draw(st.integers(0, 40)) for path in (*VIDEOS, *BELONGS_TO)}
    wants = draw(
        st.lists(
            st.builds(
                lambda path, who, source, age: want(path, size[path], who=who, source=source, since=NOW - age),
                st.sampled_from(VIDEOS), st.sampled_from(["Alex", "Sam"]), st.sampled_from(["ondeck", "playing"]),
                st.integers(0, 40 * DAY),
            ),
            max_size=6,
        )
    )  # fmt: skip
    there = draw(st.lists(st.sampled_from([*VIDEOS, *BELONGS_TO]), unique=True))
    cached = [
        Cached(
            key(path), size[path], draw(st.sampled_from([0, NOW - 10])), frozenset({"ondeck"}),
            changed=draw(st.sampled_from(["", "", "replaced"])) if disturbed else "",
            rescued=draw(st.sampled_from([False, False, True])) if disturbed else False,
            conflict=draw(st.sampled_from(["", "", "?"])) if disturbed else "",
            belongs_to=BELONGS_TO.get(path, b""),
        )
        for path in there
    ]  # fmt: skip
    seen = [path for path in BELONGS_TO if any(belong(path, want.file.path) for want in wants)]
    storage = Storage(
        "ssd", 1000, draw(st.integers(0, 200)), draw(st.none() | st.integers(0, 200)), draw(st.integers(0, 20)),
        coming=draw(st.integers(0, 20)), pending=draw(st.integers(0, 20)),
    )  # fmt: skip
    return Situation(
        NOW, tuple(wants), tuple(cached), (storage,),
        unknown_claims=draw(st.frozensets(st.sampled_from(["ondeck", "playing"]), max_size=1)),
        rules=Rules(associated_files=draw(st.sampled_from(["all", "all", "subtitles", "none"]))),
        sidecars=tuple(Sidecar(key(path), size[path], BELONGS_TO[path]) for path in seen),
    )  # fmt: skip


def by_path(plan: Plan) -> dict[bytes, Decision]:
    return {decision.file.path: decision for decision in plan.decisions if decision.file}


def there_after(situation: Situation, plan: Plan) -> set[bytes]:
    """What is on the cache once the plan was carried out."""
    there = {item.file.path for item in situation.cached}
    gone = {decision.file.path for decision in plan.of(Action.RESTORE, Action.EVICT) if decision.file}
    came = {decision.file.path for decision in plan.of(Action.CACHE) if decision.file}
    return (there - gone) | came


@given(situations())
def test_a_sidecar_never_outlives_its_last_video_by_a_cycle(situation: Situation) -> None:
    plan = make_plan(situation)
    after = there_after(situation, plan)
    waiting = {item.file.path for item in situation.cached if item.conflict}
    if "playing" in situation.unknown_claims:
        return
    playing = {want.file.path for want in situation.wants if want.source == "playing"}
    for path in after & set(BELONGS_TO) - waiting:
        assert any(belong(path, video) for video in after | playing if is_video(video))


@given(situations())
def test_a_cached_sidecar_leaves_before_a_cached_video_that_it_belongs_to_only_for_room(situation: Situation) -> None:
    plan = make_plan(situation)
    evicted = {one.file.path for one in plan.of(Action.EVICT) if one.file}
    after = there_after(situation, plan)
    stayed = {item.file.path for item in situation.cached} & after
    for item in situation.cached:
        path = item.file.path
        if path not in BELONGS_TO or item.changed or item.rescued:
            continue
        covered = situation.rules.associated_files == "all" or (
            situation.rules.associated_files == "subtitles" and path.endswith(b".srt")
        )
        if covered and any(belong(path, video) for video in stayed if is_video(video)):
            assert path in after or path in evicted


@given(situations())
def test_while_a_video_plays_neither_it_nor_its_sidecars_leave(situation: Situation) -> None:
    playing = {want.file.path for want in situation.wants if want.source == "playing"}
    there = {item.file.path for item in situation.cached}
    decided = by_path(make_plan(situation))
    for path in there:
        if path in playing or any(path in BELONGS_TO and belong(path, video) for video in playing):
            assert decided[path].action in {Action.KEEP, Action.SKIP}


@given(situations(disturbed=False))
@settings(max_examples=300)
def test_after_a_plan_was_carried_out_the_next_one_is_empty(situation: Situation) -> None:
    plan, storage = make_plan(situation), situation.storages[0]
    gone = {decision.file for decision in plan.of(Action.RESTORE, Action.EVICT)}
    added = [
        Cached(row.file, row.size, NOW, frozenset(row.sources), belongs_to=row.belongs_to)
        for row in plan.of(Action.CACHE)
        if row.file
    ]
    freed = sum(item.size for item in situation.cached if item.file in gone)
    free = storage.free + freed - sum(item.size for item in added)
    stays = [item for item in situation.cached if item.file not in gone]
    after = dataclasses.replace(situation, cached=(*stays, *added), storages=(dataclasses.replace(storage, free=free),))
    assert make_plan(after).work == ()


@given(situations())
def test_caching_never_goes_over_the_budget(situation: Situation) -> None:
    plan, storage = make_plan(situation), situation.storages[0]
    size = {item.file: item.size for item in situation.cached}
    added = sum(decision.size for decision in plan.of(Action.CACHE))
    freed = sum(decision.size for decision in plan.of(Action.RESTORE, Action.EVICT))
    if added and storage.limit is not None:
        assert sum(size.values()) - freed + added + storage.coming <= storage.limit
    if added:
        assert storage.free + freed - added - storage.pending >= storage.minimum_free


@given(situations())
def test_no_sidecar_costs_a_video_its_place_but_subtitles_may(situation: Situation) -> None:
    bare = dataclasses.replace(situation, rules=dataclasses.replace(situation.rules, associated_files="subtitles"))
    videos = {path for path in there_after(bare, make_plan(bare)) if is_video(path)}
    every = {path for path in there_after(situation, make_plan(situation)) if is_video(path)}
    loose = [item for item in situation.cached if item.belongs_to]  # what is cached already has its room
    if not loose and situation.rules.associated_files == "all":
        assert every == videos


@given(situations(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(situation: Situation, order: random.Random) -> None:
    def shuffled(values: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(order.sample(values, len(values)))

    other = dataclasses.replace(
        situation,
        wants=shuffled(situation.wants),
        cached=shuffled(situation.cached),
        sidecars=shuffled(situation.sidecars),
    )
    assert make_plan(other) == make_plan(situation)


@given(situations())
def test_no_file_has_two_decisions_and_no_cached_or_wanted_one_has_none(situation: Situation) -> None:
    files = [decision.file for decision in make_plan(situation).decisions]
    assert len(files) == len(set(files))
    assert {*(item.file for item in situation.cached), *(want.file for want in situation.wants)} <= set(files)


# ---- examples -------------------------------------------------------------------------------------------------------


def small(**changes: object) -> Situation:
    values = {
        "wants": (want(b"d/B.mkv", title="B", rating_key="7"),),
        "sidecars": (Sidecar(key(b"d/B.srt"), 1, b"d/B.mkv"),),
        "storages": (Storage("ssd", 1000, 1000),),
        **changes,
    }
    return Situation(NOW, **values)  # type: ignore[arg-type]


def test_a_sidecar_says_whose_it_is_and_has_what_its_video_has() -> None:
    decided = by_path(make_plan(small()))
    sidecar, video = decided[b"d/B.srt"], decided[b"d/B.mkv"]
    assert (sidecar.reason, sidecar.belongs_to, sidecar.size) == ("belongs to B.mkv", b"d/B.mkv", 1)
    same = ("score", "parts", "title", "who", "sources", "rating_key")
    assert all(getattr(sidecar, name) == getattr(video, name) for name in same)
    assert video.belongs_to == b""


def test_what_belongs_to_several_videos_is_said_to_belong_to_the_best() -> None:
    wants = (want(b"d/A.mkv", since=NOW - 60 * DAY), want(b"d/B.mkv"))
    poster = Sidecar(key(b"d/poster.jpg"), 1, b"d/")
    decided = by_path(make_plan(small(wants=wants, sidecars=(poster,))))
    assert decided[b"d/poster.jpg"].reason == "belongs to B.mkv"
    assert decided[b"d/poster.jpg"].score == decided[b"d/B.mkv"].score


def test_videos_come_before_artwork_and_each_with_its_subtitles() -> None:
    sidecars = tuple(Sidecar(key(path), 1, BELONGS_TO[path]) for path in (b"d/A.nfo", b"d/A.srt", b"d/B.srt"))
    wants = (want(b"d/A.mkv"), want(b"d/B.mkv", since=NOW - 60 * DAY))
    plan = make_plan(small(wants=wants, sidecars=sidecars))
    assert [decision.name for decision in plan.work] == ["d/A.mkv", "d/A.srt", "d/B.mkv", "d/B.srt", "d/A.nfo"]


def test_a_sidecar_without_room_is_news_and_no_problem() -> None:
    decided = by_path(make_plan(small(storages=(Storage("ssd", 1000, 10),))))
    assert decided[b"d/B.mkv"].action is Action.CACHE
    assert (decided[b"d/B.srt"].action, decided[b"d/B.srt"].problem) == (Action.SKIP, False)
    assert "no room on the cache" in decided[b"d/B.srt"].reason


def test_a_sidecar_that_somebody_wants_for_itself_is_no_sidecar() -> None:
    srt = Cached(key(b"d/B.srt"), 1, 0, frozenset({"pins"}), belongs_to=b"d/B.mkv")
    plan = make_plan(small(wants=(want(b"d/B.srt", 1, source="pins", reason="pinned"),), cached=(srt,)))
    assert [(decision.action, decision.reason) for decision in plan.decisions] == [(Action.KEEP, "pinned")]


def test_an_upgrade_to_another_container_keeps_the_subtitles() -> None:
    """`A.mp4` was replaced by `A.mkv`: the subtitles were cached with the old one."""
    old = Cached(key(b"d/A.mp4"), 10, 0, frozenset({"ondeck"}), changed="the cached copy is gone")
    srt = Cached(key(b"d/A.srt"), 1, 0, frozenset({"ondeck"}), belongs_to=b"d/A.mp4")
    decided = by_path(make_plan(small(wants=(want(b"d/A.mkv"),), cached=(old, srt), sidecars=())))
    assert {path: decision.action.value for path, decision in decided.items()} == {
        b"d/A.mkv": "cache", b"d/A.mp4": "restore", b"d/A.srt": "keep",
    }  # fmt: skip


@pytest.mark.parametrize(("system", "cached"), [(("", ""), 2), (("one", "one"), 1), (("one", "two"), 2)])
def test_two_caches_on_one_file_system_share_its_free_space(system: tuple[str, str], cached: int) -> None:
    wants = tuple(want(b"A.mkv")._replace(file=FileKey(cache, b"A.mkv")) for cache in ("one", "two"))
    storages = tuple(
        Storage(cache, 100, 15, limit=50, file_system=on) for cache, on in zip(("one", "two"), system, strict=True)
    )
    plan = make_plan(Situation(NOW, wants=wants, storages=storages))
    assert len(list(plan.of(Action.CACHE))) == cached


def test_of_one_file_system_seen_twice_the_smaller_free_space_counts() -> None:
    storages = tuple(Storage(cache, 100, free, file_system="x") for cache, free in (("ssd", 15), ("two", 5)))
    assert not make_plan(Situation(NOW, wants=(want(b"A.mkv"),), storages=storages)).work


def test_a_subtitle_that_is_cached_already_is_served_before_a_new_one() -> None:
    new, old = (Sidecar(key(path), 5, b"d/A.mkv") for path in (b"d/A.ass", b"d/A.srt"))
    cached = Cached(old.file, 5, 0, frozenset({"ondeck"}), belongs_to=b"d/A.mkv")
    situation = small(
        wants=(want(b"d/A.mkv"),), cached=(cached,), sidecars=(new, old), storages=(Storage("ssd", 1000, 10),)
    )
    decided = {path: decision.action.value for path, decision in by_path(make_plan(situation)).items()}
    assert decided == {b"d/A.mkv": "cache", b"d/A.srt": "keep", b"d/A.ass": "skip"}


def test_the_limit_is_each_caches_own_although_they_share_a_file_system() -> None:
    wants = tuple(want(b"A.mkv")._replace(file=FileKey(cache, b"A.mkv")) for cache in ("one", "two"))
    storages = (Storage("one", 100, 90, limit=5, file_system="x"), Storage("two", 100, 90, limit=10, file_system="x"))
    assert [decision.file for decision in make_plan(Situation(NOW, wants=wants, storages=storages)).work] == [
        FileKey("two", b"A.mkv")
    ]


@pytest.mark.parametrize(
    ("storage", "fits"),
    [
        (Storage("ssd", 100, 20, pending=10), True),
        (Storage("ssd", 100, 20, pending=11), False),
        (Storage("ssd", 100, 99, limit=20, coming=10), True),
        (Storage("ssd", 100, 99, limit=20, coming=11), False),
    ],
)
def test_what_earlier_operations_still_need_is_taken_off(storage: Storage, fits: bool) -> None:
    plan = make_plan(Situation(NOW, wants=(want(b"A.mkv"),), storages=(storage,)))
    assert bool(plan.work) is fits


def test_room_is_shared_also_when_one_of_the_caches_makes_it() -> None:
    gone = Cached(FileKey("one", b"old.mkv"), 10, 0, frozenset({"ondeck"}))
    wanted = want(b"new.mkv")._replace(file=FileKey("two", b"new.mkv"))
    storages = tuple(Storage(cache, 100, 0, file_system="x") for cache in ("one", "two"))
    plan = make_plan(Situation(NOW, wants=(wanted,), cached=(gone,), storages=storages))
    assert [decision.action.value for decision in plan.work] == ["restore", "cache"]
