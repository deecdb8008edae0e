"""App configuration."""

from django.apps import AppConfig


class CachingConfig(AppConfig):
    """Deciding and moving."""

    name = "caching"
    verbose_name = "Caching"

    def ready(self) -> None:
        """Checks register themselves on import; others learn what only caching knows.

        Whoever waits to ask somebody notices the end of the process; lists learn whom to ask what is cached; changes
        that people make are noted. Every command waits for what is imported here.
        """
        from cacherr import politeness
        from caching import checks, stopping  # noqa: F401
        from caching.activity import observing
        from caching.listed import cached_keys
        from importlists import cachedness

        politeness.SHARED.end_when(stopping.requested)
        cachedness.ask(cached_keys)
        observing.begin()
