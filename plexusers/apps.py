"""App configuration."""

from django.apps import AppConfig


class PlexUsersConfig(AppConfig):
    """Everything that comes from Plex."""

    name = "plexusers"
    verbose_name = "Plex"
