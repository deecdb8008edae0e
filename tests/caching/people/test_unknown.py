"""What fails is unknown: nothing of that user leaves, the others are served, the cycle ends, a line says why."""

from dataclasses import dataclass

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from caching.models import Cycle, CycleState
from plexusers.models import LibrarySection, PlaySession, SourceState, WatchPolicy
from plexusers.standin import Movie, StandIn, faults
from plexusers.standin.faults import Fault
from tests.caching.neighbours import Neighbours, age, cached, claims_of, read_everything_again, run

pytestmark = pytest.mark.django_db

FAULTS = [
    *[pytest.param(faults.Status(code), id=f"status {code}") for code in (401, 403, 404, 422, 498, 500, 502, 520, 525)],
    pytest.param(faults.Status(429, retry_after=0), id="status 429, at once"),
    pytest.param(faults.Status(429), id="status 429"),
    pytest.param(faults.Reset(), id="reset"),
    pytest.param(faults.Truncated(), id="truncated"),
    pytest.param(faults.CUT_DOCUMENT, id="cut document"),
    pytest.param(faults.MALFORMED, id="malformed"),
    pytest.param(faults.CAPTIVE_PORTAL, id="HTML"),
    pytest.param(faults.EMPTY, id="empty"),
    pytest.param(faults.wrong_size(7), id="says that there is more"),
    pytest.param(faults.Drip(), id="too slow"),
]
FEW = [
    pytest.param(faults.Status(403), id="status 403"),
    pytest.param(faults.Reset(), id="reset"),
    pytest.param(faults.EMPTY, id="empty"),
]


@pytest.fixture(autouse=True)
def configuration(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.CONFIG_DIR = tmp_path_factory.mktemp("config")
    settings.OUTBOUND_TOTAL_SECONDS = 4.0  # for what never ends; a busy machine takes its time for the rest, too


@dataclass
class Street:
    """What is cached for whom: each has a film on deck and one on the watchlist."""

    neighbours: Neighbours
    films: dict[str, Movie]

    def turn(self) -> None:
        """Nobody wants any of it any more, and Alex wants another film."""
        household, online = self.neighbours.household, self.neighbours.online
        for name in ("alex", "sam", "kim"):
            account = getattr(self.neighbours, name)
            household.mark_watched(account, self.films[f"{name} deck"])
            online.remove_from_watchlist(account, self.films[f"{name} list"])
        self.neighbours.on_deck(self.neighbours.alex, self.neighbours.film("another"))
        age("watchlist", "feed")

    def cycle(self) -> Cycle:
        """A cycle that comes to its end."""
        cycle = run()
        assert cycle.state == CycleState.COMPLETED
        return cycle


@pytest.fixture
def street(neighbours: Neighbours, plex: StandIn) -> Street:
    films: dict[str, Movie] = {}
    run()
    neighbours.prefer(neighbours.kim, watchlist=True)
    for name in ("alex", "sam", "kim"):
        account = getattr(neighbours, name)
        films |= {title: neighbours.film(title) for title in (f"{name} deck", f"{name} list")}
        neighbours.on_deck(account, films[f"{name} deck"])
        neighbours.online.add_to_watchlist(account, films[f"{name} list"])
    age("watchlist")
    made = Street(neighbours, films)
    assert made.cycle().error == ""
    assert cached() == set(films)
    made.turn()
    return made


@pytest.fixture
def crowd(neighbours: Neighbours, plex: StandIn) -> set[str]:
    """Five films that Sam has on deck and five on the watchlist, cached; says how they are called."""
    run()
    names = set()
    for number in range(5):
        deck, listed = neighbours.film(f"deck {number}"), neighbours.film(f"list {number}")
        neighbours.on_deck(neighbours.sam, deck)
        neighbours.online.add_to_watchlist(neighbours.sam, listed)
        names |= {deck.title, listed.title}
    age("watchlist")
    run()
    assert cached() == names
    return names


def forget(neighbours: Neighbours, source: str, count: int) -> None:
    """So many films leave Sam's deck or watchlist at once."""
    for film in [one for one in neighbours.household.items.values() if one.title.startswith(source)][:count]:
        if source == "deck":
            neighbours.household.mark_unwatched(neighbours.sam, film)
        elif isinstance(film, Movie):
            neighbours.online.remove_from_watchlist(neighbours.sam, film)
    age("watchlist")


@pytest.mark.parametrize(("source", "named"), [("deck", "what Sam has on deck"), ("list", "the watchlist of Sam")])
@pytest.mark.parametrize("count", [3, 5])
def test_a_sudden_emptiness_is_believed_when_it_is_said_twice(
    neighbours: Neighbours, crowd: set[str], source: str, named: str, count: int
) -> None:
    forget(neighbours, source, count)
    cycle = run()
    assert cached() == crowd
    assert named in cycle.error
    assert f"Of 5 things {5 - count} are left" in cycle.error
    cycle = run()
    assert len(cached()) == len(crowd) - count
    assert cycle.error == ""


@pytest.mark.parametrize("source", ["deck", "list"])
def test_a_few_things_less_are_no_wonder(neighbours: Neighbours, crowd: set[str], source: str) -> None:
    forget(neighbours, source, 2)
    assert run().error == ""
    assert len(cached()) == len(crowd) - 2


def test_a_feed_that_fails_keeps_what_it_wanted(neighbours: Neighbours, plex: StandIn) -> None:
    film, other = neighbours.film("Film"), neighbours.film("Other")
    neighbours.online.add_to_watchlist(neighbours.kim, film)
    secret = neighbours.online.add_feed(neighbours.alex, friends=True)
    policy = WatchPolicy.stored()
    policy.friends_feed = f"https://rss.plex.tv/{secret}"
    policy.save()
    run()
    assert claims_of("Film") == {"feed"}
    neighbours.online.add_to_watchlist(neighbours.kim, other)
    plex.fail("/rss.plex.tv", faults.Status(403))
    age("feed")
    assert run().error == ""
    assert cached() == {"Film", "Other"}
    neighbours.online.remove_from_watchlist(neighbours.kim, other)
    plex.fail("/discover.provider.plex.tv/rss", faults.CAPTIVE_PORTAL)
    age("feed")
    cycle = run()
    assert cached() == {"Film", "Other"}
    assert "the feed of friends' watchlists" in cycle.error
    assert secret not in cycle.error
    plex.heal()
    run()
    assert cached() == {"Film"}


def test_with_a_new_database_nothing_leaves_before_the_index_and_the_watch_states_are_known(
    street: Street, plex: StandIn
) -> None:
    plex.fail("/library/sections", faults.Status(500))
    LibrarySection.objects.all().delete()
    SourceState.objects.all().delete()
    street.cycle()
    assert cached() == {"another"}.union(*ALL_OF.values())
    plex.heal()
    street.cycle()
    assert cached() == {"another"}


ALL_OF = {name: {f"{name} deck", f"{name} list"} for name in ("alex", "sam", "kim")}
NOTHING: set[str] = set()
DISCOVER, COMMUNITY, FRIENDS = "/discover.provider.plex.tv", "/community.plex.tv", "/plex.tv/api/users"


@dataclass(frozen=True)
class Place:
    """Where something fails: for whom, what stays because of it, and what the line names."""

    path: str
    whose: str
    stays: set[str]
    named: str


PLACES = {
    "deck": Place("/library/onDeck", "sam", ALL_OF["sam"], "what Sam has on deck"),
    "server": Place("/", "sam", ALL_OF["sam"], "what Sam has on deck"),
    "watched": Place("/library/sections", "sam", ALL_OF["sam"], "what Sam has on deck, the watchlist of Sam"),
    "own watchlist": Place(DISCOVER, "sam", {"sam list"}, "the watchlist of Sam"),
    "watchlists": Place(DISCOVER, "", {"sam list", "alex list"}, "the watchlist of Alex, the watchlist of Sam"),
    "friends": Place(COMMUNITY, "", {"kim list"}, "the watchlist of Kim"),
    "users": Place(FRIENDS, "", NOTHING, "the users"),
    "library": Place("/library/sections", "alex", ALL_OF["alex"], "the index of the library"),
    "sessions": Place("/status/sessions", "", {name for both in ALL_OF.values() for name in both}, "what is playing"),
}


def fail(plex: StandIn, street: Street, place: Place, fault: Fault) -> None:
    account = getattr(street.neighbours, place.whose) if place.whose else None
    plex.fail(place.path, fault, account=account)
    age("users")
    read_everything_again()


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        *[pytest.param("deck", *fault.values, id=f"deck, {fault.id}") for fault in FAULTS],
        *[pytest.param(place, *fault.values, id=f"{place}, {fault.id}") for place in PLACES for fault in FEW],
    ],
)
def test_what_fails_keeps_its_files_and_the_others_are_served(
    street: Street, plex: StandIn, place: str, fault: Fault
) -> None:
    at = PLACES[place]
    fail(plex, street, at, fault)
    cycle = street.cycle()
    assert cached() == {"another"} | at.stays
    assert at.named in cycle.error
    assert "\n" not in cycle.error
    assert "token-" not in cycle.error
    plex.heal()
    age("users", "watchlist")
    cycle = street.cycle()
    assert cached() == {"another"}
    assert cycle.error == ""


@pytest.mark.parametrize("status", [401, 500])
def test_what_comes_next_for_a_player_who_cannot_be_asked_stays_though_nothing_on_deck_is_wanted(
    neighbours: Neighbours, plex: StandIn, status: int
) -> None:
    first = neighbours.show("Show", 2)[1][0]
    neighbours.on_deck(neighbours.kim, first)
    run()
    neighbours.prefer(neighbours.kim, ondeck=False, active_watching=True)
    playing = PlaySession.objects.create(
        session_key="1", user=neighbours.row(neighbours.kim), kind="episode", rating_key=first.key,
        seen_at=timezone.now(),
    )  # fmt: skip
    plex.fail("/", faults.Status(status), account=neighbours.kim)
    cycle = run()
    assert "Show 1x2" in cached()
    assert "Kim" in cycle.error
    playing.delete()
    run()
    assert cached() == set()
