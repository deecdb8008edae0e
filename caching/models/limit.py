"""Limits: how much of the caches the wishes of users, or a library, may take."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from caching.models.policy import validate_size
from caching.planning.sizes import parse_size
from plexusers.models import LibrarySection, PlexUser, UserKind

ONE_OF = "Name one of user, type of users and library."
_HELD_BY = {"user": "user__isnull", "kind": "kind__isnull", "library": "library__isnull"}


def _only(name: str) -> Q:
    return Q(**{lookup: own != name for own, lookup in _HELD_BY.items()})


class CacheLimit(models.Model):
    """The limit of one user, of each user of a type, or of a library. A user's own takes the place of the type's."""

    user = models.OneToOneField(PlexUser, models.CASCADE, null=True, blank=True, related_name="cache_limit")
    kind = models.CharField(
        "each user of the type", max_length=8, choices=UserKind.choices, null=True, blank=True, unique=True
    )
    library = models.OneToOneField(LibrarySection, models.CASCADE, null=True, blank=True, related_name="cache_limit")
    size = models.CharField(
        max_length=20, blank=True, validators=[validate_size],
        help_text="For example 100GB, or 20% of all caches together. Empty: no limit by size.",
    )  # fmt: skip
    files = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(1_000_000)],
        help_text="At most so many films and episodes. Empty: no limit by number.",
    )  # fmt: skip

    class Meta:
        verbose_name = "limit"
        ordering = ("kind", "library__title", "user__title", "id")
        constraints = [
            models.CheckConstraint(
                condition=_only("user") | _only("kind") | _only("library"),
                name="a_limit_is_of_one", violation_error_message=ONE_OF,
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"limit of {self.holder}"

    @property
    def holder(self) -> str:
        """Whose it is."""
        if self.library is not None:
            return f"the library {self.library}"
        return str(self.user) if self.user is not None else f"each {self.kind} user"

    def clean(self) -> None:
        """Refuse a limit that limits nothing, except over that of a type."""
        self.kind = self.kind or None
        if self.user is None and self.files is None and not _bounds(self.size):
            raise ValidationError("Write a size, a number of files, or both. To have no limit, delete this one.")


def _bounds(text: str) -> bool:
    try:
        return parse_size(text) is not None
    except ValueError:
        return True  # refused by its validator
