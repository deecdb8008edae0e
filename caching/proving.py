"""Proving a path mapping: its roots get markers, and trying decides the placement."""

from django.db import transaction

from cacherr.errors import ConfigurationError
from caching import disk
from caching.models import PathMapping, Placement, Root
from caching.models.operation import new_token
from caching.models.storage import WantedPlacement


def prove(mapping: PathMapping) -> PathMapping:
    """Open both roots, probe them, mark them and remember the outcome on the row.

    A mapping that is proved already is only checked for its markers. Raises StorageAbsentError, ConfigurationError.
    """
    known = {kind: _known(kind, path) for kind, path in _paths(mapping)}
    with (
        disk.open_root(mapping.array_root, known[Root.Kind.ARRAY]) as array,
        disk.open_root(mapping.cache_root, known[Root.Kind.CACHE]) as cache,
    ):
        if mapping.is_proved:
            return mapping
        finding = _probe(mapping, array, cache)
        placement, proof = _choose(mapping, finding)
        _require_abilities(placement, finding)
        ids = disk.mark(array), disk.mark(cache)
    if ids[0] == ids[1]:
        raise ConfigurationError(
            f"{mapping.array_root} and {mapping.cache_root} are the same storage.", "Name two separate directories."
        )
    return _remember(mapping, ids, placement, proof)


def _paths(mapping: PathMapping) -> tuple[tuple[Root.Kind, str], tuple[Root.Kind, str]]:
    return (Root.Kind.ARRAY, mapping.array_root), (Root.Kind.CACHE, mapping.cache_root)


def _known(kind: Root.Kind, path: str) -> str | None:
    return Root.objects.filter(kind=kind, path=path).values_list("id", flat=True).first()


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


def _require_abilities(placement: Placement, finding: disk.Finding) -> None:
    needed = (
        finding.missing if placement == Placement.SYMLINK else [name for name in finding.missing if "cache" in name]
    )
    if needed:
        raise ConfigurationError(
            f"The file systems cannot do what placement {placement} needs: {', '.join(needed)}.",
            "Use a Linux file system (ext4, xfs, btrfs, ZFS) directly, not through a network or FUSE mount.",
        )


@transaction.atomic
def _remember(mapping: PathMapping, ids: tuple[str, str], placement: Placement, proof: str) -> PathMapping:
    roots = []
    for root_id, (kind, path) in zip(ids, _paths(mapping), strict=True):
        root, _ = Root.objects.update_or_create(id=root_id, defaults={"kind": kind, "path": path})
        roots.append(root)
    mapping.array, mapping.cache = roots
    mapping.proved_placement, mapping.proof, mapping.proved_prefix = placement, proof, mapping.plex_prefix
    mapping.save(update_fields=["array", "cache", "proved_placement", "proved_prefix", "proof", "probe"])
    return mapping
