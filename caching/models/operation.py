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


class Way(models.TextChoices):
    """How the array's name is served when a file comes back. Chosen by what the disks show, before anything is done."""

    IN_PLACE = "in place", "the original never left its name"
    BACK = "back", "the parked original gets its name back"
    COPIED = "copied", "the cached file is copied back and published"
    REPLACED = "replaced", "another program's new file has the name and keeps it"


AUTOMATIC = "cycle"
"""The trigger of an operation that nobody ordered."""
RESCUE = "rescue"
"""The trigger of an operation that brings an original back without its cache."""
PLAYBACK = "playback"
"""The trigger of an operation that somebody's playback led to: it does not wait for what was planned before."""


class Operation(FileRow):
    """One journaled file operation. Order by `id` (the database's sequence), never by a clock."""

    token = models.CharField(max_length=16, unique=True, default=new_token, editable=False)
    cycle = models.ForeignKey(Cycle, models.SET_NULL, null=True, related_name="operations")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    trigger = models.CharField(max_length=20, default=AUTOMATIC, help_text="Who asked for it.")
    follows = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="followed_by",
        help_text="The operation that this one undoes or tries again.",
    )  # fmt: skip
    way = models.CharField(max_length=10, choices=Way.choices, blank=True)
    source_print = models.CharField(max_length=80, blank=True, help_text="Fingerprint of the original.")
    target_print = models.CharField(max_length=80, blank=True, help_text="Fingerprint of the cached copy.")
    stale_print = models.CharField(
        max_length=80, blank=True, help_text="Fingerprint of an original that a newer file replaces; it leaves last."
    )
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
    def is_rescue(self) -> bool:
        """Whether it is done without the cache, whose disk is gone."""
        return self.trigger == RESCUE

    @property
    def makes_on(self) -> str:
        """The id of the root that a new copy is made on, with the directories that it needs."""
        return self.cache_id if self.kind == Kind.CACHE else self.array_id

    @property
    def is_ordered(self) -> bool:
        """Whether somebody ordered it, so that no cycle would plan it anew."""
        return self.cycle_id is None and not self.is_rescue

    @property
    def is_waiting(self) -> bool:
        """Whether somebody ordered it and nobody has begun it: it waits for a worker and is no crash's remains."""
        return self.is_ordered and self.state == State.PLANNED and self.started_at is None

    @property
    def is_live(self) -> bool:
        """Whether work on it is not finished."""
        return self.state in LIVE_STATES
