"""Returns that a cycle planned and nobody has begun: a wish that comes in time ends them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone

from caching import journal, orders
from caching.models import PLAYBACK, CachedFile, Cycle, Operation, PathMapping, Phase, Root
from caching.orders.placing import cache_wishes
from caching.orders.wishes import Wishes
from caching.pinning import AskedFor, pin
from caching.sparing import WANTED_AGAIN, spare
from plexusers.models import PlaySession
from plexusers.plex import PlexFile, PlexItem
from plexusers.standin import Movie, StandIn
from plexusers.wants import Want
from tests.caching.neighbours import Neighbours, cached, run, when

pytestmark = pytest.mark.django_db


@pytest.fixture
def film(neighbours: Neighbours, plex: StandIn) -> Movie:
    """A film that was wanted, so it is cached, and is wanted no more."""
    made = neighbours.film("Film")
    neighbours.on_deck(neighbours.alex, made)
    run()
    assert cached() == {"Film"}
    neighbours.household.mark_unwatched(neighbours.alex, made)
    return made


def outcome(row: Operation) -> tuple[str, str]:
    row.refresh_from_db()
    return row.state, row.outcome


def play(film: Movie) -> None:
    """What the watcher orders when somebody plays it: it is cached already."""
    wishes = Wishes()
    item = PlexItem(film.key, "movie", "Film", (PlexFile("/plex/Movies/Film/Film.mkv", 0),), 0, None)
    wishes.add_want(Want(item, "playing", "Sam", "Sam is playing it"))
    cache_wishes(wishes, list(PathMapping.objects.select_related("array", "cache")), orders.Origin(PLAYBACK), "")


def test_a_pin_ends_the_return_that_nobody_has_begun(neighbours: Neighbours, film: Movie) -> None:
    row = neighbours.ground.plan_restore()
    pin(AskedFor(film.key))
    assert outcome(row) == ("aborted", WANTED_AGAIN)


def test_playback_ends_it_too_although_nothing_has_to_be_cached(neighbours: Neighbours, film: Movie) -> None:
    row = neighbours.ground.plan_restore()
    play(film)
    assert outcome(row) == ("aborted", WANTED_AGAIN)


@pytest.mark.parametrize(("trigger", "is_begun"), [("cycle", True), ("admin", False), ("audit", False)])
def test_what_is_begun_goes_on_and_what_a_person_ordered_stands(
    neighbours: Neighbours, film: Movie, trigger: str, is_begun: bool
) -> None:
    row = neighbours.ground.plan_restore(trigger)
    if is_begun:
        journal.claim(row)
    pin(AskedFor(film.key))
    play(film)
    assert outcome(row) == ("planned", "")


def replace_copy(neighbours: Neighbours) -> None:
    (neighbours.ground.cache / "Movies/Film/Film.mkv").write_bytes(b"an upgrade")


def replace_original(neighbours: Neighbours) -> None:
    original: Path = neighbours.ground.array / "Movies/Film/Film.mkv"
    original.unlink()
    original.write_bytes(b"an upgrade")


def exchange_disk(neighbours: Neighbours) -> None:
    """The cycle may have read the copy under its new inode, and found other bytes."""
    copy = neighbours.ground.cache / "Movies/Film/Film.mkv"
    row = CachedFile.objects.get()
    CachedFile.objects.update(cache_print=row.cache_print.replace(row.cache_print.split(":")[0], "1", 1))
    assert copy.exists()


def rescue(neighbours: Neighbours) -> None:
    CachedFile.objects.update(rescued_at="2026-01-01T00:00Z")


def change_array(neighbours: Neighbours) -> None:
    elsewhere = neighbours.ground.array.parent / "elsewhere"
    elsewhere.mkdir()
    PathMapping.objects.update(array=Root.objects.create(id="elsewhere", path=str(elsewhere), kind="array"))


@pytest.mark.parametrize("happening", [replace_copy, replace_original, exchange_disk, rescue, change_array])
def test_what_has_to_come_back_does_so_whoever_wants_it(
    neighbours: Neighbours, film: Movie, happening: Callable[[Neighbours], None]
) -> None:
    row = neighbours.ground.plan_restore()
    happening(neighbours)
    assert spare(["/plex/Movies/Film/Film.mkv"], list(PathMapping.objects.all())) == 0
    assert outcome(row) == ("planned", "")


def test_a_sidecar_stays_with_its_video(neighbours: Neighbours, plex: StandIn) -> None:
    film = neighbours.film("Film")
    neighbours.ground.write(b"Movies/Film/Film.en.srt", b"subtitle")
    neighbours.on_deck(neighbours.alex, film)
    run()
    neighbours.household.mark_unwatched(neighbours.alex, film)
    with when(Cycle, lambda row: row.phase == Phase.RETENTION, lambda: pin(AskedFor(film.key))):
        cycle = run()
    assert Operation.objects.filter(outcome=WANTED_AGAIN).count() == 2
    assert cached() == {"Film", "Film.en"}
    assert (cycle.state, cycle.failures) == ("completed", 0)


def test_what_is_pinned_while_a_cycle_asks_and_plans_does_not_leave(neighbours: Neighbours, film: Movie) -> None:
    with when(Cycle, lambda row: row.phase == Phase.PLAN, lambda: pin(AskedFor(film.key))):
        cycle = run()
    assert cached() == {"Film"}
    assert (cycle.state, cycle.failures) == ("completed", 0)


def test_what_comes_next_for_somebody_who_began_to_play_meanwhile_does_not_leave(
    neighbours: Neighbours, plex: StandIn
) -> None:
    first = neighbours.show("Show", 2)[1][0]
    neighbours.on_deck(neighbours.alex, first)
    run()
    assert cached() == {"Show 1x1", "Show 1x2"}
    neighbours.household.mark_unwatched(neighbours.alex, first)

    def begin() -> None:
        PlaySession.objects.create(
            session_key="1",
            user=neighbours.row(neighbours.alex),
            kind="episode",
            rating_key=first.key,
            seen_at=timezone.now(),
        )

    with when(Cycle, lambda row: row.phase == Phase.PLAN, begin):
        run()
    assert cached() == {"Show 1x2"}
