"""What is cached now, and the directories that were made for it."""

from django.db import models

from caching.models.file_row import FileRow, parents, path_key
from caching.models.storage import Root


class CachedFile(FileRow):
    """A file with a complete, verified copy on the cache. Written in the same transaction that ends its operation."""

    size = models.BigIntegerField()
    array_print = models.CharField(max_length=80, help_text="Fingerprint of the original.")
    cache_print = models.CharField(max_length=80, help_text="Fingerprint of the cached copy.")
    conflict = models.TextField(blank=True, help_text="Why nothing is done with it until somebody has looked.")
    cached_at = models.DateTimeField()
    rescued_at = models.DateTimeField(
        null=True, help_text="When its original got its name back because the cache disk was gone (UTC)."
    )

    class Meta:
        verbose_name = "cached file"
        ordering = ("-cached_at", "-id")
        constraints = [models.UniqueConstraint(fields=["cache", "path_key"], name="a_file_is_cached_once")]

    def __str__(self) -> str:
        return self.title or self.file_name


class MadeDirectory(models.Model):
    """A directory that Cacherr makes for a file: the row comes before the directory, and it is removed when empty.

    On a cache it mirrors the array's; on an array the cache's, for a file whose directory is gone when it comes back.
    """

    root = models.ForeignKey(Root, models.PROTECT, related_name="+")
    path = models.BinaryField()
    path_key = models.CharField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["root", "path_key"], name="a_directory_is_made_once")]

    def __str__(self) -> str:
        return bytes(self.path).decode("utf-8", "backslashreplace")

    @classmethod
    def above(cls, root_id: str, path: bytes) -> "models.QuerySet[MadeDirectory]":
        """Those that were made above a file."""
        return cls.objects.filter(root_id=root_id, path_key__in=[path_key(parent) for parent in parents(path)])
