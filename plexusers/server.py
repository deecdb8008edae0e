"""Connecting to the configured Plex server and remembering how it went."""

from django.utils import timezone

from cacherr.errors import PlexError
from plexusers.models import PlexServer
from plexusers.plex import Plex


def connect() -> Plex:
    """Connect with the settings in force. Raises ConfigurationError or PlexError; the outcome is kept on the row."""
    # The row exists from the first contact on: its client identifier must stay the same for ever.
    PlexServer.objects.get_or_create(pk=1)
    try:
        plex = Plex(PlexServer.effective())
    except PlexError as error:
        PlexServer.objects.filter(pk=1).update(last_error=str(error))
        raise
    PlexServer.objects.filter(pk=1).update(
        last_error="",
        last_seen_at=timezone.now(),
        machine_identifier=plex.machine_identifier,
        friendly_name=plex.friendly_name,
    )
    return plex
