"""Whether anybody can tell who has an original open or writes it: a matter of its file system, and of who asks.

Where nobody can, a file is cached once it was at rest for a while, and its original is never removed.
"""

from dataclasses import dataclass

from cacherr.errors import ConfigurationError, StorageAbsentError
from caching import disk
from caching.models import Mode, PathMapping, Root

ARRIVED = "has just arrived: it is cached once nothing has changed it for a while"
OR_COPY = "Or use mode copy, which keeps the original."


@dataclass(frozen=True, slots=True)
class Untold:
    """Why it cannot be told, and what helps: each a sentence."""

    message: str
    cure: str


def untold(root: Root | None, owner: int) -> Untold | None:
    """Why nobody can tell who has a user's files below a root open. A root of None was never proved."""
    of_any = _of_any(root) if root is not None else None
    return of_any or (None if disk.may_ask(owner) else _of_others(owner))


def _of_any(root: Root) -> Untold | None:
    if root.can(disk.Ability.LEASE):
        return None
    return Untold(
        f"{root} cannot tell who has a file open or writes it.",
        "Name a disk's or pool's own path, on Unraid with /mnt as a whole mounted.",
    )


def _of_others(owner: int) -> Untold:
    return Untold(
        f"The kernel does not tell Cacherr who has the files of user {owner} open or writes them.",
        f"Run Cacherr as that user (--user {owner}, or PUID={owner}), or root with the capability LEASE "
        "(--cap-add LEASE).",
    )


def untold_of(root: Root, owner: int) -> Untold:
    """The same of a file of which the kernel did not tell it."""
    return untold(root, owner) or Untold(
        "The kernel does not tell who has the file open.", "Look whether it lies on a network or FUSE mount."
    )


def untold_in(root: Root) -> Untold | None:
    """The same for a whole root; of an array, by what lies directly in it."""
    of_any = _of_any(root)
    if of_any or root.kind == Root.Kind.CACHE:
        return of_any
    try:
        with disk.open_root(root.path, root.pk) as opened:
            owner = disk.untold_owner(opened)
    except (StorageAbsentError, OSError):
        return None  # that is told by itself
    return None if owner is None else _of_others(owner)


def require_told(mapping: PathMapping, array: disk.RootDir, *, has_leases: bool) -> None:
    """Refuse mode move where nobody could tell it of any file on the array. Raises ConfigurationError."""
    if mapping.mode != Mode.MOVE:
        return
    if not has_leases:
        raise ConfigurationError(
            f"{mapping.array_root} cannot tell who has a file open or writes it, which mode move needs.",
            "Use mode copy, or a Linux file system directly, not through a network or FUSE mount.",
        )
    owners = disk.owners_in(array)
    if not any(map(disk.may_ask, owners)):
        problem = _of_others(min(owners))
        raise ConfigurationError(f"{problem.message} Mode move needs that.", f"{problem.cure} {OR_COPY}")


def why_not(look: disk.Look, mapping: PathMapping, rest_seconds: int) -> tuple[str, bool] | None:
    """Why a plain file on the array must not be cached now, and whether that is a problem that somebody can mend.

    `rest_seconds`: how long it must have been at rest where nobody can tell whether it is still being written.
    """
    moves = mapping.mode == Mode.MOVE
    if moves and look.links > 1:
        return f"has {look.links} hard links: moving it would free nothing and break the link", False
    problem = untold(mapping.array, look.owner)
    if problem and moves:
        return f"is not moved. {problem.message} {problem.cure} {OR_COPY}", True
    return (ARRIVED, False) if problem and disk.has_just_changed(look.changed, rest_seconds) else None
