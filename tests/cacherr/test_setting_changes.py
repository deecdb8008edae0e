"""Settings as one sheet over all apps: what is known of each, and changing some of them, all or none."""

import pytest
from django.contrib import admin
from django.test import Client
from pytest_django.fixtures import Settings

from cacherr.env import Environment
from cacherr.fields import opened, sealed
from cacherr.overrides import supposing
from cacherr.setting_changes import SettingsRefusedError, prepare
from cacherr.setting_sheet import every_setting, groups
from caching.models import CachePolicy
from plexusers.models import PlexServer, WatchPolicy

pytestmark = pytest.mark.django_db


def declare(settings: Settings, **variables: str) -> None:
    settings.CACHERR_OVERRIDES = Environment(variables).overrides()


@pytest.fixture
def pages() -> None:
    """The admin's forms, which name the groups: nobody else reads them before a request comes."""
    admin.autodiscover()


@pytest.mark.usefixtures("pages")
def test_every_setting_is_in_one_group_and_no_name_is_used_twice() -> None:
    names = [one.name for group in groups() for one in group.settings]
    assert sorted(names) == sorted(every_setting())
    assert "Other" not in {group.title for group in groups()}, "a form does not name it"


def test_a_setting_comes_from_the_environment_or_from_the_admin_or_is_the_default(settings: Settings) -> None:
    declare(settings, CACHERR_CACHE_LIMIT="20GB")
    CachePolicy(cache_limit="10GB", reserve="5GB").save()
    sheet = every_setting()
    seen = {name: (sheet[name].source, sheet[name].value) for name in ("cache_limit", "reserve", "eviction_mode")}
    assert seen == {
        "cache_limit": ("environment", "20GB"), "reserve": ("admin", "5GB"), "eviction_mode": ("default", "smart"),
    }  # fmt: skip
    assert sheet["cache_limit"].stored == "10GB"


def test_every_dangerous_setting_is_a_setting() -> None:
    dangerous = {name for group in groups() for name in group.model.dangerous}
    assert dangerous <= set(every_setting())


def test_settings_of_several_groups_are_stored_together() -> None:
    change = prepare({"cache_limit": "10GB", "recently_added": True, "plex_token": "s3cret"})
    assert not CachePolicy.objects.exists()
    change.store()
    assert CachePolicy.stored().cache_limit == "10GB"
    assert WatchPolicy.stored().recently_added
    assert PlexServer.stored().plex_token == "s3cret"


def test_nothing_is_stored_when_one_of_them_is_wrong() -> None:
    with pytest.raises(SettingsRefusedError) as caught:
        prepare({"cache_limit": "lots", "recently_added": True, "colour": "red"})
    assert set(caught.value.problems) == {"cache_limit", "colour"}
    assert not WatchPolicy.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("recently_added", "true"),
        ("recently_added", 1),
        ("minimum_hold_hours", "12"),
        ("minimum_hold_hours", True),
        ("minimum_hold_hours", 1.5),
        ("minimum_hold_hours", -1),
        ("minimum_hold_hours", 10**30),
        ("eviction_mode", "sometimes"),
        ("cache_limit", 10),
        ("cache_limit", None),
        ("cache_limit", "10\0GB"),
        ("webhook_secret", "secret\ud800"),
        ("plex_token", "x" * 3000),
        ("plex_token", "tökén"),
        ("webhook_secret", "two/parts"),
        ("webhook_secret", "what?"),
        ("webhook_secret", ".."),
        ("plex_url", "plex"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_a_sentence(name: str, value: object) -> None:
    with pytest.raises(SettingsRefusedError) as caught:
        prepare({name: value})
    assert caught.value.problems[name].endswith((".", "long"))


def test_what_the_environment_sets_is_refused_with_the_variables_name(settings: Settings) -> None:
    declare(settings, CACHERR_CACHE_LIMIT="20GB")
    with pytest.raises(SettingsRefusedError, match="CACHERR_CACHE_LIMIT"):
        prepare({"cache_limit": "10GB"})
    prepare({"cache_limit": "10GB"}, keep_overridden=True).store()
    assert (CachePolicy.stored().cache_limit, CachePolicy.effective().cache_limit) == ("10GB", "20GB")


@pytest.mark.parametrize("from_environment", [False, True])
def test_settings_that_contradict_each_other_are_refused(settings: Settings, *, from_environment: bool) -> None:
    if from_environment:
        declare(settings, CACHERR_EVICTION_THRESHOLD_PERCENT="60")
    else:
        CachePolicy(eviction_threshold_percent=60, eviction_target_percent=50).save()
    with pytest.raises(SettingsRefusedError, match="target"):
        prepare({"eviction_target_percent": 70})
    assert prepare({"eviction_target_percent": 55}).differences


def test_a_secret_that_is_left_empty_stays_and_none_forgets_it() -> None:
    PlexServer(plex_token="s3cret").save()
    assert not prepare({"plex_token": ""}).differences
    change = prepare({"plex_token": None})
    assert change.differences[0].told["new"] == "not set"
    change.store()
    assert PlexServer.stored().plex_token == ""


def test_what_is_told_of_a_changed_secret_does_not_have_it() -> None:
    PlexServer(plex_token="s3cret-old").save()
    assert "s3cret" not in str([one.told for one in prepare({"plex_token": "s3cret-new"}).differences])


def test_a_supposed_value_holds_inside_only_and_the_environment_still_wins(settings: Settings) -> None:
    declare(settings, CACHERR_RESERVE="1GB")
    with supposing({"cache_limit": "1GB", "reserve": "2GB", "recently_added": True}):
        assert (CachePolicy.effective().cache_limit, CachePolicy.effective().reserve) == ("1GB", "1GB")
        assert WatchPolicy.effective().recently_added
        assert CachePolicy.stored().cache_limit == ""
    assert CachePolicy.effective().cache_limit == ""


def test_a_sealed_value_opens_here_and_nothing_else_does() -> None:
    text = sealed({"plex_token": "s3cret"})
    assert "s3cret" not in text
    assert opened(text, 60) == {"plex_token": "s3cret"}
    for wrong in (text[:-5], "x", ""):
        with pytest.raises(ValueError, match="sealed"):
            opened(wrong, 60)
    with pytest.raises(ValueError, match="sealed"):
        opened(text, -1)


def test_asking_for_settings_needs_an_account(client: Client) -> None:
    assert client.get("/admin/caching/cachepolicy/all/").status_code == 302
