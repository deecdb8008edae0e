import pytest

from plexusers.standin import StandIn
from tests.plexusers.standin.conftest import Home, SignIn

S1 = "s1e1 s1e2 s1e3"


@pytest.mark.parametrize(
    ("watched", "started", "expected"),
    [
        ("", "", None),
        ("", "s1e1", "s1e1"),
        ("s1e1", "", "s1e2"),
        ("s1e1", "s1e3", "s1e3"),
        (S1, "", "s2e1"),
        (f"{S1} s2e1 s2e2", "", None),
        ("s1e2", "", "s1e3"),
        ("s1e3 s1e1", "", "s1e2"),
        ("s1e1 s1e2 s1e3 s1e1", "", "s2e1"),
        ("s0e1", "", None),
        ("s1e1 s0e1", "", "s1e2"),
        ("s1e1", "s0e1", "s0e1"),
        ("s1e1", "s1e1", "s1e1"),
    ],
)
def test_a_show_offers_what_is_half_watched_or_else_the_next_regular_episode(
    home: Home, watched: str, started: str, expected: str | None
) -> None:
    _, episodes = home.show("Long Way", 3, 2, specials=2)
    for name in watched.split():
        home.household.mark_watched(home.owner, episodes[name])
    for name in started.split():
        home.household.watch(home.owner, episodes[name], offset_ms=60_000)
    assert home.household.on_deck(home.owner) == ([episodes[expected]] if expected else [])


def test_a_show_by_date_goes_on_in_the_order_of_its_dates(home: Home) -> None:
    show = home.household.add_show(home.shows, "Tonight")
    late, early = (home.episode(show, None, None, date) for date in ("2024-03-05", "2024-03-04"))
    home.household.mark_watched(home.owner, early)
    assert home.household.on_deck(home.owner) == [late]


def test_an_episode_without_a_number_comes_after_those_that_have_one(home: Home) -> None:
    show = home.household.add_show(home.shows, "Mixed")
    extra = home.episode(show, None, None, "2024-03-05")
    first = home.episode(show, 1, 1)
    home.household.mark_watched(home.owner, first)
    assert home.household.on_deck(home.owner) == [extra]


def test_each_account_has_a_deck_of_its_own_with_the_newest_first(home: Home, sign_in: SignIn) -> None:
    old, new = home.film("Old"), home.film("New")
    _, episodes = home.show("Between", 2)
    home.household.watch(home.owner, new, offset_ms=1000, at=300)
    home.household.watch(home.owner, old, offset_ms=1000, at=100)
    home.household.mark_watched(home.owner, episodes["s1e1"], at=200)
    home.household.watch(home.sam, old, offset_ms=2000, at=100)
    assert [item.title for item in sign_in(home.owner).library.onDeck()] == ["New", "Episode 2", "Old"]
    assert [(item.title, item.viewOffset) for item in sign_in(home.sam).library.onDeck()] == [("Old", 2000)]
    assert sign_in(home.friend).library.onDeck() == []


def test_what_an_account_may_not_see_is_not_on_its_deck(home: Home, sign_in: SignIn) -> None:
    _, episodes = home.show("Hidden", 1)
    home.household.watch(home.friend, episodes["s1e1"], offset_ms=1000)
    assert home.household.on_deck(home.friend) == []
    assert sign_in(home.friend).continueWatching() == []


def test_a_section_has_the_part_of_the_deck_that_lies_in_it(home: Home, sign_in: SignIn) -> None:
    _, episodes = home.show("Series", 1)
    for item in (home.film("Film"), episodes["s1e1"]):
        home.household.watch(home.owner, item, offset_ms=1000)
    library = sign_in(home.owner).library
    assert {section.title: [item.type for item in section.onDeck()] for section in library.sections()} == {
        "Movies": ["movie"],
        "TV Shows": ["episode"],
    }


def test_continue_watching_leaves_out_next_episodes(home: Home, sign_in: SignIn) -> None:
    _, episodes = home.show("Series", 2)
    home.household.mark_watched(home.owner, episodes["s1e1"])
    film = home.film("Film")
    home.household.watch(home.owner, film, offset_ms=1000)
    server = sign_in(home.owner)
    assert [str(item.ratingKey) for item in server.continueWatching()] == [film.key]
    assert len(server.library.onDeck()) == 2


def test_what_rests_too_long_or_beyond_the_limit_falls_off_the_deck(home: Home) -> None:
    for number in range(3):
        home.household.watch(home.owner, home.film(f"Film {number}"), offset_ms=1000)
    home.household.on_deck_limit = 2
    assert len(home.household.on_deck(home.owner)) == 2
    home.household.on_deck_weeks = 16
    home.time += 17 * 7 * 86400
    assert home.household.on_deck(home.owner) == []


def test_a_show_tells_what_to_go_on_with_even_when_nothing_of_it_was_watched(home: Home, sign_in: SignIn) -> None:
    _, episodes = home.show("Untouched", 2, specials=1)
    show = sign_in(home.owner).library.section("TV Shows").get("Untouched")
    assert str(show.onDeck().ratingKey) == episodes["s1e1"].key


def test_removing_an_item_takes_it_from_every_deck(home: Home, plex: StandIn, sign_in: SignIn) -> None:
    show, episodes = home.show("Gone", 2)
    home.household.mark_watched(home.owner, episodes["s1e1"])
    home.household.start_playing(home.owner, episodes["s1e2"], offset_ms=5)
    home.household.remove(show)
    server = sign_in(home.owner)
    assert (server.library.onDeck(), server.sessions(), server.library.section("TV Shows").all()) == ([], [], [])
    assert [entry.title for entry in server.history()] == ["Episode 1"]
