"""The admin's pages of users, filled in and sent as a browser does."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from plexusers import avatars, discovery
from plexusers.models import PREFERENCES, Avatar, PlexUser, UserTypeDefaults, WatchPolicy
from plexusers.people_admin import SWITCHES
from plexusers.standin import Account, StandIn, faults
from tests.plexusers.people import Family, asked

LIST = "/admin/plexusers/plexuser/"


@pytest.fixture
def known(family: Family, at_plex: StandIn) -> Family:
    discovery.sync()
    asked(at_plex)
    return family


def page_of(family: Family, account: Account) -> str:
    return f"{LIST}{family.row(account).pk}/change/"


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def send(client: Client, address: str, **values: str) -> str:
    """Fill in the form and send it: the page that comes back."""
    answer = client.post(address, {"enabled": "on", **values}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def names(html: str) -> list[str]:
    return re.findall(r'class="person-name">([^<]*)<', html)


# ---- the list -------------------------------------------------------------------------------------------------------


def test_users_are_grouped_by_type_with_the_owner_first(admin_client: Client, known: Family) -> None:
    html = shown(admin_client, LIST)
    assert names(html) == ["Alex", "Lou", "Sam", "Jo", "Kim"]
    assert re.findall(r">(The owner|At home|Friends)\s*<", html) == ["The owner", "At home", "Friends"]
    assert "At home" not in shown(admin_client, f"{LIST}?o=2")
    assert "Enter the PIN" in html
    assert "token-" not in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind__exact=home", ["Lou", "Sam"]),
        ("status=active", ["Alex", "Lou", "Jo"]),
        ("status=inactive", ["Sam"]),
        ("status=disabled", ["Kim"]),
        ("status=problem", ["Lou"]),
        ("q=kim", ["Kim"]),
    ],
)
def test_users_can_be_filtered(admin_client: Client, known: Family, query: str, found: list[str]) -> None:
    PlexUser.objects.filter(plex_id=77).update(enabled=False)
    PlexUser.objects.filter(plex_id=known.sam.plex_id).update(last_activity_at="2020-01-01T00:00:00Z")
    assert names(shown(admin_client, f"{LIST}?{query}")) == found


def test_a_user_whom_the_activity_filter_leaves_out_is_shown_as_such(admin_client: Client, known: Family) -> None:
    PlexUser.objects.filter(plex_id=77).update(last_activity_at="2020-01-01T00:00:00Z")
    for address in (LIST, page_of(known, known.kim)):
        assert "Excluded by the activity filter" in shown(admin_client, address)
    UserTypeDefaults.objects.filter(kind="shared").update(activity_days=0)
    assert "Excluded" not in shown(admin_client, LIST)


def test_the_list_asks_no_more_of_the_database_with_more_users(
    admin_client: Client, known: Family, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(500, 540):
        PlexUser.objects.create(plex_id=number, kind="shared", title=f"Friend {number}")
    with django_assert_max_num_queries(12):
        shown(admin_client, LIST)


def row_of_the_list(html: str, index: int) -> dict[str, str]:
    """What a browser would send of a row of the list that nobody touched."""
    values = {}
    for name in SWITCHES:
        tag = re.search(rf'<(?:input|select)[^>]*name="form-{index}-{name}".*?(?:/>|</select>|>)', html, re.DOTALL)
        assert tag, name
        select = re.search(rf'<select[^>]*name="form-{index}-{name}".*?</select>', html, re.DOTALL)
        chosen = re.search(r'value="(\w+)"\s+selected', select[0]) if select else None
        if select:
            values[f"form-{index}-{name}"] = chosen[1] if chosen else "unknown"
        elif " checked" in tag[0]:
            values[f"form-{index}-{name}"] = "on"
    return values


def test_switches_are_changed_in_the_list_and_others_stay_as_they_are(admin_client: Client, known: Family) -> None:
    rows = list(PlexUser.objects.filter(kind="shared").order_by("title"))
    PlexUser.objects.filter(plex_id=78).update(lists=True)
    html = shown(admin_client, f"{LIST}?kind__exact=shared")
    assert ">default<" in re.sub(r"\s+<|>\s+", lambda found: found[0].strip(), html)
    form: dict[str, Any] = {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 2, "_save": "Save"}
    for index, row in enumerate(rows):
        form |= {f"form-{index}-id": row.pk, **row_of_the_list(html, index)}
    form["form-1-watchlist"] = "true"
    form["form-1-ondeck"] = "false"
    PlexUser.objects.filter(plex_id=77).update(token="found-meanwhile")
    admin_client.post(f"{LIST}?kind__exact=shared", form)
    kim, jo = known.row(known.kim), known.row(known.jo)
    assert (kim.watchlist, kim.ondeck, kim.lists, kim.active_watching, kim.enabled) == (True, False, None, None, True)
    assert (jo.watchlist, jo.ondeck, jo.lists) == (None, None, True)
    assert kim.token == "found-meanwhile"


@pytest.mark.parametrize(("action", "enabled"), [("disable", False), ("enable", True)])
def test_users_are_enabled_and_disabled_together(
    admin_client: Client, known: Family, action: str, enabled: bool
) -> None:
    PlexUser.objects.update(enabled=not enabled)
    chosen = [known.row(known.kim).pk, known.row(known.jo).pk]
    admin_client.post(LIST, {"action": action, "_selected_action": chosen})
    changed = PlexUser.objects.filter(enabled=enabled).order_by("pk").values_list("pk", flat=True)
    assert sorted(changed) == sorted(chosen)


def test_sign_in_links_are_shown_for_those_who_can_sign_in(admin_client: Client, known: Family) -> None:
    chosen = [row.pk for row in PlexUser.objects.all()]
    answer = admin_client.post(LIST, {"action": "links", "_selected_action": chosen}, follow=True).content.decode()
    links = re.findall(r"(Sam|Kim|Jo): http://testserver(/signin/[^/]+/)", answer)
    assert {name for name, _ in links} == {"Sam", "Kim", "Jo"}
    assert "Lou cannot sign in" in answer
    assert f"Hello {links[0][0]}" in shown(Client(), links[0][1])


def test_the_button_looks_at_the_users_now(admin_client: Client, known: Family, at_plex: StandIn) -> None:
    known.household.rename(known.kim, "Kimberly")
    answer = admin_client.post(f"{LIST}look/", follow=True).content.decode()
    assert "Kim is now Kimberly" in answer
    at_plex.fail("/plex.tv", faults.Status(500))
    assert "plex.tv answers with an error" in admin_client.post(f"{LIST}look/", follow=True).content.decode()
    assert admin_client.get(f"{LIST}look/").status_code == 405


# ---- a user's page --------------------------------------------------------------------------------------------------


def test_a_users_page_has_the_link_and_no_secret(admin_client: Client, known: Family) -> None:
    PlexUser.objects.filter(plex_id=77).update(watchlist_feed="https://rss.plex.tv/secret", account_token="token-x")
    html = shown(admin_client, page_of(known, known.kim))
    link = re.search(r'value="http://testserver(/signin/[^"]+)"', html)
    assert link
    assert "Hello Kim" in shown(Client(), link[1])
    assert "token-" not in html
    assert "rss.plex.tv/secret" not in html
    assert 'name="pin"' not in html
    assert 'name="pin"' in shown(admin_client, page_of(known, known.lou))
    owner = shown(admin_client, page_of(known, known.alex))
    assert 'name="token"' not in owner
    assert "/signin/" not in owner


def test_a_users_page_says_what_the_type_would_do(admin_client: Client, known: Family) -> None:
    html = shown(admin_client, page_of(known, known.kim))
    assert "default of the type: no" in html
    assert 'placeholder="default of the type: 30"' in html
    assert 'placeholder="default of the type: 90"' in shown(admin_client, page_of(known, known.sam))


def test_preferences_are_set_to_own_values_and_back_to_the_types(admin_client: Client, known: Family) -> None:
    own = {"ondeck": "false", "watchlist": "true", "episodes_ahead": "0", "priority_boost": "-50"}
    send(admin_client, page_of(known, known.kim), **own)
    row = known.row(known.kim)
    assert (row.ondeck, row.watchlist, row.episodes_ahead, row.priority_boost) == (False, True, 0, -50)
    send(admin_client, page_of(known, known.kim))
    assert {getattr(known.row(known.kim), name) for name in PREFERENCES} == {None}
    assert "50" in send(admin_client, page_of(known, known.kim), priority_boost="51")
    assert known.row(known.kim).priority_boost is None


def test_saving_keeps_secrets_that_were_left_empty(admin_client: Client, known: Family) -> None:
    PlexUser.objects.filter(plex_id=known.lou.plex_id).update(
        pin="1234", token="token-lou", account_token="a", watchlist_feed="https://rss.plex.tv/x"
    )
    send(admin_client, page_of(known, known.lou), episodes_ahead="3")
    row = known.row(known.lou)
    assert (row.pin, row.token, row.account_token, row.watchlist_feed, row.episodes_ahead) == (
        "1234", "token-lou", "a", "https://rss.plex.tv/x", 3,
    )  # fmt: skip


def test_the_right_pin_is_tried_at_once(admin_client: Client, known: Family) -> None:
    assert "refuses the PIN" in send(admin_client, page_of(known, known.lou), pin="9999")
    assert known.row(known.lou).pin_refused
    assert "Plex is read as Lou" in send(admin_client, page_of(known, known.lou), pin="1234")
    row = known.row(known.lou)
    assert (row.pin, row.token, row.pin_refused) == ("1234", "token-lou", False)


@pytest.mark.parametrize("given", ["token-kim", "account-token-kim", "  token-kim  "])
def test_a_pasted_token_is_kept(admin_client: Client, known: Family, given: str) -> None:
    PlexUser.objects.filter(plex_id=77).update(token="", token_origin="", token_problem="x")
    send(admin_client, page_of(known, known.kim), token=given)
    row = known.row(known.kim)
    assert (row.token, row.token_origin, row.token_problem) == ("token-kim", "pasted", "")


@pytest.mark.parametrize(
    ("given", "why"), [("token-alex", "owner"), ("account-token-jo", "Plex account of Jo"), ("x", "Neither")]
)
def test_a_pasted_token_of_somebody_else_is_refused_on_the_page(
    admin_client: Client, known: Family, given: str, why: str
) -> None:
    before = known.rows()
    html = send(admin_client, page_of(known, known.kim), token=given, episodes_ahead="9")
    assert why in html
    assert given not in re.sub(r"account-token-jo|x", "", html) or given == "x"
    assert known.rows() == before


def test_the_token_is_looked_for_at_the_push_of_a_button(admin_client: Client, known: Family) -> None:
    known.household.renew(known.kim, "token-kim-2")
    address = f"{LIST}{known.row(known.kim).pk}/token/"
    assert "Plex is read as Kim" in admin_client.post(address, follow=True).content.decode()
    assert known.row(known.kim).token == "token-kim-2"
    assert admin_client.get(address).status_code == 405


def test_only_who_has_left_can_be_removed(admin_client: Client, known: Family) -> None:
    remove = f"{LIST}{known.row(known.kim).pk}/delete/"
    assert admin_client.post(remove, {"post": "yes"}).status_code == 403
    PlexUser.objects.filter(plex_id=77).update(gone_at="2026-01-01T00:00:00Z")
    assert admin_client.post(remove, {"post": "yes"}).status_code == 302
    assert not PlexUser.objects.filter(plex_id=77).exists()


def test_who_may_only_look_cannot_press_the_buttons(client: Client, known: Family, at_plex: StandIn) -> None:
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_plexuser"))
    client.force_login(viewer)
    assert client.get(LIST).status_code == 200
    for address in (f"{LIST}look/", f"{LIST}{known.row(known.kim).pk}/token/"):
        assert client.post(address).status_code == 403
    assert asked(at_plex) == []


# ---- pictures -------------------------------------------------------------------------------------------------------


def test_pictures_come_from_here_and_are_fetched_once(admin_client: Client, known: Family, at_plex: StandIn) -> None:
    html = shown(admin_client, LIST)
    assert "<img" not in "".join(re.findall(r'<span class="person">.*?</span></span>', html))
    assert asked(at_plex) == []
    assert avatars.fetch_some() == 5
    assert [request.count("/avatar") for request in asked(at_plex)] == [1] * 5
    assert avatars.fetch_some() == 0
    html = shown(admin_client, LIST)
    pictures = re.findall(r'<img src="(/admin/[^"]*/avatar/\?\d+)"', html)
    assert len(pictures) == 5
    answer = admin_client.get(pictures[0])
    assert (answer.status_code, answer["Content-Type"], answer.content[:4]) == (200, "image/png", b"\x89PNG")
    assert Client().get(pictures[0]).status_code == 302
    assert asked(at_plex) == []


def test_a_picture_is_fetched_again_when_its_address_changes(known: Family, at_plex: StandIn) -> None:
    avatars.fetch_some()
    asked(at_plex)
    thumb = known.row(known.kim).thumb.replace("c=", "c=9")
    PlexUser.objects.filter(plex_id=77).update(thumb=thumb)
    assert avatars.fetch_some() == 1
    assert len(asked(at_plex)) == 1


WRONG_PICTURES: dict[str, faults.Fault] = {
    "web page": faults.CAPTIVE_PORTAL,
    "missing": faults.Status(404),
    "svg": faults.Body(lambda _: b"<svg onload='alert(1)'/>", "image/svg+xml"),
    "large": faults.Body(lambda _: b"x" * (avatars.MAX_BYTES + 1), "image/png"),
}


@pytest.mark.parametrize("fault", WRONG_PICTURES)
def test_what_is_no_picture_is_shown_as_initials_and_not_asked_for_again(
    admin_client: Client, known: Family, at_plex: StandIn, fault: str
) -> None:
    at_plex.fail("/plex.tv/users", WRONG_PICTURES[fault])
    avatars.fetch_some()
    asked(at_plex)
    assert avatars.fetch_some() == 0
    assert "/avatar/?" not in shown(admin_client, LIST)
    assert admin_client.get(f"{LIST}{known.row(known.kim).pk}/avatar/").status_code == 404


@pytest.mark.parametrize("fault", [faults.Status(503), faults.Status(429, retry_after=0), faults.Reset()])
def test_after_a_failure_nobody_is_asked_for_pictures_for_a_while(
    known: Family, at_plex: StandIn, fault: faults.Fault
) -> None:
    at_plex.fail("/plex.tv/users", fault)
    rest = avatars.Rest()
    avatars.fetch_some(rest)
    at_plex.heal()
    asked(at_plex)
    assert avatars.fetch_some(rest) == 0
    assert (asked(at_plex), Avatar.objects.count()) == ([], 0)
    assert avatars.fetch_some(avatars.Rest()) == 5


def test_a_picture_is_never_asked_for_without_encryption(known: Family, at_plex: StandIn) -> None:
    PlexUser.objects.filter(plex_id=77).update(thumb="http://plex.tv/users/x/avatar")
    avatars.fetch_some()
    assert Avatar.objects.get(user__plex_id=77).content_type == ""
    assert len(asked(at_plex)) == 4


# ---- types and watching ---------------------------------------------------------------------------------------------


def test_the_defaults_of_a_type_are_changed(admin_client: Client, db: None, settings: Settings) -> None:
    row = UserTypeDefaults.objects.get(kind="shared")
    values = {name: str(getattr(row, name)) for name in PREFERENCES if not isinstance(getattr(row, name), bool)}
    address = f"/admin/plexusers/usertypedefaults/{row.pk}/change/"
    send(admin_client, address, **values | {"activity_days": "7", "watchlist": "on"})
    row.refresh_from_db()
    assert (row.activity_days, row.watchlist, row.ondeck, row.enabled) == (7, True, False, True)


def test_the_watching_settings_are_stored(admin_client: Client, db: None) -> None:
    address = admin_client.get("/admin/plexusers/watchpolicy/", follow=True).redirect_chain[-1][0]
    values = {
        "versions": "best", "watched_grace_hours": "0", "recently_added_days": "3", "recently_added_items": "5",
        "session_seconds": "60", "playback_trigger": "none", "users_hours": "12", "watchlist_minutes": "60",
        "friends_feed": "https://rss.plex.tv/secret", "plextv_interval_ms": "500", "plextv_per_minute": "30",
        "server_interval_ms": "0", "server_per_minute": "600",
    }  # fmt: skip
    html = send(admin_client, address, **values)
    policy = WatchPolicy.stored()
    assert (policy.versions, policy.watched_grace_hours, policy.users_hours, policy.friends_feed) == (
        "best", 0, 12, "https://rss.plex.tv/secret",
    )  # fmt: skip
    assert "rss.plex.tv/secret" not in html
