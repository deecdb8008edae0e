"""App configuration."""

from django.apps import AppConfig


class CachingConfig(AppConfig):
    """Deciding and moving."""

    name = "caching"
    verbose_name = "Caching"

    def ready(self) -> None:
        """Checks register themselves on import; lists learn whom to ask what is cached."""
        from caching import checks  # noqa: F401
        from caching.listed import cached_keys
        from importlists import cachedness

        cachedness.ask(cached_keys)
