"""How each source of wants answered last."""

from django.db import models
from django.db.models import Value
from django.db.models.functions import Coalesce

from plexusers.models.user import PlexUser


class SourceStatus(models.TextChoices):
    """What a source's answer is worth."""

    FRESH = "fresh", "fresh"
    STALE = "stale", "stale"
    FAILED = "failed", "failed"


class SourceState(models.Model):
    """A source of wants, of one user or of nobody in particular.

    While it is not fresh, what it wanted before is unknown, and its files stay.
    """

    source = models.CharField(max_length=20, help_text="ondeck, watchlist, watched, recent, playing, feed, library …")
    user = models.ForeignKey(PlexUser, models.CASCADE, null=True, related_name="source_states")
    status = models.CharField(max_length=8, choices=SourceStatus.choices, default=SourceStatus.FRESH)
    since = models.DateTimeField(help_text="Since when it has this status (UTC).")
    checked_at = models.DateTimeField(help_text="When it was asked last (UTC).")
    good_at = models.DateTimeField(null=True, help_text="When it last gave a good answer (UTC).")
    count = models.PositiveIntegerField(default=0, help_text="How many wants the last good answer had.")
    drops = models.PositiveSmallIntegerField(
        default=0, help_text="How many answers in a row were suspiciously small and not believed."
    )
    why = models.TextField(blank=True, help_text="Why it is not fresh, with the cure.")

    class Meta:
        verbose_name = "source"
        constraints = [
            # By an expression, because SQLite lets any number of nulls through.
            models.UniqueConstraint(
                "source", Coalesce("user", Value(0, models.BigIntegerField())), name="a_source_has_one_state"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} of {self.user}" if self.user else self.source

    @property
    def claim(self) -> str:
        """The name under which its wants are kept on files."""
        return f"{self.source}:{self.user.plex_id}" if self.user else self.source
