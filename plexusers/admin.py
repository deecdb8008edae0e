"""Admin pages of the Plex server, its libraries and its users."""

from django.contrib import admin

from cacherr.settings_admin import SettingsAdmin
from plexusers.library_admin import LibraryItemAdmin, LibrarySectionAdmin
from plexusers.models import (
    LibraryItem,
    LibrarySection,
    PlexServer,
    PlexUser,
    RequestCount,
    SourceState,
    UserTypeDefaults,
    WatchPolicy,
)
from plexusers.people_admin import PlexUserAdmin, UserTypeDefaultsAdmin
from plexusers.request_admin import RequestCountAdmin
from plexusers.sources_admin import SourceStateAdmin

admin.site.register(LibrarySection, LibrarySectionAdmin)
admin.site.register(LibraryItem, LibraryItemAdmin)
admin.site.register(PlexUser, PlexUserAdmin)
admin.site.register(RequestCount, RequestCountAdmin)
admin.site.register(SourceState, SourceStateAdmin)
admin.site.register(UserTypeDefaults, UserTypeDefaultsAdmin)


@admin.register(PlexServer)
class PlexServerAdmin(SettingsAdmin):
    """Address and token, and how the last contact went."""

    fields = ("plex_url", "plex_token", "friendly_name", "last_seen_at", "last_error")
    readonly_fields = ("friendly_name", "last_seen_at", "last_error")


@admin.register(WatchPolicy)
class WatchPolicyAdmin(SettingsAdmin):
    """What counts as wanted, and how often Plex is asked."""

    fieldsets = (
        ("What is cached", {"fields": ("versions", "watched_grace_hours")}),
        ("Recently added", {"fields": ("recently_added", "recently_added_days", "recently_added_items")}),
        ("Playback", {"fields": ("watch_sessions", "session_seconds", "playback_trigger", "webhook_secret")}),
        ("Users and watchlists", {"fields": ("users_hours", "watchlist_minutes", "friends_feed")}),
        (
            "A good customer",
            {"fields": ("plextv_interval_ms", "plextv_per_minute", "server_interval_ms", "server_per_minute")},
        ),
    )
