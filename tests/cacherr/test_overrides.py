"""What is in force: the environment, else the stored row, else the default."""

from collections.abc import Mapping

import pytest
from django.core import checks
from pytest_django.fixtures import Settings

from cacherr.commands import require_agreement
from cacherr.env import Environment
from cacherr.errors import ConfigurationError
from cacherr.overrides import SettingsModel, overrides_of, setting_fields, settings_models
from caching.models import CachePolicy
from importlists.models import ListPolicy
from plexusers.models import PlexServer, WatchPolicy

pytestmark = pytest.mark.django_db


def declare(settings: Settings, variables: Mapping[str, str]) -> None:
    """Set these variables and no others."""
    environment = Environment(variables)
    settings.CACHERR_OVERRIDES = environment.overrides()
    settings.ENVIRONMENT_SETTINGS = environment.prefixed()
    settings.ENVIRONMENT_PROBLEMS = environment.problems


def found(settings: Settings, variables: Mapping[str, str]) -> list[checks.CheckMessage]:
    declare(settings, variables)
    return checks.run_checks(tags=["environment"])


MOVER = "/var/run/mover.pid"

# model, field, variable, its text, value by the environment, value stored, default
CASES = [
    (CachePolicy, "dry_run", "CACHERR_DRY_RUN", "true", True, False, False),
    (CachePolicy, "dry_run", "CACHERR_DRY_RUN", "false", False, True, False),
    (CachePolicy, "dry_run", "TEST_MODE", "1", True, False, False),
    (CachePolicy, "dry_run", "DRY_RUN", "off", False, True, False),
    (CachePolicy, "minimum_hold_hours", "CACHERR_MINIMUM_HOLD_HOURS", "0", 0, 7, 12),
    (CachePolicy, "minimum_hold_hours", "CACHERR_MINIMUM_HOLD_HOURS", "3", 3, 0, 12),
    (CachePolicy, "cache_limit", "CACHERR_CACHE_LIMIT", " 1.5TB ", "1.5TB", "10%", ""),
    (CachePolicy, "min_free_space", "CACHERR_MIN_FREE_SPACE", "20GB", "20GB", "", "5%"),
    (CachePolicy, "associated_files", "CACHERR_ASSOCIATED_FILES", "none", "none", "subtitles", "all"),
    (CachePolicy, "only_included", "CACHERR_ONLY_INCLUDED", "true", True, False, False),
    (CachePolicy, "park_originals", "CACHERR_PARK_ORIGINALS", "true", True, False, False),
    (CachePolicy, "operations_to_array", "CACHERR_OPERATIONS_TO_ARRAY", "16", 16, 3, 1),
    (CachePolicy, "bandwidth_limit", "CACHERR_BANDWIDTH_LIMIT", "80MB", "80MB", "1GB", ""),
    (CachePolicy, "bandwidth_limit_streaming", "CACHERR_BANDWIDTH_LIMIT_STREAMING", "20MB", "20MB", "1GB", ""),
    (CachePolicy, "rescue_after_seconds", "CACHERR_RESCUE_AFTER_SECONDS", "0", 0, 7, 30),
    (CachePolicy, "settle_minutes", "CACHERR_SETTLE_MINUTES", "0", 0, 7, 10),
    (CachePolicy, "paused", "CACHERR_PAUSED", "yes", True, False, False),
    (CachePolicy, "backups_kept", "CACHERR_BACKUPS_KEPT", "30", 30, 3, 7),
    (CachePolicy, "dashboard_poll_seconds", "CACHERR_DASHBOARD_POLL_SECONDS", "30", 30, 2, 5),
    (CachePolicy, "operations_to_cache", "CACHERR_OPERATIONS_TO_CACHE", "4", 4, 3, 2),
    (CachePolicy, "mover_pid_file", "CACHERR_MOVER_PID_FILE", "/nowhere/m.pid", "/nowhere/m.pid", "/x.pid", MOVER),
    (ListPolicy, "trakt_client_id", "CACHERR_TRAKT_CLIENT_ID", "abc", "abc", "xyz", ""),
    (ListPolicy, "trakt_client_secret", "CACHERR_TRAKT_CLIENT_SECRET", "abc", "abc", "xyz", ""),
    (ListPolicy, "tmdb_key", "CACHERR_TMDB_KEY", "abc", "abc", "xyz", ""),
    (ListPolicy, "mdblist_key", "CACHERR_MDBLIST_KEY", "abc", "abc", "xyz", ""),
    (ListPolicy, "lists_from_lan", "CACHERR_LISTS_FROM_LAN", "true", True, False, False),
    (CachePolicy, "reserve", "CACHERR_RESERVE", "50GB", "50GB", "10%", ""),
    (CachePolicy, "eviction_mode", "CACHERR_EVICTION_MODE", "fifo", "fifo", "none", "smart"),
    (CachePolicy, "eviction_threshold_percent", "CACHERR_EVICTION_THRESHOLD_PERCENT", "95", 95, 85, 90),
    (CachePolicy, "eviction_target_percent", "CACHERR_EVICTION_TARGET_PERCENT", "70", 70, 60, 80),
    (CachePolicy, "ondeck_expiry_days", "CACHERR_ONDECK_EXPIRY_DAYS", "30", 30, 60, 0),
    (CachePolicy, "watchlist_expiry_days", "CACHERR_WATCHLIST_EXPIRY_DAYS", "30", 30, 60, 0),
    (CachePolicy, "list_expiry_days", "CACHERR_LIST_EXPIRY_DAYS", "30", 30, 60, 0),
    (WatchPolicy, "versions", "CACHERR_VERSIONS", "best", "best", "smallest", "all"),
    (WatchPolicy, "recently_added", "CACHERR_RECENTLY_ADDED", "true", True, False, False),
    (WatchPolicy, "recently_added_days", "CACHERR_RECENTLY_ADDED_DAYS", "3", 3, 30, 7),
    (WatchPolicy, "recently_added_items", "CACHERR_RECENTLY_ADDED_ITEMS", "5", 5, 50, 20),
    (WatchPolicy, "watched_grace_hours", "CACHERR_WATCHED_GRACE_HOURS", "0", 0, 48, 12),
    (WatchPolicy, "watch_sessions", "CACHERR_WATCH_SESSIONS", "no", False, True, True),
    (WatchPolicy, "session_seconds", "CACHERR_SESSION_SECONDS", "5", 5, 60, 30),
    (WatchPolicy, "playback_trigger", "CACHERR_PLAYBACK_TRIGGER", "none", "none", "completion", "start"),
    (WatchPolicy, "friends_feed", "CACHERR_FRIENDS_FEED", "https://rss.plex.tv/a", "https://rss.plex.tv/a", "b", ""),
    (WatchPolicy, "users_hours", "CACHERR_USERS_HOURS", "1", 1, 24, 6),
    (WatchPolicy, "watchlist_minutes", "CACHERR_WATCHLIST_MINUTES", "5", 5, 60, 30),
    (WatchPolicy, "webhook_secret", "CACHERR_WEBHOOK_SECRET", "secret", "secret", "stored", ""),
    (WatchPolicy, "plextv_interval_ms", "CACHERR_PLEXTV_INTERVAL_MS", "0", 0, 500, 1000),
    (WatchPolicy, "plextv_per_minute", "CACHERR_PLEXTV_PER_MINUTE", "0", 0, 30, 60),
    (WatchPolicy, "server_interval_ms", "CACHERR_SERVER_INTERVAL_MS", "20", 20, 10, 0),
    (WatchPolicy, "server_per_minute", "CACHERR_SERVER_PER_MINUTE", "0", 0, 60, 600),
    (PlexServer, "plex_url", "PLEX_URL", "http://plex:32400", "http://plex:32400", "http://other", ""),
    (PlexServer, "plex_url", "CACHERR_PLEX_URL", "http://plex:32400", "http://plex:32400", "http://other", ""),
    (PlexServer, "plex_token", "PLEX_TOKEN", "token", "token", "stored", ""),
    (PlexServer, "plex_token", "CACHERR_PLEX_TOKEN", "token", "token", "stored", ""),
]


@pytest.mark.parametrize(("model", "field", "variable", "raw", "value", "stored", "default"), CASES)
def test_the_environment_wins_over_the_row_and_the_row_over_the_default(  # noqa: PLR0917 - the table's columns
    settings: Settings,
    model: type[SettingsModel],
    field: str,
    variable: str,
    raw: str,
    value: object,
    stored: object,
    default: object,
) -> None:
    assert getattr(model.effective(), field) == default
    model(**{field: stored}).save()
    assert getattr(model.effective(), field) == stored
    declare(settings, {variable: raw})
    assert getattr(model.effective(), field) == value
    assert getattr(model.stored(), field) == stored


def test_the_table_above_has_every_setting() -> None:
    every = {(model, field.name) for model in settings_models() for field in setting_fields(model)}
    assert {(model, field) for model, field, *_ in CASES} == every


def test_reading_settings_writes_nothing() -> None:
    for model in settings_models():
        model.effective()
        assert not model.objects.exists()  # type: ignore[attr-defined]


def test_what_is_in_force_cannot_be_stored_by_mistake(settings: Settings) -> None:
    CachePolicy(cache_limit="10GB").save()
    declare(settings, {"CACHERR_CACHE_LIMIT": "20GB"})
    with pytest.raises(ConfigurationError):
        CachePolicy.effective().save()
    assert CachePolicy.stored().cache_limit == "10GB"


def test_a_value_that_cannot_be_used_overrides_nothing(settings: Settings) -> None:
    CachePolicy(cache_limit="10GB").save()
    declare(settings, {"CACHERR_CACHE_LIMIT": "lots"})
    assert CachePolicy.effective().cache_limit == "10GB"
    assert list(overrides_of(CachePolicy)) == []


BAD = [
    ("CACHERR_CACHE_LIMIT", "lots"),
    ("CACHERR_MIN_FREE_SPACE", "-5GB"),
    ("CACHERR_MINIMUM_HOLD_HOURS", "-1"),
    ("CACHERR_MINIMUM_HOLD_HOURS", "9999999"),
    ("CACHERR_MINIMUM_HOLD_HOURS", "soon"),
    ("CACHERR_DRY_RUN", "perhaps"),
    ("TEST_MODE", "perhaps"),
    ("PLEX_TOKEN", "tökén"),
    ("CACHERR_PLEX_TOKEN", "a token"),
    ("CACHERR_WEBHOOK_SECRET", "two/parts"),
    ("CACHERR_WEBHOOK_SECRET", "100%"),
    ("CACHERR_WEBHOOK_SECRET", "two words"),
    ("PLEX_URL", "plex:32400"),
    ("CACHERR_PLEX_URL", "ftp://plex"),
    ("PLEX_URL", "http://plex:port"),
]


@pytest.mark.parametrize(("variable", "raw"), BAD)
def test_a_bad_value_is_an_error_with_id_variable_and_cure(settings: Settings, variable: str, raw: str) -> None:
    (message,) = found(settings, {variable: raw})
    assert (message.id, message.level, message.obj) == ("cacherr.E002", checks.ERROR, variable)
    assert variable in message.msg
    assert f"Correct {variable}" in (message.hint or "")


TARGET, THRESHOLD = "CACHERR_EVICTION_TARGET_PERCENT", "CACHERR_EVICTION_THRESHOLD_PERCENT"


@pytest.mark.parametrize(
    ("variables", "stored"),
    [
        ({TARGET: "80", THRESHOLD: "70"}, {}),
        ({TARGET: "95"}, {}),
        ({THRESHOLD: "70"}, {}),
        ({TARGET: "70"}, {"eviction_threshold_percent": 60, "eviction_target_percent": 50}),
    ],
)
def test_variables_that_contradict_each_other_or_what_is_stored_are_an_error(
    settings: Settings, variables: Mapping[str, str], stored: Mapping[str, int]
) -> None:
    CachePolicy(**stored).save()
    declare(settings, variables)
    (message,) = checks.run_checks(tags=["agreement"])
    assert (message.id, message.level) == ("cacherr.E003", checks.ERROR)
    assert all(f"set by {variable}" in message.msg for variable in variables)
    assert message.hint == "Lower the first or raise the second."
    with pytest.raises(ConfigurationError, match="cannot be above"):
        require_agreement()


def test_a_variable_that_agrees_with_what_is_stored_is_all_right(settings: Settings) -> None:
    CachePolicy(eviction_target_percent=60).save()
    declare(settings, {THRESHOLD: "70"})
    assert checks.run_checks(tags=["agreement"]) == []


def test_a_secret_is_never_repeated_in_a_finding(settings: Settings) -> None:
    declare(settings, {"CACHERR_DRY_RUN": "s3cret", "PLEX_URL": "ftp://s3cret", "CACHERR_CACHE_LIMIT": "s3cret"})
    texts = [message for message in checks.run_checks(tags=["environment"]) if message.obj == "PLEX_URL"]
    assert texts
    assert all("s3cret" not in f"{message.msg} {message.hint}" for message in texts)


def test_a_file_that_cannot_be_read_is_an_error_with_id_variable_and_cure(settings: Settings) -> None:
    (message,) = found(settings, {"PLEX_TOKEN_FILE": "/nowhere/token"})
    assert (message.id, message.level, message.obj) == ("cacherr.E001", checks.ERROR, "PLEX_TOKEN_FILE")
    assert "/nowhere/token" in message.msg
    assert message.hint


def test_a_setting_that_is_named_like_a_file_is_no_file_to_be_read(settings: Settings) -> None:
    assert found(settings, {"CACHERR_MOVER_PID_FILE": "/nowhere/mover.pid"}) == []


@pytest.mark.parametrize("variable", ["CACHERR_CASH_LIMIT", "CACHERR_CASH_LIMIT_FILE", "CACHERR_"])
def test_an_unknown_variable_is_a_warning(settings: Settings, variable: str) -> None:
    (message,) = found(settings, {variable: "/dev/null"})
    assert (message.id, message.level) == ("cacherr.W001", checks.WARNING)
    assert variable.removesuffix("_FILE") in message.msg
    assert message.hint


def test_what_is_all_right_is_not_mentioned(settings: Settings) -> None:
    good = {variable: raw for _, _, variable, raw, *_ in CASES}
    assert found(settings, {**good, "CACHERR_PORT": "1", "CACHERR_API_KEY": "x", "CACHERR_TEST_REDIS_URL": "y"}) == []


def test_everything_that_is_wrong_is_told_in_one_go(settings: Settings) -> None:
    wrong = {"CACHERR_CACHE_LIMIT": "lots", "PLEX_TOKEN_FILE": "/nowhere", "CACHERR_X": "1", "PLEX_URL": "x"}
    assert {message.id for message in found(settings, wrong)} == {"cacherr.E001", "cacherr.E002", "cacherr.W001"}
    assert len(found(settings, wrong)) == 4
