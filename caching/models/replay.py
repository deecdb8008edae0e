"""Replays that somebody asked for, from the wish to the result."""

from typing import Any

from django.db import models
from django.db.models.functions import Now


class ReplayState(models.TextChoices):
    """Where a replay is."""

    QUEUED = "queued", "waiting"
    RUNNING = "running", "running"
    COMPLETED = "completed", "done"
    FAILED = "failed", "failed"


class Replay(models.Model):
    """Sets of settings that are compared on what was played. At most one runs: the database says so."""

    state = models.CharField(max_length=12, choices=ReplayState.choices, default=ReplayState.QUEUED)
    source = models.CharField(max_length=8, help_text="Where the past comes from: ledger or plex.")
    days = models.PositiveSmallIntegerField()
    sets = models.JSONField(default=list, help_text="The sets to try, each from names to texts.")
    others = models.BooleanField(default=False, help_text="Whether other policies are compared as well.")
    progress = models.PositiveSmallIntegerField(default=0, help_text="Percent.")
    report = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    asked_by = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=models.Q(state="running"), name="one_replay_runs"),
            models.CheckConstraint(condition=models.Q(progress__lte=100), name="replay_progress_is_a_percentage"),
            models.CheckConstraint(condition=models.Q(days__gte=1), name="replay_has_days"),
        ]

    def __str__(self) -> str:
        return f"Replay {self.pk}"

    @property
    def is_live(self) -> bool:
        """Whether it waits or runs."""
        return self.state in {ReplayState.QUEUED, ReplayState.RUNNING}

    def summary(self) -> dict[str, Any]:
        """What was asked for and how far it is, without the result."""
        return {
            "id": self.pk,
            "state": self.state,
            "source": self.source,
            "days": self.days,
            "sets": self.sets,
            "others": self.others,
            "progress": self.progress,
            "error": self.error,
            "asked_by": self.asked_by,
            "asked_at": self.asked_at.isoformat(),
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
        }
