"""Everything below a directory, one directory after the other. Reads only; no link is followed."""

from collections.abc import Iterator

from caching.disk.listing import listing
from caching.disk.places import Look, RefusedPathError, is_private
from caching.disk.records import MANIFEST
from caching.disk.roots import MARKER, RootDir

OWN = {MARKER, MANIFEST}
"""At any depth: a root may lie in another one."""


def public_files(root: RootDir, directory: bytes) -> Iterator[tuple[bytes, Look]]:
    """The plain files below a directory of a root (b"" for the root itself) that are not Cacherr's own, by name.

    Raises FileNotFoundError, RefusedPathError or another OSError for the directory itself; one below it that cannot be
    read is left out.
    """
    waiting = [directory]
    while waiting:
        inside = waiting.pop()
        try:
            found = listing(root, inside)
        except (OSError, RefusedPathError):
            if inside == directory:
                raise
            continue
        prefix = inside + b"/" if inside else b""
        for name in sorted(found.files):
            if name not in OWN and not is_private(name):
                yield prefix + name, found.files[name]
        waiting.extend(prefix + name for name in sorted(found.directories, reverse=True))
