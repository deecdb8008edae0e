"""The project package as an app: system checks, the `serve` command, templates."""

from django.apps import AppConfig


class CacherrConfig(AppConfig):
    """Registers the checks of everything that comes from the environment."""

    name = "cacherr"
    verbose_name = "Cacherr"

    def ready(self) -> None:
        """Checks register themselves on import; so does the Celery application that nudges are sent through."""
        from cacherr import celery, checks  # noqa: F401
