"""What happened and left no row of its own to be read from later."""

from django.db import models
from django.utils import timezone


class RemarkKind(models.TextChoices):
    """What it is about."""

    SOURCE = "source", "source"
    USER = "user", "user"
    LIST = "list", "list"
    PIN = "pin", "pin"
    MAPPING = "mapping", "path mapping"
    SETTING = "setting", "settings"
    BACKUP = "backup", "backup"


class Remark(models.Model):
    """A sentence of the activity feed. Never a secret in it, and nothing is decided by it."""

    kind = models.CharField(max_length=8, choices=RemarkKind.choices)
    warning = models.BooleanField(default=False, help_text="Whether somebody should look at it.")
    message = models.TextField()
    at = models.DateTimeField(default=timezone.now, help_text="UTC.")

    class Meta:
        ordering = ("-at", "-id")
        indexes = [models.Index(fields=["kind", "-at"], name="remarks_by_kind_and_time")]

    def __str__(self) -> str:
        return self.message
