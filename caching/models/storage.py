"""Where media lives: roots that were proved, and the mappings that join Plex's paths with them."""

from collections.abc import Collection
from typing import TYPE_CHECKING, ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from caching.models.policy import validate_size


class Placement(models.TextChoices):
    """How Plex comes to read the cached copy."""

    UNION = "union", "union: Plex reads a merged view in which the cache comes first"
    SYMLINK = "symlink", "symlink: the original's name becomes a link to the cached copy"


class Mode(models.TextChoices):
    """What becomes of the original while a file is cached."""

    COPY = "copy", "copy: the original is kept"
    MOVE = "move", "move: only the cached copy remains; it is lost if the cache disk dies"


class WantedPlacement(models.TextChoices):
    """The placement a person asks for; `auto` lets the proof decide."""

    AUTO = "auto", "find out"
    UNION = Placement.UNION.value, Placement.UNION.label
    SYMLINK = Placement.SYMLINK.value, Placement.SYMLINK.label


class Origin(models.TextChoices):
    """Who wrote a mapping."""

    ADMIN = "admin", "admin"
    ENVIRONMENT = "environment", "environment"


class Root(models.Model):
    """A directory whose storage was proved and carries a marker with this row's id.

    Journal and cached files name roots, not mappings, so that editing a mapping never orphans a file.
    """

    class Kind(models.TextChoices):
        """What the root is used for."""

        ARRAY = "array", "array"
        CACHE = "cache", "cache"

    id = models.CharField(primary_key=True, max_length=32, editable=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    path = models.CharField(max_length=4096)
    proved_at = models.DateTimeField(auto_now=True)
    lacks = models.CharField(
        max_length=200, blank=True, editable=False, help_text="What its file system cannot do, as far as was tried."
    )
    absent_since = models.DateTimeField(null=True, editable=False, help_text="Since when its marker is gone (UTC).")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "path"], name="root_path_is_proved_once")]

    def __str__(self) -> str:
        return self.path

    @property
    def retired_path(self) -> str:
        """What stands for its path once another disk is there for good: nothing that can be opened."""
        return f"{self.path.removesuffix(f'#{self.pk}')}#{self.pk}"

    @property
    def is_retired(self) -> bool:
        """Whether another disk has taken its path."""
        return self.path == self.retired_path

    def can(self, ability: str) -> bool:
        """Whether its file system showed this ability when it was proved."""
        return ability not in self.lacks.split("; ")


def validate_root(value: str) -> None:
    """Accept absolute paths without tricks."""
    if not value.startswith("/") or any(part in {".", ".."} for part in value.split("/")) or "\0" in value:
        raise ValidationError("Write an absolute path, such as /mnt/cache/media.")
    if not value.strip("/"):
        raise ValidationError("The whole file system cannot be a root. Name a directory.")


def _overlap(one: str, other: str) -> bool:
    """Whether two directories are the same or one lies inside the other."""
    first, second = one.rstrip("/") + "/", other.rstrip("/") + "/"
    return first.startswith(second) or second.startswith(first)


class PathMapping(models.Model):
    """Plex's prefix, the array's root and the cache's root that belong together."""

    if TYPE_CHECKING:
        array_id: str | None
        cache_id: str | None

    name = models.CharField(max_length=100, unique=True)
    plex_prefix = models.CharField(
        max_length=4096,
        help_text="The beginning of the paths that Plex shows for these files (Plex: ⋯, Get Info, View XML).",
    )
    array_root = models.CharField(
        max_length=4096, validators=[validate_root], help_text="The same directory on the array, as Cacherr sees it."
    )
    cache_root = models.CharField(
        max_length=4096, validators=[validate_root], help_text="The directory on the SSD that cached copies go to."
    )
    host_cache_root = models.CharField(
        max_length=4096, blank=True, validators=[validate_root],
        help_text="The cache directory as the host sees it, when Cacherr runs in a container that sees it elsewhere.",
    )  # fmt: skip
    placement = models.CharField(max_length=8, choices=WantedPlacement.choices, default=WantedPlacement.AUTO)
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.COPY)
    cache_limit = models.CharField(
        max_length=20, blank=True, validators=[validate_size],
        help_text="How much of this cache directory Cacherr's files may fill, for example 250GB or 50%. "
        "The limit of the caching settings holds as well. Empty: none of its own.",
    )  # fmt: skip
    enabled = models.BooleanField(default=True)
    origin = models.CharField(max_length=12, choices=Origin.choices, default=Origin.ADMIN, editable=False)
    array = models.ForeignKey(Root, models.PROTECT, null=True, editable=False, related_name="mappings_of_array")
    cache = models.ForeignKey(Root, models.PROTECT, null=True, editable=False, related_name="mappings_of_cache")
    proved_placement = models.CharField(max_length=8, choices=Placement.choices, blank=True, editable=False)
    proved_prefix = models.CharField(max_length=4096, blank=True, editable=False)
    proof = models.TextField(
        blank=True, editable=False, help_text="How the placement was found, or why it could not be."
    )
    probe = models.CharField(max_length=40, blank=True, editable=False, help_text="The probe files being used now.")

    dangerous: ClassVar = {
        "mode": "In mode move the original is removed once its copy is verified: the file is lost when the cache disk "
        "dies. It holds for files that are cached from now on; what is cached stays as it is until it is restored.",
        "placement": "It holds for files that are cached from now on, once the mapping is proved anew.",
        "enabled": "",
        "cache_limit": "",
        "plex_prefix": "The mapping has to be proved anew, which the next cycle does.",
        "array_root": "What is cached goes back to where it came from. The mapping has to be proved anew.",
        "cache_root": "What is cached stays where it is until it goes back. The mapping has to be proved anew.",
    }

    class Meta:
        verbose_name = "path mapping"
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(
                fields=["plex_prefix", "origin"],
                condition=models.Q(enabled=True),
                name="one_mapping_per_prefix",
                violation_error_message="Another enabled mapping has this Plex prefix already.",
            ),
            models.CheckConstraint(condition=~models.Q(array_root=models.F("cache_root")), name="array_is_not_cache"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_proved(self) -> bool:
        """Whether the roots in force are those that were proved, with a placement that is still asked for."""
        if self.array is None or self.cache is None or not self.proved_placement:
            return False
        same = (self.array.path, self.cache.path, self.proved_prefix) == (
            self.array_root, self.cache_root, self.plex_prefix,
        )  # fmt: skip
        return same and self.placement in {WantedPlacement.AUTO, self.proved_placement}

    @property
    def cache_key(self) -> str:
        """What plans call its cache: the root's id, or its path as long as the mapping was never proved."""
        return self.cache_id or self.cache_root

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """A form does not show `origin`; Django would leave out the constraint that has it."""
        super().validate_constraints(set(exclude or ()) - {"origin"})

    def shares_cache_with(self, other: "PathMapping") -> bool:
        """Whether two mappings' cached copies could meet."""
        return _overlap(self.cache_root, other.cache_root)

    def clean(self) -> None:
        """Refuse roots that lie inside each other, and a cache that another enabled mapping uses."""
        self.clean_roots()
        self._require_own_cache()

    def clean_roots(self) -> None:
        """Refuse roots that lie inside each other: a cached copy would be taken for an original. Asks no database."""
        if _overlap(self.array_root, self.cache_root):
            raise ValidationError(
                "The array and the cache must not lie inside each other. Name two separate directories."
            )

    def _require_own_cache(self) -> None:
        """Files of two mappings that have the same path below their roots would meet in one cache."""
        if not (self.enabled and self.cache_root):
            return
        others = PathMapping.objects.filter(enabled=True).exclude(pk=self.pk)
        met = next((other for other in others if self.shares_cache_with(other)), None)
        if met is not None:
            raise ValidationError(
                f"Its cache directory is that of the path mapping {met}, or one lies inside the other. "
                "Give each path mapping a cache directory of its own, or switch one of the two off."
            )
