"""Pins: what the owner orders to be kept cached."""

from django.db import models
from django.db.models.functions import Now

from plexusers.models import Versions


class PinKind(models.TextChoices):
    """What is pinned."""

    MOVIE = "movie", "film"
    SHOW = "show", "show"
    SEASON = "season", "season"
    EPISODE = "episode", "episode"


class Pin(models.Model):
    """Something that stays cached until it is unpinned: what the library has of it now, and what comes to it later."""

    kind = models.CharField(max_length=8, choices=PinKind.choices)
    rating_key = models.CharField(max_length=64, help_text="Plex's name for it; of a season that of its show.")
    season = models.IntegerField(null=True, blank=True, help_text="The number of a season; 0 holds the specials.")
    guid = models.CharField(
        max_length=300, blank=True, help_text="Finds it again when Plex gives it another rating key."
    )
    title = models.CharField(max_length=500)
    versions = models.CharField(
        max_length=10, choices=Versions.choices, blank=True,
        help_text="Which versions are kept; empty: as the watching settings say.",
    )  # fmt: skip
    created_by = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("title", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["rating_key"], condition=models.Q(season=None), name="a_thing_is_pinned_once"
            ),
            models.UniqueConstraint(fields=["rating_key", "season"], name="a_season_is_pinned_once"),
        ]

    def __str__(self) -> str:
        return self.title
