"""App configuration."""

from django.apps import AppConfig


class PlexUsersConfig(AppConfig):
    """Everything that comes from Plex."""

    name = "plexusers"
    verbose_name = "Plex"

    def ready(self) -> None:
        """Requests are counted, and asked at the pace that the owner has set, from now on."""
        from cacherr import politeness
        from plexusers.bookkeeping import RequestBooks

        politeness.SHARED.follow(RequestBooks())
