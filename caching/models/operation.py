"""The journal: one row per file operation, durable before the first side effect of each of its steps."""

import secrets

from django.db import models
from django.db.models.functions import Now

from caching.models.cycle import Cycle
from caching.models.file_row import FileRow


class Kind(models.TextChoices):
    """The three operations."""

    CACHE = "cache", "cache"
    RESTORE = "restore", "restore"
    EVICT = "evict", "evict"


class State(models.TextChoices):
    """How far an operation is. From `swapped` on it only goes forward."""

    PLANNED = "planned", "planned"
    VERIFIED = "verified", "verified"
    PUBLISHED = "published", "published"
    SWAPPED = "swapped", "swapped"
    DONE = "done", "done"
    ABORTED = "aborted", "aborted"
    CONFLICT = "conflict", "conflict"


LIVE_STATES = (State.PLANNED, State.VERIFIED, State.PUBLISHED, State.SWAPPED)


def new_token() -> str:
    """The operation's part of its private names: random, so that a new database never meets an old one's files."""
    return secrets.token_hex(6)


class Operation(FileRow):
    """One journaled file operation. Order by `id` (the database's sequence), never by a clock."""

    token = models.CharField(max_length=16, unique=True, default=new_token, editable=False)
    cycle = models.ForeignKey(Cycle, models.SET_NULL, null=True, related_name="operations")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    source_print = models.CharField(max_length=80, blank=True, help_text="Fingerprint of the original.")
    target_print = models.CharField(max_length=80, blank=True, help_text="Fingerprint of the cached copy.")
    bytes_total = models.BigIntegerField(default=0)
    bytes_done = models.BigIntegerField(default=0)
    bytes_per_second = models.BigIntegerField(default=0)
    outcome = models.TextField(blank=True, help_text="What became of it, when that needs words.")
    cancel_requested = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["cache", "path_key"],
                condition=models.Q(state__in=[state.value for state in LIVE_STATES]),
                name="one_live_operation_per_path",
            )
        ]
        indexes = [models.Index(fields=["state", "id"], name="operation_by_state")]

    def __str__(self) -> str:
        return f"{self.kind} {self.file_name}"

    @property
    def is_live(self) -> bool:
        """Whether work on it is not finished."""
        return self.state in LIVE_STATES
