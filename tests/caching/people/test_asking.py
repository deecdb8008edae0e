"""Whole cycles with several users: who gets what, and what a failing source keeps."""

import time

import pytest
from django.utils import timezone

from importlists.models import ImportList, ListItem, ListState
from plexusers import tokens
from plexusers.models import PlexUser, SourceState, WatchPolicy
from plexusers.standin import StandIn
from tests.caching.neighbours import Neighbours, age, cached, claims_of, read_everything_again, run

pytestmark = pytest.mark.django_db


def test_two_users_at_different_episodes_of_one_show_each_get_what_comes_next(
    neighbours: Neighbours, plex: StandIn
) -> None:
    _, episodes = neighbours.show("Show", 4, 4)
    run()  # makes the users known
    neighbours.prefer(neighbours.sam, episodes_ahead=1)
    neighbours.prefer(neighbours.kim, episodes_ahead=2)
    neighbours.on_deck(neighbours.sam, episodes[0])
    neighbours.on_deck(neighbours.kim, episodes[3])
    run()
    assert cached() == {"Show 1x1", "Show 1x2", "Show 1x4", "Show 2x1", "Show 2x2"}
    sam, kim = (f"ondeck:{one.plex_id}" for one in (neighbours.sam, neighbours.kim))
    assert claims_of("Show 1x2") == {sam}
    assert claims_of("Show 2x2") == {kim}


def test_a_user_keeps_the_claims_under_a_new_name(neighbours: Neighbours, plex: StandIn) -> None:
    film = neighbours.film("Film")
    neighbours.on_deck(neighbours.kim, film)
    run()
    before = claims_of("Film")
    neighbours.household.rename(neighbours.kim, "Kimberley")
    age("users")
    cycle = run()
    assert claims_of("Film") == before == {f"ondeck:{neighbours.kim.plex_id}"}
    assert [decision["who"] for decision in cycle.plan] == [["Kimberley"]]
    assert PlexUser.objects.count() == 3


def test_what_a_friend_wanted_who_left_the_share_stays_while_that_is_unknown_and_then_leaves(
    neighbours: Neighbours, plex: StandIn
) -> None:
    neighbours.on_deck(neighbours.kim, neighbours.film("Hers"))
    neighbours.on_deck(neighbours.alex, neighbours.film("His"))
    run()
    neighbours.household.leave(neighbours.kim)
    cycle = run()
    assert cached() == {"Hers", "His"}
    assert "Kim" in cycle.error
    age("users")
    cycle = run()
    assert cached() == {"His"}
    assert cycle.error == ""


def test_a_managed_user_with_a_pin_is_asked_once_the_pin_is_known(neighbours: Neighbours, plex: StandIn) -> None:
    lou = neighbours.household.add_account("Lou", "token-lou", managed=True, pin="1234")
    neighbours.on_deck(lou, neighbours.film("Film"))
    cycle = run()
    assert cached() == set()
    assert "what Lou has on deck" in cycle.error
    assert "PIN" in cycle.error
    tokens.enter_pin(neighbours.row(lou), "1234")
    cycle = run()
    assert cached() == {"Film"}
    assert cycle.error == ""


def test_nothing_of_a_hidden_library_is_wanted(neighbours: Neighbours, plex: StandIn) -> None:
    secret = neighbours.household.add_section("movie", "Secret", "/plex/Secret")
    film = neighbours.film("Film", section=secret, path="Secret/Film.mkv")
    neighbours.household.share(neighbours.kim, [neighbours.films])
    neighbours.online.add_to_watchlist(neighbours.kim, film)
    run()
    neighbours.prefer(neighbours.kim, watchlist=True)
    run()
    assert SourceState.objects.get(source="watchlist", user__title="Kim").count == 1
    assert cached() == set()
    neighbours.household.share(neighbours.kim, [neighbours.films, secret])
    age("users")
    run()
    assert cached() == {"Film"}


def test_an_item_in_two_libraries_is_cached_once(neighbours: Neighbours, plex: StandIn) -> None:
    again = neighbours.household.add_section("movie", "Favourites", "/plex/Movies")
    film = neighbours.film("Film")
    part = film.versions[0].parts[0]
    version = neighbours.household.version(neighbours.household.part(part.path, part.size))
    neighbours.household.add_movie(again, "Film", version, guid=film.guid, year=2001)
    neighbours.online.add_to_watchlist(neighbours.alex, film)
    cycle = run()
    assert cached() == {"Film"}
    assert [decision["action"] for decision in cycle.plan] == ["cache"]


def test_a_show_on_the_watchlist_brings_the_next_unwatched_episodes_of_that_user(
    neighbours: Neighbours, plex: StandIn
) -> None:
    show, episodes = neighbours.show("Show", 3, 3)
    for account in (neighbours.alex, neighbours.sam):
        neighbours.online.add_to_watchlist(account, show)
    run()
    neighbours.prefer(neighbours.alex, watchlist_episodes=1, ondeck=False)
    neighbours.prefer(neighbours.sam, watchlist_episodes=2, ondeck=False)
    for episode in episodes[:2]:
        neighbours.household.mark_watched(neighbours.sam, episode)
    age("watchlist")
    run()
    assert claims_of("Show 1x1") == {f"watchlist:{neighbours.alex.plex_id}"}
    assert claims_of("Show 1x3") == claims_of("Show 2x1") == {f"watchlist:{neighbours.sam.plex_id}"}
    assert "Show 1x2" not in cached()


def test_what_somebody_watches_again_is_wanted_again(neighbours: Neighbours, plex: StandIn) -> None:
    film = neighbours.film("Film")
    neighbours.on_deck(neighbours.sam, film)
    run()
    neighbours.household.mark_watched(neighbours.sam, film)
    neighbours.on_deck(neighbours.sam, film)
    cycle = run()
    assert [(decision["action"], decision["who"]) for decision in cycle.plan] == [("keep", ["Sam"])]
    neighbours.household.mark_watched(neighbours.sam, film)
    run()
    assert cached() == set()


def test_what_all_who_wanted_it_have_watched_stays_for_the_hours_of_grace(
    neighbours: Neighbours, plex: StandIn
) -> None:
    WatchPolicy.objects.update(watched_grace_hours=5)
    film = neighbours.film("Film")
    for account in (neighbours.sam, neighbours.kim):
        neighbours.on_deck(account, film)
    run()
    long_ago = int(time.time()) - 6 * 3600
    neighbours.household.mark_watched(neighbours.sam, film, at=long_ago)
    read_everything_again()
    run()
    assert claims_of("Film") == {f"ondeck:{neighbours.kim.plex_id}"}
    neighbours.household.mark_watched(neighbours.kim, film, at=int(time.time()) - 3600)
    read_everything_again()
    cycle = run()
    assert cached() == {"Film"}
    assert "everybody who wanted it has watched it; stays for another 4.0 h of grace" in cycle.plan[0]["reason"]
    neighbours.household.mark_watched(neighbours.kim, film, at=long_ago)
    read_everything_again()
    run()
    assert cached() == set()


def test_a_user_left_out_by_the_activity_filter_wants_nothing_and_comes_back_by_watching(
    neighbours: Neighbours, plex: StandIn
) -> None:
    film = neighbours.film("Old")
    neighbours.household.watch(neighbours.kim, film, offset_ms=1000, at=int(time.time()) - 40 * 86400)
    run()  # looks for the first time, when nothing is known of her yet
    run()
    assert cached() == set()
    neighbours.on_deck(neighbours.kim, neighbours.film("New"))
    run()
    assert cached() == set()
    age("ondeck")
    run()  # the daily look
    run()
    assert cached() == {"Old", "New"}


def test_what_came_into_the_library_lately_is_cached_when_that_is_switched_on(
    neighbours: Neighbours, plex: StandIn
) -> None:
    neighbours.film("New", at=int(time.time()) - 86400)
    neighbours.film("Old", at=int(time.time()) - 30 * 86400)
    run()
    assert cached() == set()
    WatchPolicy.objects.update(recently_added=True)
    run()
    assert cached() == {"New"}
    assert claims_of("New") == {"recent"}


def test_what_was_not_watched_for_too_long_is_left_out(neighbours: Neighbours, plex: StandIn) -> None:
    _, episodes = neighbours.show("Show", 3)
    neighbours.household.mark_watched(neighbours.alex, episodes[0], at=int(time.time()) - 20 * 86400)
    run()
    assert cached() == {"Show 1x2", "Show 1x3"}
    neighbours.prefer(neighbours.alex, stale_days=10)
    run()
    assert cached() == set()


def test_what_an_import_list_wants_is_cached_and_stays_while_the_list_is_unknown(
    neighbours: Neighbours, plex: StandIn
) -> None:
    neighbours.film("Popular")
    neighbours.film("Unknown")
    listed = ImportList.objects.create(
        name="Films", provider="stevenlu", chart="popular", state=ListState.FRESH, good_at=timezone.now()
    )
    for position, title in enumerate(("Elsewhere", "Popular"), 1):
        ListItem.objects.create(import_list=listed, position=position, title=title, year=2001, kind="movie")
    run()
    assert cached() == {"Popular"}
    assert claims_of("Popular") == {f"list:{listed.pk}"}
    ListItem.objects.all().delete()
    ImportList.objects.update(state=ListState.FAILED, why="It does not answer.")
    assert "It does not answer." in run().error
    assert cached() == {"Popular"}
    ImportList.objects.update(state=ListState.FRESH, why="")
    run()
    assert cached() == set()
