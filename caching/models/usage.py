"""How full the caches were, hour by hour, and for whose sake."""

from django.db import models

from caching.models.storage import Root


class UsageSample(models.Model):
    """What Cacherr's files on one cache took for the sake of one source, in an hour of UTC: the latest look in it."""

    at = models.DateTimeField(help_text="The beginning of the hour (UTC).")
    cache = models.ForeignKey(Root, models.CASCADE, related_name="+")
    source = models.CharField(max_length=20, help_text="Each file counts for one source; empty: nothing is cached.")
    size = models.BigIntegerField(help_text="Bytes.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["at", "cache", "source"], name="usage_is_sampled_once_an_hour")]

    def __str__(self) -> str:
        return f"{self.cache}, {self.source}, {self.at:%Y-%m-%d %H:%M}"
