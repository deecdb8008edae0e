"""A household for tests about users: the owner, one at home, a managed child with a PIN, two friends."""

from collections.abc import Iterator
from contextlib import contextmanager

from pytest_django.fixtures import Settings

from plexusers.models import PlexServer, PlexUser
from plexusers.standin import Account, Household, StandIn


class Family:
    """A household, and its rows once they were mirrored."""

    def __init__(self) -> None:
        self.household = Household("Home", "machine-1")
        self.films = self.household.add_section("movie", "Movies", "/data/media/Movies")
        self.shows = self.household.add_section("show", "TV", "/data/media/TV")
        self.alex = self.household.add_account("Alex", "token-alex", "owner")
        self.sam = self.household.add_account("Sam", "token-sam")
        self.lou = self.household.add_account("Lou", "token-lou", managed=True, pin="1234")
        self.kim = self.household.add_account("Kim", "token-kim", "shared", number=77, sections=[self.films])
        self.jo = self.household.add_account("Jo", "token-jo", "shared", number=78)

    def row(self, account: Account) -> PlexUser:
        """The user's row as it is now."""
        return PlexUser.objects.get(plex_id=account.plex_id)

    def rows(self) -> list[dict[str, object]]:
        """Everything that is known of all users, to be compared."""
        return [dict(row) for row in PlexUser.objects.order_by("plex_id").values()]


@contextmanager
def served(family: Family, settings: Settings) -> Iterator[StandIn]:
    """The family's server, which stands in for plex.tv too; the database knows it."""
    with StandIn(family.household) as standin:
        settings.CACHERR_OUTBOUND_GATEWAY = standin.url
        PlexServer(plex_url=standin.url, plex_token=family.alex.token, client_identifier="client-1").save()
        yield standin


def asked(standin: StandIn) -> list[str]:
    """What the stand-in was asked, and forgets."""
    paths = [request.path for request in standin.requests]
    standin.requests.clear()
    return paths
