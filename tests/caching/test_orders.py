"""Orders: what they name, what they may do, and how they are undone, tried again and cancelled."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from cacherr.errors import BusyError, RefusedError, StorageAbsentError
from caching import exclusions, lock, mover, orders, pace, pausing, stopping, upkeep
from caching.lock import WORK_LOCK
from caching.models import PLAYBACK, CachedFile, CachePolicy, Cycle, Kind, Operation, PathMapping, State
from tests.caching.ground import CONTENT, FILM, Ground, make_ground, make_ground_beside
from tests.conftest import contents, tree

pytestmark = pytest.mark.django_db

SUBTITLE = FILM.replace(b".mkv", b".en.srt")
OTHER = b"Films/Beta/Beta.mkv"


@pytest.fixture(autouse=True)
def configuration(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.CONFIG_DIR = tmp_path_factory.mktemp("config")


@pytest.fixture(params=["symlink", "union"])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Ground:
    made = make_ground(tmp_path, request.param)
    one_at_a_time()
    made.write()
    made.write(SUBTITLE, b"subtitles")
    made.write(OTHER)
    return made


def one_at_a_time() -> None:
    """Threads would not see what a test has not committed."""
    CachePolicy.objects.update(operations_to_cache=1)


def cache(*texts: bytes | str) -> orders.Placed:
    named = [os.fsencode(text) for text in texts]
    return orders.at_once(lambda known: orders.cache(named, known, "command"), proved=True)


def give_back(*texts: bytes | str, kind: Kind = Kind.RESTORE) -> orders.Placed:
    named = [os.fsencode(text) for text in texts]
    return orders.at_once(lambda known: orders.give_back(named, known, kind, "command"), proved=False)


def there(ground: Ground) -> set[bytes]:
    return {os.fsencode(name) for name in contents(ground.cache)}


def video(placed: orders.Placed, path: bytes = FILM) -> Operation:
    return next(row for row in placed.operations if row.relative == path)


# ---- naming --------------------------------------------------------------------------------------------------------

NAMED = [
    pytest.param("/plex/Films/Beta/Beta.mkv", id="a Plex path"),
    pytest.param("{array}/Films/Beta/Beta.mkv", id="an array path"),
    pytest.param("{cache}/Films/Beta/Beta.mkv", id="a cache path"),
    pytest.param("{array}//Films///Beta/Beta.mkv", id="too many slashes"),
    pytest.param("{array}/Films/Beta", id="a directory"),
    pytest.param("/plex/Films/Beta/", id="a directory with a slash"),
]


@pytest.mark.parametrize("text", NAMED)
def test_a_file_has_many_names(ground: Ground, text: str) -> None:
    text = text.format(array=ground.array, cache=ground.cache)
    assert cache(text).refused == ()
    assert there(ground) == {OTHER}
    assert give_back(text).refused == ()
    assert there(ground) == set()


@pytest.mark.parametrize("text", ["/plex", "{array}", "{cache}/", "/plex/Films"])
def test_a_directory_is_every_file_below_it(ground: Ground, text: str) -> None:
    text = text.format(array=ground.array, cache=ground.cache)
    ground.write(b"Films/.hidden.mkv")
    ground.write(b"Films/Gamma.mkv.part")
    cache(text)
    assert there(ground) == {FILM, SUBTITLE, OTHER}
    give_back(text)
    assert there(ground) == set()


REFUSED = [
    (b"/plex2/Films/Beta/Beta.mkv", "No path mapping covers it"),
    (b"/ple", "No path mapping covers it"),
    (b"/etc/passwd", "No path mapping covers it"),
    (b"/plex/../etc/passwd", ".."),
    (b"/plex/./Films/Beta/Beta.mkv", ". or .."),
    (b"/plex/Films\0/Beta.mkv", ". or .."),
    (b"Films/Beta/Beta.mkv", "from its beginning"),
    (b"-0", "from its beginning"),
    (b"", "from its beginning"),
    ("٣".encode(), "from its beginning"),
    (b"\xff\xfe", "from its beginning"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
@pytest.mark.parametrize("order", [cache, give_back])
def test_what_names_nothing_is_refused_with_its_reason_and_the_rest_is_done(
    ground: Ground, order: Callable[..., orders.Placed], text: bytes, reason: str
) -> None:
    if order is give_back:
        cache("/plex/Films/Beta/Beta.mkv")
    placed = order(text, "/plex/Films/Beta/Beta.mkv")
    (refusal,) = placed.refused
    assert os.fsencode(refusal.target) == text
    assert reason in refusal.reason
    assert [row.state for row in placed.operations] == ["done"]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "not found"),
        (lambda path: path.mkdir(), "No file"),
        (lambda path: path.symlink_to("Beta"), "link"),
        (os.mkfifo, "not a plain file"),
    ],
)
def test_what_is_no_plain_file_is_not_cached(ground: Ground, make: Callable[[Path], None], reason: str) -> None:
    make(ground.array / "Films/odd.mkv")
    (refusal,) = cache("/plex/Films/odd.mkv").refused
    assert reason in refusal.reason
    assert there(ground) == set()


def test_a_longer_root_wins_over_a_shorter_one(ground: Ground) -> None:
    ground.mapping.plex_prefix = str(ground.directory)
    ground.mapping.placement = ground.mapping.proved_placement
    ground.mapping.save()
    cache(f"{ground.array}/Films/Beta/Beta.mkv")
    assert there(ground) == {OTHER}


def test_a_file_comes_back_also_when_no_mapping_names_its_roots_any_more(ground: Ground) -> None:
    cache("/plex/Films/Beta/Beta.mkv")
    ground.mapping.delete()
    assert give_back(str(ground.on_array(OTHER))).refused == ()
    assert there(ground) == set()


# ---- what an order does --------------------------------------------------------------------------------------------


def test_sidecars_come_and_go_with_their_video(ground: Ground) -> None:
    before = tree(ground.directory)
    assert cache("/plex/" + os.fsdecode(FILM)).refused == ()
    assert there(ground) == {FILM, SUBTITLE}
    give_back("/plex/" + os.fsdecode(FILM), kind=Kind.EVICT)
    assert tree(ground.directory) == before


def test_a_sidecar_stays_while_another_video_needs_it(ground: Ground) -> None:
    for name in (b"Show/S1/e1.mkv", b"Show/S1/e2.mkv", b"Show/S1/poster.jpg"):
        ground.write(name)
    cache("/plex/Show")
    give_back("/plex/Show/S1/e1.mkv")
    assert there(ground) == {b"Show/S1/e2.mkv", b"Show/S1/poster.jpg"}
    give_back("/plex/Show/S1/e2.mkv")
    assert there(ground) == set()


@pytest.mark.parametrize(
    ("budget", "reason"),
    [
        ({"cache_limit": "150KB"}, "no room within the cache limit"),
        ({"cache_limit": "50KB"}, "larger than the cache limit"),
        ({"cache_limit": "", "min_free_space": "100%"}, "no room on the cache"),
    ],
)
def test_an_order_respects_the_budget_and_nothing_leaves_for_it(
    ground: Ground, budget: dict[str, str], reason: str
) -> None:
    cache("/plex/Films/Beta/Beta.mkv")
    CachePolicy.objects.update(minimum_hold_hours=0, **budget)
    placed = cache("/plex/" + os.fsdecode(FILM))
    assert reason in placed.refused[0].reason
    assert there(ground) - {SUBTITLE} == {OTHER}


def test_what_is_cached_already_stays_and_is_no_refusal(ground: Ground) -> None:
    cache("/plex/Films/Beta/Beta.mkv")
    assert cache("/plex/Films/Beta/Beta.mkv") == orders.Placed((), (), ("/plex/Films/Beta/Beta.mkv",))


def test_the_movers_list_is_written_after_every_batch(ground: Ground) -> None:
    cache("/plex/Films/Beta/Beta.mkv")
    assert exclusions.path().read_bytes() == os.fsencode(ground.on_cache(OTHER)) + b"\n"
    give_back("/plex/Films/Beta/Beta.mkv")
    assert exclusions.path().read_bytes() == b""


def test_the_movers_list_does_not_keep_the_name_of_what_could_not_be_cached(ground: Ground) -> None:
    ground.on_cache(OTHER).parent.mkdir(parents=True)

    def place(known: Sequence[PathMapping]) -> orders.Placed:
        placed = orders.cache([b"/plex/Films/Beta/Beta.mkv"], known, "command")
        ground.on_cache(OTHER).write_bytes(b"another program's")
        return placed

    assert video(orders.at_once(place, proved=True), OTHER).state == "aborted"
    assert exclusions.listed() == frozenset()
    assert exclusions.path().exists()  # it was named while that was tried


def test_a_recovery_brings_the_movers_list_up_to_date(ground: Ground) -> None:
    cache("/plex/Films/Beta/Beta.mkv")
    line = os.fsencode(ground.on_cache(OTHER)) + b"\n"
    exclusions.path().write_bytes(b"/mnt/cache/stale.mkv\n")
    upkeep.recover()
    assert exclusions.path().read_bytes() == line
    exclusions.path().unlink()
    CachedFile.objects.all().delete()
    Operation.objects.all().delete()
    upkeep.recover(rebuild_rows=True)
    assert exclusions.path().read_bytes() == line


@pytest.mark.parametrize("name", [b"line\nbreak.mkv", b"no text \xff.mkv", b" blank .mkv", b"%s {x} \\ '\".mkv"])
def test_a_name_may_be_anything(ground: Ground, name: bytes) -> None:
    path = b"Films/" + name
    ground.write(path)
    assert cache(b"/plex/" + path).refused == ()
    assert there(ground) == {path}
    assert give_back(os.fsencode(ground.array) + b"/" + path).refused == ()
    assert there(ground) == set()


def test_everything_comes_back_and_a_conflict_is_tried_again(ground: Ground) -> None:
    done = video(cache("/plex/" + os.fsdecode(FILM), "/plex/Films/Beta/Beta.mkv"))
    CachedFile.objects.filter(path_key=done.path_key).update(conflict="two versions")
    Operation.objects.filter(pk=done.pk).update(state=State.CONFLICT)
    placed = orders.at_once(lambda _: orders.give_all_back("command"), proved=False)
    assert {row.state for row in placed.operations} == {"done"}
    assert video(placed).follows_id == done.pk
    assert not CachedFile.objects.exists()


# ---- undo, retry, cancel -------------------------------------------------------------------------------------------


def test_caching_is_undone_and_that_is_undone_again(ground: Ground) -> None:
    before = tree(ground.directory)
    first = video(cache("/plex/" + os.fsdecode(FILM)))
    undone = video(orders.undo(first))
    assert (undone.kind, undone.trigger, undone.follows, undone.is_waiting) == ("restore", "undo", first, True)
    assert orders.run_waiting() == 2
    assert tree(ground.directory) == before
    undone.refresh_from_db()
    again = video(orders.undo(undone))
    assert (again.kind, again.follows_id, again.title) == ("cache", undone.pk, first.title)
    assert orders.run_waiting() == 2
    assert there(ground) == {FILM, SUBTITLE}
    assert list(first.followed_by.all()) == [undone]


NOT_UNDONE = [
    ("planned", "can be cancelled"),
    ("swapped", "can be cancelled"),
    ("aborted", "nothing to undo"),
    ("conflict", "conflict"),
]


@pytest.mark.parametrize(("state", "reason"), NOT_UNDONE)
def test_only_what_was_done_is_undone(ground: Ground, state: str, reason: str) -> None:
    done = video(cache("/plex/" + os.fsdecode(FILM)))
    done.state = state
    with pytest.raises(RefusedError, match=reason):
        orders.undo(done)


def test_undoing_twice_is_refused(ground: Ground) -> None:
    done = video(cache("/plex/" + os.fsdecode(FILM)))
    orders.undo(done)
    with pytest.raises(RefusedError, match="not finished yet"):
        orders.undo(done)
    orders.run_waiting()
    with pytest.raises(RefusedError, match="not cached any more"):
        orders.undo(done)


def test_an_undo_that_finds_no_room_is_refused(ground: Ground) -> None:
    cache("/plex/Films/Beta/Beta.mkv")
    returned = video(give_back("/plex/Films/Beta/Beta.mkv"), OTHER)
    CachePolicy.objects.update(cache_limit="1KB")
    with pytest.raises(RefusedError, match="cache limit"):
        orders.undo(returned)


def test_an_undo_without_its_mapping_is_refused(ground: Ground) -> None:
    second = make_ground_beside(ground)
    cache("/plex/Films/Beta/Beta.mkv")
    returned = video(give_back("/plex/Films/Beta/Beta.mkv"), OTHER)
    ground.mapping.delete()
    with pytest.raises(RefusedError, match="mapping"):
        orders.undo(returned)
    assert second.mapping.is_proved


def test_what_was_not_done_is_tried_again_once(ground: Ground) -> None:
    cache("/plex/" + os.fsdecode(FILM))
    with ground.on_cache().open("rb"):
        first = video(give_back("/plex/" + os.fsdecode(FILM)))
        assert first.state == "aborted"
    again = video(orders.retry(first))
    assert (again.kind, again.trigger, again.follows) == ("restore", "retry", first)
    with pytest.raises(RefusedError, match="tried again already"):
        orders.retry(first)
    orders.run_waiting()
    again.refresh_from_db()
    assert again.state == "done"
    with pytest.raises(RefusedError, match="nothing to retry"):
        orders.retry(again)


def test_a_conflict_that_is_solved_is_tried_again_and_is_none_any_more(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    one_at_a_time()
    ground.cached()
    name, link = ground.on_array(), os.readlink(ground.on_array())
    name.unlink()
    name.mkdir()
    met = video(give_back("/plex/" + os.fsdecode(FILM)))
    assert met.state == "conflict"
    assert CachedFile.objects.get().conflict
    name.rmdir()
    name.symlink_to(link)
    orders.retry(met)
    orders.run_waiting()
    assert not CachedFile.objects.exists()
    assert name.read_bytes() == CONTENT


def test_a_failed_caching_is_tried_again(ground: Ground) -> None:
    foreign = ground.on_cache(OTHER)
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"in the way")
    first = video(cache("/plex/Films/Beta/Beta.mkv"), OTHER)
    assert first.state == "aborted"
    foreign.unlink()
    orders.retry(first)
    orders.run_waiting()
    assert there(ground) == {OTHER}


def test_an_order_that_waits_is_cancelled_at_once(ground: Ground) -> None:
    done = video(cache("/plex/" + os.fsdecode(FILM)))
    waiting = video(orders.undo(done))
    assert orders.cancel(waiting) is True
    assert (waiting.state, waiting.outcome) == ("aborted", "Cancelled before it began.")
    with pytest.raises(RefusedError, match="over already"):
        orders.cancel(waiting)
    assert FILM in there(ground)


@pytest.mark.parametrize(("state", "asked"), [("planned", True), ("verified", True), ("swapped", False)])
def test_an_operation_at_work_is_asked_to_stop_while_that_is_possible(ground: Ground, state: str, asked: bool) -> None:
    done = video(cache("/plex/" + os.fsdecode(FILM)))
    Operation.objects.filter(pk=done.pk).update(state=state)
    if asked:
        assert orders.cancel(done) is False
    else:
        with pytest.raises(RefusedError, match="past the point"):
            orders.cancel(done)
    done.refresh_from_db()
    assert (done.cancel_requested, done.state) == (asked, state)


# ---- who carries out, and when -------------------------------------------------------------------------------------


def waiting_restore(ground: Ground) -> Operation:
    placed = video(cache("/plex/Films/Beta/Beta.mkv"), OTHER)
    return video(orders.undo(placed), OTHER)


def test_upkeep_carries_out_an_order_whose_message_was_lost(ground: Ground) -> None:
    order = waiting_restore(ground)
    upkeep.tend()
    order.refresh_from_db()
    assert order.state == "done"
    assert not Cycle.objects.exists()


def test_orders_of_playback_come_first_then_what_makes_room_then_the_oldest(ground: Ground) -> None:
    ground.write(b"Films/Gamma.mkv")
    caching, playback = ground.plan_caching(b"Films/Gamma.mkv"), ground.plan_caching(SUBTITLE)
    restore = waiting_restore(ground)
    Operation.objects.filter(pk=playback.pk).update(trigger=PLAYBACK)
    assert orders.waiting() == [playback, restore, caching]


def test_nothing_is_begun_while_cacherr_is_paused_and_the_order_goes_on_waiting(ground: Ground) -> None:
    order = waiting_restore(ground)
    pausing.pause()
    assert orders.run_waiting() == 0
    order.refresh_from_db()
    assert order.is_waiting
    with pytest.raises(pausing.PausedError):
        give_back("/plex/Films/Beta/Beta.mkv")
    pausing.resume()
    assert orders.run_waiting() == 1


def test_nothing_is_begun_while_dry_run_is_on_and_the_order_goes_on_waiting(ground: Ground) -> None:
    order = waiting_restore(ground)
    CachePolicy.objects.update(dry_run=True)
    upkeep.tend()
    order.refresh_from_db()
    assert order.is_waiting
    assert OTHER in there(ground)
    assert pausing.holds() == (pausing.DRY_RUN,)
    CachePolicy.objects.update(dry_run=False)
    assert orders.run_waiting() == 1
    assert OTHER not in there(ground)


def test_an_order_of_a_command_that_ends_early_does_not_wait_for_a_worker(ground: Ground) -> None:
    def place(known: Sequence[PathMapping]) -> orders.Placed:
        placed = orders.cache([b"/plex/Films/Beta/Beta.mkv"], known, "command")
        CachePolicy.objects.update(dry_run=True)
        pace.SHARED.look_again()
        return placed

    order = video(orders.at_once(place, proved=True), OTHER)
    assert (order.state, order.outcome) == (
        "aborted",
        "The command ended before this was done; everything is as it was.",
    )
    CachePolicy.objects.update(dry_run=False)
    pace.SHARED.look_again()
    assert cache("/plex/Films/Beta/Beta.mkv").refused == ()
    assert there(ground) == {OTHER}


def test_an_order_waits_for_the_mover(ground: Ground) -> None:
    order = waiting_restore(ground)
    pid_file = ground.directory / "mover.pid"
    pid_file.touch()
    CachePolicy.objects.update(mover_pid_file=str(pid_file))
    with pytest.raises(mover.MoverRunningError):
        orders.run_waiting()
    order.refresh_from_db()
    assert order.is_waiting
    assert OTHER in there(ground)


def test_a_second_worker_is_refused(ground: Ground) -> None:
    order = waiting_restore(ground)
    with lock.held(WORK_LOCK), pytest.raises(BusyError):
        orders.run_waiting()
    order.refresh_from_db()
    assert order.is_waiting


def test_an_order_on_a_disk_that_is_gone_ends_with_that_reason_and_the_others_are_done(ground: Ground) -> None:
    order = waiting_restore(ground)
    second = make_ground_beside(ground)
    second.write(OTHER)
    placed = video(cache("/second/Films/Beta/Beta.mkv"), OTHER)
    other = video(orders.undo(placed), OTHER)
    marker = ground.cache / ".cacherr-root"
    marker.rename(ground.directory / "marker")
    with pytest.raises(StorageAbsentError):
        orders.run_waiting()
    order.refresh_from_db()
    other.refresh_from_db()
    assert (order.state, other.state) == ("aborted", "done")
    assert "marker" in order.outcome
    assert OTHER in there(ground)


def test_while_dry_run_is_on_every_order_is_refused(ground: Ground) -> None:
    done = video(cache("/plex/Films/Beta/Beta.mkv"), OTHER)
    CachePolicy.objects.update(dry_run=True)
    refused: tuple[Callable[[], object], ...] = (
        lambda: cache("/plex/" + os.fsdecode(FILM)),
        lambda: give_back("/plex/Films/Beta/Beta.mkv"),
        lambda: orders.undo(done),
        lambda: orders.retry(done),
    )
    for order in refused:
        with pytest.raises(orders.DryRunError):
            order()
    assert there(ground) == {OTHER}


def test_what_was_not_begun_goes_on_waiting_when_the_process_ends(ground: Ground) -> None:
    order = waiting_restore(ground)
    with stopping.by_signals():
        os.kill(os.getpid(), 15)
        try:
            assert orders.run_waiting() == 0
        finally:
            stopping._asked.clear()
    order.refresh_from_db()
    assert order.is_waiting
