"""Proving a path mapping: its roots get markers, and trying decides the placement."""

from collections.abc import Iterator

from django.db import transaction

from cacherr.errors import ConfigurationError, StorageAbsentError
from caching import disk, open_files, retiring
from caching.models import CachePolicy, Mode, PathMapping, Placement, Root
from caching.models.operation import new_token
from caching.models.storage import WantedPlacement


def prove(mapping: PathMapping, *, anew: bool = False) -> PathMapping:
    """Open both roots, probe them, mark them and remember the outcome on the row.

    A mapping that is proved already is only checked for its markers. `anew`, which only a person orders: another disk
    at the path of a known one takes its place, once nothing needs that one any more.

    Raises StorageAbsentError, ConfigurationError, and with `anew` RefusedError.
    """
    exchanged = exchanged_roots(mapping) if anew else []
    for root in exchanged:
        _require_new(root)
    retiring.require_needless(exchanged)
    known = {kind: _known(kind, path) for kind, path in _paths(mapping)}
    ids = [root.pk if root and root not in exchanged else None for root in known.values()]
    with (
        disk.open_root(mapping.array_root, ids[0]) as array,
        disk.open_root(mapping.cache_root, ids[1]) as cache,
    ):
        if mapping.is_proved and not exchanged:
            lacks = _known_lacks(mapping)
            _require_abilities(mapping, Placement(mapping.proved_placement), lacks)
            if anew:  # a cycle goes on, so that what is cached can come back
                _require_told(mapping, array, lacks)
            return mapping
        finding = _probe(mapping, array, cache)
        placement, proof = _choose(mapping, finding)
        _require_abilities(mapping, placement, finding.lacking)
        _require_told(mapping, array, finding.lacking)
        marked = disk.mark(array), disk.mark(cache)
    if marked[0] == marked[1]:
        raise ConfigurationError(
            f"{mapping.array_root} and {mapping.cache_root} are the same storage.", "Name two separate directories."
        )
    with transaction.atomic():
        retiring.require_needless(exchanged)  # once more: orders may have come meanwhile
        retiring.retire(exchanged)
        return _remember(mapping, marked, placement, proof, finding)


def exchanged_roots(mapping: PathMapping) -> list[Root]:
    """The known roots at whose paths is another storage now, or one without a marker.

    Raises StorageAbsentError for a path that is not there.
    """
    found = []
    for kind, path in _paths(mapping):
        known = _known(kind, path)
        if known is not None and _marker(path) != known.pk:
            found.append(known)
    return found


def _marker(path: str) -> str | None:
    with disk.open_root(path, None) as opened:
        return disk.read_marker(opened)


def _require_new(root: Root) -> None:
    """What is at its path is no other root that is still where it belongs, nor a copy. Raises ConfigurationError."""
    other = Root.objects.filter(pk=_marker(root.path)).first()
    if other is None or (other.kind == root.kind and not _is_there(other)):
        return
    raise ConfigurationError(
        f"What is mounted at {root.path} has the marker of {other.path}: it is the same storage, or a copy of it.",
        "Mount the right disk. If this is a new one that was filled from the other, remove .cacherr-root on it.",
    )


def _is_there(root: Root) -> bool:
    try:
        return _marker(root.path) == root.pk
    except StorageAbsentError:
        return False


def _paths(mapping: PathMapping) -> tuple[tuple[Root.Kind, str], tuple[Root.Kind, str]]:
    return (Root.Kind.ARRAY, mapping.array_root), (Root.Kind.CACHE, mapping.cache_root)


def _known(kind: Root.Kind, path: str) -> Root | None:
    return Root.objects.filter(kind=kind, path=path).first()


def _probe(mapping: PathMapping, array: disk.RootDir, cache: disk.RootDir) -> disk.Finding:
    """Probe with names that are recorded before they exist, so that a crash leaves nothing unknown."""
    clean_up(mapping, array, cache)
    mapping.probe = new_token()
    mapping.save(update_fields=["probe"])
    finding = disk.probe(array, cache, mapping.plex_prefix, mapping.probe)
    mapping.probe = ""
    return finding


def clean_up(mapping: PathMapping, array: disk.RootDir, cache: disk.RootDir) -> None:
    """Remove the probe files of a proof that a crash cut short."""
    if mapping.probe:
        disk.remove_probes(array, cache, mapping.probe)
        mapping.probe = ""
        mapping.save(update_fields=["probe"])


def _choose(mapping: PathMapping, finding: disk.Finding) -> tuple[Placement, str]:
    if mapping.placement != WantedPlacement.AUTO:
        if mapping.placement == Placement.UNION and finding.view == "array":
            raise ConfigurationError(
                f"{mapping.plex_prefix} shows the array's file where the cache has one of the same name: "
                "it is no union with the cache first.",
                "Choose the placement symlink, or put the cache first in the union.",
            )
        return Placement(mapping.placement), "chosen by its owner"
    if finding.view == "union":
        return Placement.UNION, f"{mapping.plex_prefix} showed the cache's file"
    if finding.view == "array":
        return Placement.SYMLINK, f"{mapping.plex_prefix} showed the array's file"
    return Placement.SYMLINK, f"{mapping.plex_prefix} cannot be seen from here; without a union a link is needed"


def _require_abilities(mapping: PathMapping, placement: Placement, lacks: set[tuple[str, disk.Ability]]) -> None:
    """Refuse what the file systems cannot do safely. Raises ConfigurationError."""
    lacking = [need for need in _needed(mapping, placement) if need in lacks]
    if lacking:
        names = ", ".join(f"{ability} on the {side}" for side, ability in lacking)
        raise ConfigurationError(
            f"The file systems cannot do what placement {placement} in mode {mapping.mode} needs: {names}.",
            "Use a Linux file system (ext4, xfs, btrfs, ZFS) directly, not through a network or FUSE mount; on Unraid "
            "name a disk's or pool's own path.",
        )


def _require_told(mapping: PathMapping, array: disk.RootDir, lacks: set[tuple[str, disk.Ability]]) -> None:
    open_files.require_told(mapping, array, has_leases=("array", disk.Ability.LEASE) not in lacks)


def _known_lacks(mapping: PathMapping) -> set[tuple[str, disk.Ability]]:
    roots = {"array": mapping.array, "cache": mapping.cache}
    return {(side, each) for side, root in roots.items() for each in disk.Ability if root and not root.can(each)}


def _needed(mapping: PathMapping, placement: Placement) -> Iterator[tuple[str, disk.Ability]]:
    yield "cache", disk.Ability.RENAME
    yield "cache", disk.Ability.DURABLE
    parks = mapping.mode == Mode.MOVE or CachePolicy.effective().park_originals
    if placement == Placement.SYMLINK:
        yield "array", disk.Ability.EXCHANGE
    if placement == Placement.SYMLINK or parks:
        yield "array", disk.Ability.RENAME
        yield "array", disk.Ability.DURABLE


def _remember(
    mapping: PathMapping, ids: tuple[str, str], placement: Placement, proof: str, finding: disk.Finding
) -> PathMapping:
    roots = []
    for root_id, (kind, path) in zip(ids, _paths(mapping), strict=True):
        lacks = "; ".join(sorted(ability for side, ability in finding.lacking if side == kind))
        values = {"kind": kind, "path": path, "lacks": lacks}
        root, _ = Root.objects.update_or_create(id=root_id, defaults=values)
        roots.append(root)
    mapping.array, mapping.cache = roots
    mapping.proved_placement, mapping.proof, mapping.proved_prefix = placement, proof, mapping.plex_prefix
    mapping.save(update_fields=["array", "cache", "proved_placement", "proved_prefix", "proof", "probe"])
    return mapping
