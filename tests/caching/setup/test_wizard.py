"""The wizard's steps: what each shows, stores and refuses, and that nothing moves before the go."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from caching import beginning, cycle
from caching.models import CachePolicy, Cycle, PathMapping, Root, Setup
from plexusers.models import PlexServer, PlexUser
from plexusers.standin import StandIn, faults
from tests.caching.detecting.home import Laid
from tests.conftest import contents, tree
from tests.home import OWNER_TOKEN, PLEX_PREFIX

pytestmark = pytest.mark.django_db

Answer = Any


def text(answer: Answer) -> str:
    return str(answer.content.decode())


def led_to(answer: Answer) -> str:
    return str(answer.headers["Location"])


def open_step(client: Client) -> str:
    """Where `/setup/` leads to."""
    return led_to(client.get("/setup/"))


# ---- Plex ----------------------------------------------------------------------------------------------------------


def enter(client: Client, url: str, token: str = OWNER_TOKEN) -> Answer:
    return client.post("/setup/plex/", {"do": "enter", "url": url, "token": token})


def test_address_and_token_are_tried_and_stored(owner: Client, at_plex: StandIn) -> None:
    assert open_step(owner) == "/setup/plex/"
    assert led_to(enter(owner, f" {at_plex.url}/ ")) == "/setup/mappings/"
    server = PlexServer.objects.get()
    assert (server.plex_url, server.plex_token, server.friendly_name) == (at_plex.url, OWNER_TOKEN, "Home")
    assert open_step(owner) == "/setup/mappings/"


def a_friends_token(laid: Laid) -> str:
    return laid.household.add_account("Kim", "token-kim", "shared").token


WRONG: dict[str, tuple[Callable[[Laid, StandIn], tuple[str, str]], str]] = {
    "nothing": (lambda _, __: ("", ""), "address of the Plex server is not set"),
    "no address at all": (lambda _, __: ("plex:32400", "x"), "http://HOST:32400"),
    "nobody there": (lambda _, __: ("http://127.0.0.1:9", "x"), "Plex does not answer at http://127.0.0.1:9"),
    "a wrong token": (lambda _, plex: (plex.url, "wrong"), "Plex refuses the token"),
    "a friend's token": (lambda laid, plex: (plex.url, a_friends_token(laid)), "not that of the owner"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_server_that_cannot_be_used_is_said_and_not_stored(
    owner: Client, laid: Laid, at_plex: StandIn, case: str
) -> None:
    made, sentence = WRONG[case]
    url, token = made(laid, at_plex)
    answer = enter(owner, url, token)
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert not token or token == "x" or token not in text(answer)
    assert PlexServer.stored().plex_token == ""
    assert open_step(owner) == "/setup/plex/"


def sign_in(owner: Client, at_plex: StandIn, laid: Laid, who: Any = None) -> Answer:
    """From the button to the page of servers; somebody confirms the code at Plex."""
    led = led_to(owner.post("/setup/plex/", {"do": "sign_in"}))
    assert led.startswith("https://app.plex.tv/auth#?")
    (pin,) = [one for one in laid.household.online.pins.values() if not one.token]
    laid.household.online.claim_pin(pin.code, who or laid.owner)
    return owner.get("/setup/plex/waiting/", follow=True)


def test_signing_in_with_plex_names_the_servers_and_one_is_tried_and_stored(
    owner: Client, at_plex: StandIn, laid: Laid
) -> None:
    shown = text(sign_in(owner, at_plex, laid))
    assert "Home" in shown
    assert laid.owner.account_token not in shown
    chosen = {"do": "choose", "server": laid.household.machine_identifier, "url": ""}
    assert led_to(owner.post("/setup/plex/", chosen)) == "/setup/mappings/"
    server = PlexServer.objects.get()
    assert (server.plex_url, server.machine_identifier) == (at_plex.url, laid.household.machine_identifier)
    assert Setup.objects.get().account_token == ""


def test_a_sign_in_can_be_left_and_taken_up_in_another_browser(owner: Client, at_plex: StandIn, laid: Laid) -> None:
    owner.post("/setup/plex/", {"do": "sign_in"})
    other = Client()
    other.force_login(User.objects.get())
    assert "Go on with the sign-in" in text(other.get("/setup/plex/"))
    waiting = text(other.get("/setup/plex/waiting/"))
    assert "Waiting for Plex" in waiting
    assert 'http-equiv="refresh"' in waiting


def test_a_sign_in_that_took_too_long_can_be_begun_again(owner: Client, at_plex: StandIn) -> None:
    owner.post("/setup/plex/", {"do": "sign_in"})
    at_plex.fail("/plex.tv/api/v2/pins", faults.Status(404))
    shown = text(owner.get("/setup/plex/waiting/", follow=True))
    assert "Plex has given up waiting" in shown
    assert "Sign in with Plex" in shown
    assert led_to(owner.get("/setup/plex/waiting/")) == "/setup/plex/"


def test_a_server_of_somebody_else_is_refused(owner: Client, at_plex: StandIn, laid: Laid) -> None:
    kim = laid.household.add_account("Kim", "token-kim", "shared")
    assert "Belongs to somebody else" in text(sign_in(owner, at_plex, laid, kim))
    chosen = {"do": "choose", "server": laid.household.machine_identifier, "url": ""}
    assert "no server of your own" in text(owner.post("/setup/plex/", chosen))
    assert PlexServer.stored().plex_token == ""


def test_an_address_of_ones_own_is_tried_instead_of_those_that_plex_names(
    owner: Client, at_plex: StandIn, laid: Laid
) -> None:
    sign_in(owner, at_plex, laid)
    chosen = {"do": "choose", "server": laid.household.machine_identifier, "url": "http://127.0.0.1:9"}
    answer = owner.post("/setup/plex/", chosen)
    assert "does not answer at any of its addresses: http://127.0.0.1:9" in text(answer)


def test_plex_tv_being_away_is_said(owner: Client, at_plex: StandIn) -> None:
    at_plex.fail("/plex.tv/api/v2/pins", faults.Status(500))
    assert "status 500" in text(owner.post("/setup/plex/", {"do": "sign_in"}))


# ---- mappings ------------------------------------------------------------------------------------------------------


@pytest.fixture
def connected(owner: Client, at_plex: StandIn) -> Client:
    enter(owner, at_plex.url)
    return owner


def detect(client: Client, laid: Laid) -> str:
    asked = {"do": "detect", "look_in": str(laid.storage), "cache_in": str(laid.ssd)}
    return text(client.post("/setup/mappings/", asked, follow=True))


def use(client: Client, laid: Laid, **changed: str) -> Answer:
    values = {
        "do": "use", "name": "media", "plex_prefix": PLEX_PREFIX, "array_root": str(laid.array),
        "cache_root": str(laid.ssd / "media"), "placement": "auto",
    }  # fmt: skip
    return client.post("/setup/mappings/", values | changed, follow=True)


def test_what_was_detected_is_proposed_with_its_reasons_and_stays_proposed(connected: Client, laid: Laid) -> None:
    for shown in (detect(connected, laid), text(connected.get("/setup/mappings/"))):
        assert f'value="{laid.array}"' in shown
        assert f'value="{laid.ssd}/media"' in shown
        assert "5 of 5 files" in shown
    assert not PathMapping.objects.exists()
    assert contents(laid.ssd) == {}


def test_a_proposal_is_proved_and_stored_and_its_directory_made(connected: Client, laid: Laid) -> None:
    detect(connected, laid)
    assert "Proved" in text(use(connected, laid))
    mapping = PathMapping.objects.get()
    assert mapping.is_proved
    assert (laid.ssd / "media").stat().st_mode == laid.array.stat().st_mode
    assert open_step(connected) == "/setup/users/"


MISTAKES = {
    "swapped": ({"plex_prefix": "{array}", "array_root": PLEX_PREFIX}, "the two are swapped"),
    "container path": ({"array_root": PLEX_PREFIX}, "how Plex&#x27;s own container names it"),
    "missing": ({"array_root": "/mnt/not there/media"}, "is not there"),
    "nested": ({"cache_root": "{array}/cache"}, "inside each other"),
    "wrong share": ({"array_root": "{storage}/isos"}, "is not at"),
    "not a path": ({"array_root": "media"}, "absolute path"),
    "uncovered": ({"plex_prefix": "/mnt/user/media"}, "No library of Plex lies below"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_wrong_mapping_is_said_with_its_cure_and_not_stored(connected: Client, laid: Laid, case: str) -> None:
    (laid.storage / "isos/debian").mkdir(parents=True)
    detect(connected, laid)
    changed, sentence = MISTAKES[case]
    before = tree(laid.storage)
    answer = use(
        connected, laid, **{k: v.format(array=laid.array, storage=laid.storage) for k, v in changed.items()}
    )  # fmt: skip
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert not PathMapping.objects.exists()
    assert not Root.objects.exists()
    assert tree(laid.storage) == before
    assert open_step(connected) == "/setup/mappings/"


def test_the_right_directory_is_named_in_the_cure(connected: Client, laid: Laid) -> None:
    detect(connected, laid)
    assert f"Plex&#x27;s files were found below {laid.array}" in text(use(connected, laid, array_root=PLEX_PREFIX))


def test_a_mapping_can_be_removed_and_proved_again(connected: Client, laid: Laid) -> None:
    use(connected, laid)
    mapping = PathMapping.objects.get()
    connected.post("/setup/mappings/", {"do": "prove", "mapping": mapping.pk})
    connected.post("/setup/mappings/", {"do": "remove", "mapping": mapping.pk})
    assert not PathMapping.objects.exists()
    assert "Proved" in text(use(connected, laid))


def test_without_plex_the_page_says_so(connected: Client, at_plex: StandIn) -> None:
    at_plex.stop()
    assert "Plex does not answer" in text(connected.get("/setup/mappings/"))


# ---- users, space, preview, go -------------------------------------------------------------------------------------


@pytest.fixture
def mapped(connected: Client, laid: Laid) -> Client:
    use(connected, laid)
    return connected


def test_users_are_found_and_who_is_unticked_does_not_count(mapped: Client, laid: Laid) -> None:
    laid.household.add_account("Kim", "token-kim", "shared")
    assert "Kim" in text(mapped.get("/setup/users/"))
    alex, kim = PlexUser.objects.order_by("title")
    mapped.post("/setup/users/", {"shown": [alex.pk, kim.pk], "user": [alex.pk]})
    assert {user.title: user.enabled for user in PlexUser.objects.all()} == {"Alex": True, "Kim": False}
    assert open_step(mapped) == "/setup/space/"


def test_plex_tv_being_away_does_not_hold_up_the_wizard(mapped: Client, at_plex: StandIn) -> None:
    at_plex.fail("/plex.tv", faults.Status(500))
    assert "status 500" in text(mapped.get("/setup/users/"))
    mapped.post("/setup/users/", {})
    assert open_step(mapped) == "/setup/space/"


@pytest.mark.parametrize(("limit", "status"), [("10GB", 302), ("lots", 422)])
def test_space_is_stored_when_it_can_be(mapped: Client, limit: str, status: int) -> None:
    answer = mapped.post("/setup/space/", {"cache_limit": limit, "min_free_space": "5%"})
    assert answer.status_code == status
    assert CachePolicy.stored().cache_limit == ("10GB" if status == 302 else "")


@pytest.fixture
def ready(mapped: Client) -> Client:
    mapped.post("/setup/users/", {})
    mapped.post("/setup/space/", {"cache_limit": "", "min_free_space": "0"})
    return mapped


def test_the_preview_shows_every_file_with_its_reason_and_moves_none(ready: Client, laid: Laid) -> None:
    before = tree(laid.array), tree(laid.ssd)
    shown = text(ready.post("/setup/preview/", {"do": "preview"}, follow=True))
    for title in ("Alpha", "Beta", "Gamma"):
        assert title in shown
    assert "on deck for Alex" in shown
    assert (tree(laid.array), tree(laid.ssd)) == before
    assert "on deck for Alex" in text(ready.get("/setup/preview/"))
    assert not Cycle.objects.exists()


def test_go_is_refused_before_the_preview(ready: Client) -> None:
    answer = ready.post("/setup/preview/", {"do": "go"})
    assert "Look at it first" in text(answer)
    assert not beginning.is_set_up()
    assert not Cycle.objects.exists()


def test_a_preview_of_other_settings_is_none(ready: Client) -> None:
    ready.post("/setup/preview/", {"do": "preview"})
    ready.post("/setup/space/", {"cache_limit": "1GB", "min_free_space": "0"})
    assert "Look at it first" in text(ready.post("/setup/preview/", {"do": "go"}))


def test_after_go_the_first_cycle_caches_what_was_shown(ready: Client, laid: Laid) -> None:
    ready.post("/setup/preview/", {"do": "preview"})
    assert led_to(ready.post("/setup/preview/", {"do": "go"})) == "/admin/"
    assert beginning.is_set_up()
    CachePolicy.objects.update(operations_to_cache=1)  # threads would wait for this test's own transaction
    done = cycle.run_waiting()
    assert done is not None
    assert (done.state, done.trigger, done.files_cached) == ("completed", "setup", 3)
    assert "Cacherr is set up" in text(ready.get("/setup/"))
    assert led_to(ready.get("/")) == "/admin/"


def test_the_preview_waits_for_the_steps_before_it(connected: Client) -> None:
    assert "Where the files are" in text(connected.get("/setup/preview/"))
    assert "Show the preview" not in text(connected.get("/setup/preview/"))


# ---- the pages -----------------------------------------------------------------------------------------------------

STEPS = ["plex", "mappings", "users", "space", "preview"]


@pytest.mark.parametrize("step", STEPS)
def test_pages_run_no_script_ask_nobody_else_and_tell_no_secret(ready: Client, at_plex: StandIn, step: str) -> None:
    ready.post("/setup/preview/", {"do": "preview"})
    shown = text(ready.get(f"/setup/{step}/"))
    assert "<script" not in shown
    assert "javascript:" not in shown
    assert " style=" not in shown
    assert OWNER_TOKEN not in shown
    assert "//" not in shown.replace(at_plex.url, "").replace("http://192.168.1.10:32400", "")


def test_what_the_environment_sets_is_shown_and_not_overwritten(
    owner: Client, at_plex: StandIn, settings: Settings
) -> None:
    from cacherr.env import Override

    settings.CACHERR_OVERRIDES = {
        "PLEX_URL": Override("PLEX_URL", at_plex.url), "PLEX_TOKEN": Override("PLEX_TOKEN", OWNER_TOKEN),
        "CACHE_LIMIT": Override("CACHERR_CACHE_LIMIT", "7GB"),
    }  # fmt: skip
    shown = text(owner.get("/setup/plex/"))
    assert "PLEX_URL" in shown
    assert led_to(owner.post("/setup/plex/", {"do": "enter"})) == "/setup/mappings/"
    assert PlexServer.stored().plex_token == ""
    assert "Set by CACHERR_CACHE_LIMIT: 7GB" in text(owner.get("/setup/space/"))
