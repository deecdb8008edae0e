"""The page on which a friend signs in, opened as a phone does."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing
from django.test import Client
from pytest_django.fixtures import Settings

from plexusers import discovery, invitations
from plexusers.models import PlexUser, TokenOrigin
from plexusers.standin import Account, StandIn, faults
from tests.plexusers.people import Family, asked

PINS = "/plex.tv/api/v2/pins"


@pytest.fixture
def known(family: Family, at_plex: StandIn) -> Family:
    family.household.tells_share_tokens = False
    discovery.sync()
    asked(at_plex)
    return family


class Friend:
    """A browser with a link for somebody."""

    def __init__(self, family: Family, account: Account) -> None:
        self.family = family
        self.client = Client()
        self.link = invitations.address(family.row(account))

    def press(self) -> dict[str, list[str]]:
        """Press the button: what Plex's page is told."""
        answer = self.client.post(self.link)
        assert answer.status_code == 302
        place = urlsplit(answer["Location"])
        assert (place.scheme, place.netloc, place.path) == ("https", "app.plex.tv", "/auth")
        return parse_qs(place.fragment.removeprefix("?"))

    def confirm(self, told: dict[str, list[str]], account: Account) -> None:
        """Sign in on Plex's page."""
        self.family.household.online.claim_pin(told["code"][0], account)

    def come_back(self, status: int = 200) -> str:
        """Be led back; the wait between two looks is over."""
        session = self.client.session
        if kept := session.get("plex_sign_in"):
            session["plex_sign_in"] = kept | {"next_look_at": 0}
            session.save()
        answer = self.client.get(f"{self.link}done/")
        assert answer.status_code == status
        return answer.content.decode()


@pytest.fixture
def friend(known: Family) -> Friend:
    return Friend(known, known.kim)


def test_a_friend_signs_in_and_is_read_from_then_on(known: Family, friend: Friend, at_plex: StandIn) -> None:
    page = friend.client.get(friend.link)
    assert "Hello Kim" in page.content.decode()
    assert asked(at_plex) == []
    told = friend.press()
    assert (told["clientID"], told["context[device][product]"]) == (["client-1"], ["Cacherr"])
    assert told["forwardUrl"] == [f"http://testserver{friend.link}done/"]
    assert "Waiting for Plex" in friend.come_back()
    friend.confirm(told, known.kim)
    assert "Thank you, Kim" in friend.come_back()
    row = known.row(known.kim)
    assert (row.token, row.account_token, row.token_origin, row.token_problem) == (
        "token-kim", "account-token-kim", TokenOrigin.SIGNED_IN, "",
    )  # fmt: skip
    assert friend.client.get(f"{friend.link}done/").status_code == 302


def test_another_plex_account_is_refused_and_nothing_is_kept(known: Family, friend: Friend) -> None:
    before = known.rows()
    friend.confirm(friend.press(), known.jo)
    assert "Plex account of Jo, not that of Kim" in friend.come_back(409)
    assert known.rows() == before


def test_plex_is_not_asked_more_often_than_it_likes(known: Family, friend: Friend, at_plex: StandIn) -> None:
    friend.press()
    friend.come_back()
    asked(at_plex)
    for _ in range(5):
        page = friend.client.get(f"{friend.link}done/").content.decode()
        assert re.search(r'http-equiv="refresh" content="[12]"', page)
    assert asked(at_plex) == []


@pytest.mark.parametrize(
    ("fault", "least"),
    [(faults.Status(429, retry_after=0), 55), (faults.Status(503), 8), (faults.Reset(), 8), (faults.EMPTY, 8)],
)
def test_a_busy_or_absent_plex_means_waiting(
    known: Family, friend: Friend, at_plex: StandIn, fault: faults.Fault, least: int
) -> None:
    told = friend.press()
    friend.confirm(told, known.kim)
    at_plex.fail(PINS, fault)
    found = re.search(r'http-equiv="refresh" content="(\d+)"', friend.come_back())
    assert found
    assert int(found[1]) >= least
    at_plex.heal()
    assert "Thank you" in friend.come_back()


def test_what_took_too_long_can_be_begun_again(known: Family, friend: Friend, at_plex: StandIn) -> None:
    friend.press()
    at_plex.fail(PINS, faults.Status(404))
    assert "took too long" in friend.come_back()
    at_plex.heal()
    friend.confirm(friend.press(), known.kim)
    assert "Thank you" in friend.come_back()


def test_a_sign_in_does_not_outlast_its_code(known: Family, friend: Friend) -> None:
    told = friend.press()
    friend.confirm(told, known.kim)
    session = friend.client.session
    session["plex_sign_in"] |= {"expires_at": 0}
    session.save()
    assert "took too long" in friend.come_back()


def test_a_sign_in_counts_only_in_the_browser_and_for_the_link_it_was_begun_with(known: Family, friend: Friend) -> None:
    friend.confirm(friend.press(), known.kim)
    assert Client().get(f"{friend.link}done/").status_code == 302
    other = invitations.address(known.row(known.jo))
    assert friend.client.get(f"{other}done/")["Location"] == other
    assert known.row(known.jo).token == ""


@pytest.mark.parametrize("change", ["cut", "foreign", "salt", "child", "owner", "gone", "nobody"])
def test_a_link_that_is_not_good_leads_nowhere(known: Family, friend: Friend, at_plex: StandIn, change: str) -> None:
    PlexUser.objects.filter(plex_id=78).update(gone_at="2026-01-01T00:00:00Z")
    numbers = {"child": known.lou.plex_id, "owner": known.alex.plex_id, "gone": 78, "nobody": 1234567}
    salt = "other" if change == "salt" else invitations.SALT
    link = f"/signin/{signing.dumps(numbers.get(change, 77), salt=salt)}/"
    link = {"cut": friend.link[:-3] + "/", "foreign": "/signin/x:y:z/"}.get(change, link)
    for answer in (friend.client.get(link), friend.client.post(link)):
        assert answer.status_code == 404
        assert "did not work" in answer.content.decode()
    assert asked(at_plex) == []


def test_a_link_is_good_for_a_week(friend: Friend, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    assert friend.client.get(friend.link).status_code == 200
    week = time.time() + invitations.DAYS * 24 * 3600
    monkeypatch.setattr(time, "time", lambda: week + 5)
    answer = friend.client.get(friend.link)
    assert (answer.status_code, "too old" in answer.content.decode()) == (404, True)


def test_a_form_from_a_foreign_page_is_refused(friend: Friend, at_plex: StandIn) -> None:
    friend.client = Client(enforce_csrf_checks=True)
    assert friend.client.post(friend.link).status_code == 403
    assert asked(at_plex) == []


def test_plex_tv_being_away_is_said(friend: Friend, at_plex: StandIn) -> None:
    at_plex.fail(PINS, faults.Status(500))
    answer = friend.client.post(friend.link)
    assert (answer.status_code, "plex.tv answers with an error" in answer.content.decode()) == (503, True)


def test_the_pages_ask_nobody_else_and_run_no_script(known: Family, friend: Friend, settings: Settings) -> None:
    pages = [friend.client.get(friend.link).content.decode()]
    told = friend.press()
    pages.append(friend.come_back())
    friend.confirm(told, known.kim)
    pages.append(friend.come_back())
    for page in pages:
        assert "<script" not in page
        assert "style=" not in page
        assert not re.findall(r'(?:src|href|action)="(?!/)[^"]*"', page)
        assert 'name="viewport"' in page
        assert "token-kim" not in page
        assert told["code"][0] not in page
