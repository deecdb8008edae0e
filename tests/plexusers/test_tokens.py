"""Each user is read with a token of their own, or not at all."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from cacherr.errors import ConfigurationError, PlexError, PlexSignInError, RefusedError
from plexusers import discovery, tokens
from plexusers.models import PlexServer, PlexUser, SourceState, TokenOrigin
from plexusers.plextv import Share
from plexusers.standin import Account, StandIn, faults
from tests.plexusers.people import Family, asked

SHARES = "/plex.tv/api/servers/machine-1/shared_servers"
RESOURCES = "/plex.tv/api/v2/resources"


@pytest.fixture
def known(family: Family, at_plex: StandIn) -> Family:
    """The family, mirrored once; everybody has half watched a film of their own."""
    for account in (family.alex, family.sam, family.lou, family.kim, family.jo):
        part = family.household.part(f"/data/media/Movies/{account.title}.mkv", 10)
        film = family.household.add_movie(family.films, f"Of {account.title}", family.household.version(part))
        family.household.watch(account, film, offset_ms=1000)
    discovery.sync()
    asked(at_plex)
    return family


def later() -> None:
    """Long enough after what was asked for plex.tv to be asked again."""
    moment = timezone.now() - timedelta(hours=1)
    PlexUser.objects.exclude(token_asked_at=None).update(token_asked_at=moment)
    SourceState.objects.update(checked_at=moment)


def deck(family: Family, account: Account) -> list[str]:
    return [item.title for item in tokens.connect_as(family.row(account)).on_deck()]


def switch(account: Account) -> str:
    return f"/plex.tv/api/v2/home/users/{account.uuid}/switch"


# ---- each with their own --------------------------------------------------------------------------------------------


def test_everybody_sees_what_is_on_their_own_deck(known: Family, at_plex: StandIn) -> None:
    for account in (known.alex, known.sam, known.kim, known.jo):
        assert deck(known, account) == [f"Of {account.title}"]
    assert asked(at_plex) == ["/", "/library/onDeck"] * 4


def test_a_user_without_a_token_is_never_read_with_the_owners(known: Family, at_plex: StandIn) -> None:
    with pytest.raises(PlexSignInError, match="PIN"):
        tokens.connect_as(known.row(known.lou))
    assert not [request for request in at_plex.requests if request.path == "/"]


@pytest.mark.parametrize("given", ["token-alex", "token-sam"])
def test_a_token_that_is_somebody_elses_is_not_kept(known: Family, given: str) -> None:
    with pytest.raises(RefusedError, match="somebody else"):
        tokens.keep(known.row(known.kim), given, TokenOrigin.SHARE)
    assert known.row(known.kim).token == "token-kim"


def test_a_share_that_tells_the_owners_token_is_not_believed(family: Family, at_plex: StandIn) -> None:
    at_plex.fail(SHARES, faults.Body(lambda body: body.replace(b"token-kim", b"token-alex")))
    discovery.sync()
    row = family.row(family.kim)
    assert row.token == ""
    assert "no token for Kim" in row.token_problem
    with pytest.raises(PlexSignInError, match="no token for Kim"):
        tokens.connect_as(row)


# ---- the child with a PIN -------------------------------------------------------------------------------------------


def enter_pin(family: Family, pin: str) -> PlexUser:
    row = family.row(family.lou)
    tokens.enter_pin(row, pin)
    return row


def test_with_the_right_pin_the_child_is_read_as_itself(known: Family, at_plex: StandIn) -> None:
    row = enter_pin(known, "1234")
    tokens.renew(row, shares_known=True)
    assert asked(at_plex) == [switch(known.lou), RESOURCES]
    row = known.row(known.lou)
    assert (row.token, row.token_origin, row.token_problem) == ("token-lou", TokenOrigin.SWITCH, "")
    assert row.account_token == "account-token-lou"
    assert deck(known, known.lou) == ["Of Lou"]


def test_a_wrong_pin_is_said_and_not_tried_again_until_another_is_entered(known: Family, at_plex: StandIn) -> None:
    row = enter_pin(known, "9999")
    with pytest.raises(PlexSignInError, match="refuses the PIN"):
        tokens.renew(row, shares_known=True)
    asked(at_plex)
    for _ in range(2):
        later()
        with pytest.raises(PlexSignInError, match="PIN"):
            tokens.connect_as(known.row(known.lou))
    assert switch(known.lou) not in asked(at_plex)
    enter_pin(known, "1234")
    assert deck(known, known.lou) == ["Of Lou"]


def test_a_pin_that_was_set_meanwhile_is_asked_for(family: Family, at_plex: StandIn) -> None:
    family.household.protect(family.lou, "")
    discovery.sync()
    assert family.row(family.lou).token == "token-lou"
    family.household.protect(family.lou, "5678")
    family.household.renew(family.lou, "token-lou-2")
    family.household.sign_out(family.lou)
    with pytest.raises(PlexSignInError, match="asks for the PIN"):
        tokens.connect_as(family.row(family.lou))
    assert family.row(family.lou).token == "token-lou"


def test_a_refused_pin_is_forgiven_when_plex_asks_for_none_any_more(known: Family, at_plex: StandIn) -> None:
    with pytest.raises(PlexSignInError):
        tokens.renew(enter_pin(known, "9999"), shares_known=True)
    known.household.protect(known.lou, "")
    later()
    discovery.sync(force=True)
    assert deck(known, known.lou) == ["Of Lou"]


def test_the_owners_bad_token_is_not_taken_for_a_wrong_pin(known: Family, at_plex: StandIn) -> None:
    row = enter_pin(known, "1234")
    at_plex.fail(switch(known.lou), faults.Status(401))
    with pytest.raises(PlexSignInError):
        tokens.renew(row, shares_known=True)
    assert not known.row(known.lou).pin_refused
    at_plex.heal()
    later()
    assert deck(known, known.lou) == ["Of Lou"]


# ---- a refused token is asked for anew, once ------------------------------------------------------------------------


def test_a_refused_token_is_asked_for_anew_once_and_for_everybody_at_once(known: Family, at_plex: StandIn) -> None:
    known.household.renew(known.kim, "token-kim-2")
    known.household.renew(known.jo, "token-jo-2")
    assert deck(known, known.kim) == ["Of Kim"]
    assert asked(at_plex) == ["/", SHARES, "/", "/library/onDeck"]
    assert deck(known, known.jo) == ["Of Jo"]
    assert asked(at_plex) == ["/", "/library/onDeck"]
    assert (known.row(known.kim).token, known.row(known.kim).token_problem) == ("token-kim-2", "")


def test_a_token_that_stays_refused_is_named_and_kept(
    known: Family, at_plex: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    known.household.revoke(known.kim)
    known.household.revoke(known.jo)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            for account in (known.kim, known.jo):
                with pytest.raises(PlexSignInError, match=f"token of {account.title}.*sign-in link"):
                    tokens.connect_as(known.row(account))
    assert asked(at_plex).count(SHARES) == 1
    assert known.row(known.kim).token == "token-kim"
    assert "plex.tv has no other" in known.row(known.kim).token_problem
    assert len(caplog.records) == 2
    assert "token-kim" not in caplog.text
    assert deck(known, known.sam) == ["Of Sam"]
    known.household.admit(known.kim)
    assert deck(known, known.kim) == ["Of Kim"]
    assert known.row(known.kim).token_problem == ""


def test_a_new_token_that_is_refused_too_is_a_problem_and_no_reason_to_go_on_asking(
    known: Family, at_plex: StandIn
) -> None:
    known.household.renew(known.kim, "token-kim-2")
    at_plex.fail("/", faults.Status(401), account=known.household.accounts[known.kim.id])
    with pytest.raises(PlexSignInError):
        tokens.connect_as(known.row(known.kim))
    assert asked(at_plex) == ["/", SHARES, "/"]
    assert known.row(known.kim).token_problem


@pytest.mark.parametrize("status", [401, 422, 498])
def test_every_way_to_refuse_a_token_leads_to_another_one(known: Family, at_plex: StandIn, status: int) -> None:
    at_plex.fail("/", faults.Status(status), times=1)
    known.household.renew(known.kim, "token-kim-2")
    assert deck(known, known.kim) == ["Of Kim"]


AWAY: dict[str, faults.Fault] = {
    "403": faults.Status(403),
    "404": faults.Status(404),
    "429": faults.Status(429, retry_after=0),
    "500": faults.Status(500),
    "503": faults.Status(503),
    "520": faults.Status(520),
    "drip": faults.Drip(),
    "reset": faults.Reset(),
    "truncated": faults.Truncated(),
    "portal": faults.CAPTIVE_PORTAL,
    "empty": faults.EMPTY,
}


@pytest.mark.parametrize("fault", AWAY)
def test_any_other_failure_of_the_server_says_nothing_about_a_token(
    known: Family, at_plex: StandIn, settings: Settings, fault: str
) -> None:
    settings.OUTBOUND_TOTAL_SECONDS = 1.5
    before = known.rows()
    at_plex.fail("/", AWAY[fault])
    with pytest.raises(PlexError) as caught:
        tokens.connect_as(known.row(known.kim))
    assert not isinstance(caught.value, PlexSignInError)
    assert known.rows() == before
    assert not [path for path in asked(at_plex) if "plex.tv" in path]


@pytest.mark.parametrize("fault", AWAY)
def test_while_plex_tv_fails_a_refused_token_is_kept_and_the_others_are_served(
    known: Family, at_plex: StandIn, settings: Settings, fault: str
) -> None:
    settings.OUTBOUND_TOTAL_SECONDS = 1.5
    known.household.revoke(known.kim)
    at_plex.fail("/plex.tv", AWAY[fault])
    with pytest.raises(PlexError):
        tokens.connect_as(known.row(known.kim))
    with pytest.raises(PlexSignInError, match="Kim"):
        tokens.connect_as(known.row(known.kim))
    row = known.row(known.kim)
    assert (row.token, row.token_origin) == ("token-kim", TokenOrigin.SHARE)
    assert deck(known, known.jo) == ["Of Jo"]


@pytest.mark.parametrize("fault", AWAY)
def test_while_a_switch_fails_the_pin_is_not_blamed_and_the_old_token_stays(
    known: Family, at_plex: StandIn, settings: Settings, fault: str
) -> None:
    tokens.renew(enter_pin(known, "1234"), shares_known=True)
    settings.OUTBOUND_TOTAL_SECONDS = 1.5
    known.household.renew(known.lou, "token-lou-2")
    for path in (switch(known.lou), RESOURCES):
        at_plex.fail(path, AWAY[fault])
    with pytest.raises(PlexError):
        tokens.connect_as(known.row(known.lou))
    row = known.row(known.lou)
    assert (row.token, row.pin, row.pin_refused) == ("token-lou", "1234", False)
    at_plex.heal()
    later()
    assert deck(known, known.lou) == ["Of Lou"]


def test_shares_without_tokens_change_nothing(known: Family, at_plex: StandIn) -> None:
    known.household.tells_share_tokens = False
    discovery.sync(force=True)
    assert known.row(known.kim).token == "token-kim"
    assert deck(known, known.kim) == ["Of Kim"]


def test_where_shares_tell_no_tokens_home_users_are_switched_to_and_friends_are_told_what_to_do(
    family: Family, at_plex: StandIn
) -> None:
    family.household.tells_share_tokens = False
    found = discovery.sync()
    assert family.row(family.sam).token_origin == TokenOrigin.SWITCH
    assert asked(at_plex)[-2:] == [switch(family.sam), RESOURCES]
    assert set(found.problems) == {"Lou", "Kim", "Jo"}
    assert "sign-in link" in found.problems["Kim"]


def test_nobody_who_is_disabled_or_gone_is_looked_for(family: Family, at_plex: StandIn) -> None:
    family.household.tells_share_tokens = False
    discovery.sync()
    PlexUser.objects.filter(plex_id=family.sam.plex_id).update(token="", enabled=False, token_asked_at=None)
    asked(at_plex)
    discovery.sync(force=True)
    assert switch(family.sam) not in asked(at_plex)


def test_a_busy_plex_tv_is_not_asked_for_the_next_users_token(family: Family, at_plex: StandIn) -> None:
    family.household.tells_share_tokens = False
    family.household.add_account("Max", "token-max")
    at_plex.fail("/plex.tv/api/v2/home", faults.Status(429))
    discovery.sync()
    assert sum("/switch" in path for path in asked(at_plex)) == 1


def test_secrets_show_in_no_text(known: Family) -> None:
    row = known.row(known.kim)
    share = Share(77, "token-kim", all_sections=True, sections=())
    assert "token-kim" not in f"{row!r} {row} {share!r} {share}"


def test_a_configuration_without_server_is_said(known: Family) -> None:
    PlexServer.objects.update(plex_url="")
    with pytest.raises(ConfigurationError):
        tokens.connect_as(known.row(known.kim))
