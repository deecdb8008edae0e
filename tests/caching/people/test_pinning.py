"""Pins in whole cycles: what is pinned comes and stays, within the budget."""

from typing import Any

import pytest
from django.db import IntegrityError

from cacherr.errors import RefusedError
from caching import pinning
from caching.models import CachedFile, CachePolicy, Pin
from caching.pinning import AskedFor, pin
from plexusers.models import LibraryItem, LibrarySection, SourceState, Versions, WatchPolicy
from plexusers.standin import Show, StandIn, faults
from plexusers.standin.records import Season
from tests.caching.neighbours import Neighbours, cached, claims_of, read_everything_again, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def show(neighbours: Neighbours, plex: StandIn) -> Show:
    """A show of two seasons and a special, indexed."""
    show, _ = neighbours.show("Show", 2, 2)
    neighbours.episode(show, 0, 1)
    run()
    return show


def decisions(plan: list[dict[str, Any]]) -> dict[str, tuple[str, int, str]]:
    return {row["path"].rsplit("/")[-1]: (row["action"], row["score"], row["reason"]) for row in plan}


def test_a_pinned_film_that_nobody_wants_is_cached_and_stays_until_it_is_unpinned(
    neighbours: Neighbours, plex: StandIn
) -> None:
    film = neighbours.film("Film")
    run()
    made, is_new = pin(AskedFor(film.key), by="alex")
    assert is_new
    assert decisions(run().plan) == {"Film.mkv": ("cache", 100, "pinned")}
    assert claims_of("Film") == {"pin"}
    assert decisions(run().plan) == {"Film.mkv": ("keep", 100, "pinned")}
    assert CachedFile.objects.get().who == "alex"
    made.delete()
    run()
    assert cached() == set()


@pytest.mark.parametrize(
    ("season", "names"),
    [
        (None, {"Show 0x1", "Show 1x1", "Show 1x2", "Show 2x1", "Show 2x2"}),
        (2, {"Show 2x1", "Show 2x2"}),
        (0, {"Show 0x1"}),
    ],
)
def test_a_show_is_pinned_whole_or_by_seasons(show: Show, season: int | None, names: set[str]) -> None:
    pin(AskedFor(show.key, season))
    run()
    assert cached() == names


def test_what_comes_to_a_pinned_season_later_is_cached_as_well(neighbours: Neighbours, show: Show) -> None:
    made, _ = pin(AskedFor(show.key, 2))
    assert (made.kind, made.title) == ("season", "Show (2010), season 2")
    neighbours.episode(show, 2, 3)
    neighbours.episode(show, 3, 1)
    run()
    assert cached() == {"Show 2x1", "Show 2x2", "Show 2x3"}


def test_a_season_is_pinned_by_its_own_rating_key_and_an_episode_by_its(show: Show, neighbours: Neighbours) -> None:
    season = next(one for one in neighbours.household.children(show) if isinstance(one, Season) and one.index == 1)
    made, _ = pin(AskedFor(season.key))
    assert (made.kind, made.rating_key, made.season) == ("season", show.key, 1)
    episode = LibraryItem.objects.get(season=2, number=1)
    made, _ = pin(AskedFor(episode.rating_key))
    assert made.kind == "episode"
    run()
    assert cached() == {"Show 1x1", "Show 1x2", "Show 2x1"}


def test_pinning_again_changes_the_versions_only(neighbours: Neighbours, plex: StandIn) -> None:
    film = neighbours.film("Film")
    run()
    first, _ = pin(AskedFor(film.key), by="alex")
    second, is_new = pin(AskedFor(film.key, versions="smallest"), by="kim")
    assert (second.pk, second.versions, second.created_by, is_new) == (first.pk, "smallest", "alex", False)
    with pytest.raises(IntegrityError):
        Pin.objects.create(rating_key=film.key, kind="movie", title="Film")


@pytest.mark.parametrize(
    ("own", "setting", "names"),
    [("", "all", {"big", "small"}), ("", "best", {"big"}), ("smallest", "best", {"small"}), ("best", "all", {"big"})],
)
def test_a_pin_says_which_versions_or_leaves_it_to_the_settings(
    neighbours: Neighbours, plex: StandIn, own: str, setting: str, names: set[str]
) -> None:
    WatchPolicy.objects.update(versions=setting)
    household = neighbours.household
    versions = [
        household.version(household.part(neighbours.part(f"Movies/Film/{name}.mkv"), size), resolution=resolution)
        for name, size, resolution in (("big", 440, "1080"), ("small", 420, "480"))
    ]
    film = household.add_movie(neighbours.films, "Film", *versions, year=2001)
    run()
    pin(AskedFor(film.key, versions=own))
    run()
    assert cached() == names


def test_what_is_pinned_wins_over_what_is_only_wanted(neighbours: Neighbours, plex: StandIn) -> None:
    wanted, pinned = neighbours.film("Aaaa"), neighbours.film("Bbbb")
    run()
    neighbours.on_deck(neighbours.alex, wanted)
    pin(AskedFor(pinned.key))
    CachePolicy.objects.update(cache_limit="500B")
    run()
    assert cached() == {"Bbbb"}


def test_a_pin_beyond_the_budget_is_refused_with_numbers_and_leaves_no_row(
    neighbours: Neighbours, plex: StandIn
) -> None:
    films = [neighbours.film(name) for name in ("Aaaa", "Bbbb")]
    size = len(b"Movies/Aaaa/Aaaa.mkv" * 20)
    run()
    CachePolicy.objects.update(cache_limit=f"{size * 3 // 2}B")
    pin(AskedFor(films[0].key))
    with pytest.raises(
        RefusedError, match=rf"Bbbb \(2001\) has {size} B; all .* need {size * 2} B, .* {size} B \(1 file\)"
    ):
        pin(AskedFor(films[1].key))
    assert Pin.objects.count() == 1
    CachePolicy.objects.update(cache_limit="")
    pin(AskedFor(films[1].key))


def test_what_others_want_takes_no_room_from_pins(neighbours: Neighbours, plex: StandIn) -> None:
    neighbours.on_deck(neighbours.alex, neighbours.film("Aaaa"))
    pinned = neighbours.film("Bbbb")
    CachePolicy.objects.update(cache_limit="500B")
    run()
    assert cached() == {"Aaaa"}
    pin(AskedFor(pinned.key))


def test_what_the_library_does_not_have_or_no_mapping_covers_is_refused(neighbours: Neighbours, plex: StandIn) -> None:
    household = neighbours.household
    elsewhere = household.add_movie(
        neighbours.films, "Elsewhere", household.version(household.part("/other/Elsewhere.mkv", 10))
    )
    empty = household.add_show(neighbours.shows, "Empty")
    film = neighbours.film("Film")
    run()
    for asked, why in (
        (AskedFor("999999"), "nothing by this rating key"),
        (AskedFor("no number"), "nothing by this rating key"),
        (AskedFor(elsewhere.key), "No path mapping covers"),
        (AskedFor(empty.key), "no file of Empty"),
        (AskedFor(empty.key, 7), "no season 7"),
        (AskedFor(film.key, 1), "no season 1"),
    ):
        with pytest.raises(RefusedError, match=why):
            pin(asked)
    LibrarySection.objects.update(enabled=False)
    with pytest.raises(RefusedError, match="switched off"):
        pin(AskedFor(film.key))
    assert not Pin.objects.exists()


def test_a_pin_finds_its_film_under_another_rating_key(neighbours: Neighbours, plex: StandIn) -> None:
    household = neighbours.household
    version = household.version(household.part(neighbours.part("Movies/Film.mkv"), 300))
    film = household.add_movie(neighbours.films, "Film", version, guid="plex://movie/abc")
    run()
    made, _ = pin(AskedFor(film.key))
    LibraryItem.objects.update(rating_key="77777")
    (found,) = pinning.items_of([made], Versions.ALL)
    assert [item.rating_key for item in found.items] == ["77777"]


@pytest.fixture
def exchanged(neighbours: Neighbours, plex: StandIn) -> tuple[str, str]:
    """The rating keys of Aaaa, which is pinned, and of Bbbb, until Plex gave each that of the other."""
    films = []
    for name in ("Aaaa", "Bbbb"):
        version = neighbours.household.version(
            neighbours.household.part(neighbours.part(f"Movies/{name}/{name}.mkv"), 400)
        )
        films.append(
            neighbours.household.add_movie(neighbours.films, name, version, guid=f"plex://movie/{name[0].lower()}")
        )
    run()
    pin(AskedFor(films[0].key))
    first, second = (film.key for film in films)
    LibraryItem.objects.filter(rating_key=first).update(rating_key="between")
    LibraryItem.objects.filter(rating_key=second).update(rating_key=first)
    LibraryItem.objects.filter(rating_key="between").update(rating_key=second)
    return first, second


def files_of_pins() -> dict[str, list[str]]:
    """The names of the files that each pin wants, by its title."""
    return {
        one.pin.title: [path.rsplit("/")[-1] for path in one.sizes]
        for one in pinning.items_of(Pin.objects.all(), Versions.ALL)
    }


def test_a_pin_stays_with_its_film_when_plex_gives_its_rating_key_to_another(exchanged: tuple[str, str]) -> None:
    assert files_of_pins() == {"Aaaa": ["Aaaa.mkv"]}
    pinning.renumber()
    assert Pin.objects.get().rating_key == exchanged[1]
    assert files_of_pins() == {"Aaaa": ["Aaaa.mkv"]}


def test_the_film_that_has_the_rating_key_of_a_pin_now_can_be_pinned_beside_it(exchanged: tuple[str, str]) -> None:
    _, is_new = pin(AskedFor(exchanged[0]))
    assert is_new
    assert files_of_pins() == {"Aaaa": ["Aaaa.mkv"], "Bbbb": ["Bbbb.mkv"]}
    assert pinning.named(exchanged[1]).title == "Aaaa"


def test_two_pins_whose_films_exchanged_their_rating_keys_exchange_them_too(exchanged: tuple[str, str]) -> None:
    Pin.objects.create(kind="movie", rating_key=exchanged[1], guid="plex://movie/b", title="Bbbb")
    pinning.renumber()
    assert list(Pin.objects.values_list("title", "rating_key")) == [("Aaaa", exchanged[1]), ("Bbbb", exchanged[0])]


def test_what_a_pin_means_is_unknown_while_only_another_film_has_its_rating_key(
    neighbours: Neighbours, plex: StandIn
) -> None:
    cached_one, other = neighbours.film("Cached"), neighbours.film("Other")
    run()
    pin(AskedFor(cached_one.key))
    run()
    Pin.objects.update(rating_key=other.key, guid="plex://movie/gone", title="Gone")
    cycle = run()
    assert cached() == {"Cached"}  # it may be what was pinned
    assert f"The rating key of the pin Gone belongs to {other.title} (2001) now" in cycle.error
    made, is_new = pin(AskedFor(other.key), by="kim")
    assert (made.title, made.created_by, is_new) == (f"{other.title} (2001)", "kim", True)
    run()
    assert cached() == {"Other"}


def test_a_pin_keeps_a_film_whose_match_was_corrected_while_its_title_is_the_same(
    neighbours: Neighbours, plex: StandIn
) -> None:
    film = neighbours.film("Film")
    run()
    pin(AskedFor(film.key))
    Pin.objects.update(guid="com.plexapp.agents.none://abc?lang=xn")
    run()
    assert cached() == {"Film"}


def test_while_the_index_is_not_known_well_what_is_pinned_stays(neighbours: Neighbours, plex: StandIn) -> None:
    film = neighbours.film("Film")
    run()
    pin(AskedFor(film.key))
    run()
    LibraryItem.objects.all().delete()
    SourceState.objects.filter(source="library").delete()
    read_everything_again()
    plex.fail(f"/library/sections/{neighbours.films.key}/all", faults.Status(500))
    cycle = run()
    assert cached() == {"Film"}
    assert "what is pinned" in cycle.error


@pytest.mark.parametrize("many", [1, 30])
def test_pins_cost_no_request_and_the_same_queries_however_many_there_are(
    neighbours: Neighbours, plex: StandIn, django_assert_max_num_queries: Any, many: int
) -> None:
    films = [neighbours.film(f"Film {number}") for number in range(many)]
    shows = [neighbours.show(f"Show {number}", 2)[0] for number in range(many)]
    run()
    Pin.objects.bulk_create(
        Pin(kind=kind, rating_key=one.key, title=one.title)
        for kind, those in (("movie", films), ("show", shows))
        for one in those
    )
    plex.requests.clear()
    with django_assert_max_num_queries(5):
        answer = pinning.answer(Versions.ALL)
    assert (len(answer.wants), plex.requests) == (many * 3, [])


def test_what_is_cached_already_counts_as_room_because_it_may_leave(neighbours: Neighbours, plex: StandIn) -> None:
    neighbours.on_deck(neighbours.alex, neighbours.film("Film"))
    run()
    huge = 10**15  # more than any disk has free, so that nothing else can explain it
    CachedFile.objects.update(size=huge)
    (room,) = pinning.whole_room([neighbours.ground.mapping])
    assert room.free > huge
