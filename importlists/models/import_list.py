"""A list of the world's, and how it went."""

from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from cacherr.fields import EncryptedField
from importlists.contract import Media
from plexusers.models import PlexUser

MAX_POSITIONS = 5000
MAX_FILE_CHARACTERS = 5_000_000


def _validators(least: int, most: int) -> list[MinValueValidator | MaxValueValidator]:
    return [MinValueValidator(least), MaxValueValidator(most)]


class Depth(models.TextChoices):
    """How far down a list goes."""

    STRICT = "strict", "strict: only what is among the first positions"
    FILL = "fill", "fill: go down until there are enough"


class Choice(models.TextChoices):
    """Which episodes of a show."""

    NEXT = "next", "the next unwatched ones"
    NEWEST = "newest", "the newest ones"


class ListState(models.TextChoices):
    """What is known of a list."""

    NEW = "new", "not read yet"
    FRESH = "fresh", "fresh"
    STALE = "stale", "stale: the last good result counts"
    FAILED = "failed", "unknown: it was never read well"


class ImportList(models.Model):
    """A list that decides what is worth caching although nobody at home asked for it.

    While its latest answer is bad, the last good one counts and its age is shown.
    """

    name = models.CharField(max_length=100, unique=True)
    enabled = models.BooleanField(default=True)
    provider = models.CharField(max_length=40)
    chart = models.CharField(max_length=40)
    argument = models.CharField(
        "list", max_length=300, blank=True, help_text="Which one: a user, a number, USER/LIST, or the name at Plex."
    )
    address = EncryptedField(
        blank=True, help_text="The URL of the list. It may hold a key, so it is stored encrypted and never shown again."
    )
    file = models.TextField(blank=True, editable=False, help_text="The uploaded file's text.")
    media = models.CharField(
        "media type", max_length=8, default=Media.MOVIES.value,
        choices=[(Media.MOVIES.value, "movies"), (Media.SHOWS.value, "shows"), (Media.BOTH.value, "both")],
    )  # fmt: skip
    count = models.PositiveSmallIntegerField(
        default=10, validators=_validators(1, MAX_POSITIONS), help_text="How many films and shows."
    )
    depth = models.CharField(
        "how to choose", max_length=8, choices=Depth.choices, default=Depth.STRICT,
        help_text="Strict takes what is in the library of the first positions; fill goes on until there are as many.",
    )  # fmt: skip
    fill_limit = models.PositiveSmallIntegerField(
        default=100, validators=_validators(1, MAX_POSITIONS),
        help_text="Fill looks at so many positions at the most.",
    )  # fmt: skip
    aired_days = models.PositiveIntegerField(
        "aired within days", default=0, validators=[MaxValueValidator(36500)],
        help_text="Only films released, and shows with an episode broadcast, in so many days. 0: all.",
    )  # fmt: skip
    episodes = models.PositiveSmallIntegerField(
        "episodes per show", default=3, validators=_validators(1, 100)
    )  # fmt: skip
    choice = models.CharField(
        "which episodes", max_length=8, choices=Choice.choices, default=Choice.NEXT,
        help_text="Unwatched by the person on whose behalf the list is read.",
    )  # fmt: skip
    priority = models.PositiveSmallIntegerField(
        default=50, validators=_validators(0, 100), help_text="Takes the place of the score's base: 50 is neutral."
    )
    refresh_minutes = models.PositiveIntegerField(
        "minutes between readings", default=360, validators=_validators(15, 60 * 24 * 30)
    )
    user = models.ForeignKey(
        PlexUser, models.CASCADE, null=True, blank=True, related_name="import_lists", verbose_name="on behalf of",
        help_text="Empty: the owner.",
    )  # fmt: skip

    state = models.CharField(max_length=8, choices=ListState.choices, default=ListState.NEW, editable=False)
    since = models.DateTimeField(null=True, editable=False, help_text="Since when it has this state (UTC).")
    checked_at = models.DateTimeField(null=True, editable=False, help_text="When it was asked last (UTC).")
    good_at = models.DateTimeField(null=True, editable=False, help_text="When it last answered well (UTC).")
    next_at = models.DateTimeField(null=True, editable=False, help_text="When it is read again (UTC); empty: at once.")
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="Bad answers in a row.")
    why = models.TextField(blank=True, editable=False, help_text="Why it is not fresh, with the cure.")
    etag = models.CharField(max_length=300, blank=True, editable=False)
    last_modified = models.CharField(max_length=100, blank=True, editable=False)
    checked = models.PositiveIntegerField(default=0, editable=False, help_text="How many positions were looked at.")
    chosen = models.PositiveIntegerField(default=0, editable=False, help_text="How many of them are to be cached.")

    class Meta:
        verbose_name = "list"
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(condition=Q(priority__lte=100), name="priority_is_up_to_100"),
            models.CheckConstraint(condition=Q(count__gte=1) & Q(fill_limit__gte=1), name="a_list_wants_something"),
            models.CheckConstraint(
                condition=~Q(depth="fill") | Q(fill_limit__gte=F("count")), name="fill_goes_as_far_as_the_count",
                violation_error_message="The fill limit must not be smaller than the count.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def claim(self) -> str:
        """The name under which its wants are kept on files."""
        return f"list:{self.pk}"

    @property
    def reach(self) -> int:
        """How many positions are looked at, at the most."""
        return self.fill_limit if self.depth == Depth.FILL else self.count

    @property
    def progress(self) -> str:
        """How far it came, for people."""
        if self.good_at is None:
            return "not read yet"
        return f"caching {self.chosen} of {self.count}, checked {self.checked} positions"

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to read it (aware, UTC)."""
        return self.enabled and (self.next_at is None or self.next_at <= now)
