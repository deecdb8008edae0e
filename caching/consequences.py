"""What a change of settings would do to files, before it is made: the plan as it is, and as it would be, compared."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from cacherr.errors import CacherrError
from cacherr.overrides import SettingsModel, as_supposed, supposing
from cacherr.setting_changes import Change, SettingsRefusedError, prepare
from caching import asking, cycle, lock, mappings
from caching.describe import described
from caching.gather import require_roots
from caching.models import CachedFile, CachePolicy, Mode, PathMapping, Phase
from caching.planning.sizes import readable

Decision = Mapping[str, Any]
EXAMPLES = 8
LEAVES = frozenset({"restore", "evict"})

ASK_OTHERS = frozenset({"plex_url", "friends_feed"})
"""Settings that say who is asked. Nobody else is asked before they are stored: what they answer would be kept."""
NOT_PROVED = frozenset({"plex_prefix", "array_root", "cache_root", "placement"})
"""What a mapping is proved with: before it is proved anew, nothing can be planned with it."""
ONLY_PROVED = "What becomes of the files can only be told once the mapping is proved anew."
ONLY_THEN = "What is wanted by those who are asked then can only be told once they are asked."


@dataclass(frozen=True, slots=True)
class Effect:
    """One kind of effect: which files it has it on, largest first."""

    what: str
    files: tuple[Decision, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(one["size"] for one in self.files)

    @property
    def told(self) -> dict[str, Any]:
        """For pages and programs. `bytes` in bytes."""
        count = len(self.files)
        return {
            "effect": self.what,
            "sentence": f"{count} file{'' if count == 1 else 's'} ({readable(self.size)}) {SENTENCES[self.what]}.",
            "files": count,
            "bytes": self.size,
            "examples": [_example(one) for one in self.files[:EXAMPLES]],
            "more": max(count - EXAMPLES, 0),
        }


SENTENCES = {
    "leave": "would go back to the array that stay now",
    "stay": "would stay cached that leave now",
    "come": "would be cached that are not now",
    "not_come": "would not be cached any more that come now",
}


def _example(one: Decision) -> dict[str, Any]:
    return {
        "title": one["title"] or one["path"],
        "path": one["path"],
        "bytes": one["size"],
        "size": readable(one["size"]),
        "reason": one["reason"],
    }


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a change would do."""

    effects: tuple[Effect, ...] = ()
    unknown: str = ""
    """Why no plan could be made, a sentence; then the effects are not known."""
    warnings: tuple[str, ...] = ()
    """What is final or takes long about it."""

    @property
    def are_worth_asking(self) -> bool:
        """Whether a person should see them first: not when nothing differs, nor warnings while nothing is cached."""
        return bool(self.effects or ((self.warnings or self.unknown) and CachedFile.objects.exists()))

    @property
    def told(self) -> dict[str, Any]:
        """For pages and programs."""
        effects = [effect.told for effect in self.effects]
        return {"effects": effects, "unknown": self.unknown, "warnings": list(self.warnings)}


def of(change: Change) -> Consequences:
    """Plan twice: with what is in force, and as if the change were stored. Asks Plex; touches no file."""
    warnings = tuple(filter(None, (one.setting.model.dangerous[one.setting.name] for one in change.dangers)))
    supposed = {one.setting.name: one.new for one in change.dangers if one.setting.name not in ASK_OTHERS}
    if not supposed:
        return Consequences(unknown=ONLY_THEN, warnings=warnings)
    # The caching settings change what is planned; the others say as well what counts as wanted.
    asks_anew = any(one.setting.model is not CachePolicy for one in change.dangers if one.setting.name in supposed)
    return _found(warnings, lambda: _plans(supposed, None, asks_anew=asks_anew))


def of_row(row: models.Model, changed: Collection[str]) -> Consequences:
    """The same for a row with new values that are not stored, by the names of the dangerous ones among them."""
    if isinstance(row, SettingsModel):
        return _of_settings(row, changed)
    dangerous: Mapping[str, str] = getattr(type(row), "dangerous", {})
    warnings = tuple(filter(None, (dangerous.get(name, "") for name in changed)))
    if isinstance(row, PathMapping) and not NOT_PROVED.isdisjoint(changed):
        return Consequences(unknown=ONLY_PROVED, warnings=warnings)
    return _found(warnings, lambda: _plans({}, row, asks_anew=not isinstance(row, PathMapping)))


def _of_settings(row: SettingsModel, changed: Collection[str]) -> Consequences:
    try:
        return of(prepare({name: getattr(row, name) for name in changed}, keep_overridden=True))
    except SettingsRefusedError as error:  # together with what the environment says
        return Consequences(unknown=str(error))


def to_ask(row: models.Model, changed: Collection[str]) -> dict[str, Any] | None:
    """What a person should see before this row is stored; None when there is nothing to see."""
    found = of_row(row, changed)
    keeps_one_copy = isinstance(row, PathMapping) and "mode" in changed and row.mode == Mode.MOVE
    return found.told if found.are_worth_asking or keeps_one_copy else None


def _found(warnings: tuple[str, ...], plan: Callable[[], tuple[list[Decision], list[Decision]]]) -> Consequences:
    try:
        before, after = plan()
    except CacherrError as error:
        return Consequences(unknown=str(error), warnings=warnings)
    effects = compare(before, after)
    leaving = sum(effect.size for effect in effects if effect.what == "leave")
    if leaving:
        warnings += (f"{readable(leaving)} are copied back or given up; what is wanted again later is copied again.",)
    return Consequences(effects, warnings=warnings)


def compare(before: Iterable[Decision], after: Iterable[Decision]) -> tuple[Effect, ...]:
    """What differs between two plans. Pure."""
    old = {_key(one): one for one in before}
    new = {_key(one): one for one in after}
    found: dict[str, list[Decision]] = {name: [] for name in SENTENCES}
    for key in old.keys() | new.keys():
        was, will = old.get(key), new.get(key)
        effect = _effect(was["action"] if was else "", will["action"] if will else "")
        if effect:
            found[effect].append(will or was or {})
    order = {name: sorted(files, key=lambda one: (-one["size"], one["path"])) for name, files in found.items()}
    return tuple(Effect(name, tuple(files)) for name, files in order.items() if files)


def _key(one: Decision) -> tuple[str, str]:
    return one["mapping"], one["path"]


def _effect(was: str, will: str) -> str:
    if (was in LEAVES) != (will in LEAVES):
        return "leave" if will in LEAVES else "stay"
    if (was == "cache") != (will == "cache"):
        return "come" if will == "cache" else "not_come"
    return ""


def _plans(
    values: Mapping[str, Any], row: models.Model | None, *, asks_anew: bool
) -> tuple[list[Decision], list[Decision]]:
    """The decisions as things are, and as they would be. Raises what `preview.now` raises."""
    usable = mappings.usable()
    require_roots(usable)
    with lock.held(lock.WORK_LOCK):  # two that ask at once would write the same rows
        answers = asking.ask(_tell_nobody).answers
        before = _decisions(usable, answers)
        with supposing(values, row):
            answers = asking.ask(_tell_nobody).answers if asks_anew else answers
            return before, _decisions(_supposed(usable), answers)


def _supposed(usable: Sequence[PathMapping]) -> list[PathMapping]:
    return [mapping for mapping in as_supposed(usable) if mapping.enabled]


def _decisions(usable: Sequence[PathMapping], answers: Any) -> list[Decision]:
    gathered, plan = cycle.decide(usable, answers)
    return [described(decision, gathered) for decision in plan.decisions]


def _tell_nobody(phase: Phase, total: int, done: int) -> None:
    """No cycle runs, so there is no progress to be told."""
