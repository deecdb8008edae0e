"""The admin's pages of settings, filled in and sent as a browser does."""

import re

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from cacherr.env import Environment
from caching.models import CachePolicy
from plexusers.models import PlexServer

pytestmark = pytest.mark.django_db

POLICY = {
    "cache_limit": "10GB", "min_free_space": "5%", "minimum_hold_hours": "12", "associated_files": "all",
    "operations_to_cache": "2", "operations_to_array": "1", "rescue_after_seconds": "30", "settle_minutes": "10",
    "eviction_mode": "smart", "eviction_threshold_percent": "90", "eviction_target_percent": "80",
    "ondeck_expiry_days": "0", "watchlist_expiry_days": "0", "list_expiry_days": "0",
    "backups_kept": "7", "dashboard_poll_seconds": "5",
}  # fmt: skip
PLEX = {"plex_url": "http://plex:32400", "plex_token": "s3cret-token"}


def declare(settings: Settings, **variables: str) -> None:
    settings.CACHERR_OVERRIDES = Environment(variables).overrides()


def page(client: Client, path: str) -> str:
    """The page behind the menu's entry: there is no list of one."""
    answer = client.get(path, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def send(client: Client, path: str, **values: str) -> str:
    """Fill in the form behind the menu's entry and send it: the page that comes back."""
    form = client.get(path, follow=True).redirect_chain[-1][0]
    answer = client.post(form, values, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def input_of(html: str, name: str) -> str:
    """The tag of a form's field, without its style."""
    found = re.search(rf'<(?:input|textarea|select)[^>]*name="{name}"[^>]*>', html)
    assert found, f"there is no field {name}"
    return re.sub(r'class="[^"]*"', "", found[0])


POLICY_PATH, PLEX_PATH = "/admin/caching/cachepolicy/", "/admin/plexusers/plexserver/"


def test_settings_can_be_stored_and_changed(admin_client: Client) -> None:
    send(admin_client, POLICY_PATH, **POLICY, dry_run="on")
    stored = CachePolicy.stored()
    assert (stored.cache_limit, stored.dry_run) == ("10GB", True)
    send(admin_client, POLICY_PATH, **{**POLICY, "cache_limit": ""})
    stored = CachePolicy.stored()
    assert (stored.cache_limit, stored.dry_run, CachePolicy.objects.count()) == ("", False, 1)


def test_a_token_that_cannot_be_one_is_refused_where_it_is_entered(admin_client: Client) -> None:
    html = send(admin_client, PLEX_PATH, plex_url="http://plex:32400", plex_token="tökén")
    assert "no Plex token" in html
    assert not PlexServer.objects.exists()


def test_what_contradicts_a_variable_is_refused(admin_client: Client, settings: Settings) -> None:
    declare(settings, CACHERR_EVICTION_THRESHOLD_PERCENT="60")
    html = send(admin_client, POLICY_PATH, **POLICY)
    assert "60, set by CACHERR_EVICTION_THRESHOLD_PERCENT" in html
    assert not CachePolicy.objects.exists()


@pytest.mark.parametrize("is_stored", [False, True])
def test_an_overridden_field_is_disabled_and_says_by_what_and_to_what_it_is_set(
    admin_client: Client, settings: Settings, is_stored: bool
) -> None:
    if is_stored:
        CachePolicy(cache_limit="10GB").save()
    declare(settings, CACHERR_CACHE_LIMIT="20GB")
    html = page(admin_client, POLICY_PATH)
    assert "disabled" in input_of(html, "cache_limit")
    assert "Set by CACHERR_CACHE_LIMIT: 20GB." in html
    assert "disabled" not in input_of(html, "min_free_space")


@pytest.mark.parametrize(
    ("variables", "stored"),
    [
        ({"CACHERR_CACHE_LIMIT": "20GB"}, CachePolicy(cache_limit="10GB", minimum_hold_hours=3)),
        ({"CACHERR_DRY_RUN": "false"}, CachePolicy(dry_run=True)),
        ({"TEST_MODE": "true"}, CachePolicy(dry_run=False)),
        ({"CACHERR_MINIMUM_HOLD_HOURS": "0"}, CachePolicy(minimum_hold_hours=3)),
    ],
)
def test_sending_the_form_never_stores_what_the_environment_says(
    admin_client: Client, settings: Settings, variables: dict[str, str], stored: CachePolicy
) -> None:
    stored.save()
    declare(settings, **variables)
    (name,) = settings.CACHERR_OVERRIDES
    before = getattr(stored, name.lower())
    typed = {**POLICY, "cache_limit": "99GB", "min_free_space": "7%", "minimum_hold_hours": "99", "dry_run": "on"}
    send(admin_client, POLICY_PATH, **typed)
    after = CachePolicy.stored()
    assert getattr(after, name.lower()) == before
    assert after.min_free_space == "7%"


@pytest.mark.parametrize("is_stored", [False, True])
def test_the_form_can_be_sent_while_the_environment_sets_everything(
    admin_client: Client, settings: Settings, is_stored: bool
) -> None:
    before = "stored-token" if is_stored else ""
    if is_stored:
        PlexServer(plex_token=before, plex_url="http://stored").save()
    declare(settings, PLEX_URL="http://plex:32400", PLEX_TOKEN="s3cret-token")
    html = send(admin_client, PLEX_PATH)
    assert "s3cret-token" not in html
    assert "errornote" not in html
    assert PlexServer.stored().plex_token == before
    assert PlexServer.effective().plex_token == "s3cret-token"


def test_a_secret_can_be_written_and_is_never_shown(admin_client: Client, settings: Settings) -> None:
    assert "s3cret-token" not in send(admin_client, PLEX_PATH, **PLEX)
    assert PlexServer.stored().plex_token == "s3cret-token"
    html = page(admin_client, PLEX_PATH)
    assert "s3cret-token" not in html
    assert 'type="password"' in input_of(html, "plex_token")
    declare(settings, PLEX_TOKEN="s3cret-token")
    html = page(admin_client, PLEX_PATH)
    assert "s3cret-token" not in html
    assert "Set by PLEX_TOKEN" in html


def test_a_secret_is_not_shown_again_when_another_field_is_wrong(admin_client: Client) -> None:
    html = send(admin_client, PLEX_PATH, plex_url="nonsense", plex_token="s3cret-token")
    assert "Write the address as" in html
    assert "s3cret-token" not in html


def test_a_secret_left_empty_stays_as_it_was(admin_client: Client) -> None:
    send(admin_client, PLEX_PATH, **PLEX)
    identifier = PlexServer.stored().client_identifier
    send(admin_client, PLEX_PATH, plex_url="http://other:32400", plex_token="")
    stored = PlexServer.stored()
    assert (stored.plex_url, stored.plex_token) == ("http://other:32400", "s3cret-token")
    assert stored.client_identifier == identifier


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("cache_limit", "lots", "lots"),
        ("min_free_space", "150%", "150%"),
        ("minimum_hold_hours", "-1", "greater than or equal to 0"),
        ("minimum_hold_hours", "", "required"),
        ("minimum_hold_hours", "99999999999999999999", "less than or equal to"),
    ],
)
@pytest.mark.parametrize("is_stored", [False, True])
def test_a_wrong_value_gives_a_clear_error_and_nothing_is_lost(
    admin_client: Client, *, field: str, value: str, sentence: str, is_stored: bool
) -> None:
    if is_stored:
        CachePolicy(cache_limit="77GB").save()
    typed = {**POLICY, "cache_limit": "33GB", field: value}
    html = send(admin_client, POLICY_PATH, **typed)
    assert sentence in html
    for name, text in typed.items():
        shown = f'value="{text}"' in input_of(html, name) or f'<option value="{text}" selected' in html
        assert shown or not text
    assert [row.cache_limit for row in CachePolicy.objects.all()] == (["77GB"] if is_stored else [])


def test_there_is_one_row_and_it_cannot_be_removed(admin_client: Client) -> None:
    CachePolicy().save()
    assert admin_client.get(f"{POLICY_PATH}add/").status_code == 403
    assert admin_client.post(f"{POLICY_PATH}1/delete/", {"post": "yes"}).status_code == 403
    assert CachePolicy.objects.count() == 1
