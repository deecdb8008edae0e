"""The owner's settings for what may be cached and how."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from cacherr.overrides import SettingsModel
from caching.planning.sizes import parse_size


def validate_size(value: str) -> None:
    """Accept what `parse_size` reads."""
    try:
        parse_size(value)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def validate_rate(value: str) -> None:
    """Accept an amount of bytes; a share of nothing in particular is none."""
    validate_size(value)
    if "%" in value:
        raise ValidationError("Write an amount a second, such as 80MB.")


class AssociatedFiles(models.TextChoices):
    """Which sidecars join their video."""

    ALL = "all", "all: subtitles, artwork, NFO"
    SUBTITLES = "subtitles", "subtitles only"
    NONE = "none", "none"


class EvictionMode(models.TextChoices):
    """What leaves to make room."""

    SMART = "smart", "smart: what is worth least"
    FIFO = "fifo", "first in, first out: what was cached first, once the cache is too full"
    NONE = "none", "nothing"


_PERCENT = [MinValueValidator(1), MaxValueValidator(100)]
_DAYS = [MaxValueValidator(3650)]


class CachePolicy(SettingsModel):
    """The one row of caching settings. Sizes read 250GB, 500MB, 1.5TB, 50%; a bare number is GB; empty is no limit."""

    cache_limit = models.CharField(
        max_length=20, blank=True, validators=[validate_size],
        help_text="How much of each cache Cacherr's files may fill, for example 250GB or 50%. Empty: no limit.",
    )  # fmt: skip
    min_free_space = models.CharField(
        "minimum free space", max_length=20, blank=True, default="5%", validators=[validate_size],
        help_text="This much of the cache's file system always stays free, for example 20GB or 10%.",
    )  # fmt: skip
    reserve = models.CharField(
        max_length=20, blank=True, validators=[validate_size],
        help_text="This much of the cache's file system stays free for downloads, for example 100GB. "
        "Of this and the minimum free space, the larger one holds.",
    )  # fmt: skip
    eviction_mode = models.CharField(
        max_length=10, choices=EvictionMode.choices, default=EvictionMode.SMART,
        help_text="What leaves the cache, though somebody wants it, when room is short.",
    )  # fmt: skip
    eviction_threshold_percent = models.PositiveSmallIntegerField(
        default=90, validators=_PERCENT, help_text="Files are evicted when more than this share of the budget is used."
    )
    eviction_target_percent = models.PositiveSmallIntegerField(
        default=80, validators=_PERCENT,
        help_text="Then so many leave that this share is used. New files fill the cache up to here only, unless "
        "everything that is wanted fits below the threshold.",
    )  # fmt: skip
    minimum_hold_hours = models.PositiveIntegerField(
        default=12, validators=[MaxValueValidator(24 * 365)],
        help_text="A cached file stays at least this many hours, even when nobody wants it any more.",
    )  # fmt: skip
    ondeck_expiry_days = models.PositiveSmallIntegerField(
        "days until on deck expires", default=0, validators=_DAYS,
        help_text="What was last watched longer ago counts no more as wanted. 0: it always counts.",
    )  # fmt: skip
    watchlist_expiry_days = models.PositiveSmallIntegerField(
        "days until a watchlist expires", default=0, validators=_DAYS,
        help_text="What was put on a watchlist longer ago counts no more as wanted. 0: it always counts.",
    )  # fmt: skip
    list_expiry_days = models.PositiveSmallIntegerField(
        "days until lists expire", default=0, validators=_DAYS,
        help_text="What was seen on an import list for longer counts no more as wanted. 0: it always counts.",
    )  # fmt: skip
    only_included = models.BooleanField(
        "only what a rule includes", default=False,
        help_text="Nothing is cached but what a rule includes, what is pinned, and what plays.",
    )  # fmt: skip
    associated_files = models.CharField(
        max_length=10, choices=AssociatedFiles.choices, default=AssociatedFiles.ALL,
        help_text="Which files that belong to a video are cached and brought back together with it.",
    )  # fmt: skip
    park_originals = models.BooleanField(
        default=False,
        help_text="On a union: rename the original to a private name while its copy is cached, instead of leaving it "
        "hidden behind the copy. Then a deletion through the union is not undone by the original re-appearing, "
        "but after the loss of the cache disk the file is gone from Plex until the rescue has run.",
    )
    operations_to_cache = models.PositiveSmallIntegerField(
        "parallel operations to the cache", default=2, validators=[MinValueValidator(1), MaxValueValidator(16)],
        help_text="How many files are copied to the cache at the same time.",
    )  # fmt: skip
    operations_to_array = models.PositiveSmallIntegerField(
        "parallel operations to the array", default=1, validators=[MinValueValidator(1), MaxValueValidator(16)],
        help_text="How many files are restored or evicted at the same time.",
    )  # fmt: skip
    bandwidth_limit = models.CharField(
        max_length=20, blank=True, validators=[validate_rate],
        help_text="All copying together reads at most this much a second, for example 80MB. Empty: no limit.",
    )  # fmt: skip
    bandwidth_limit_streaming = models.CharField(
        "bandwidth limit while streaming", max_length=20, blank=True, validators=[validate_rate],
        help_text="The limit while anybody streams from Plex. Empty: the same as otherwise.",
    )  # fmt: skip
    settle_minutes = models.PositiveIntegerField(
        default=10, validators=[MaxValueValidator(24 * 60)],
        help_text="A file on a network or FUSE file system, where nobody can tell whether it is still being written, "
        "must have been at rest for this long before it is cached.",
    )  # fmt: skip
    rescue_after_seconds = models.PositiveIntegerField(
        default=30, validators=[MaxValueValidator(24 * 3600)],
        help_text="When a cache disk is gone for this long, parked originals get their names back by themselves.",
    )  # fmt: skip
    mover_pid_file = models.CharField(
        max_length=4096, blank=True, default="/var/run/mover.pid",
        help_text="Nothing is done while this file exists: Unraid's mover runs. Empty: do not look.",
    )  # fmt: skip
    backups_kept = models.PositiveSmallIntegerField(
        default=7, validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text="How many backups are kept in the directory backups of the configuration; older ones are removed.",
    )  # fmt: skip
    dashboard_poll_seconds = models.PositiveSmallIntegerField(
        "seconds between questions of the dashboard", default=5,
        validators=[MinValueValidator(1), MaxValueValidator(300)],
        help_text="How often the dashboard asks what is going on where live updates do not come through.",
    )  # fmt: skip
    paused = models.BooleanField(default=False, help_text="Begin nothing new, and let copies in progress wait.")
    dry_run = models.BooleanField(
        default=False, help_text="Plan and explain only: no file is touched while this is on."
    )

    dangerous: ClassVar = {
        "cache_limit": "",
        "min_free_space": "",
        "reserve": "",
        "eviction_mode": "",
        "eviction_threshold_percent": "",
        "eviction_target_percent": "",
        "minimum_hold_hours": "",
        "ondeck_expiry_days": "",
        "watchlist_expiry_days": "",
        "list_expiry_days": "",
        "associated_files": "",
        "park_originals": "It holds for files that are cached from now on; what is cached stays as it is until it "
        "is restored. While an original is parked, the file is gone from Plex when the cache disk dies, until the "
        "rescue has run.",
        "dry_run": "While it is on, nothing is cached and nothing is brought back, not even to make room.",
    }

    not_above: ClassVar = {"eviction_target_percent": "eviction_threshold_percent"}

    class Meta:
        verbose_name = "caching settings"
        verbose_name_plural = "caching settings"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="cachepolicy_is_one_row")]

    def __str__(self) -> str:
        return "Caching settings"

    @property
    def settle_seconds(self) -> int:
        """How long a file must have been at rest where nobody can tell whether it is still being written."""
        return self.settle_minutes * 60
