"""The number of requests of a cycle is what the table in docs/sources.md says, however large the library is."""

import re
from collections import Counter
from collections.abc import Mapping
from math import prod

import pytest

from caching.models import Rule
from plexusers import indexing
from plexusers.models import SourceState
from plexusers.server import connect
from plexusers.standin import StandIn
from tests.caching.neighbours import Neighbours, age, run
from tests.conftest import PROJECT

pytestmark = pytest.mark.django_db

ALWAYS, WATCHLISTS, USERS = "each cycle", "every `watchlist_minutes`", "every `users_hours`"
TAGS, GENRES, LABELS = "rules name labels or genres", "rules name genres", "rules name labels"


def table() -> list[tuple[str, str, str]]:
    """Endpoint, when, and how many requests."""
    lines = (PROJECT / "docs/sources.md").read_text(encoding="utf-8").splitlines()
    start = lines.index("| endpoint | when | requests |") + 2
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:] if line.startswith("|")]
    return [(endpoint.strip("`"), when, requests) for endpoint, when, requests in cells]


def counted(expression: str, numbers: Mapping[str, int]) -> int:
    """What an expression such as `F + 1`, or one with the sign for multiplication, comes to."""
    terms = [re.split(" \\W ", term) for term in expression.split(" + ")]
    return sum(prod(numbers[name] if name in numbers else int(name) for name in factors) for factors in terms)


def expected(due: set[str], numbers: Mapping[str, int], *, plays: bool = False) -> Counter[str]:
    found: Counter[str] = Counter()
    for endpoint, when, requests in table():
        is_due = when in due or (when.startswith(ALWAYS) and ("plays" not in when or plays))
        if is_due:
            found[endpoint] += counted(requests, numbers)
    return found


def asked(plex: StandIn) -> Counter[str]:
    """What was asked, by the endpoints of the table."""
    names = {re.compile(f"^{re.sub('[KMN]', '[^/]+', name)}$"): name for name, *_ in table()}
    paths = [request.path for request in plex.requests]
    plex.requests.clear()
    return Counter(next((name for form, name in names.items() if form.match(path)), path) for path in paths)


def settle(neighbours: Neighbours, films: int, libraries: int, friends: int) -> tuple[int, int]:
    """A household of this size, after its first cycles; the number of users, and of watchlists of their own."""
    household = neighbours.household
    for number in range(libraries - 2):
        household.add_section("movie", f"More {number}", f"/plex/More{number}")
    for number in range(friends - 1):
        household.add_account(f"Friend {number}", f"token-friend-{number}", "shared")
    show, episodes = neighbours.show("Show", 4, 4)
    film = neighbours.film("Film")
    for number in range(films):
        part = household.part(f"/plex/Movies/{number}.mkv", 1000)
        household.add_movie(neighbours.films, f"Film {number}", household.version(part), year=1990)
    for account in household.members:
        neighbours.on_deck(account, episodes[1])
        neighbours.online.add_to_watchlist(account, film)
        neighbours.online.add_to_watchlist(account, show)
    run()
    for account in household.members:
        neighbours.prefer(account, watchlist=True)
    run()
    run()
    assert not SourceState.objects.exclude(status="fresh").exists()
    return len(household.members), len([one for one in household.members if one.kind != "shared"])


@pytest.mark.parametrize("films", [3, 700])
@pytest.mark.parametrize(("libraries", "friends"), [(2, 1), (4, 3)])
def test_a_cycle_asks_what_the_documentation_says(
    neighbours: Neighbours, plex: StandIn, films: int, libraries: int, friends: int
) -> None:
    users, watchlists = settle(neighbours, films, libraries, friends)
    numbers = {"U": users, "S": libraries, "W": watchlists, "F": friends}
    plex.requests.clear()
    run()
    assert asked(plex) == expected(set(), numbers)
    age("watchlist")
    run()
    assert asked(plex) == expected({WATCHLISTS}, numbers)
    Rule.objects.create(name="Kids", action="include", labels="kids, none", genres="horror")
    show = next(one for one in neighbours.household.items.values() if one.title == "Show")
    neighbours.household.tag(show, labels=["Kids"], genres=["Horror", "Drama"])  # type: ignore[arg-type]
    indexing.refresh(connect())
    plex.requests.clear()
    run()
    assert asked(plex) == expected({TAGS, GENRES, LABELS}, numbers | {"T": 2})
    run()
    assert asked(plex) == expected(set(), numbers)
    age("users")
    neighbours.household.start_playing(neighbours.sam, next(iter(neighbours.household.on_deck(neighbours.sam))))
    run()
    assert asked(plex) == expected({USERS}, numbers, plays=True)
