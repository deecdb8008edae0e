"""The one owner of media files: nothing else in Cacherr opens, renames or removes anything under a root.

Every name is reached from a root's descriptor, one directory at a time and never through a symlink. Public names are
only ever given by a rename that refuses to replace, or by an exchange; only private names are ever unlinked.
"""

from caching.disk.branches import real_root, sync_on_disk
from caching.disk.copying import (
    Cancelled,
    Copied,
    CopyFailedError,
    Progress,
    SourceBusyError,
    SourceChangedError,
    copy_verified,
)
from caching.disk.directories import make_directories, missing_directories, remove_directory
from caching.disk.failures import StorageFailedError, is_full, named
from caching.disk.hashing import hash_of
from caching.disk.leases import Use, has_just_changed, may_ask
from caching.disk.linking import Scan, links_below, scan
from caching.disk.listing import Listing, listing, looks
from caching.disk.places import (
    NOWHERE,
    Fingerprint,
    Kind,
    Look,
    Place,
    RefusedPathError,
    exchange,
    is_private,
    make_link,
    place,
    place_if_there,
    private_name,
    rename_new,
    sync,
    unlink_private,
)
from caching.disk.priority import idle_priority, work_in_the_background
from caching.disk.probing import Ability, Finding, probe, remove_probes
from caching.disk.records import MANIFEST, append, records
from caching.disk.roots import MARKER, RootDir, Space, lock_roots, mark, open_root, read_marker, space, writable
from caching.disk.scanning import private_names, private_names_below
from caching.disk.settling import in_use, settle
from caching.disk.surveying import (
    Standing,
    directories,
    make_root,
    mount_table,
    owners_in,
    read_ends,
    rotates,
    standing,
    untold_owner,
)
from caching.disk.tags import Tag, read_tag, tag, untag
from caching.disk.walking import public_files

__all__ = [
    "MANIFEST",
    "MARKER",
    "NOWHERE",
    "Ability",
    "Cancelled",
    "Copied",
    "CopyFailedError",
    "Finding",
    "Fingerprint",
    "Kind",
    "Listing",
    "Look",
    "Place",
    "Progress",
    "RefusedPathError",
    "RootDir",
    "Scan",
    "SourceBusyError",
    "SourceChangedError",
    "Space",
    "Standing",
    "StorageFailedError",
    "Tag",
    "Use",
    "append",
    "copy_verified",
    "directories",
    "exchange",
    "has_just_changed",
    "hash_of",
    "idle_priority",
    "in_use",
    "is_full",
    "is_private",
    "links_below",
    "listing",
    "lock_roots",
    "looks",
    "make_directories",
    "make_link",
    "make_root",
    "mark",
    "may_ask",
    "missing_directories",
    "mount_table",
    "named",
    "open_root",
    "owners_in",
    "place",
    "place_if_there",
    "private_name",
    "private_names",
    "private_names_below",
    "probe",
    "public_files",
    "read_ends",
    "read_marker",
    "read_tag",
    "real_root",
    "records",
    "remove_directory",
    "remove_probes",
    "rename_new",
    "rotates",
    "scan",
    "settle",
    "space",
    "standing",
    "sync",
    "sync_on_disk",
    "tag",
    "unlink_private",
    "untag",
    "untold_owner",
    "work_in_the_background",
    "writable",
]
