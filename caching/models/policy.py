"""The owner's settings for what may be cached and how."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models

from cacherr.overrides import SettingsModel
from caching.planning.sizes import parse_size


def validate_size(value: str) -> None:
    """Accept what `parse_size` reads."""
    try:
        parse_size(value)
    except ValueError as error:
        raise ValidationError(str(error)) from error


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
    minimum_hold_hours = models.PositiveIntegerField(
        default=12, validators=[MaxValueValidator(24 * 365)],
        help_text="A cached file stays at least this many hours, even when nobody wants it any more.",
    )  # fmt: skip
    dry_run = models.BooleanField(
        default=False, help_text="Plan and explain only: no file is touched while this is on."
    )

    class Meta:
        verbose_name = "caching settings"
        verbose_name_plural = "caching settings"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="cachepolicy_is_one_row")]

    def __str__(self) -> str:
        return "Caching settings"
