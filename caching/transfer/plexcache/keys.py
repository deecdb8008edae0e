"""What becomes of each key of `plexcache_settings.json`: a table of what is taken and of what is not, and why."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple


class Taken(NamedTuple):
    """A key whose value becomes a setting, or a default of types of users."""

    key: str
    where: str
    """`settings`, or the types of users, separated by spaces."""
    name: str
    convert: Callable[[Any], Any]


def whole(most: int, least: int = 0) -> Callable[[Any], int]:
    """A number within bounds, a part of a day as a whole one."""
    return lambda value: max(least, min(most, math.ceil(float(value))))


def text(value: Any) -> str:
    """A text as it is."""
    return str(value)


def switch(value: Any) -> bool:
    """A switch as it is."""
    return bool(value)


EVERYBODY = "main home shared"

TAKEN = (
    Taken("PLEX_URL", "settings", "plex_url", text),
    Taken("PLEX_TOKEN", "settings", "plex_token", text),
    Taken("number_episodes", EVERYBODY, "episodes_ahead", whole(100)),
    Taken("prefetch_minimum_minutes", EVERYBODY, "prefetch_minutes", whole(6000)),
    Taken("days_to_monitor", EVERYBODY, "stale_days", whole(3650)),
    Taken("users_toggle", "home shared", "ondeck", switch),
    Taken("watchlist_toggle", "main home", "watchlist", switch),
    Taken("remote_watchlist_toggle", "shared", "watchlist", switch),
    Taken("watchlist_episodes", EVERYBODY, "watchlist_episodes", whole(100)),
    Taken("cache_retention_hours", "settings", "minimum_hold_hours", whole(24 * 365)),
    Taken("watchlist_retention_days", "settings", "watchlist_expiry_days", whole(3650)),
    Taken("ondeck_retention_days", "settings", "ondeck_expiry_days", whole(3650)),
    Taken("min_free_space", "settings", "min_free_space", text),
    Taken("cache_eviction_mode", "settings", "eviction_mode", text),
    Taken("cache_eviction_threshold_percent", "settings", "eviction_threshold_percent", whole(100, 1)),
    Taken("cache_associated_files", "settings", "associated_files", text),
    Taken("max_concurrent_moves_cache", "settings", "operations_to_cache", whole(16, 1)),
    Taken("max_concurrent_moves_array", "settings", "operations_to_array", whole(16, 1)),
)

ELSEWHERE = frozenset({
    "remote_watchlist_rss_url", "cache_limit", "plexcache_quota", "users", "skip_ondeck", "skip_watchlist",
    "skip_users", "valid_sections", "path_mappings", "plex_source", "real_source", "cache_dir", "use_symlinks",
    "create_plexcached_backups", "pinned_media", "schedule",
})  # fmt: skip
"""Keys that are taken by rules of their own."""

LEFT = {
    "plexcache_client_id": "Cacherr makes its own name for Plex",
    "plex_db_path": "Cacherr asks Plex and never opens its database",
    "watched_move": "what everybody who wanted it has watched goes back after the watched grace hours",
    "plex_library_folders": "the path mappings cover it",
    "nas_library_folders": "the path mappings cover it",
    "library_cacheable": "switch the library or the mapping off instead",
    "cache_drive_size": "the file system is asked",
    "eviction_min_priority": "Cacherr evicts by score, lowest first, without a border",
    "hardlinked_files": "a file with hard links is copied safely in mode copy, and skipped in mode move",
    "check_hardlinks_on_restore": "mode copy keeps hard links by itself",
    "cleanup_empty_folders": "directories that Cacherr made are removed when they are empty",
    "auto_transfer_upgrades": "an upgraded file always wins over the old one",
    "backup_upgraded_files": "an upgraded file always wins over the old one",
    "excluded_folders": "make path mappings for what is to be cached, or switch libraries off",
    "pinned_preferred_resolution": "choose the versions of each pin",
    "exit_if_active_session": "Cacherr never takes away what plays, so it need not wait",
    "skip": "Cacherr never takes away what plays, so it need not wait",
    "notification_type": "set up notifications in Cacherr",
    "unraid_levels": "set up notifications in Cacherr",
    "webhook_levels": "set up notifications in Cacherr",
    "webhook_url": "set up notifications in Cacherr",
    "unraid_level": "set up notifications in Cacherr",
    "webhook_level": "set up notifications in Cacherr",
    "max_log_files": "logs go to standard error",
    "keep_error_logs_days": "logs go to standard error",
    "activity_retention_hours": "the journal keeps everything",
    "time_format": "pages use your browser's",
    "arr_instances": "Sonarr and Radarr need not be known",
}
DEAD = frozenset({
    "firststart", "debug", "unraid", "watchlist_cache_expiry", "watched_cache_expiry", "_cached_users", "retry_limit",
    "delay", "permissions",
})  # fmt: skip
"""Keys that PlexCache-D itself does not use any more."""
PREFIXES = {
    "auth_": "accounts are Cacherr's own",
    "sonarr_": LEFT["arr_instances"],
    "radarr_": LEFT["arr_instances"],
}
"""What begins like this is not taken."""


def why_left(key: str) -> str | None:
    """Why a key is not taken; an empty text when there is nothing to say, None for a key that nobody knows."""
    if key in DEAD or key in ELSEWHERE or any(one.key == key for one in TAKEN):
        return ""
    known = LEFT.get(key)
    return known or next((why for prefix, why in PREFIXES.items() if key.startswith(prefix)), None)
