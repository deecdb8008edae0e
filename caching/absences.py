"""Which roots are absent. One that no mapping in force uses is left out, and keeps nothing else from going on."""

from collections.abc import Iterable

from cacherr.errors import StorageAbsentError
from caching import disk
from caching.models import PathMapping, Root


def absence(root: Root) -> StorageAbsentError | None:
    """Why a root's storage is taken for absent; None when it is there."""
    try:
        with disk.open_root(root.path, root.pk):
            return None
    except StorageAbsentError as error:
        return error


def used_by(mappings: Iterable[PathMapping]) -> set[str]:
    """The ids of the roots of these mappings."""
    return {root for mapping in mappings for root in (mapping.array_id, mapping.cache_id) if root}


def left_out(roots: Iterable[Root], mappings: Iterable[PathMapping]) -> dict[str, StorageAbsentError]:
    """The absent ones of these roots that none of these mappings uses, by id. Nothing is concluded of their files."""
    used = used_by(mappings)
    return {root.pk: error for root in roots if root.pk not in used and (error := absence(root))}
