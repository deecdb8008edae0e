"""App configuration."""

from django.apps import AppConfig


class CachingConfig(AppConfig):
    """Deciding and moving."""

    name = "caching"
    verbose_name = "Caching"

    def ready(self) -> None:
        """Checks register themselves on import; others learn what only caching knows.

        Whoever waits to ask somebody notices the end of the process; lists learn whom to ask what is cached, and pages
        what a change does to files; changes that people make are noted.
        """
        from cacherr import confirming, politeness
        from caching import checks, consequences, stopping  # noqa: F401
        from caching.activity import observing
        from caching.listed import cached_keys
        from importlists import cachedness

        politeness.SHARED.end_when(stopping.requested)
        cachedness.ask(cached_keys)
        confirming.ask(consequences.to_ask)
        observing.begin()
