"""What the journal and the cached files both say of a file."""

import hashlib
from collections.abc import Iterator
from typing import Any

from django.db import models

from caching.models.storage import Mode, Placement, Root


def path_key(path: bytes) -> str:
    """A digest of a path: of fixed length, because database indexes refuse long keys."""
    return hashlib.blake2b(path, digest_size=16).hexdigest()


def parents(path: bytes) -> Iterator[bytes]:
    """The directories above a path below a root, innermost first."""
    while b"/" in path:
        path = path.rsplit(b"/", 1)[0]
        yield path


class FileRow(models.Model):
    """A file below an array's and a cache's root, who wanted it, and what Cacherr put beside it.

    Fingerprints are `inode:size:mtime_ns`; device numbers change over reboots and ctime with each rename, so they are
    no part of a file's identity.
    """

    array = models.ForeignKey(Root, models.PROTECT, related_name="+")
    cache = models.ForeignKey(Root, models.PROTECT, related_name="+")
    path = models.BinaryField(help_text="The path below both roots, as bytes.")
    path_key = models.CharField(max_length=32, help_text="A digest of the path: what constraints compare.")
    plex_path = models.CharField(max_length=4096, blank=True)
    placement = models.CharField(max_length=8, choices=Placement.choices)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    park_originals = models.BooleanField(
        default=False, help_text="On a union: the original is parked instead of shadowed."
    )
    original_damaged = models.BooleanField(
        default=False, help_text="An audit found bit rot in the original: it is made again from the good copy."
    )
    copy_damaged = models.BooleanField(
        default=False, help_text="An audit found bit rot in the cached copy: no original is made again from it."
    )
    belongs_to = models.BinaryField(
        default=b"",
        help_text="A sidecar's video, as a path below the roots; ending in a slash: every video of that directory.",
    )
    hash = models.CharField(max_length=64, blank=True, help_text="xxh3-128 of the content, computed while copying.")
    original_name = models.BinaryField(default=b"", help_text="The private name that the original is parked under.")
    link_target = models.BinaryField(default=b"", help_text="What our symlink points to.")
    renamed_to = models.BinaryField(
        default=b"",
        help_text="Where another program renamed our symlink to, below the array's root; empty: it has the path.",
    )
    title = models.CharField(max_length=500, blank=True)
    rating_key = models.CharField(max_length=64, blank=True)
    score = models.PositiveSmallIntegerField(default=0)
    sources = models.TextField(
        blank=True, help_text="The claims of those who want it, or wanted it last, separated by commas."
    )
    who = models.CharField(max_length=500, blank=True)
    reason = models.TextField(blank=True)
    parts = models.JSONField(default=list, blank=True, help_text="The parts of the score, as the last plan had them.")
    leaves_at = models.DateTimeField(
        "leaves", null=True, help_text="When it leaves by the last plan (UTC); empty: that hangs on what people do."
    )
    leaves_why = models.TextField("why it leaves", blank=True, help_text="Why then; empty: no plan has told yet.")

    class Meta:
        abstract = True

    @property
    def relative(self) -> bytes:
        """The path below the roots; databases hand binary columns out in different types."""
        return bytes(self.path)

    @property
    def on_array(self) -> bytes:
        """The path of the original's name below the array's root: another one than the copy's once it was renamed."""
        return bytes(self.renamed_to) or self.relative

    def path_below(self, root_id: str) -> bytes:
        """The file's path below one of its two roots."""
        return self.on_array if root_id == self.array_id else self.relative

    @property
    def is_linked(self) -> bool:
        """Whether the original's name becomes a symlink."""
        return self.placement == Placement.SYMLINK

    @property
    def leaves_name(self) -> bool:
        """Whether the original gives up its own name while the file is cached; otherwise it is only shadowed."""
        return self.is_linked or self.park_originals or self.mode == Mode.MOVE or bool(bytes(self.original_name))

    @property
    def keeps_original(self) -> bool:
        """Whether the original stays, under whatever name."""
        return self.mode == Mode.COPY

    @property
    def file_name(self) -> str:
        """The file's own name for people."""
        return self.relative.rsplit(b"/", 1)[-1].decode("utf-8", "backslashreplace")

    def shared(self) -> dict[str, Any]:
        """The values that go from an operation to the cached file and back."""
        values = {field.name: getattr(self, field.name) for field in FileRow._meta.get_fields()}
        return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in values.items()}
