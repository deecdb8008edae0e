"""The command about users, run as a person does."""

from collections.abc import Iterator

import pytest

from plexusers.standin import StandIn, faults
from tests.conftest import Installation
from tests.plexusers.people import Family


@pytest.fixture
def standin(family: Family, installation: Installation) -> Iterator[StandIn]:
    with StandIn(family.household) as server:
        installation.variables |= {
            "PLEX_URL": server.url,
            "PLEX_TOKEN": family.alex.token,
            "CACHERR_OUTBOUND_GATEWAY": server.url,
        }
        yield server


def test_users_are_looked_at_now_and_what_changed_is_told(
    family: Family, standin: StandIn, installation: Installation
) -> None:
    first = installation.run("sync_users", "--json")
    assert (first.code, set(first.report["new"])) == (0, {"Sam", "Lou", "Kim", "Jo"})
    assert "PIN" in first.report["problems"]["Lou"]
    family.household.rename(family.kim, "Kimberly")
    second = installation.run("sync_users")
    assert second.code == 0
    assert "Kim is now Kimberly." in second.output.splitlines()
    assert "token-" not in first.output + first.errors + second.output + second.errors


@pytest.mark.parametrize("fault", [faults.Status(401), faults.Status(500), faults.EMPTY])
def test_plex_tv_being_away_ends_with_one_sentence(
    standin: StandIn, installation: Installation, fault: faults.Fault
) -> None:
    standin.fail("/plex.tv", fault)
    answered = installation.run("sync_users", "--json")
    assert (answered.code, answered.report["success"], "plex.tv" in answered.report["error"]) == (3, False, True)
