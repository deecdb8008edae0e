"""The positions of a list as it was read well last."""

from typing import TYPE_CHECKING

from django.db import models

from importlists.models.import_list import ImportList
from plexusers.models import ItemKind


class Way(models.TextChoices):
    """How a position was found in the library."""

    NONE = "", "not found"
    IMDB = "imdb", "IMDb number"
    TMDB = "tmdb", "TMDb number"
    TVDB = "tvdb", "TVDB number"
    PLEX = "plex", "Plex guid"
    TITLE = "title", "title and year"


class ListItem(models.Model):
    """One position, and what of the library it is."""

    if TYPE_CHECKING:
        import_list_id: int

    import_list = models.ForeignKey(ImportList, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    title = models.CharField(max_length=500)
    year = models.PositiveSmallIntegerField(null=True)
    kind = models.CharField(max_length=8, choices=ItemKind.choices, blank=True, help_text="Empty: the list says not.")
    names = models.JSONField(default=list, help_text="What services call it: imdb://tt…, tmdb://N, tvdb://N.")
    released = models.CharField(max_length=10, blank=True, help_text="ISO date; without a zone.")

    way = models.CharField("found by", max_length=8, choices=Way.choices, blank=True, default=Way.NONE)
    rating_keys = models.JSONField(default=list, help_text="The library's items; several when it has it several times.")
    found_kind = models.CharField(max_length=8, blank=True)
    chosen = models.BooleanField(default=False, help_text="Whether it is to be cached.")
    why_not = models.CharField(max_length=300, blank=True, help_text="Why it is not found, or not to be cached.")

    class Meta:
        verbose_name = "position"
        ordering = ("import_list", "position")
        constraints = [models.UniqueConstraint(fields=["import_list", "position"], name="a_position_is_there_once")]

    def __str__(self) -> str:
        return f"{self.position}. {self.title}"
