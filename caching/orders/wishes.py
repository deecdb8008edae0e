"""From what a person wants cached to decisions: the planner's own rules, asked for these files only."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from cacherr.errors import RefusedError
from caching import disk
from caching.gather import Gathered, Gatherer
from caching.models import CachePolicy, PathMapping
from caching.paths import locate
from caching.planning.plan import make_plan
from caching.planning.sidecars import belongings, is_video, kind_of
from caching.planning.values import Action, Decision, Eviction
from caching.targets import NOT_COVERED, Refusal, Spot, bases, is_rating_key, items, spot
from plexusers.plex import PlexFile, PlexItem
from plexusers.wants import Answer, Want

SOURCE: Final = "order"
WHO = "you"


@dataclass(slots=True)
class Wishes:
    """What is wanted, by the Plex path of each file with the target that it was named by."""

    items: list[PlexItem] = field(default_factory=list)
    targets: dict[str, str] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    wants: list[Want] = field(default_factory=list)
    """What somebody else than a person at a keyboard wants, with a claim and a reason of its own."""

    def add(self, item: PlexItem, target: str) -> None:
        """Want all files of an item."""
        self.items.append(item)
        self._name(item, target)

    def add_want(self, want: Want) -> None:
        """Want what somebody wants."""
        self.wants.append(want)
        self._name(want.item, want.item.title)

    def _name(self, item: PlexItem, target: str) -> None:
        for file in item.files:
            self.targets.setdefault(file.path, target)


@dataclass(frozen=True, slots=True)
class Decided:
    """What the planner says to wishes."""

    gathered: Gathered
    work: tuple[Decision, ...]
    kept: tuple[str, ...]
    refused: tuple[Refusal, ...]
    here: tuple[str, ...] = ()
    """The Plex paths of what is wanted and cached already."""


def wishes_of(texts: Sequence[bytes], mappings: Sequence[PathMapping]) -> Wishes:
    """What texts name on the array; a directory is every file below it that may be cached. Raises PlexError."""
    wishes, known = Wishes(), bases(mappings)
    for text in texts:
        name = os.fsdecode(text)
        try:
            if is_rating_key(text):
                for item in items(text):
                    wishes.add(item, name)
            else:
                _add_path(spot(text, known), name, wishes)
        except RefusedError as error:
            wishes.refused.append(Refusal(name, str(error)))
    return wishes


def _add_path(at: Spot, target: str, wishes: Wishes) -> None:
    mapping = at.base.mapping
    if mapping is None:
        raise RefusedError(NOT_COVERED)
    below = _below(mapping, at.path)
    if below is None:
        wishes.add(file_item(mapping, at.path), target)
        return
    if not below:
        raise RefusedError("No file that could be cached is in this directory.")
    for path in below:
        rest = os.fsdecode(path[len(at.path) :].lstrip(b"/"))
        wishes.add(file_item(mapping, path), f"{target.rstrip('/')}/{rest}")


def _below(mapping: PathMapping, path: bytes) -> list[bytes] | None:
    """What is wanted of a directory: its files without those that join a video by themselves; None for a file."""
    with disk.open_root(mapping.array_root, mapping.array_id) as root:
        try:
            found = [name for name, _ in disk.public_files(root, path)]
        except (FileNotFoundError, disk.RefusedPathError):
            return None  # a file, or nothing: the planner's situation says which
        except OSError as error:
            raise RefusedError(str(disk.named(error))) from error
    joining = {name for directory, names in _by_directory(found).items() for name in belongings(directory, names)}
    return [name for name in found if name not in joining and _can_be_wanted(name.rpartition(b"/")[2])]


def _by_directory(paths: Sequence[bytes]) -> dict[bytes, list[bytes]]:
    """The names in each directory, and those in the directories below it with their way."""
    found: dict[bytes, list[bytes]] = {}
    for path in paths:
        parts = path.split(b"/")
        for depth in range(max(0, len(parts) - 3), len(parts)):
            found.setdefault(b"/".join(parts[:depth]), []).append(b"/".join(parts[depth:]))
    return found


def _can_be_wanted(name: bytes) -> bool:
    return is_video(name) or kind_of(name) is not None


def file_item(mapping: PathMapping, path: bytes, *, title: str = "", rating_key: str = "") -> PlexItem:
    """A single file below a mapping as Plex would tell of it."""
    plex_path = f"{mapping.plex_prefix.rstrip('/')}/{os.fsdecode(path)}"
    return PlexItem(rating_key, "file", title, (PlexFile(plex_path, 0),), 0, None)


def decide(wishes: Wishes, mappings: Sequence[PathMapping], reason: str) -> Decided:
    """Ask the planner for these files only. Nothing that is cached leaves for them. Raises StorageAbsentError."""
    wants = (*(Want(item, SOURCE, WHO, reason) for item in wishes.items), *wishes.wants)
    # Nobody is asked what plays: so the planner takes nothing away, which an order has no need of.
    nothing_leaves = Answer("playing", WHO, failed="an order takes nothing away")
    gathered = Gatherer(mappings, CachePolicy.effective()).gather([Answer(SOURCE, WHO, wants), nothing_leaves])
    # What a person orders may fill all of the budget: nothing leaves for it.
    rules = replace(gathered.situation.rules, eviction=Eviction.NONE)
    plan = make_plan(replace(gathered.situation, rules=rules))
    cached = {item.file for item in gathered.situation.cached}
    asked = {
        (found[0].cache_key, found[1]): target
        for path, target in wishes.targets.items()
        if (found := locate(path, mappings))
    }
    refused, kept = list(wishes.refused), []
    for decision in plan.of(Action.SKIP, Action.KEEP):
        target = _target(decision, asked, wishes)
        if decision.action is Action.KEEP and target:
            kept.append(target)
        elif decision.action is Action.SKIP and (target or (decision.problem and decision.file not in cached)):
            refused.append(Refusal(target or decision.name, decision.reason))
    # What stays without claims is wanted by nobody: it stays because nobody was asked what plays.
    stays = (one.file for one in plan.of(Action.KEEP) if one.sources and one.file)
    here = tuple(gathered.plex_paths[key] for key in stays if key in gathered.plex_paths)
    return Decided(gathered, tuple(plan.of(Action.CACHE)), tuple(kept), tuple(refused), here)


def _target(decision: Decision, asked: dict[tuple[str, bytes], str], wishes: Wishes) -> str:
    """The target that a decision answers; empty when nobody named its file."""
    if decision.file is None:
        return wishes.targets.get(decision.name, "")
    return asked.get((decision.file.cache, decision.file.path), "")
