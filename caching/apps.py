"""App configuration."""

from django.apps import AppConfig


class CachingConfig(AppConfig):
    """Deciding and moving."""

    name = "caching"
    verbose_name = "Caching"

    def ready(self) -> None:
        """Checks register themselves on import."""
        from caching import checks  # noqa: F401
