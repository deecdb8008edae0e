"""Admin pages of the Plex server."""

from django.contrib import admin

from cacherr.settings_admin import SettingsAdmin
from plexusers.library_admin import LibraryItemAdmin, LibrarySectionAdmin
from plexusers.models import LibraryItem, LibrarySection, PlexServer, RequestCount
from plexusers.request_admin import RequestCountAdmin

admin.site.register(LibrarySection, LibrarySectionAdmin)
admin.site.register(LibraryItem, LibraryItemAdmin)
admin.site.register(RequestCount, RequestCountAdmin)


@admin.register(PlexServer)
class PlexServerAdmin(SettingsAdmin):
    """Address and token, and how the last contact went."""

    fields = ("plex_url", "plex_token", "friendly_name", "last_seen_at", "last_error")
    readonly_fields = ("friendly_name", "last_seen_at", "last_error")
