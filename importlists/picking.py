"""From a list that was picked to one that is read: what has to be entered, a preview, adding it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from importlists.changing import ENTERED, check, put
from importlists.contract import Needs
from importlists.models import ImportList
from importlists.presets import Preset
from importlists.refreshing import Refreshed, refresh


@dataclass(frozen=True, slots=True)
class Drafted:
    """A list as it is entered, and what is wrong with it: sentences."""

    row: ImportList
    problems: tuple[str, ...] = ()


def needed(preset: Preset) -> str:
    """Which field a person has to enter; empty: none. A file needs the whole form."""
    return "" if preset.needs == Needs.FILE else ENTERED.get(preset.needs, "")


def draft(preset: Preset, entered: Mapping[str, str]) -> Drafted:
    """The list that a preset and what was entered over it make: its name, its count, and what it needs."""
    row = ImportList(**preset.values())
    name = needed(preset)
    row.name = entered.get("name", "").strip() or free_name(row.name)
    if name:
        setattr(row, name, entered.get(name, "").replace("\0", "").strip())
    try:
        row.count = int(entered.get("count") or row.count)
        row.full_clean()
        check(row)
    except ValidationError as error:
        said = [f"{place}: {' '.join(words)}" for place, words in error.message_dict.items()]
        return Drafted(row, tuple(said))
    except ValueError:
        return Drafted(row, ("count: Write a number.",))
    return Drafted(row)


def free_name(name: str) -> str:
    """The name or, when a list has it, the name with a number."""
    taken = set(ImportList.objects.filter(name__startswith=name).values_list("name", flat=True))
    numbered = (name if number == 1 else f"{name} {number}" for number in range(1, len(taken) + 2))
    return next(one for one in numbered if one not in taken)


def add(row: ImportList) -> Refreshed | None:
    """Store a list and read it at once; None when another process reads it already."""
    put(row)
    return next(iter(refresh([row])), None)
