"""App configuration."""

from django.apps import AppConfig


class CachingConfig(AppConfig):
    """Deciding and moving."""

    name = "caching"
    verbose_name = "Caching"

    def ready(self) -> None:
        """Checks register themselves on import; whoever waits to ask somebody notices the end of the process."""
        from cacherr import politeness
        from caching import checks, stopping  # noqa: F401

        politeness.SHARED.end_when(stopping.requested)
