"""What is playing now."""

from django.db import models

from plexusers.models.user import PlexUser


class PlaySession(models.Model):
    """Somebody is playing something; the row goes when the session ends."""

    class State(models.TextChoices):
        """What the player does."""

        PLAYING = "playing", "playing"
        PAUSED = "paused", "paused"
        BUFFERING = "buffering", "buffering"

    session_key = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(PlexUser, models.CASCADE, null=True, related_name="play_sessions")
    who = models.CharField(max_length=200, blank=True, help_text="The name Plex gives, also of unknown users.")
    rating_key = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=16, blank=True, help_text="movie, episode, track, clip …")
    title = models.CharField(max_length=500, blank=True)
    player = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLAYING)
    offset = models.BigIntegerField(default=0, help_text="Milliseconds.")
    duration = models.BigIntegerField(default=0, help_text="Milliseconds.")
    transcoded = models.BooleanField(default=False)
    live = models.BooleanField(default=False, help_text="Live television.")
    started_at = models.DateTimeField(auto_now_add=True, help_text="When Cacherr first saw it (UTC).")
    seen_at = models.DateTimeField(help_text="When Cacherr last saw it (UTC).")

    class Meta:
        verbose_name = "session"
        ordering = ("started_at", "id")

    def __str__(self) -> str:
        return f"{self.who}: {self.title}"
