"""Rules about what may be cached."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from caching.models.policy import validate_rate
from caching.planning.globs import problem_of_path
from caching.planning.sizes import parse_size


class RuleAction(models.TextChoices):
    """What becomes of what a rule hits."""

    EXCLUDE = "exclude", "exclude: it is not cached"
    INCLUDE = "include", "include: it may be cached, whatever later rules say"


class RuleKind(models.TextChoices):
    """What an item is."""

    MOVIE = "movie", "films"
    EPISODE = "episode", "episodes"


class Resolution(models.TextChoices):
    """What rules call resolutions."""

    SD = "sd", "SD"
    HD = "720", "720p"
    FULL_HD = "1080", "1080p"
    UHD = "4k", "4K"


def words(text: str) -> list[str]:
    """The words of a condition that names several, divided by commas."""
    return list(dict.fromkeys(word for part in text.split(",") if (word := part.strip())))


def validate_amount(value: str) -> None:
    """Accept an amount of bytes that bounds something."""
    validate_rate(value)
    if value.strip() and parse_size(value) is None:
        raise ValidationError("Write a size, such as 60GB, or leave it empty.")


def validate_path(value: str) -> None:
    """Accept a pattern that can fit a path."""
    if problem := problem_of_path(value.strip()):
        raise ValidationError(problem)


def validate_title(value: str) -> None:
    """Accept a pattern that asks for something."""
    if value.strip() and not value.strip().strip("*"):
        raise ValidationError("This fits every title: leave it empty instead.")


CONDITIONS = (
    "libraries", "kind", "title", "labels", "genres", "path", "larger_than", "smaller_than", "resolutions",
    "added_before_days", "added_within_days", "released_before_days", "released_within_days",
)  # fmt: skip
SEVERAL = ("libraries", "labels", "genres", "resolutions")
"""Conditions that name several things, divided by commas."""
DAYS = tuple(name for name in CONDITIONS if name.endswith("_days"))
NO_CONDITION = "Name at least one condition: without any, the rule would hit everything."
MORE_DAYS = "Nothing is both: this must be more than the days above."
_DAYS = [MinValueValidator(1), MaxValueValidator(36_500)]


def _days(label: str) -> Any:
    return models.PositiveIntegerField(label, null=True, blank=True, validators=_DAYS)


def _size(label: str) -> Any:
    return models.CharField(label, max_length=20, blank=True, validators=[validate_amount])


class Rule(models.Model):
    """What may be cached, and what not. All conditions must hold; the first rule that hits decides."""

    name = models.CharField(max_length=100, unique=True, help_text="Reasons name the rule by it.")
    enabled = models.BooleanField(default=True)
    order = models.PositiveIntegerField(
        default=10, validators=[MaxValueValidator(1_000_000)],
        help_text="Rules are asked by this number, the smallest first; the first that hits a file decides about it.",
    )  # fmt: skip
    action = models.CharField(max_length=8, choices=RuleAction.choices, default=RuleAction.EXCLUDE)
    libraries = models.CharField(max_length=500, blank=True, help_text="Keys of libraries, divided by commas.")
    kind = models.CharField(max_length=8, choices=RuleKind.choices, blank=True)
    title = models.CharField(
        max_length=200, blank=True, validators=[validate_title],
        help_text="Of a film or a show. * stands for any text, ? for one character.",
    )  # fmt: skip
    labels = models.CharField(
        max_length=500, blank=True,
        help_text="One of these labels of Plex, divided by commas. An episode has those of its show.",
    )  # fmt: skip
    genres = models.CharField(max_length=500, blank=True, help_text="One of these genres, divided by commas.")
    path = models.CharField(
        max_length=4096, blank=True, validators=[validate_path],
        help_text="As Plex sees it, for example */Kids/*. * stands for any text, slashes too.",
    )  # fmt: skip
    larger_than = _size("larger than")
    smaller_than = _size("smaller than")
    resolutions = models.CharField(max_length=30, blank=True)
    added_before_days = _days("added more than … days ago")
    added_within_days = _days("added in the last … days")
    released_before_days = _days("released more than … days ago")
    released_within_days = _days("released in the last … days")

    class Meta:
        ordering = ("order", "name")
        constraints = [
            models.CheckConstraint(
                condition=~Q(**{name if name not in DAYS else f"{name}__isnull": True if name in DAYS else ""
                                for name in CONDITIONS}),
                name="a_rule_has_a_condition", violation_error_message=NO_CONDITION,
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Bring lists into one form; refuse what nothing can meet."""
        for name in SEVERAL:
            setattr(self, name, ", ".join(words(getattr(self, name))))
        if unknown := set(words(self.resolutions)) - set(Resolution.values):
            raise ValidationError({"resolutions": f"Choose among {', '.join(Resolution.values)}, not {unknown.pop()}."})
        larger, smaller = _bytes(self.larger_than), _bytes(self.smaller_than)
        if larger is not None and smaller is not None and larger >= smaller:
            raise ValidationError({"smaller_than": "No file is both: this must be more than the size above."})
        for what in ("added", "released"):
            before, within = getattr(self, f"{what}_before_days"), getattr(self, f"{what}_within_days")
            if before is not None and within is not None and before >= within:
                raise ValidationError({f"{what}_within_days": MORE_DAYS})


def _bytes(text: str) -> int | None:
    """Raises nothing: a text that is no size has been refused by its validator."""
    try:
        size = parse_size(text)
    except ValueError:
        return None
    return size.bytes if size else None
