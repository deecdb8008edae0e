"""What follows from watchlists and settings, by whole plans over a real library."""

import time
from dataclasses import replace

import pytest

from caching import cycle
from plexusers.models import LibrarySection, PlexUser, WatchlistEntry, WatchPolicy
from plexusers.standin import StandIn, Work
from tests.caching.neighbours import Neighbours, cached, read_everything_again, run

pytestmark = pytest.mark.django_db

DAY = 86400


def planned() -> dict[str, int]:
    """What would be cached, by name, with its score."""
    plan = cycle.run("test", dry_run=True).plan
    return {row["path"].rpartition("/")[2][:-4]: row["score"] for row in plan if row["action"] == "cache"}


def test_a_film_that_was_watched_is_wanted_only_when_it_was_listed_since(neighbours: Neighbours, plex: StandIn) -> None:
    films = [neighbours.film(name) for name in ("before", "after", "never")]
    for film in films:
        neighbours.online.add_to_watchlist(neighbours.alex, film)
    run()
    now = int(time.time())
    for film in films[:2]:
        neighbours.household.mark_watched(neighbours.alex, film, at=now - 5 * DAY)
    WatchlistEntry.objects.filter(title="before").update(added_at=now - 9 * DAY)
    WatchlistEntry.objects.filter(title="after").update(added_at=now - 2 * DAY)
    read_everything_again()
    run()
    assert cached() == {"after", "never"}


def test_a_line_without_a_known_name_is_found_by_title_and_year_only(neighbours: Neighbours, plex: StandIn) -> None:
    for title in ("Right", "Wrong year", "No year"):
        neighbours.film(title)
    for title, year in (("right", 2001), ("Wrong year", 1999), ("No year", None)):
        guid = f"plex://movie/{title.encode().hex():0>24}"
        neighbours.online.add_to_watchlist(neighbours.alex, Work("movie", guid, title, year))
    assert set(planned()) == {"Right"}


def test_a_line_is_found_by_a_name_of_another_service(neighbours: Neighbours, plex: StandIn) -> None:
    film = neighbours.film("Film")
    neighbours.household.items[film.key] = replace(film, guids=("tmdb://7",))
    secret = neighbours.online.add_feed(neighbours.kim)
    neighbours.online.add_to_watchlist(
        neighbours.kim, Work("movie", "plex://movie/" + "a" * 24, "X", None, ("tmdb://7",))
    )
    run()
    row = neighbours.row(neighbours.kim)
    row.watchlist_feed, row.watchlist = f"https://rss.plex.tv/{secret}", True
    row.save()
    assert set(planned()) == {"Film"}


def test_only_what_came_into_the_library_lately_when_that_is_wished(neighbours: Neighbours, plex: StandIn) -> None:
    now = int(time.time())
    for title, days in (("new", 2), ("old", 40)):
        film = neighbours.film(title, at=now - days * DAY)
        neighbours.online.add_to_watchlist(neighbours.alex, film)
    assert set(planned()) == {"new", "old"}
    neighbours.prefer(neighbours.alex, available_days=30)
    assert set(planned()) == {"new"}


def test_a_boost_moves_the_score_of_all_a_user_wants(neighbours: Neighbours, plex: StandIn) -> None:
    neighbours.on_deck(neighbours.sam, neighbours.film("deck"))
    before = planned()["deck"]
    neighbours.prefer(neighbours.sam, priority_boost=-30)
    assert planned()["deck"] == before - 30


def test_nothing_of_a_library_that_is_switched_off_is_wanted(neighbours: Neighbours, plex: StandIn) -> None:
    neighbours.on_deck(neighbours.sam, neighbours.film("deck"))
    neighbours.online.add_to_watchlist(neighbours.alex, neighbours.film("list"))
    assert set(planned()) == {"deck", "list"}
    LibrarySection.objects.update(enabled=False)
    assert planned() == {}


def test_switches_of_a_user_switch_what_they_say(neighbours: Neighbours, plex: StandIn) -> None:
    neighbours.on_deck(neighbours.sam, neighbours.film("deck"))
    neighbours.online.add_to_watchlist(neighbours.sam, neighbours.film("list"))
    assert set(planned()) == {"deck", "list"}
    for changes, wanted in (({"ondeck": False}, {"list"}), ({"watchlist": False}, set()), ({"ondeck": True}, {"deck"})):
        neighbours.prefer(neighbours.sam, **changes)
        assert set(planned()) == wanted
    PlexUser.objects.update(enabled=False)
    assert planned() == {}


@pytest.mark.parametrize(
    ("versions", "expected"),
    [("all", {"small", "large 1", "large 2"}), ("best", {"large 1", "large 2"}), ("smallest", {"small"})],
)
def test_versions_count_as_the_setting_says_and_parts_stay_together(
    neighbours: Neighbours, plex: StandIn, versions: str, expected: set[str]
) -> None:
    household = neighbours.household
    small, first, second = [
        household.part(neighbours.part(f"Movies/Film/{name}.mkv"), size)
        for name, size in (("small", 380), ("large 1", 400), ("large 2", 400))
    ]
    film = household.add_movie(
        neighbours.films, "Film", household.version(small, resolution="720"),
        household.version(first, second, resolution="1080"),
    )  # fmt: skip
    neighbours.on_deck(neighbours.sam, film)
    WatchPolicy.objects.update(versions=versions)
    assert set(planned()) == expected


def test_a_file_of_two_episodes_is_watched_when_both_are(neighbours: Neighbours, plex: StandIn) -> None:
    household = neighbours.household
    show = household.add_show(neighbours.shows, "Show", year=2010)
    file = household.part(neighbours.part("TV/Show/both.mkv"), 380)
    one, two = [household.add_episode(show, 1, number, household.version(file)) for number in (1, 2)]
    neighbours.on_deck(neighbours.alex, one)
    run()
    assert cached() == {"both"}
    WatchPolicy.objects.update(watched_grace_hours=10)
    neighbours.household.mark_watched(neighbours.alex, one)
    run()
    assert cached() == {"both"}  # the second one is on deck
    neighbours.household.mark_watched(neighbours.alex, two)
    assert "everybody who wanted it has watched it" in run().plan[0]["reason"]
