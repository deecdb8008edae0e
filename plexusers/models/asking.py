"""What was asked of others, and whom to leave alone for now."""

from datetime import date

from django.db import models

EARLIER = date(1970, 1, 1)
"""The day of what was counted before the oldest day that is kept by itself."""


class RequestCount(models.Model):
    """How often an endpoint was asked on a day and answered in one way."""

    day = models.DateField(help_text="In UTC; 1970-01-01 holds all that is too old to be kept by day.")
    host = models.CharField(max_length=255, help_text="`server` is the Plex server.")
    endpoint = models.CharField(max_length=255, help_text="The path, with `{id}` for all that is no known word.")
    outcome = models.CharField(max_length=8, help_text="ok, 429, 4xx, 5xx, error.")
    count = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes of the answers.")
    seconds = models.FloatField(default=0, help_text="From asking to the whole answer, all together.")

    class Meta:
        verbose_name = "request count"
        verbose_name_plural = "requests"
        constraints = [
            models.UniqueConstraint(
                fields=["day", "host", "endpoint", "outcome"], name="requests_of_a_day_are_counted_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.host}{self.endpoint} {self.outcome}: {self.count}"


class HostRest(models.Model):
    """A host that is not asked before a moment. Short rests are known to the process alone."""

    host = models.CharField(max_length=255, unique=True)
    until = models.FloatField(help_text="Epoch seconds (UTC).")
    asked = models.BooleanField(help_text="It asked for it; else it failed and is spared.")
    times = models.PositiveIntegerField(default=1, help_text="How often in a row it asked, or failed.")

    class Meta:
        verbose_name = "resting host"

    def __str__(self) -> str:
        return self.host
