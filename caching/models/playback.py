"""What was played, and how the watcher of playback is doing."""

from django.db import models

from plexusers.models import PlexUser


class Served(models.TextChoices):
    """Where a file lay that was played."""

    CACHE = "cache", "from the cache"
    ARRAY = "array", "from the array"
    UNKNOWN = "unknown", "unknown"


class Playback(models.Model):
    """Somebody played a film or an episode: the watcher's history. Times are UTC."""

    session_key = models.CharField(max_length=64)
    user = models.ForeignKey(PlexUser, models.SET_NULL, null=True, related_name="playbacks")
    who = models.CharField(max_length=200, blank=True, help_text="The name Plex gave, also of unknown users.")
    rating_key = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    title = models.CharField(max_length=500, blank=True)
    player = models.CharField(max_length=200, blank=True)
    transcoded = models.BooleanField(default=False)
    served = models.CharField(
        "played", max_length=8, choices=Served.choices, default=Served.UNKNOWN,
        help_text="Where its files were when it began.",
    )  # fmt: skip
    finished = models.BooleanField(default=False, help_text="Whether it came so far that Plex takes it for watched.")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-started_at", "-id")
        indexes = [
            models.Index(fields=["session_key", "rating_key"], name="playback_of_a_session"),
            models.Index(fields=["started_at"], name="playbacks_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.who}: {self.title}"


class WatcherState(models.Model):
    """The one row by which the watcher, in whatever process it runs, and everybody else tell each other how it is."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    asked = models.PositiveBigIntegerField(default=0, help_text="How often somebody asked it to look at once.")
    answered = models.PositiveBigIntegerField(default=0, help_text="How many of these were answered by a look.")
    alive_at = models.DateTimeField(null=True, help_text="When the watcher last showed that it lives (UTC).")
    looked_at = models.DateTimeField(null=True, help_text="When Plex last told what plays (UTC).")
    listening = models.BooleanField(default=False, help_text="Whether Plex's own notices come in.")
    error = models.TextField(blank=True, help_text="Why it is not known what plays.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="watcherstate_is_one_row")]

    def __str__(self) -> str:
        return "The watcher of playback"
