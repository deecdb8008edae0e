"""Where notifications go, what waits to be told there, and which lasting troubles were told already."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Now

from cacherr.fields import EncryptedField


class NoticeEvent(models.TextChoices):
    """What a target can be told of; the field of a target is `on_` and this value."""

    CYCLE = "cycle", "cycle summary"
    ACTIVITY = "activity", "activity"
    ERRORS = "errors", "errors"
    WARNINGS = "warnings", "warnings"
    LOW_SPACE = "low_space", "low space"
    PLEX_UNREACHABLE = "plex_unreachable", "Plex unreachable"
    SIGN_IN = "sign_in", "sign-in needed"
    LEAVING_SOON = "leaving_soon", "leaving soon"


class NoticeLevel(models.TextChoices):
    """How bad it is, from good to bad."""

    SUCCESS = "success", "success"
    INFO = "info", "information"
    WARNING = "warning", "warning"
    FAILURE = "failure", "failure"


class Timing(models.TextChoices):
    """When a target is told."""

    AT_ONCE = "at_once", "at once"
    HOURLY = "hourly", "once an hour, everything together"
    DAILY = "daily", "once a day, everything together"


_SOME_EVENT = models.Q()
for _event in NoticeEvent.values:
    _SOME_EVENT |= models.Q((f"on_{_event}", True))


class NotificationTarget(models.Model):
    """Somewhere to send notifications to, by an address that Apprise understands, and what to send there."""

    name = models.CharField(max_length=100, unique=True)
    enabled = models.BooleanField(default=True)
    url = EncryptedField(
        "address",
        help_text="Such as discord://WEBHOOK_ID/TOKEN, slack://…, tgram://…, ntfy://…, mailtos://…, json://HOST/PATH, "
        "or the webhook address that Discord or Slack shows. It is a secret: stored encrypted and never shown again.",
    )
    service = models.CharField(max_length=100, editable=False, help_text="Whose address it is.")
    on_cycle = models.BooleanField("cycle summary", default=True, help_text="At the end of a cycle that moved files.")
    on_activity = models.BooleanField(
        "activity", default=False, help_text="Who begins to play what, and each file that is cached or brought back."
    )
    on_errors = models.BooleanField(
        "errors", default=True, help_text="A cycle failed, a disk is gone, a file was changed by another program."
    )
    on_warnings = models.BooleanField(
        "warnings", default=True, help_text="What the dashboard warns of for more than ten minutes, and audit findings."
    )
    on_low_space = models.BooleanField(
        "low space", default=True, help_text="A cache has clearly less free space than the caching settings keep free."
    )
    on_plex_unreachable = models.BooleanField(
        "Plex unreachable", default=True, help_text="Plex has been away for two minutes, and when it is back."
    )
    on_sign_in = models.BooleanField(
        "sign-in needed", default=True, help_text="Plex refuses the owner's or a user's token."
    )
    on_leaving_soon = models.BooleanField(
        "leaving soon", default=False, help_text="Cached files that nobody wants any more and that leave within a day."
    )
    timing = models.CharField(max_length=8, choices=Timing.choices, default=Timing.AT_ONCE)
    digest_hour = models.PositiveSmallIntegerField(
        default=8, validators=[MaxValueValidator(23)], help_text="Once a day: at this hour of the day, 0 to 23."
    )
    last_at = models.DateTimeField(null=True, editable=False, help_text="When something was last sent there.")
    last_error = models.TextField(blank=True, editable=False, help_text="Why it did not arrive; empty: it did.")
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="How often in a row it failed.")
    rests_until = models.DateTimeField(null=True, editable=False, help_text="It is left alone until then.")
    dropped = models.PositiveIntegerField(default=0, editable=False, help_text="What found no room in the queue.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(condition=~models.Q(url=""), name="notification_target_has_an_address"),
            models.CheckConstraint(condition=models.Q(timing__in=Timing.values), name="notification_timing_is_known"),
            models.CheckConstraint(condition=models.Q(digest_hour__lte=23), name="digest_hour_is_of_a_day"),
            models.CheckConstraint(
                condition=_SOME_EVENT, name="notification_target_has_an_event",
                violation_error_message="Choose at least one thing to be told of.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def events(self) -> list[str]:
        """What it is told of."""
        return [event for event in NoticeEvent.values if getattr(self, f"on_{event}")]

    @property
    def masked(self) -> str:
        """Its address without anything that is secret."""
        scheme, separator, _ = self.url.partition("://")
        return f"{scheme if separator else ''}://***"


class Notice(models.Model):
    """Something that waits to be told to one target: the outbox. It goes when it was told, given up or too old."""

    target = models.ForeignKey(NotificationTarget, models.CASCADE, related_name="notices")
    event = models.CharField(max_length=20, choices=NoticeEvent.choices)
    level = models.CharField(max_length=8, choices=NoticeLevel.choices)
    title = models.CharField(max_length=500)
    lines = models.JSONField(default=list, help_text="Sentences.")
    facts = models.JSONField(default=list, help_text="Pairs of a name and a value.")
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="It is not told before (UTC).")
    claim = models.CharField(max_length=32, blank=True, help_text="Who is sending it.")
    claimed_until = models.DateTimeField(null=True, help_text="Whoever sends it has lost it then (UTC).")
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("id",)
        indexes = [models.Index(fields=["target", "due_at"], name="notice_by_target")]
        constraints = [
            models.CheckConstraint(condition=models.Q(event__in=NoticeEvent.values), name="notice_event_is_known"),
            models.CheckConstraint(condition=models.Q(level__in=NoticeLevel.values), name="notice_level_is_known"),
        ]

    def __str__(self) -> str:
        return self.title


class LastingTrouble(models.Model):
    """A trouble that lasts, told once when it begins and, where that is of interest, once when it is over."""

    key = models.CharField(max_length=120, unique=True)
    event = models.CharField(max_length=20, choices=NoticeEvent.choices)
    title = models.CharField(max_length=500)
    over = models.CharField(max_length=500, blank=True, help_text="What is said when it is over; empty: nothing.")
    since = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When it was last there (UTC).")
    told = models.BooleanField(default=False)

    class Meta:
        ordering = ("since", "id")

    def __str__(self) -> str:
        return self.title
