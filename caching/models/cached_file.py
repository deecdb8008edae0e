"""What is cached now, and the directories that were made for it."""

import hashlib

from django.db import models

from caching.models.storage import Mode, Placement, Root


def path_key(path: bytes) -> str:
    """A digest of a path: of fixed length, because database indexes refuse long keys."""
    return hashlib.blake2b(path, digest_size=16).hexdigest()


class CachedFile(models.Model):
    """A file with a complete, verified copy on the cache. Written in the same transaction that ends its operation."""

    array = models.ForeignKey(Root, models.PROTECT, related_name="+")
    cache = models.ForeignKey(Root, models.PROTECT, related_name="cached_files")
    path = models.BinaryField()
    path_key = models.CharField(max_length=32)
    plex_path = models.CharField(max_length=4096, blank=True)
    placement = models.CharField(max_length=8, choices=Placement.choices)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    size = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    array_print = models.CharField(max_length=80, help_text="Fingerprint of the original.")
    cache_print = models.CharField(max_length=80, help_text="Fingerprint of the cached copy.")
    original_name = models.BinaryField(default=b"")
    link_target = models.BinaryField(default=b"")
    title = models.CharField(max_length=500, blank=True)
    rating_key = models.CharField(max_length=64, blank=True)
    score = models.PositiveSmallIntegerField(default=0)
    sources = models.CharField(max_length=200, blank=True, help_text="Who asked for it, separated by commas.")
    who = models.CharField(max_length=500, blank=True)
    reason = models.TextField(blank=True)
    conflict = models.TextField(blank=True, help_text="Why nothing is done with it until somebody has looked.")
    cached_at = models.DateTimeField()

    class Meta:
        verbose_name = "cached file"
        ordering = ("-cached_at", "-id")
        constraints = [models.UniqueConstraint(fields=["cache", "path_key"], name="a_file_is_cached_once")]

    def __str__(self) -> str:
        return self.title or self.file_name

    @property
    def relative(self) -> bytes:
        """The path below the roots."""
        return bytes(self.path)

    @property
    def file_name(self) -> str:
        """The file's own name for people."""
        return self.relative.rsplit(b"/", 1)[-1].decode("utf-8", "backslashreplace")


class MadeDirectory(models.Model):
    """A directory that Cacherr makes on a cache: the row comes before the directory, and it is removed when empty."""

    root = models.ForeignKey(Root, models.PROTECT, related_name="+")
    path = models.BinaryField()
    path_key = models.CharField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["root", "path_key"], name="a_directory_is_made_once")]

    def __str__(self) -> str:
        return bytes(self.path).decode("utf-8", "backslashreplace")
