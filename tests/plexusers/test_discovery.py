"""Who belongs to the server: plex.tv's accounts become rows, and stay as they are when plex.tv fails."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from cacherr.errors import PlexError, PlexSignInError
from plexusers import discovery, whos_who
from plexusers.models import PlexServer, PlexUser, SourceState, SourceStatus, TokenOrigin, UserTypeDefaults
from plexusers.plextv import Account, Share
from plexusers.standin import StandIn, faults
from tests.plexusers.people import Family, asked

FOUR = [
    "/plex.tv/api/v2/user",
    "/plex.tv/api/users",
    "/plex.tv/api/home/users",
    "/plex.tv/api/servers/machine-1/shared_servers",
]


@pytest.fixture
def known(family: Family, at_plex: StandIn) -> Family:
    """The family, mirrored once."""
    discovery.sync()
    asked(at_plex)
    return family


def test_everybody_is_found_with_four_requests_and_the_childs_pin_is_asked_for_by_nobody(
    family: Family, at_plex: StandIn
) -> None:
    found = discovery.sync()
    assert asked(at_plex) == ["/", *FOUR]
    rows = {row.title: row for row in PlexUser.objects.all()}
    assert {name: (row.kind, row.plex_id, row.managed, row.protected) for name, row in rows.items()} == {
        "Alex": ("main", family.alex.plex_id, False, False),
        "Sam": ("home", family.sam.plex_id, False, False),
        "Lou": ("home", family.lou.plex_id, True, True),
        "Kim": ("shared", 77, False, False),
        "Jo": ("shared", 78, False, False),
    }
    assert (rows["Kim"].all_sections, rows["Kim"].sections) == (False, [family.films.key])
    assert (rows["Jo"].all_sections, rows["Sam"].all_sections) == (True, True)
    assert (rows["Lou"].username, rows["Lou"].email, rows["Kim"].email) == ("", "", "kim@example.com")
    assert {name: row.uuid for name, row in rows.items()} == {one.title: one.uuid for one in family.household.members}
    assert all(row.thumb and row.last_seen_at and not row.gone_at and row.enabled for row in rows.values())
    assert set(found.new) == {"Sam", "Lou", "Kim", "Jo"}
    assert found.renamed == ()


def test_everybodys_token_comes_with_the_shares(known: Family) -> None:
    tokens = {row.title: (row.token, row.token_origin) for row in PlexUser.objects.all()}
    assert tokens == {
        "Alex": ("", "owner"),
        "Sam": ("token-sam", "share"),
        "Kim": ("token-kim", "share"),
        "Jo": ("token-jo", "share"),
        "Lou": ("", ""),
    }
    assert "Enter the PIN" in known.row(known.lou).token_problem


def test_an_answer_that_is_young_enough_is_not_asked_for_again(known: Family, at_plex: StandIn) -> None:
    assert not discovery.sync().asked
    assert asked(at_plex) == []
    assert discovery.sync(force=True).asked
    assert asked(at_plex) == FOUR
    SourceState.objects.filter(source="users").update(checked_at=timezone.now() - timedelta(hours=6))
    assert discovery.sync().asked


def test_a_renamed_user_stays_the_same_user_with_all_settings(known: Family) -> None:
    PlexUser.objects.filter(plex_id=77).update(enabled=False, episodes_ahead=0, watchlist=True)
    before = known.row(known.kim)
    known.household.rename(known.kim, "Kimberly")
    found = discovery.sync(force=True)
    after = known.row(known.kim)
    assert found.renamed == ("Kim is now Kimberly",)
    assert (after.pk, after.title, after.username) == (before.pk, "Kimberly", "Kimberly")
    assert (after.enabled, after.episodes_ahead, after.watchlist, after.token) == (False, 0, True, "token-kim")


def test_a_friend_who_left_stays_known_and_may_come_back(known: Family) -> None:
    known.household.leave(known.kim)
    assert discovery.sync(force=True).gone == ("Kim",)
    row = known.row(known.kim)
    assert row.gone_at
    assert row.token == "token-kim"
    assert discovery.sync(force=True).gone == ()
    known.household.join(known.kim)
    assert discovery.sync(force=True).back == ("Kim",)
    assert known.row(known.kim).gone_at is None


def test_what_is_shared_follows_plex_tv(known: Family) -> None:
    known.household.share(known.kim, [known.shows])
    known.household.share(known.jo, [])
    discovery.sync(force=True)
    assert known.row(known.kim).sections == [known.shows.key]
    assert (known.row(known.jo).all_sections, known.row(known.jo).sections) == (False, [])


def test_new_users_are_enabled_as_their_type_says(family: Family, at_plex: StandIn) -> None:
    UserTypeDefaults.objects.filter(kind="shared").update(enabled=False)
    discovery.sync()
    assert {row.title for row in PlexUser.objects.filter(enabled=False)} == {"Kim", "Jo"}
    UserTypeDefaults.objects.filter(kind="home").update(enabled=False)
    discovery.sync(force=True)
    assert family.row(family.sam).enabled


# ---- plex.tv is away, or not to be believed ------------------------------------------------------------------------

FAULTS: dict[str, tuple[faults.Fault, type[PlexError]]] = {
    "401": (faults.Status(401), PlexSignInError),
    "403": (faults.Status(403), PlexError),
    "404": (faults.Status(404), PlexError),
    "422": (faults.Status(422), PlexSignInError),
    "429": (faults.Status(429, retry_after=0), PlexError),
    "498": (faults.Status(498), PlexSignInError),
    "500": (faults.Status(500), PlexError),
    "503": (faults.Status(503), PlexError),
    "520": (faults.Status(520), PlexError),
    "drip": (faults.Drip(), PlexError),
    "reset": (faults.Reset(), PlexError),
    "truncated": (faults.Truncated(), PlexError),
    "cut": (faults.CUT_DOCUMENT, PlexError),
    "portal": (faults.CAPTIVE_PORTAL, PlexError),
    "empty": (faults.EMPTY, PlexError),
}


def cases() -> list[tuple[str, faults.Fault, type[PlexError]]]:
    """Every fault at every address; an account without a home may be told that there is none."""
    every = [(path, name) for path in FOUR for name in FAULTS]
    return [(path, *FAULTS[name]) for path, name in every if (path, name) != (FOUR[2], "404")]


@pytest.mark.parametrize("case", cases(), ids=str)
def test_a_fault_of_plex_tv_leaves_everybody_as_they_were_and_says_why_in_one_line(
    known: Family,
    at_plex: StandIn,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    case: tuple[str, faults.Fault, type[PlexError]],
) -> None:
    settings.OUTBOUND_TOTAL_SECONDS = 1.5
    before = known.rows()
    known.household.rename(known.sam, "Samuel")
    known.household.leave(known.kim)
    path, fault, kind = case
    at_plex.fail(path, fault)
    with pytest.raises(kind):
        discovery.sync(force=True)
    assert known.rows() == before
    state = SourceState.objects.get(source="users")
    assert (state.status, bool(state.why), state.good_at is not None) == (SourceStatus.FAILED, True, True)
    SourceState.objects.update(checked_at=timezone.now() - timedelta(hours=1))
    with caplog.at_level(logging.WARNING):
        assert discovery.keep_up().failed == state.why
    assert [record.getMessage() for record in caplog.records] == [f"The users stay as they were. {state.why}"]
    assert "token-" not in caplog.text
    at_plex.heal()
    assert discovery.sync(force=True).gone == ("Kim",)
    assert SourceState.objects.get(source="users").status == SourceStatus.FRESH


def test_after_a_failure_plex_tv_is_left_alone_for_a_while(known: Family, at_plex: StandIn) -> None:
    at_plex.fail("/plex.tv", faults.Status(500))
    with pytest.raises(PlexError):
        discovery.sync(force=True)
    asked(at_plex)
    assert not discovery.sync().asked
    assert asked(at_plex) == []


def test_sudden_emptiness_is_not_believed_before_it_was_said_twice(known: Family) -> None:
    before = known.rows()
    for account in (known.sam, known.lou, known.kim):
        known.household.leave(account)
    with pytest.raises(PlexError, match="names 1 of 4"):
        discovery.sync(force=True)
    assert known.rows() == before
    assert set(discovery.sync(force=True).gone) == {"Sam", "Lou", "Kim"}


def test_a_sudden_emptiness_that_passes_has_changed_nothing(known: Family) -> None:
    everybody = (known.sam, known.lou, known.kim, known.jo)
    for account in everybody:
        known.household.leave(account)
    with pytest.raises(PlexError):
        discovery.sync(force=True)
    for account in everybody:
        known.household.join(account)
    assert discovery.sync(force=True).gone == ()
    known.household.leave(known.kim)
    assert discovery.sync(force=True).gone == ("Kim",)


def test_the_owner_is_known_while_plex_tv_is_away_and_becomes_the_same_user_later(
    family: Family, at_plex: StandIn
) -> None:
    at_plex.fail("/plex.tv", faults.Status(503))
    assert discovery.keep_up().failed
    owner = PlexUser.objects.get()
    assert (owner.kind, owner.plex_id, owner.local_id, owner.token_origin) == ("main", 1, 1, TokenOrigin.OWNER)
    at_plex.heal()
    found = discovery.sync(force=True)
    same = PlexUser.objects.get(kind="main")
    assert (same.pk, same.plex_id, same.title, same.local_id) == (owner.pk, family.alex.plex_id, "Alex", 1)
    assert found.renamed == ()


def test_another_owner_takes_the_place_of_the_former_one(known: Family, at_plex: StandIn) -> None:
    former = known.row(known.alex)
    former.plex_id = 999
    former.save()
    discovery.sync(force=True)
    assert PlexUser.objects.get(kind="main").plex_id == known.alex.plex_id
    assert PlexUser.objects.get(plex_id=999).gone_at
    friend = PlexUser.objects.filter(plex_id=77)
    PlexUser.objects.filter(kind="main").update(kind="shared")
    friend.update(kind="main")
    discovery.sync(force=True)
    assert (PlexUser.objects.get(kind="main").title, known.row(known.kim).kind) == ("Alex", "shared")


def test_an_account_without_a_home_has_none(family: Family, at_plex: StandIn) -> None:
    at_plex.fail("/plex.tv/api/home/users", faults.Status(404))
    assert set(discovery.sync().new) == {"Sam", "Lou", "Kim", "Jo"}


def test_without_a_token_it_is_said_that_it_is_missing(family: Family, at_plex: StandIn) -> None:
    PlexServer.objects.update(plex_token="", machine_identifier="machine-1")
    assert "Plex token is not set" in discovery.keep_up().failed
    assert PlexUser.objects.get().kind == "main"


# ---- who is who, without asking ------------------------------------------------------------------------------------

OWNER = Account(5, "Alex", at_home=True)


def test_a_friend_belongs_to_the_server_only_when_something_of_it_is_shared() -> None:
    users = [Account(1, "Other", servers=frozenset({"m2"})), Account(2, "Pending"), Account(3, "Kim")]
    users += [Account(4, "Jo", servers=frozenset({"m1", "m2"}))]
    shares = [Share(3, "t", all_sections=False, sections=("1",)), Share(9, "t", all_sections=True, sections=())]
    found = whos_who.members("m1", OWNER, users, [], shares)
    assert {number: member.kind for number, member in found.items()} == {5: "main", 3: "shared", 4: "shared"}
    assert (found[3].all_sections, found[3].sections) == (False, ("1",))


def test_somebody_at_home_belongs_to_the_server_without_a_share() -> None:
    home = [Account(5, "Alex", uuid="u5", at_home=True), Account(6, "Lou", uuid="u6", at_home=True, protected=True)]
    found = whos_who.members("m1", OWNER, [Account(6, "Lou", managed=True)], home, [])
    assert (found[6].kind, found[6].account.uuid, found[6].account.managed, found[6].account.protected) == (
        "home", "u6", True, True,
    )  # fmt: skip


@given(st.integers(0, 200), st.integers(0, 200))
def test_too_many_left_when_all_did_and_never_when_half_stayed(known: int, left: int) -> None:
    left = min(known, left)
    verdict = whos_who.too_many_left(known, left)
    if left == 0:
        assert not verdict
    elif left == known:
        assert verdict
    elif left * 2 <= known:
        assert not verdict
