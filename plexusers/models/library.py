"""The library's index: sections, films, shows, episodes, their guids and files, as Plex told of them last.

Times are epoch seconds (UTC) as Plex sends them; durations are milliseconds, sizes bytes.
"""

from typing import TYPE_CHECKING

from django.db import models


class SectionKind(models.TextChoices):
    """What a section holds. Sections of other kinds are not indexed."""

    MOVIE = "movie", "movies"
    SHOW = "show", "shows"


class LibrarySection(models.Model):
    """A library of the server."""

    key = models.CharField(max_length=32, unique=True)
    uuid = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=8, choices=SectionKind.choices)
    title = models.CharField(max_length=200)
    locations = models.JSONField(default=list, help_text="Directories as Plex sees them.")
    enabled = models.BooleanField(default=True, help_text="Whether anything of this library is cached at all.")
    content_changed = models.BigIntegerField(
        null=True, editable=False, help_text="Plex's own counter of changes when the index was read last."
    )
    changes_until = models.BigIntegerField(
        default=0, editable=False, help_text="Changes up to this time (epoch seconds) are in the index."
    )
    read_at = models.DateTimeField(null=True, editable=False, help_text="When changes were read last (UTC).")
    read_whole_at = models.DateTimeField(null=True, editable=False, help_text="When all was read last (UTC).")
    whole_due_at = models.DateTimeField(
        null=True, editable=False, help_text="When all is to be read again (UTC); empty: at once."
    )
    missing_since = models.DateTimeField(null=True, editable=False, help_text="Since when Plex names it no more (UTC).")

    class Meta:
        verbose_name = "library"
        verbose_name_plural = "libraries"
        ordering = ("title", "key")

    def __str__(self) -> str:
        return self.title


class ItemKind(models.TextChoices):
    """What an item is."""

    MOVIE = "movie", "movie"
    SHOW = "show", "show"
    EPISODE = "episode", "episode"


class LibraryItem(models.Model):
    """A film, a show or an episode."""

    if TYPE_CHECKING:
        section_id: int

    rating_key = models.CharField(max_length=64, unique=True, help_text="Plex's name for it; an opaque text.")
    section = models.ForeignKey(LibrarySection, models.CASCADE, related_name="items")
    kind = models.CharField(max_length=8, choices=ItemKind.choices)
    guid = models.CharField(max_length=300, blank=True, help_text="plex://…, or a legacy agent's.")
    title = models.CharField(max_length=500)
    year = models.PositiveSmallIntegerField(null=True)
    released = models.CharField(max_length=10, blank=True, help_text="ISO date; without a zone.")
    show_key = models.CharField(max_length=64, blank=True, help_text="The rating key of an episode's show.")
    season = models.IntegerField(null=True, help_text="0 holds the specials; none for shows broadcast by date.")
    number = models.IntegerField(null=True)
    edition = models.CharField(max_length=200, blank=True)
    duration = models.BigIntegerField(default=0)
    added_at = models.BigIntegerField(default=0)
    updated_at = models.BigIntegerField(default=0)
    missing = models.PositiveSmallIntegerField(
        default=0, help_text="How many complete readings in a row did not have it."
    )

    class Meta:
        verbose_name = "library item"
        indexes = [
            models.Index(fields=["show_key", "season", "number"], name="episodes_of_a_show"),
            models.Index(fields=["section", "kind"], name="items_of_a_section"),
            models.Index(fields=["kind", "added_at"], name="items_by_arrival"),
        ]

    def __str__(self) -> str:
        return self.title


class LibraryGuid(models.Model):
    """A name that other services have for an item: `imdb://tt…`, `tmdb://N`, `tvdb://N`, `plex://movie/HEX`.

    Of legacy agents' guids the same names are derived. An episode's are the episode's own, never its show's.
    """

    item = models.ForeignKey(LibraryItem, models.CASCADE, related_name="guids")
    guid = models.CharField(max_length=300, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "guid"], name="an_item_has_a_guid_once")]

    def __str__(self) -> str:
        return self.guid


class LibraryFile(models.Model):
    """A part of a version of an item. Two episodes in one file are two rows with one path."""

    item = models.ForeignKey(LibraryItem, models.CASCADE, related_name="files")
    path = models.CharField(max_length=4096, help_text="As Plex sees it.")
    size = models.BigIntegerField(default=0)
    version = models.CharField(max_length=32, help_text="Plex's number of the version that it is a part of.")
    part = models.PositiveSmallIntegerField(default=0, help_text="Its place within the version.")
    height = models.PositiveIntegerField(default=0, help_text="Lines of the picture; 0: unknown.")
    resolution = models.CharField(max_length=10, blank=True, help_text="As Plex calls it: sd, 720, 1080, 4k …")
    optimized = models.BooleanField(default=False, help_text="Made by Plex itself for small devices.")

    class Meta:
        ordering = ("item", "version", "part")

    def __str__(self) -> str:
        return self.path


class TagKind(models.TextChoices):
    """What a tag is."""

    LABEL = "label", "label"
    GENRE = "genre", "genre"


class TagReading(models.Model):
    """What of a library has a label or a genre, as Plex told of it last. Only those are read that somebody asks for."""

    if TYPE_CHECKING:
        section_id: int

    section = models.ForeignKey(LibrarySection, models.CASCADE, related_name="tag_readings")
    kind = models.CharField(max_length=8, choices=TagKind.choices)
    name = models.CharField(max_length=200, help_text="Without capitals.")
    content_changed = models.BigIntegerField(null=True, help_text="Plex's counter of changes when it was read.")
    read_at = models.DateTimeField(help_text="When it was read (UTC).")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["section", "kind", "name"], name="a_tag_is_read_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class TaggedItem(models.Model):
    """A film or a show that has a label or a genre."""

    reading = models.ForeignKey(TagReading, models.CASCADE, related_name="items")
    rating_key = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reading", "rating_key"], name="an_item_has_a_tag_once")]

    def __str__(self) -> str:
        return self.rating_key


class Poster(models.Model):
    """A small picture of a film or a show, kept here so that pages need nobody else to show it."""

    rating_key = models.CharField(max_length=64, unique=True)
    updated_at = models.BigIntegerField(default=0, help_text="The item's `updated_at` when it was read.")
    content_type = models.CharField(max_length=20, blank=True, help_text="Empty: Plex has no picture of it.")
    body = models.BinaryField(default=bytes)

    class Meta:
        verbose_name = "poster"

    def __str__(self) -> str:
        return f"poster of {self.rating_key}"
