"""Tokens that people paste: kept only when they are that user's."""

import pytest

from cacherr.errors import ConfigurationError, PlexUnreachableError, RefusedError
from plexusers import discovery, entering, tokens
from plexusers.models import PlexUser, TokenOrigin
from plexusers.standin import StandIn, faults
from tests.plexusers.people import Family


@pytest.fixture
def known(family: Family, at_plex: StandIn) -> Family:
    family.household.tells_share_tokens = False
    discovery.sync()
    return family


def test_a_token_for_the_server_is_kept(known: Family) -> None:
    entering.paste(known.row(known.kim), "token-kim")
    row = known.row(known.kim)
    assert (row.token, row.token_origin, row.token_problem, row.account_token) == (
        "token-kim", TokenOrigin.PASTED, "", "",
    )  # fmt: skip
    assert tokens.connect_as(row).friendly_name == "Home"


def test_a_token_for_plex_tv_brings_the_one_for_the_server(known: Family) -> None:
    entering.paste(known.row(known.kim), "account-token-kim")
    row = known.row(known.kim)
    assert (row.token, row.account_token, row.token_origin) == ("token-kim", "account-token-kim", TokenOrigin.PASTED)
    assert tokens.account_token(row) == "account-token-kim"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("token-alex", "owner's token"),
        ("token-sam", "somebody else"),
        ("account-token-jo", "Plex account of Jo"),
        ("account-token-sam", "Plex account of Sam"),
        ("nonsense", "Neither the server nor plex.tv"),
    ],
)
def test_a_token_of_somebody_else_or_of_nobody_is_refused(known: Family, given: str, why: str) -> None:
    before = known.rows()
    with pytest.raises(RefusedError, match=why):
        entering.paste(known.row(known.kim), given)
    assert known.rows() == before


def test_what_cannot_be_a_token_is_refused_with_the_way_to_one(known: Family, at_plex: StandIn) -> None:
    before, asked = known.rows(), len(at_plex.requests)
    with pytest.raises(ConfigurationError, match=r"no Plex token.*View XML"):
        entering.paste(known.row(known.kim), "tökén-kim")
    assert (known.rows(), len(at_plex.requests)) == (before, asked)


def test_another_token_of_the_owner_is_refused_too(known: Family) -> None:
    """The stand-in knows one token of the owner; the setting may hold another one."""
    PlexUser.objects.filter(plex_id=known.sam.plex_id).update(token="")
    with pytest.raises(RefusedError, match="owner's token"):
        entering.paste(known.row(known.sam), known.alex.token)


def test_the_owners_row_takes_no_token(known: Family) -> None:
    with pytest.raises(RefusedError, match="Plex server"):
        entering.paste(known.row(known.alex), "token-kim")


def test_somebody_with_whom_nothing_is_shared_is_told_so(known: Family) -> None:
    known.household.leave(known.kim)
    with pytest.raises(RefusedError, match="no library of this server is shared with Kim"):
        entering.paste(known.row(known.kim), "account-token-kim")


def test_while_nobody_can_be_asked_nothing_is_kept(known: Family, at_plex: StandIn) -> None:
    at_plex.fail("/", faults.Status(500))
    with pytest.raises(PlexUnreachableError):
        entering.paste(known.row(known.kim), "token-kim")
    assert known.row(known.kim).token == ""


def test_a_pasted_token_is_not_replaced_by_the_shares_until_it_is_refused(known: Family) -> None:
    entering.paste(known.row(known.kim), "token-kim")
    known.household.tells_share_tokens = True
    known.household.renew(known.kim, "token-kim-2")
    discovery.sync(force=True)
    assert (known.row(known.kim).token, known.row(known.kim).token_origin) == ("token-kim", TokenOrigin.PASTED)
    tokens.connect_as(known.row(known.kim))
    assert (known.row(known.kim).token, known.row(known.kim).token_origin) == ("token-kim-2", TokenOrigin.SHARE)


def test_a_signed_in_user_gets_another_server_token_without_signing_in_again(known: Family) -> None:
    entering.accept(known.row(known.kim), "account-token-kim", TokenOrigin.SIGNED_IN)
    known.household.renew(known.kim, "token-kim-2")
    tokens.connect_as(known.row(known.kim))
    row = known.row(known.kim)
    assert (row.token, row.token_origin) == ("token-kim-2", TokenOrigin.SIGNED_IN)
