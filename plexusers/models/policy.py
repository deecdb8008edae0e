"""The owner's settings for what counts as wanted, and how often Plex is asked."""

import re
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from cacherr.fields import EncryptedField
from cacherr.overrides import SettingsModel


class Versions(models.TextChoices):
    """Which versions of an item are cached. All parts of a version always belong together."""

    ALL = "all", "all versions"
    BEST = "best", "the best one"
    SMALLEST = "smallest", "the smallest one"


class PlaybackTrigger(models.TextChoices):
    """When playing something leads to caching."""

    START = "start", "when it starts"
    COMPLETION = "completion", "when it is finished"
    NONE = "none", "never"


# RFC 3986: what a part of a path may have as it is.
ADDRESS_PART = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]+")


def validate_address_part(value: str) -> None:
    """Accept what can be the last part of an address as it is written."""
    if not ADDRESS_PART.fullmatch(value) or value in {".", ".."}:
        raise ValidationError("It is a part of addresses: use letters and digits, and of other signs - . _ ~ only.")


class WatchPolicy(SettingsModel):
    """The one row of settings about watching."""

    versions = models.CharField(
        max_length=10, choices=Versions.choices, default=Versions.ALL,
        help_text="Which version is going to be played is not known before; caching all never misses.",
    )  # fmt: skip
    recently_added = models.BooleanField(default=False, help_text="Cache what came into the library lately.")
    recently_added_days = models.PositiveSmallIntegerField(
        default=7, validators=[MinValueValidator(1), MaxValueValidator(365)], help_text="What counts as lately."
    )
    recently_added_items = models.PositiveSmallIntegerField(
        default=20, validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="At most so many films and episodes, the newest first.",
    )  # fmt: skip
    watched_grace_hours = models.PositiveSmallIntegerField(
        default=12, validators=[MaxValueValidator(24 * 365)],
        help_text="What everybody who wanted it has watched stays cached for so many hours more.",
    )  # fmt: skip
    watch_sessions = models.BooleanField("watch playback", default=True, help_text="Look at what is playing.")
    session_seconds = models.PositiveSmallIntegerField(
        "seconds between looks", default=30, validators=[MinValueValidator(5), MaxValueValidator(3600)],
        help_text="How often Plex is asked what plays, besides the notices that it sends by itself.",
    )  # fmt: skip
    playback_trigger = models.CharField(
        "cache on playback", max_length=10, choices=PlaybackTrigger.choices, default=PlaybackTrigger.START,
        help_text="Cache what is played and what comes after it without waiting for the next cycle.",
    )  # fmt: skip
    friends_feed = EncryptedField(
        "friends' watchlist feed", blank=True,
        help_text="Address of the RSS feed of all friends' watchlists. It is a secret; stored encrypted.",
    )  # fmt: skip
    users_hours = models.PositiveSmallIntegerField(
        "hours between looks at the users", default=6, validators=[MinValueValidator(1), MaxValueValidator(168)],
        help_text="How long plex.tv's answer about users and their tokens is good.",
    )  # fmt: skip
    watchlist_minutes = models.PositiveSmallIntegerField(
        "minutes between looks at watchlists", default=30,
        validators=[MinValueValidator(5), MaxValueValidator(10080)],
        help_text="How long a watchlist that was read is good.",
    )  # fmt: skip
    plextv_interval_ms = models.PositiveIntegerField(
        "milliseconds between requests to plex.tv", default=1000, validators=[MaxValueValidator(60_000)],
        help_text="All hosts of plex.tv together. It refuses those who ask too fast.",
    )  # fmt: skip
    plextv_per_minute = models.PositiveIntegerField(
        "requests to plex.tv per minute", default=60, validators=[MaxValueValidator(6000)],
        help_text="At most so many in any minute; 0: no limit.",
    )  # fmt: skip
    server_interval_ms = models.PositiveIntegerField(
        "milliseconds between requests to the Plex server", default=0, validators=[MaxValueValidator(60_000)],
        help_text="For a server that is slow when it is asked much.",
    )  # fmt: skip
    server_per_minute = models.PositiveIntegerField(
        "requests to the Plex server per minute", default=600, validators=[MaxValueValidator(60_000)],
        help_text="At most so many in any minute; 0: no limit.",
    )  # fmt: skip
    webhook_secret = EncryptedField(
        blank=True,
        validators=[validate_address_part],
        help_text="The last part of the addresses that Plex and Tautulli send webhooks to.",
    )

    dangerous: ClassVar = {
        "versions": "",
        "recently_added": "",
        "recently_added_days": "",
        "recently_added_items": "",
        "watched_grace_hours": "",
        "friends_feed": "Another address means other people's watchlists. While the new one cannot be read, its wishes "
        "are unknown and nothing leaves for it.",
    }

    class Meta:
        verbose_name = "watching settings"
        verbose_name_plural = "watching settings"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="watchpolicy_is_one_row")]

    def __str__(self) -> str:
        return "Watching settings"
