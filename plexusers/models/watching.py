"""What each user watched, and has on the watchlist, as Plex told last."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Value
from django.db.models.functions import Coalesce

from plexusers.models.library import ItemKind, LibrarySection
from plexusers.models.user import PlexUser


def is_watched(views: int, offset: int) -> bool:
    """Watched and not being watched again: a rewatch keeps the count and has an offset."""
    return views > 0 and not offset


class WatchState(models.Model):
    """How far a user got with a film or an episode. No row: never touched."""

    user = models.ForeignKey(PlexUser, models.CASCADE, related_name="watch_states")
    rating_key = models.CharField(max_length=64)
    views = models.PositiveIntegerField(default=0, help_text="How often it was watched to its end.")
    offset = models.BigIntegerField(default=0, help_text="Where it was left, in milliseconds; 0: nowhere.")
    viewed_at = models.BigIntegerField(default=0, help_text="Last watched, epoch seconds (UTC).")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "rating_key"], name="a_user_has_a_watch_state_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.rating_key}"

    @property
    def is_watched(self) -> bool:
        """Watched and not being watched again."""
        return is_watched(self.views, self.offset)


class WatchReading(models.Model):
    """How far a user's watch states of a library are known."""

    if TYPE_CHECKING:
        section_id: int

    user = models.ForeignKey(PlexUser, models.CASCADE, related_name="watch_readings")
    section = models.ForeignKey(LibrarySection, models.CASCADE, related_name="watch_readings")
    until = models.BigIntegerField(default=0, help_text="What was watched up to this time (epoch seconds) is known.")
    read_at = models.DateTimeField(help_text="When it was read last (UTC).")
    whole_due_at = models.DateTimeField(help_text="When all is to be read again (UTC).")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "section"], name="a_library_is_read_once_for_a_user")]

    def __str__(self) -> str:
        return f"{self.user}: {self.section}"


class WatchlistEntry(models.Model):
    """Something on a watchlist. Without a user: from the feed of all friends, which does not say whose."""

    user = models.ForeignKey(PlexUser, models.CASCADE, null=True, related_name="watchlist_entries")
    guid = models.CharField(max_length=300, help_text="plex://…, imdb://…, tmdb://… or tvdb://…; empty: only a title.")
    names = models.JSONField(default=list, help_text="All the guids it came with.")
    kind = models.CharField(max_length=8, choices=ItemKind.choices)
    title = models.CharField(max_length=500)
    year = models.PositiveSmallIntegerField(null=True)
    added_at = models.BigIntegerField(default=0, help_text="Epoch seconds (UTC); 0: not told.")
    first_seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "watchlist entry"
        verbose_name_plural = "watchlist entries"
        constraints = [
            # By expressions, because SQLite lets any number of nulls through.
            models.UniqueConstraint(
                Coalesce("user", Value(0, models.BigIntegerField())), "guid", "kind", "title",
                Coalesce("year", Value(0, models.PositiveSmallIntegerField())), name="a_watchlist_has_an_entry_once",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title
