"""How a cached file comes back, decided from what the disks show. A pure table; nothing is touched here."""

from dataclasses import dataclass
from enum import StrEnum

from caching import damage
from caching.bench import Bench, ConflictError
from caching.disk import Ability, Kind, Look
from caching.models import AUTOMATIC, Operation, Way


class Shown(StrEnum):
    """What a place shows, compared with the journal."""

    OURS = "as recorded"
    LINK = "our link"
    ABSENT = "absent"
    FOREIGN = "another file"
    OTHER = "something else"


@dataclass(frozen=True, slots=True)
class Choice:
    """The way, and which files are dealt with on it."""

    way: Way
    takes_copy: bool = True
    """Whether the cached copy is ours to be removed at the end."""
    drops_original: bool = False
    """Whether an old original is left that a newer file replaces."""


class GoneError(Exception):
    """Every version was deleted by another program: there is nothing to bring back and nothing to keep."""


def shown(look: Look, print_: str, target: bytes) -> Shown:
    """Compare a place with the recorded fingerprint and with the link that we made."""
    if look.kind is Kind.ABSENT:
        return Shown.ABSENT
    if look.kind is Kind.FILE:
        return Shown.OURS if look.is_file(print_) else Shown.FOREIGN
    return Shown.LINK if look.is_link(target) else Shown.OTHER


def choose(bench: Bench) -> Choice:
    """The way back for the file at hand. Raises ConflictError, GoneError."""
    row = bench.operation
    target = bytes(row.link_target)
    return decide(
        row,
        name=shown(bench.original.look(), row.source_print, target),
        parked=shown(bench.parked.look(), row.source_print, target),
        copy=shown(bench.copy.look(), row.target_print, b""),
    )


def decide(row: Operation, *, name: Shown, parked: Shown, copy: Shown) -> Choice:
    """The table. `name` is what stands under the original's name, `parked` under its private one.

    What another program put there in the meantime wins over what we made, and what nobody can have meant is a conflict.
    """
    if _are_both_damaged(row, name, parked, copy):
        raise ConflictError(damage.BOTH, damage.CURE_OF_BOTH)
    if Shown.OTHER in (name, parked, copy) or parked is Shown.FOREIGN:
        raise ConflictError("Something stands where Cacherr's files should be. Everything is kept.", "Look at it.")
    if name is Shown.OURS:
        return _original_is_there(row, copy)
    if name is Shown.LINK:
        return _link_is_there(row, parked, copy)
    if name is Shown.FOREIGN:
        return _name_was_given_away(row, parked, copy)
    return _name_is_absent(row, parked, copy)


def _are_both_damaged(row: Operation, name: Shown, parked: Shown, copy: Shown) -> bool:
    """Whether nothing but two damaged files is left. A file that somebody got again is at the name, or is the copy."""
    left = copy is Shown.OURS and name is not Shown.FOREIGN and Shown.OURS in (name, parked)
    return left and row.original_damaged and row.copy_damaged


def _original_is_there(row: Operation, copy: Shown) -> Choice:
    if _is_better(row, copy):
        if row.array.can(Ability.EXCHANGE):
            return Choice(Way.COPIED, drops_original=True)
        raise ConflictError("The original is damaged and cannot be exchanged for the good copy.", "Copy it by hand.")
    if copy is Shown.FOREIGN and not row.is_linked and row.array.can(Ability.EXCHANGE):
        return Choice(Way.COPIED, drops_original=True)  # upgraded through the union: the new file shadows the old one
    # A new file on a cache that belongs to the union is its owner's: where the array cannot take it, it stays there.
    return Choice(Way.IN_PLACE, takes_copy=copy is Shown.OURS)


def _link_is_there(row: Operation, parked: Shown, copy: Shown) -> Choice:
    if parked is Shown.OURS and copy is not Shown.FOREIGN and not _is_better(row, copy):
        return Choice(Way.BACK, takes_copy=copy is Shown.OURS)
    if copy is Shown.ABSENT:
        raise ConflictError(
            "Both the cached copy and the original were deleted by another program; only our link is left.",
            "Get the file again from its source or from a backup, or delete the link. Then restore it.",
        )
    return Choice(Way.COPIED, drops_original=parked is Shown.OURS)


def _name_was_given_away(row: Operation, parked: Shown, copy: Shown) -> Choice:
    if not row.is_linked and row.leaves_name and copy is Shown.OURS:
        # Behind a union nobody sees it: it cannot be told whether it was meant to replace what everybody sees.
        raise ConflictError(
            "Another file stands behind the union under the name of the original. Both versions are kept.",
            "Remove the one that you do not want, then try again.",
        )
    if copy is Shown.FOREIGN:
        raise ConflictError(
            "Both the file and its cached copy were replaced by another program. Both are kept.",
            "Remove the one that you do not want, then try again.",
        )
    return Choice(Way.REPLACED, takes_copy=copy is Shown.OURS, drops_original=parked is Shown.OURS)


def _name_is_absent(row: Operation, parked: Shown, copy: Shown) -> Choice:
    """Normal on a union where the original left its name; otherwise somebody deleted something."""
    if parked is not Shown.OURS and copy is Shown.ABSENT:
        raise GoneError
    expected = not row.is_linked and row.leaves_name and copy is not Shown.ABSENT
    if not (expected or copy is Shown.FOREIGN or row.trigger != AUTOMATIC):
        raise ConflictError(
            f"{_what_is_absent(row)} while it was cached; what Cacherr has of it is kept.", _cure_of_absent(row)
        )
    if row.is_linked and copy is Shown.FOREIGN:
        raise ConflictError("The link was deleted and the cached copy replaced. Both versions are kept.", "Look at it.")
    if parked is Shown.OURS and copy is not Shown.FOREIGN and not _is_better(row, copy):
        return Choice(Way.BACK, takes_copy=copy is Shown.OURS)
    return Choice(Way.COPIED, drops_original=parked is Shown.OURS)


def _what_is_absent(row: Operation) -> str:
    """A link that a nearby directory does not have may have been moved far away as well as deleted."""
    return "Its link was deleted or moved far away" if row.is_linked else "Another program deleted it"


def _cure_of_absent(row: Operation) -> str:
    if row.keeps_original:
        return "Restore it to have it back."
    return "Restore it to have it back. The cached copy is the only one: do not delete it."


def _is_better(row: Operation, copy: Shown) -> bool:
    """Whether the copy is good and the original is known to be damaged."""
    return row.original_damaged and copy is Shown.OURS and not row.copy_damaged
