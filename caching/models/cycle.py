"""Cycles: one row each, from the wish for one to its end."""

from typing import Any

from django.db import models
from django.db.models.functions import Now


class CycleState(models.TextChoices):
    """Where a cycle is."""

    QUEUED = "queued", "queued"
    RUNNING = "running", "running"
    COMPLETED = "completed", "completed"
    FAILED = "failed", "failed"
    STOPPED = "stopped", "stopped"
    INTERRUPTED = "interrupted", "interrupted"


class Phase(models.TextChoices):
    """What a running cycle is busy with; the names are those of the `cycle_progress` event."""

    USERS = "users", "Users"
    ONDECK = "ondeck", "On deck"
    WATCHLIST = "watchlist", "Watchlists"
    LISTS = "lists", "Import lists"
    PLAN = "plan", "Planning"
    CACHING = "caching", "Caching"
    RETENTION = "retention", "Restoring"
    EVICTION = "eviction", "Making room"


class Cycle(models.Model):
    """One cycle. At most one waits and at most one runs: the database says so."""

    state = models.CharField(max_length=12, choices=CycleState.choices, default=CycleState.QUEUED)
    phase = models.CharField(max_length=12, choices=Phase.choices, blank=True)
    trigger = models.CharField(max_length=20, default="command", help_text="Who asked for it.")
    dry_run = models.BooleanField(default=False)
    stop_requested = models.BooleanField(default=False)
    items_processed = models.PositiveIntegerField(default=0)
    items_total = models.PositiveIntegerField(default=0)
    files_cached = models.PositiveIntegerField(default=0)
    files_restored = models.PositiveIntegerField(default=0)
    bytes_cached = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    plan = models.JSONField(default=list, help_text="The decisions with their reasons.")
    error = models.TextField(blank=True)
    asked_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(
        null=True, help_text="When the working process last showed that it lives (UTC)."
    )

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=models.Q(state="running"), name="one_cycle_runs"),
            models.UniqueConstraint(fields=["state"], condition=models.Q(state="queued"), name="one_cycle_waits"),
        ]

    def __str__(self) -> str:
        return f"Cycle {self.pk}"

    @property
    def is_live(self) -> bool:
        """Whether it waits or runs."""
        return self.state in {CycleState.QUEUED, CycleState.RUNNING}

    def summary(self) -> dict[str, Any]:
        """The counts for people and programs."""
        return {
            "id": self.pk,
            "state": self.state,
            "phase": self.phase,
            "trigger": self.trigger,
            "dry_run": self.dry_run,
            "items_processed": self.items_processed,
            "items_total": self.items_total,
            "files_cached": self.files_cached,
            "files_restored": self.files_restored,
            "bytes_cached": self.bytes_cached,
            "failures": self.failures,
            "error": self.error,
            "started_at": self.started_at.isoformat() if self.started_at else None,
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
        }


class Pulse(models.Model):
    """When a part of Cacherr last showed that it lives: beat asks, a worker answers by writing here."""

    name = models.CharField(primary_key=True, max_length=20)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
