"""The one owner of media files: nothing else in Cacherr opens, renames or removes anything under a root.

Every name is reached from a root's descriptor, one directory at a time and never through a symlink. Public names are
only ever given by a rename that refuses to replace, or by an exchange; only private names are ever unlinked.
"""

from caching.disk.copying import Cancelled, Copied, CopyFailedError, Progress, SourceChangedError, copy_verified
from caching.disk.directories import make_directories, missing_directories, remove_directory
from caching.disk.failures import StorageFailedError, named
from caching.disk.places import (
    Fingerprint,
    Kind,
    Look,
    Place,
    RefusedPathError,
    exchange,
    in_use,
    is_private,
    make_link,
    place,
    private_name,
    rename_new,
    sync,
    unlink_private,
)
from caching.disk.probing import Finding, probe, remove_probes
from caching.disk.roots import MARKER, RootDir, Space, lock_roots, mark, open_root, read_marker, space, writable
from caching.disk.scanning import private_names

__all__ = [
    "MARKER",
    "Cancelled",
    "Copied",
    "CopyFailedError",
    "Finding",
    "Fingerprint",
    "Kind",
    "Look",
    "Place",
    "Progress",
    "RefusedPathError",
    "RootDir",
    "SourceChangedError",
    "Space",
    "StorageFailedError",
    "copy_verified",
    "exchange",
    "in_use",
    "is_private",
    "lock_roots",
    "make_directories",
    "make_link",
    "mark",
    "missing_directories",
    "named",
    "open_root",
    "place",
    "private_name",
    "private_names",
    "probe",
    "read_marker",
    "remove_directory",
    "remove_probes",
    "rename_new",
    "space",
    "sync",
    "unlink_private",
    "writable",
]
